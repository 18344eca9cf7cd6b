"""PDF: the text of each page with its headings, by pdfium."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import PurePosixPath
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge_base.errors import EncryptedFile, LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.tables import add_rows
from knowledge_base.loaders.text import joined
from knowledge_base.types import Document, SectionKind

LOCK = threading.RLock()
"""pdfium is not safe to use from several threads; whoever calls it holds this."""

LARGER = 1.12
"""From this factor over the body's size a line's letters make it a heading."""

GAP = 0.6
"""From this share of the usual distance between lines the space above one ends a paragraph."""

WIDE = 1.5
"""From this share of the letters' size a gap in a line parts the cells of a table."""

_BULLET = re.compile(r"\s*(?:[-•·‣▪●○–*]|\(?\d{1,3}[.)、]|[a-z][.)])\s+\S")
_ENDS = re.compile(r"[.!?:;。！？：；…][\"'”’)\]]*$")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it stands on its page. ``size`` and positions in points, ``top`` from below.

    ``cells`` are its parts between wide gaps: more than one in a row of a table.
    """

    text: str
    cells: tuple[str, ...]
    size: float
    top: float
    bottom: float
    right: float


def load_pdf(data: bytes, source: str) -> Document:
    """Return a PDF as a document, every block with its page.

    Raises:
        EncryptedFile: If it needs a password.
        LoadError: If it is damaged.
    """
    name = PurePosixPath(source).name
    with LOCK:
        document = _opened(data, name)
        try:
            pages = [_lines(document, number, name) for number in range(len(document))]
            facts = document.get_metadata_dict(skip_empty=True)
        finally:
            document.close()
    builder = DocumentBuilder(source, name, "application/pdf")
    _add_pages(builder, _without_furniture(pages))
    title = facts.get("Title", "").strip()
    useful = title and not re.search(
        r"\.(docx?|pdf|indd|tex)$|^(untitled|microsoft word)", title, re.I
    )
    metadata = {"author": facts.get("Author", ""), "date": _date(facts.get("CreationDate", ""))}
    return builder.build(
        title=title if useful else None,
        metadata=metadata,
        empty="the PDF has no text layer (it may be a scan); run a text recognition over it",
    )


def _opened(data: bytes, name: str) -> Any:
    try:
        document = pypdfium2.PdfDocument(data)
        document.init_forms()
        return document
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise EncryptedFile(
                f"{name}: the PDF is protected by a password; save it without one"
            ) from error
        raise LoadError(
            f"{name}: the PDF is damaged ({error}); save or download it again"
        ) from error


def _lines(document: Any, number: int, name: str) -> list[_Line]:
    try:
        page = document[number]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise LoadError(f"{name}: page {number + 1} is damaged ({error}); save it again") from error
    try:
        text = textpage.get_text_range() if textpage.count_chars() else ""
        lines, position = [], 0
        for raw in text.split("\n"):
            line = raw.rstrip("\r")
            if line.strip():
                first = position + len(line) - len(line.lstrip())
                lines.append(_measured(textpage, line, first, position + len(line) - 1))
            position += len(raw) + 1
        return lines
    finally:
        textpage.close()
        page.close()


def _measured(textpage: Any, line: str, first: int, last: int) -> _Line:
    """Return a line with its size and place; characters are looked up by their position."""
    count = textpage.count_chars()
    first, last = min(first, count - 1), min(last, count - 1)
    _, _, _, top = textpage.get_charbox(first, loose=True)
    # where a word was cut, pdfium gives two lines as one: its end is lower than its beginning
    _, bottom, right, _ = textpage.get_charbox(last, loose=True)
    size = pdfium.FPDFText_GetFontSize(textpage.raw, first) or 0.0
    # a font of size 1 scaled by the page's matrix tells nothing: the box does
    size = size if size > 2 else top - bottom
    return _Line(line, _cells(textpage, line, first, size), size, top, bottom, right)


def _cells(textpage: Any, line: str, first: int, size: float) -> tuple[str, ...]:
    """Return the parts of a line between gaps that are wider than the space between words."""
    text = line.strip()
    count = textpage.count_chars()
    cells, begin = [], 0
    for gap in re.finditer(r"\s+", text):
        left, right = first + gap.start() - 1, first + gap.end()
        if right >= count:
            break
        if textpage.get_charbox(right)[0] - textpage.get_charbox(left)[2] > WIDE * size:
            cells.append(text[begin : gap.start()])
            begin = gap.end()
    return (*cells, text[begin:])


def _without_furniture(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Drop running headers and footers: what stands first or last on most pages, and page numbers."""
    seen: Counter[str] = Counter()
    for lines in pages:
        seen.update({_key(line) for line in [*lines[:2], *lines[-2:]]})
    often = max(2, 0.5 * len(pages))
    running = {key for key, count in seen.items() if count >= often}

    sizes = _sizes(pages)
    body = sizes.most_common(1)[0][0] if sizes else 0.0

    def kept(lines: list[_Line], at: int) -> bool:
        # "Chapter 1", "Chapter 2" in large letters are headings, however regular
        plain = lines[at].size < LARGER * body and len(lines[at].cells) == 1
        edge = (at < 2 or at >= len(lines) - 2) and plain
        return not (edge and (_key(lines[at]) in running or lines[at].text.strip().isdecimal()))

    return [[line for at, line in enumerate(lines) if kept(lines, at)] for lines in pages]


