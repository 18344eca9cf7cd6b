"""A page of a PDF as a picture, with the quoted lines marked."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops, ImageDraw

from knowledge_base.errors import LoadError
from knowledge_base.loaders.pdf import LOCK

SCALE = 2.0
"""Pixels a point, which is sharp on a dense screen."""

LONGEST_SIDE = 2400
"""Pixels; larger pages are drawn smaller, so that a hostile page size costs no memory."""

MARK = (255, 231, 115)
"""The colour of the marker; it is multiplied with the page, as ink on paper."""

SHORTEST_PIECE = 12
"""Characters; shorter pieces of a quote are not marked, since they may stand there by chance."""

_HYPHENS = frozenset("-\u00ad\u2010\u2011\u2012\u2013\x02\ufffe")

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top in points, the origin at the page's lower left."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A drawn page as PNG; ``marked`` counts the lines that were marked."""

    png: bytes
    width: int
    height: int
    marked: int


def draw_page(data: bytes, number: int, quote: str) -> PagePicture:
    """Return a page as a picture with the lines of a quote marked.

    A quote that goes on over the page break is marked as far as it stands on this page; one that is
    not found leaves the page unmarked.

    Args:
        data: The PDF file.
        number: The page, from 1.
        quote: What to mark; white space and hyphens do not matter.

    Raises:
        LoadError: If the file cannot be opened or has no such page.
    """
    with LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise LoadError(
                f"the PDF cannot be opened ({error}); open the original file"
            ) from error
        try:
            return _drawn(document, number, quote)
        except pypdfium2.PdfiumError as error:
            raise LoadError(f"page {number} cannot be drawn ({error}); open the file") from error
        finally:
            document.close()


def _drawn(document: Any, number: int, quote: str) -> PagePicture:
    if not 1 <= number <= len(document):
        raise LoadError(f"the PDF has {len(document)} pages, page {number} was asked for")
    page = document[number - 1]
    scale = min(SCALE, LONGEST_SIDE / max(*page.get_size(), 1.0))
    bitmap = page.render(scale=scale)
    position = bitmap.get_posconv(page)
    image = bitmap.to_pil().convert("RGB")
    lines = joined_lines(_quote_boxes(page, quote))
    marks = Image.new("RGB", image.size, (255, 255, 255))
    pen = ImageDraw.Draw(marks)
    for left, bottom, right, top in lines:
        corners = [position.to_bitmap(left - 1, top + 1), position.to_bitmap(right + 1, bottom - 1)]
        (x0, y0), (x1, y1) = corners
        shape = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        pen.rounded_rectangle(shape, radius=3, fill=MARK)
    out = io.BytesIO()
    ImageChops.multiply(image, marks).save(out, "PNG", compress_level=4)
    return PagePicture(out.getvalue(), image.width, image.height, len(lines))


def _quote_boxes(page: Any, quote: str) -> list[Box]:
    textpage = page.get_textpage()
    try:
        letters = [
            chr(pdfium.FPDFText_GetUnicode(textpage.raw, index))
            for index in range(textpage.count_chars())
        ]
        return [textpage.get_charbox(at, loose=True) for at in quote_positions(letters, quote)]
    finally:
        textpage.close()


def quote_positions(letters: Iterable[str], quote: str) -> list[int]:
    """Return which of a page's characters belong to a quote, in order.

    White space, hyphens, ligatures, width and case do not matter. When the quote does not stand
    there as one, its longer pieces count.
    """
    places: list[int] = []
    folded: list[str] = []
    for index, letter in enumerate(letters):
        for part in _folded(letter):
            folded.append(part)
            places.append(index)
    page, wanted = "".join(folded), _folded(quote)
    found: list[int] = []
    for start, end in _pieces(page, wanted):
        found += [at for at in places[start:end] if not found or at > found[-1]]
    return found


def _pieces(page: str, quote: str) -> list[tuple[int, int]]:
    if not quote:
        return []
    at = page.find(quote)
    if at >= 0:
        return [(at, at + len(quote))]
    shortest = min(SHORTEST_PIECE, max(4, len(quote) // 3))
    blocks = SequenceMatcher(None, page, quote, autojunk=False).get_matching_blocks()
    return [(block.a, block.a + block.size) for block in blocks if block.size >= shortest]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(
        letter
        for letter in plain
        if not letter.isspace() and letter not in _HYPHENS and letter.isprintable()
    )


def joined_lines(boxes: Iterable[Box]) -> list[Box]:
    """Return boxes of characters, in reading order, joined to one box a line."""
    lines: list[Box] = []
    for box in boxes:
        left, bottom, right, top = box
        if right <= left or top <= bottom:
            continue
        if lines:
            before = lines[-1]
            shared = min(top, before[3]) - max(bottom, before[1])
            height = min(top - bottom, before[3] - before[1])
            ahead = left - before[2]
            if shared > 0.5 * height and -height < ahead < 4 * height:
                lines[-1] = (
                    min(left, before[0]),
                    min(bottom, before[1]),
                    max(right, before[2]),
                    max(top, before[3]),
                )
                continue
        lines.append(box)
    return lines
