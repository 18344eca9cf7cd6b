"""Text that speaks to a model instead of to a reader: found when a document is taken in.

Nothing is refused or changed for it: a manual on prompt injection is a document like any other. What
is found is stored with the document and shown, so that a person can judge. Patterns are of
instructions ("ignore previous instructions"), roles and markers of chat templates, calls of tools,
tags that end a prompt's frame, and text that is hidden from the eye; English and Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise

from knowledge_base.types import Suspicion, SuspicionKind

MOST = 50
"""Findings kept of one document: more say nothing more."""

LONGEST = 160
"""Characters of a finding that are quoted."""

NEAR = 320
"""Characters within which two weak signs make a finding."""

_I = re.IGNORECASE
_GAP = r"[^.!?\n]{0,50}?"
_INSTRUCTIONS = (
    r"(?:instructions?|prompts?|rules|guidelines|directives?|restrictions|"
    r"everything|told|commands?)"
)
_MODEL = r"(?:AI|A\.I\.|LLM|language model|chat ?bot|assistant|(?:AI )?model|agent)"

_STRONG: tuple[tuple[SuspicionKind, re.Pattern[str]], ...] = (
    (
        SuspicionKind.INSTRUCTION,
        re.compile(
            rf"\b(?:ignore|disregard|forget|override|overrule|bypass)\b{_GAP}\b(?:previous|prior|above|"
            rf"earlier|preceding|all|any|your|the system|system|everything)\b{_GAP}\b{_INSTRUCTIONS}\b|"
            rf"\b(?:ignore|disregard|forget) (?:the |these |those )?{_INSTRUCTIONS} (?:above|before)\b",
            _I,
        ),
    ),
    (
        SuspicionKind.INSTRUCTION,
        re.compile(
            rf"\b(?:do not|don't|no longer|stop) (?:follow|obey|heed)(?:ing)?\b{_GAP}\b(?:previous|prior|"
            rf"above|earlier|your|system)\b{_GAP}\b{_INSTRUCTIONS}\b|"
            r"\byour new (?:task|role|goal|objective|instructions?|job|name) (?:is|are)\b|"
            r"\bnew instructions?:|"
            rf"\b(?:note|attention|message|instructions?|memo) (?:to|for) (?:the |any |all )?{_MODEL}s?\b|"
            rf"\bif you are an? {_MODEL}\b",
            _I,
        ),
    ),
    (
        SuspicionKind.INSTRUCTION,
        re.compile(
            r"(?:忽略|无视|無視|忘记|忘記|忘掉|不要再?遵守|不再遵守|覆盖|绕过|推翻)[^。！？\n]{0,16}?"
            r"(?:之前|以上|先前|此前|前面|上述|全部|所有|一切|系统|系統|的)[^。！？\n]{0,12}?"
            r"(?:指令|指示|系统提示|提示词|一切提示|规则|規則|要求|设定)|"
            r"(?:指令|指示)优先于|新(?:的)?(?:任务|指令|角色|身份)(?:是|为)|"
            r"致[^。\n]{0,12}(?:人工智能|AI|模型|助手)|如果你是[^。\n]{0,8}(?:人工智能|AI|语言模型)"
        ),
    ),
    (
        SuspicionKind.PERSONA,
        re.compile(
            rf"\byou are now\b[^.\n]{{0,50}}?\b(?:{_MODEL}|DAN|jailbroken|unrestricted|no longer bound|"
            r"without (?:any )?restrictions?|in (?:developer|debug|god) mode)\b|"
            r"\bfrom now on,? (?:you|answer|reply|respond|follow|act)\b|"
            rf"(?:^|[.!?:\n]\s*)(?:please )?(?:pretend|act|behave|role-?play)\b[^.\n]{{0,30}}?\b"
            rf"(?:{_MODEL}|character|pirate|unfiltered|manager|hacker|admin(?:istrator)?|DAN)\b",
            _I,
        ),
    ),
    (
        SuspicionKind.PERSONA,
        re.compile(
            r"你现在(?:是|扮演|充当)|你現在是|(?:从现在开始|从现在起|從現在起|自此)，?(?:请)?你?(?:只|都|必须|扮演|要|就是|将)|"
            r"假装你(?:是|没)|请你扮演|你(?:将|要)扮演"
        ),
    ),
    (
        SuspicionKind.DISCLOSURE,
        re.compile(
            rf"\b(?:print|reveal|show|repeat|output|display|leak|expose|recite)\b{_GAP}\b(?:system prompt|"
            r"(?:hidden|initial|original|secret) (?:prompt|instructions)|your (?:prompt|instructions)|"
            r"(?:words|text|everything|lines) above|passages? you (?:were|have been) given)",
            _I,
        ),
    ),
    (
        SuspicionKind.DISCLOSURE,
        re.compile(
            r"(?:输出|显示|透露|泄露|打印|重复|复述|公开)[^。！？\n]{0,14}?(?:系统提示|提示词|你的指令|上面的内容|"
            r"以上内容|收到的(?:全部|所有)?段落)"
        ),
    ),
    (
        SuspicionKind.MARKER,
        re.compile(
            r"<\s*\|[\w▁ /.-]{1,60}\|\s*>|\[/?INST\]|<<\s*/?\s*SYS\s*>>|"
            r"<(?:start_of_turn|end_of_turn|begin_of_text|BOS_TOKEN|EOS_TOKEN|start_of_role)>|"
            r"^#{2,} ?(?:System|Instruction|Response|Human|Assistant|User) ?:|"
            r"^(?:System|系统|系統) ?[:：][^\n]*\n+(?:User|Human|Assistant|用户|用戶|助手) ?[:：]|"
            r"^(?:Human|User|用户|用戶) ?[:：][^\n]*\n+(?:Assistant|AI|助手) ?[:：]",
            re.MULTILINE,
        ),
    ),
    (
        SuspicionKind.TOOL,
        re.compile(
            r"[\"'](?:name|tool|function|function_call)[\"']\s*:\s*[\"'][^\"'\n]{1,60}[\"']\s*,\s*"
            r"[\"'](?:arguments|parameters|tool_input|action_input)[\"']\s*:|"
            r"</?(?:tool_calls?|function_calls?|invoke|tool_response|tool_use)\b[^<>\n]{0,80}>|"
            r"\[TOOL_CALLS?\]|\[AVAILABLE_TOOLS\]|^Action Input ?:|"
            r"\b(?:call|invoke|use|run) the (?:tool|function) [`'\"]?\w+_\w+|"
            r"调用(?:工具|函数|接口) ?[`\"']?\w+_\w+",
            re.MULTILINE,
        ),
    ),
    (
        SuspicionKind.FRAME,
        re.compile(r"<\s*/\s*(?:passage|documents?|context|question|conversation)\s*>\s*\S", _I),
    ),
)
"""What is a finding by itself, by kind."""

_WEAK = re.compile(
    r"\b(?:tell|inform|instruct|ask|convince) (?:the|every|any) (?:user|customer|reader)s? (?:that|to)\b|"
    r"\bin (?:your|each|every|all) (?:answers?|repl(?:y|ies)|responses?)\b|"
    r"\balways (?:answer|reply|respond|end|say|recommend)\b|\b(?:answer|reply|respond) (?:only|every)\b|"
    r"\b(?:when|before) you (?:answer|reply|respond)\b|\bso that the answer\b|"
    r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]+\?[^)\s]+\)|\[[^\]\n]{0,80}\]\(https?://[^)\s]+\)|"
    r"(?:告诉|要求|说服|通知)(?:用户|客户|读者)|回答时|每个回答|在回答(?:的)?(?:结尾|开头|之前)|"
    r"(?:一律|总是|只|都)(?:要)?(?:回答|回复)|必须(?:回答|附上|回复)",
    _I,
)
"""What is a finding where two different ones stand together; a link is one of them."""

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_LETTERED = re.compile(r"(?:\w[\u200b\u2060-\u2064\ufeff]){4,}")
_OVERRIDDEN = re.compile("[\u202d\u202e][^\n]{4,}")
_TAGGED = re.compile("[\U000e0020-\U000e007f]{4,}")
_ENTITY = re.compile(
    r"&(?:amp;)*(?:lt|gt|vert|verbar|lsqb|rsqb|#\d{1,4}|#x[0-9a-f]{1,3});", re.IGNORECASE
)
_WIDE = str.maketrans("＜＞｜［］｛｝＃", "<>|[]{}#")


def suspicions(text: str) -> tuple[Suspicion, ...]:
    """Return what of a text speaks to a model or hides from the eye, in order, at most ``MOST``.

    Spans are in characters of the text.
    """
    plain, places = _plain(text)
    found = [
        (kind, match.start(), match.end())
        for kind, pattern in _STRONG
        for match in pattern.finditer(plain)
    ]
    found += ((SuspicionKind.INSTRUCTION, start, end) for start, end in _pairs(plain))
    spans = [(kind, places[start], places[end]) for kind, start, end in found if end > start]
    spans += [
        (SuspicionKind.HIDDEN, match.start(), match.end())
        for pattern in (_LETTERED, _OVERRIDDEN, _TAGGED)
        for match in pattern.finditer(text)
    ]
    return tuple(_finding(text, *span) for span in _apart(spans))[:MOST]


def within(found: Sequence[Suspicion], start: int, end: int) -> tuple[Suspicion, ...]:
    """Return the findings that lie, in part at least, in a range of the text."""
    return tuple(one for one in found if one.start < end and one.end > start)


def _pairs(plain: str) -> Iterator[tuple[int, int]]:
    """Give the stretches where two different weak signs stand near each other."""
    weak = list(_WEAK.finditer(plain))
    for one, other in pairwise(weak):
        links = one.group().startswith(("[", "![")) and other.group().startswith(("[", "!["))
        if other.end() - one.start() <= NEAR and not links and one.group() != other.group():
            yield one.start(), other.end()


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """Return a text without invisible characters and entities, and where each character stood."""
    wide = text.translate(_WIDE)
    if _INVISIBLE.search(text) is None and "&" not in text:
        return wide, range(len(text) + 1)
    characters: list[str] = []
    places: list[int] = []
    at = 0
    for match in _REPLACED.finditer(wide):
        characters.append(wide[at : match.start()])
        places += range(at, match.start())
        if match.group().startswith("&"):
            plain = unescape(unescape(match.group()))
            characters.append(plain)
            places += [match.start()] * len(plain)
        at = match.end()
    return "".join([*characters, wide[at:]]), [*places, *range(at, len(text) + 1)]


_REPLACED = re.compile(f"{_INVISIBLE.pattern}|{_ENTITY.pattern}", re.IGNORECASE)


def _apart(
    spans: list[tuple[SuspicionKind, int, int]],
) -> Iterator[tuple[SuspicionKind, int, int]]:
    """Give findings by place; one that begins inside another is part of it."""
    ended = -1
    for span in sorted(spans, key=lambda span: (span[1], -span[2])):
        if span[1] >= ended:
            yield span
            ended = span[2]


def _finding(text: str, kind: SuspicionKind, start: int, end: int) -> Suspicion:
    quote = _INVISIBLE.sub("", text[start:end]).strip() or "(invisible characters)"
    return Suspicion(kind, start, end, quote[:LONGEST])