def _sizes(pages: list[list[_Line]]) -> Counter[float]:
    """Return how many characters stand in each size."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes


def _key(line: _Line) -> str:
    return _DIGITS.sub("#", " ".join(line.text.split()).lower())


def _add_pages(builder: DocumentBuilder, pages: list[list[_Line]]) -> None:
    sizes = _sizes(pages)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted({size for size in sizes if body and size >= LARGER * body}, reverse=True)
    for number, lines in enumerate(pages, 1):
        _add_page(builder, lines, number, {size: level for level, size in enumerate(larger, 1)})


def _add_page(
    builder: DocumentBuilder, lines: list[_Line], page: int, levels: dict[float, int]
) -> None:
    step = _usual_step(lines)
    right = max((line.right for line in lines), default=0.0)
    block: list[_Line] = []

    def finish() -> None:
        if not block:
            return
        text = joined([line.text for line in block])
        level = levels.get(round(block[0].size, 1))
        if level is not None and len(text) <= 150 and not text.endswith((".", "。", ",")):
            builder.heading(text, min(level, 6), page=page)
        else:
            item = _BULLET.match(text) is not None
            builder.add(text, SectionKind.LIST_ITEM if item else SectionKind.PARAGRAPH, page=page)
        block.clear()

    for rows, group in groupby(lines, lambda line: len(line.cells) > 1):
        some = list(group)
        if rows and len(some) > 1:
            finish()
            add_rows(builder, [line.cells for line in some], page=page)
            continue
        for line in some:
            if block and _starts_block(block[-1], line, step, right):
                finish()
            block.append(line)
    finish()


def _usual_step(lines: list[_Line]) -> float:
    steps = sorted(
        above.top - below.top for above, below in pairwise(lines) if above.top > below.top
    )
    return steps[len(steps) // 2] if steps else 0.0


def _starts_block(above: _Line, line: _Line, step: float, right: float) -> bool:
    if abs(above.size - line.size) > 0.6 or _BULLET.match(line.text):
        return True
    if step and above.bottom - line.top > GAP * step:
        return True
    if above.top < line.bottom:  # a new column
        return _ENDS.search(above.text) is not None
    short = above.right < 0.8 * right
    return short and (_ENDS.search(above.text.strip()) is not None or line.text[:1].isupper())


def _date(raw: str) -> str:
    match = re.match(r"D:(\d{4})(\d{2})?(\d{2})?", raw)
    return "-".join(part for part in match.groups() if part) if match else ""
