"""Word documents (DOCX): headings by style, lists and tables in their order."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError

from knowledge_base.errors import LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.tables import add_rows
from knowledge_base.types import Document, SectionKind

_HEADING = re.compile(r"(?:heading|标题|überschrift|titre)\s*(\d)", re.IGNORECASE)

# what the library lets through when a part is missing or its XML is not what it should be
_DAMAGED = (
    OpcError,
    LxmlError,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    OSError,
)


def load_docx(data: bytes, source: str) -> Document:
    """Return a Word document.

    Raises:
        LoadError: If it is damaged.
    """
    name = PurePosixPath(source).name
    builder = DocumentBuilder(
        source, name, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    )
    try:
        document = docx.Document(io.BytesIO(data))
        numbers: dict[str, int] = {}
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                _add_table(builder, block)
            else:
                _add_paragraph(builder, block, numbers)
        properties = document.core_properties
        title, author, modified = properties.title, properties.author, properties.modified
    except _DAMAGED as error:
        raise LoadError(
            f"{name}: the Word file is damaged ({type(error).__name__}: {error}); save it again"
        ) from error
    metadata = {"author": author or "", "date": modified.date().isoformat() if modified else ""}
    return builder.build(title=title or None, metadata=metadata, empty="the document has no text")


def _add_paragraph(builder: DocumentBuilder, paragraph: Paragraph, numbers: dict[str, int]) -> None:
    text = paragraph.text.strip()
    if not text:
        return
    style = paragraph.style.name if paragraph.style is not None else ""
    level = _level(style or "")
    if level is not None:
        builder.heading(text, level)
        numbers.clear()
        return
    mark = _mark(paragraph, style or "", numbers)
    if mark is None:
        numbers.clear()
        builder.add(text)
    else:
        builder.add(mark + text, SectionKind.LIST_ITEM)


def _level(style: str) -> int | None:
    if style == "Title":
        return 0
    match = _HEADING.match(style)
    return int(match[1]) if match else None


def _mark(paragraph: Paragraph, style: str, numbers: dict[str, int]) -> str | None:
    """Return what stands before a list item, or None where the paragraph is none."""
    properties: Any = paragraph._p.pPr
    numbered = properties is not None and properties.numPr is not None
    if style.startswith("List Number"):
        numbers[style] = numbers.get(style, 0) + 1
        return f"{numbers[style]}. "
    return "- " if numbered or style.startswith("List") else None


def _add_table(builder: DocumentBuilder, table: Table) -> None:
    rows = []
    for row in table.rows:
        cells, last = [], None
        for cell in row.cells:
            # a cell that spans columns comes once for each
            cells.append("" if cell._tc is last else cell.text)
            last = cell._tc
        rows.append(cells)
    add_rows(builder, rows)
