"""From chosen places in passages to an answer: whole sentences, marks, citations.

Every reader that quotes uses this, so that answers look the same whoever found them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.indexes.analysis import simplified
from knowledge_base.types import ScoredPassage, Span
from qa_bot.citations import cite, guard, mark
from qa_bot.types import Reading

_HOW_TO = re.compile(
    r"^\s*(?:how (?:do|can|should|would|could|to|does one|must)\b|what (?:are the )?steps\b|steps\b|"
    r"(?:what|how) (?:is|are) the (?:procedure|steps|process)\b)|怎么|怎样|如何|步骤|流程",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:which|list|all|kinds?|types|what are|ways|conditions|requirements|documents|items)\b|"
    r"哪些|哪几|有什么|几种|分别",
    re.IGNORECASE,
)
_STEP = re.compile(r"^\s*(?:\d{1,2}[.)、]|[-•*])\s+")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)、]\s+")

_INSTRUCTION = re.compile(
    r"(?:(?:first|next|now|then|finally),? |"
    r"(?:from|on|in|under|at|with|to|when|if|after|once) [^,.]{2,60}, )*"
    r"(?:tap|press|click|open|select|choose|pick|go|enter|turn|hold|touch|slide|swipe|insert|remove|take|push|"
    r"pull|place|put|connect|disconnect|plug|unplug|fill|empty|rinse|clean|wipe|dry|wait|let|leave|close|shut|"
    r"set|switch|start|stop|restart|sign|log|scroll|navigate|check|make|drag|download|install|contact|call|"
    r"send|write|pay|add|type|use|launch|attach|align|lift|lower|loosen|tighten|screw|unscrew|confirm|save|"
    r"print|follow|find|read|bring|pack|return|replace|repeat|release|pour|mix|ask|tell|give|keep|wash|"
    r"register|apply|submit|create|change|review|view|scan|move|rotate|charge|allow|ensure|do|get)\b|"
    r"(?:在|从|然后|请|再|先|将|把|打开|点击|点选|选择|进入|长按|按|输入|填写|登录|联系|提交|扫描|下载|安装|关闭|"
    r"取出|取下|插入|连接|拔|放入|放|倒|加|清洗|擦|等待|等|设置|确认|检查|拧|转)",
    re.IGNORECASE,
)
"""What a step begins with: a verb in the imperative, after where and when it is done."""

_POINTS_BACK = re.compile(
    r"(?:he|she|it|they|this|these|those|his|her|its|their)\b|"
    r"(?:他|她|它|这|此|该|其|自此|同年|之后|随后|当时|后来)",
    re.IGNORECASE,
)

LONGEST_ANTECEDENT = 300
"""Characters of a sentence that is quoted because the next one points back at it."""

LONGEST_RUN = 10
"""List items of one answer."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage; offsets in characters of the document."""

    hit: ScoredPassage
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote that goes into an answer, and the words in it that settle the question."""

    hit: ScoredPassage
    start: int
    end: int
    span: Span | None = None


def sentences_of(hit: ScoredPassage) -> list[Sentence]:
    """Return the sentences of a passage, headings left out where they stand alone."""
    passage = hit.passage
    found = []
    for start, end in sentence_spans(passage.text):
        text = passage.text[start:end]
        if text.strip() in passage.headings or text.strip() == passage.title:
            continue
        found.append(Sentence(hit, passage.start + start, passage.start + end, text))
    return _without_headings(found)


def _without_headings(sentences: list[Sentence]) -> list[Sentence]:
    """Drop short lines without an end mark that stand before a paragraph: headings inside."""
    kept = []
    for number, sentence in enumerate(sentences):
        text = sentence.text
        bare = (
            len(text) < 80
            and not re.search(r"[.!?:;,。！？：；，|]", text)
            and not _STEP.match(text)
        )
        lead = number + 1 < len(sentences) and "\n\n" in _between(sentence, sentences[number + 1])
        if not (bare and lead):
            kept.append(sentence)
    return kept or sentences


def _between(first: Sentence, second: Sentence) -> str:
    passage = first.hit.passage
    return passage.text[first.end - passage.start : second.start - passage.start]


def sentence_at(hit: ScoredPassage, start: int, end: int) -> Span:
    """Return the sentence, or run of sentences, around a span; offsets of the document."""
    passage = hit.passage
    left, right = start - passage.start, end - passage.start
    touched = [(a, b) for a, b in sentence_spans(passage.text) if a < right and b > left]
    if not touched:
        return Span(start, end)
    return Span(passage.start + touched[0][0], passage.start + touched[-1][1])


def wants_steps(question: str) -> bool:
    """Tell whether a question asks how something is done."""
    return _HOW_TO.search(simplified(question)) is not None


def wants_several(question: str) -> bool:
    """Tell whether a question asks for several things."""
    return _SEVERAL.search(simplified(question)) is not None or question.count("?") > 1


def with_list(question: str, evidence: Evidence) -> list[Evidence]:
    """Return the whole run of list items around a quote where the question asks for steps or several.

    The run starts with its lead-in, the line before that ends in a colon. Otherwise the quote
    alone comes back.
    """
    asked_for_steps = wants_steps(question)
    if not (asked_for_steps or wants_several(question)):
        return [evidence]
    passage = evidence.hit.passage
    lines = [
        (passage.start + m.start(), passage.start + m.end(), m.group())
        for m in re.finditer(r"[^\n]+", passage.text)
    ]
    here = next((i for i, (a, b, _) in enumerate(lines) if a <= evidence.start < b), None)
    if here is None:
        return [evidence]
    first = here if _STEP.match(lines[here][2]) else here + 1
    if first == len(lines) or not _STEP.match(lines[first][2]):
        return [evidence]
    last = first
    while first > 0 and _STEP.match(lines[first - 1][2]):
        first -= 1
    while last + 1 < len(lines) and _STEP.match(lines[last + 1][2]):
        last += 1
    if last == first:
        return [evidence]
    below = here < first
    items = [line for _, _, line in lines[first : last + 1]]
    # of what stands below the quote, steps are what is asked for, not what else is listed there
    if below and asked_for_steps and not _are_steps(items):
        return [evidence]
    last = min(last, first + LONGEST_RUN - 1)
    if first > 0 and lines[first - 1][2].rstrip().endswith((":", "：")):
        first -= 1
    run = [
        replace(evidence, start=a, end=b, span=_span_inside(evidence.span, a, b))
        for a, b, _ in lines[first : last + 1]
    ]
    quoted = run[0].start <= evidence.start or _text(evidence, evidence.end, run[0].start).strip()
    return run if quoted else [evidence, *run]


def reads_as_steps(run: Sequence[Evidence]) -> bool:
    """Tell whether the items of a list are steps: numbered, or most of them tell to do something."""
    items = [text for one in run if _STEP.match(text := _text(one, one.start, one.end))]
    return len(items) > 1 and _are_steps(items)


def _are_steps(items: Sequence[str]) -> bool:
    told = [_INSTRUCTION.match(_STEP.sub("", item, count=1)) is not None for item in items]
    return all(map(_NUMBERED.match, items)) or sum(told) > 0.5 * len(told)


def with_antecedent(chosen: list[Evidence]) -> list[Evidence]:
    """Return the evidence with the sentence before it, where it begins by pointing back at that.

    A quote that begins with "It" or "He" says little to a reader who does not see what was before.
    """
    first = chosen[0]
    passage = first.hit.passage
    left = first.start - passage.start
    if not _POINTS_BACK.match(simplified(passage.text[left : left + 12])):
        return chosen
    before = [(a, b) for a, b in sentence_spans(passage.text) if b <= left]
    if not before or passage.text[before[-1][1] : left].count("\n") > 1:
        return chosen
    start, end = (passage.start + at for at in before[-1])
    known = any(other.start < end and other.end > start for other in chosen)
    text = passage.text[before[-1][0] : before[-1][1]].strip()
    if known or len(text) > LONGEST_ANTECEDENT or text in passage.headings:
        return chosen
    return [Evidence(first.hit, start, end), *chosen]


def _span_inside(span: Span | None, start: int, end: int) -> Span | None:
    return span if span is not None and start <= span.start and span.end <= end else None


def compose(
    chosen: Sequence[Evidence],
    confidence: float,
    short_answer: str | None,
    explain: dict[str, object],
) -> Reading:
    """Return the answer that quotes the chosen evidence, one citation a sentence.

    The items of one list stand one below the other; an item that was chosen alone loses its mark.
    """
    citations, parts = [], []
    listed = _is_list(chosen)
    for number, evidence in enumerate(chosen if listed else map(_without_mark, chosen), 1):
        citation = cite(evidence.hit, evidence.start, evidence.end, number, evidence.span)
        citations.append(citation)
        flat = guard(" ".join(citation.quote.split()))
        parts.append(f"{flat} {mark(number)}")
    return Reading(
        answer=("\n" if listed else " ").join(parts),
        short_answer=short_answer,
        abstained=False,
        confidence=confidence,
        citations=tuple(citations),
        explain=explain,
    )


def _is_list(chosen: Sequence[Evidence]) -> bool:
    """Tell whether the chosen quotes are neighbouring items of one list, with or without its lead-in."""
    return len(chosen) > 1 and all(
        after.hit.passage.id == before.hit.passage.id
        and not _text(before, before.end, after.start).strip()
        and _STEP.match(_text(after, after.start, after.end))
        for before, after in pairwise(chosen)
    )


def _without_mark(evidence: Evidence) -> Evidence:
    mark_before = _STEP.match(_text(evidence, evidence.start, evidence.end))
    if mark_before is None:
        return evidence
    start = evidence.start + mark_before.end()
    return replace(evidence, start=start, span=_span_inside(evidence.span, start, evidence.end))


def _text(evidence: Evidence, start: int, end: int) -> str:
    passage = evidence.hit.passage
    return passage.text[max(0, start - passage.start) : max(0, end - passage.start)]


def pieces(reading: Reading) -> Iterator[str]:
    """Give an answer's text in pieces of a few words, as a stream shows it."""
    for match in re.finditer(r"\S+\s*(?:\S+\s*){0,3}", reading.answer):
        yield match.group()
