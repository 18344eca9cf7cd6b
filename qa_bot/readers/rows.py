"""Rows of a table as sentences: "Service: Express; Destination: Ireland; Price: 9.50 EUR"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CELL = re.compile(r"^\s*([^:;]{1,60}):\s+\S")

SHORTEST = 2
"""Cells of a row, at least; what has fewer may be a sentence with a colon."""


def columns(text: str) -> tuple[str, ...]:
    """Return the headers of a row, in order; none where a text is no row."""
    cells = [_CELL.match(cell) for cell in text.split(";")]
    named = tuple(cell.group(1).strip() for cell in cells if cell is not None)
    return named if len(named) == len(cells) >= SHORTEST else ()


def own_row(
    best: int, texts: Sequence[str], passages: Sequence[str], overlaps: Sequence[float]
) -> int:
    """Return the row that shares most with the question, among those of the best one's table.

    Rows of one table say the same of different things, and the network hardly tells them apart: the
    words that the question names its thing by do.

    Args:
        best: The number of the best sentence; it stays where it is no row, or no row shares more.
        texts: The sentences.
        passages: The passage of each.
        overlaps: The weighted share of the question's words in each.
    """
    headers = columns(texts[best])
    if not headers:
        return best
    rows = [
        number
        for number, (text, passage) in enumerate(zip(texts, passages, strict=True))
        if passage == passages[best] and columns(text) == headers
    ]
    return max(rows, key=lambda number: (overlaps[number], number == best))
