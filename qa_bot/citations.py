"""The one place that writes and reads ``[1]`` marks, and cuts quotes."""

from __future__ import annotations

import re

from knowledge_base.types import ScoredPassage, Span
from qa_bot.types import Citation

_MARK = re.compile(r"\s?\[(\d{1,3})\]")


def mark(number: int) -> str:
    """Return the mark of a citation, from 1."""
    return f"[{number}]"


def parse_marks(text: str) -> list[tuple[int, int, int]]:
    """Return ``(start, end, number)`` of every mark of a text, in order."""
    return [(m.end() - len(m[1]) - 2, m.end(), int(m[1])) for m in _MARK.finditer(text)]


def strip_marks(text: str) -> str:
    """Return a text without its marks and the single space before each."""
    return _MARK.sub("", text)


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
        ValueError: If the quote is empty or not inside the passage.
    """
    passage = hit.passage
    if not passage.start <= start < end <= passage.end:
        raise ValueError(
            f"a quote from {start} to {end} is not inside the passage "
            f"from {passage.start} to {passage.end}"
        )
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
