"""Tables into readable rows: every value beside its header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.types import SectionKind

_NUMBER = re.compile(r"[\s\d.,:%$€£¥+\-/()]+")

SEARCHED = 10
"""Rows among which the header row is looked for."""


def add_rows(
    builder: DocumentBuilder,
    rows: Sequence[Sequence[str]],
    *,
    header: Sequence[str] | None = None,
    page: int | None = None,
    sheet: str | None = None,
) -> None:
    """Add a table, one block a row: ``Model: X200; Price: 20 EUR``.

    Args:
        builder: Where to.
        rows: The cells' texts.
        header: The header's cells; with None the first row that looks like one is taken.
        page: The page or slide it stands on.
        sheet: The sheet it stands on.
    """
    filled = [[_flat(cell) for cell in row] for row in rows]
    filled = [row for row in filled if any(row)]
    if header is None:
        before, header, filled = _split_header(filled)
        for row in before:
            builder.add(" ".join(cell for cell in row if cell), page=page, sheet=sheet)
    for line in _lines(filled, [_flat(cell) for cell in header]):
        builder.add(line, SectionKind.TABLE_ROW, page=page, sheet=sheet)


def _split_header(
    rows: list[list[str]],
) -> tuple[list[list[str]], list[str], list[list[str]]]:
    """Return the rows above the header, the header (empty where there is none), and the rest."""
    widest = max((sum(bool(cell) for cell in row) for row in rows), default=0)
    if widest < 2 or len(rows) < 2:
        return [], [], rows
    for number, row in enumerate(rows[:SEARCHED]):
        cells = [cell for cell in row if cell]
        if len(cells) < 2 or len(cells) < widest * 0.6:
            continue
        if all(_is_name(cell) for cell in cells) and len(set(cells)) == len(cells):
            return rows[:number], row, rows[number + 1 :]
        return rows[:number], [], rows[number:]
    return [], [], rows


def _is_name(cell: str) -> bool:
    return len(cell) <= 60 and not _NUMBER.fullmatch(cell)


def _lines(rows: list[list[str]], header: list[str]) -> Iterator[str]:
    for row in rows:
        pairs = []
        for number, cell in enumerate(row):
            if not cell:
                continue
            name = header[number] if number < len(header) else ""
            pairs.append(f"{name}: {cell}" if name and name != cell else cell)
        if header:
            yield "; ".join(pairs)
        elif len(pairs) == 2:
            yield ": ".join(pairs)
        else:
            yield " | ".join(pairs)


def _flat(cell: str) -> str:
    return " ".join(cell.split())
