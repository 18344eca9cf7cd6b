"""Takes the force out of what a text could do to a prompt, and leaves it readable.

Chat models mark turns, roles and tool calls by strings of their own. A document that holds one could
end its frame or speak as somebody else. Each such string is written with look-alikes that no
tokenizer and no template knows: ``<|im_end|>`` becomes ``‹¦im_end¦›``. Shapes are matched, not names
alone, so that the markers of a family that is not in the table do not pass either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from prompts.view import view_of, visible

FRAMES = ("passage", "document", "conversation", "question", "answer", "claim", "summary")
"""Tags that set data apart from what is asked, in the templates."""

HARMLESS = str.maketrans(
    {"<": "‹", ">": "›", "|": "¦", "[": "⟦", "]": "⟧", ":": "∶", "#": "♯", "=": "꞊"}
)
"""What the characters of a marker become. None of them is folded back by normalisation."""

MOST_ROUNDS = 8
"""How often a text is gone over: taking a marker out can bring two halves of another together."""

_TAGS = (
    "s|bos|eos|unk|pad|mask|sep|cls|bot|eot|eoh|eoa|sop|eop|BOS_TOKEN|EOS_TOKEN|PAD|EOD_TOKEN|"
    "start_of_turn|end_of_turn|startofturn|endofturn|start_of_role|end_of_role|turn|"
    "system|user|assistant|human|ai|bot|developer|model|tool|instructions?|prompt|context|message|"
    "SYS|INST|think|thinking|thought|scratchpad|"
    "tools?|tool_calls?|tool_results?|tool_responses?|tool_use|tool_code|tool_output|"
    "function|functions|function_calls?|function_results?|invoke|parameters?|"
    "available_tools|image|video|audio|img|"
    r"extra_id_\d+|reserved_\d+|unused\d+|SPECIAL_\d+|mask:\d+|用户|助手|系统|"
    r"(?:antml|seed|tool|func|fn)[:_][\w:.-]{1,40}"
)
_WORDS_IN_BRACKETS = (
    "INST|SYS|SYSTEM|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|"
    "TOOL_CALL|ARGS|CALL_ID|CLS|SEP|PAD|MASK|UNK|BOS|EOS|gMASK|sMASK|IMG|IMG_BREAK|IMG_END|"
    r"PREFIX|SUFFIX|MIDDLE|THINK|REF|control_\d+|Round \d+"
)
_ROLES = (
    "system|user|assistant|human|ai|bot|developer|model|tool|function|instructions?|response|input|"
    "system prompt|system message|question|answer|"
    "gpt4 (?:correct )?(?:user|assistant)|action|action input|observation|thought|final answer|"
    "系统|系統|用户|用戶|助手|助理|人类|人類|问|答|工具|指令|回复|回覆"
)
_TOOL_KEYS = "name|tool|tool_name|function|function_call|tool_calls?|recipient_name|action|type"
_TOOL_VALUES = "arguments|parameters|params|args|input|action_input|tool_input|tool_uses"

MARKERS: tuple[re.Pattern[str], ...] = (
    # <|im_start|>, <|eot_id|>, <｜User｜>, < | system | >, [|endofturn|], {|x|}
    re.compile(r"<\s*\|.{0,100}?\|\s*>|\[\s*\|[^\]]{0,60}?\|\s*\]", re.DOTALL),
    re.compile(rf"<\s*/?\s*(?:{_TAGS})\s*(?:[=/][^<>]{{0,60}})?\s*>", re.IGNORECASE),
    # tags that have attributes: frames, and the calls of tools
    re.compile(
        r"<\s*/?\s*(?:{frames}|invoke|parameter|function|tool_call|tool|antml\s*:)(?=[\s/=:>\"']|$)",
        re.IGNORECASE,
    ),
    re.compile(rf"\[\s*/?\s*(?:{_WORDS_IN_BRACKETS})\s*\]", re.IGNORECASE),
    re.compile(
        r"<<\s*/?\s*SYS\s*>>|>>\s*(?:QUESTION|ANSWER|ABSTRACT|all)\s*(?:<<)?", re.IGNORECASE
    ),
    re.compile(r"\]~!?b\[|\]~b\]|\[e~\["),
    # roles at the beginning of a line, with or without headings' signs and emphasis
    re.compile(rf"^[ \t>]*(?:#+[ \t]*)?[*_]{{0,2}}(?:{_ROLES})[*_]{{0,2}}[ \t]*:", re.I | re.M),
    re.compile(rf"^[ \t]*#{{2,}}[ \t]*(?:{_ROLES})[ \t]*$", re.IGNORECASE | re.MULTILINE),
    # the calls of tools in JSON, and in the words of agents
    re.compile(
        rf"[\"'](?:{_TOOL_KEYS})[\"']\s*:(?=.{{0,400}}?[\"'](?:{_TOOL_VALUES})[\"']\s*:)",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(rf"[\"'](?:{_TOOL_VALUES}|tool_calls|function_call)[\"']\s*:\s*(?=[{{\[\"])", re.I),
    re.compile(r"to\s*=\s*functions\s*\.\s*\w+|functions\s*\.\s*\w+\s*:\s*\d+", re.IGNORECASE),
)
"""What is taken out; ``{frames}`` stands for the tags of the frames."""


def neutralised(text: str, frames: Sequence[str] = FRAMES) -> str:
    """Return a text in which no marker of a chat template, tool call or frame is left.

    Applying it again changes nothing. Invisible characters go; everything else stays as it is.

    Args:
        text: Anything that a document, a title or a user says.
        frames: The tags that the prompt sets data apart with.
    """
    made = visible(text)
    patterns = _patterns(tuple(frames))
    for _ in range(MOST_ROUNDS):
        before = made
        for pattern in patterns:
            made = _replaced(made, pattern)
        if made == before:
            return made
    return view_of(made).text.translate(
        HARMLESS
    )  # endlessly nested: nothing of its form is worth keeping


def markers(text: str, frames: Sequence[str] = FRAMES) -> list[str]:
    """Return the markers in a text, as its view has them; empty where it is harmless."""
    view = view_of(text).text
    return [
        match.group() for pattern in _patterns(tuple(frames)) for match in pattern.finditer(view)
    ]


def _patterns(frames: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    if frames not in _COMPILED:
        joined = "|".join(map(re.escape, frames))
        _COMPILED[frames] = tuple(
            re.compile(p.pattern.replace("{frames}", joined), p.flags) for p in MARKERS
        )
    return _COMPILED[frames]


_COMPILED: dict[tuple[str, ...], tuple[re.Pattern[str], ...]] = {}


def _replaced(text: str, pattern: re.Pattern[str]) -> str:
    view = view_of(text)
    pieces: list[str] = []
    at = 0
    for match in pattern.finditer(view.text):
        start, end = view.starts[match.start()], view.ends[match.end() - 1]
        if start < at:
            continue  # both came of one character of the text: it is replaced already
        pieces += [text[at:start], match.group().translate(HARMLESS)]
        at = end
    return "".join([*pieces, text[at:]]) if pieces else text
