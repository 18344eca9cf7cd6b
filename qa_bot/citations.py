"""The one place that writes, reads and numbers ``[1]`` marks, and cuts quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from knowledge_base.types import ScoredPassage, Span
from qa_bot.types import Citation

MOST = 99
"""The highest number that a mark can carry; ``[2024]`` in a text is a year, not a mark."""

_MARK = re.compile(r"\[([1-9][0-9]?)\]")
_SPACED_MARK = re.compile(r"([ \t]?)\[([1-9][0-9]?)\]")


def mark(number: int) -> str:
    """Return the mark of a citation.

    Raises:
        ValueError: If the number is not between 1 and ``MOST``.
    """
    if not 1 <= number <= MOST:
        raise ValueError(f"a citation is numbered from 1 to {MOST}, got {number}")
    return f"[{number}]"


def parse_marks(text: str, count: int = MOST) -> list[tuple[int, int, int]]:
    """Return ``(start, end, number)`` of each mark, in order; numbers over ``count`` are not marks."""
    return [
        (found.start(), found.end(), int(found[1]))
        for found in _MARK.finditer(text)
        if int(found[1]) <= count
    ]


def strip_marks(text: str) -> str:
    """Return a text without its marks and the single space before each."""
    return _SPACED_MARK.sub("", text)


def guard(text: str) -> str:
    """Return a source's words with marks of its own (``[3]`` of an encyclopedia) made harmless.

    They are written in wide brackets, so that no reader takes them for marks of the answer.
    """
    return _MARK.sub(r"［\1］", text)


def cite(
    hit: ScoredPassage, start: int, end: int, number: int, span: Span | None = None
) -> Citation:
    """Return the citation of a part of a passage.

    Args:
        hit: The passage.
        start: Where the quote begins, in characters of the document.
        end: Where it ends.
        number: The citation's number, from 1.
        span: The words inside the quote that settle the question, in characters of the document.

    Raises:
        ValueError: If the quote is empty or not inside the passage, the span is empty or not
            inside the quote, or no mark can carry the number.
    """
    passage = hit.passage
    if not passage.start <= start < end <= passage.end:
        raise ValueError(
            f"a quote from {start} to {end} is not inside the passage "
            f"from {passage.start} to {passage.end}"
        )
    if span is not None and not start <= span.start < span.end <= end:
        raise ValueError(
            f"a span from {span.start} to {span.end} is not inside the quote from {start} to {end}"
        )
    mark(number)  # refuses a number that cannot be written
    return Citation(
        number=number,
        passage_id=passage.id,
        source=passage.source,
        title=passage.title,
        page=passage.page,
        start=start,
        end=end,
        quote=passage.text[start - passage.start : end - passage.start],
        headings=passage.headings,
        sheet=passage.sheet,
        span_start=None if span is None else span.start,
        span_end=None if span is None else span.end,
        score=hit.score,
    )


def number_citations(text: str, citations: Iterable[Citation]) -> tuple[str, tuple[Citation, ...]]:
    """Renumber marks and citations from 1, in the order of first use in the text.

    Marks without a citation are taken out of the text; citations without a mark are dropped.
    """
    known = {citation.number: citation for citation in citations}
    order: dict[int, int] = {}

    def renumbered(found: re.Match[str]) -> str:
        number = int(found[2])
        if number not in known:
            return ""
        order.setdefault(number, len(order) + 1)
        return found[1] + mark(order[number])

    marked = _SPACED_MARK.sub(renumbered, text)
    return marked, tuple(replace(known[old], number=new) for old, new in order.items())
