"""Presentations (PPTX): each slide a page, with its title, its text, its tables and its notes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from lxml.etree import LxmlError
from pptx import Presentation
from pptx.exc import PythonPptxError

from knowledge_base.errors import LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.tables import add_rows
from knowledge_base.types import Document, SectionKind

# what the library lets through when a part is missing or its XML is not what it should be
_DAMAGED = (
    PythonPptxError,
    LxmlError,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    OSError,
)


def load_pptx(data: bytes, source: str) -> Document:
    """Return a presentation; the slide is the page.

    Raises:
        LoadError: If it is damaged.
    """
    name = PurePosixPath(source).name
    builder = DocumentBuilder(
        source, name, "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    )
    try:
        presentation = Presentation(io.BytesIO(data))
        for number, slide in enumerate(presentation.slides, 1):
            _add_slide(builder, slide, number)
        properties = presentation.core_properties
        title, author = properties.title, properties.author
    except _DAMAGED as error:
        raise LoadError(
            f"{name}: the presentation is damaged ({type(error).__name__}: {error}); save it again"
        ) from error
    useful = title if title and title != "PowerPoint Presentation" else None
    return builder.build(
        title=useful, metadata={"author": author or ""}, empty="the slides have no text"
    )


def _add_slide(builder: DocumentBuilder, slide: Any, number: int) -> None:
    titled = slide.shapes.title
    builder.leave_headings()
    if titled is not None and titled.has_text_frame:
        builder.heading(titled.text_frame.text, 1, page=number)
    for shape in _shapes(slide.shapes):
        if titled is not None and shape.shape_id == titled.shape_id:
            continue
        if getattr(shape, "has_table", False) and shape.has_table:
            rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
            add_rows(builder, rows, page=number)
        elif shape.has_text_frame:
            _add_frame(builder, shape.text_frame, number)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        _add_frame(builder, slide.notes_slide.notes_text_frame, number)


def _add_frame(builder: DocumentBuilder, frame: Any, page: int) -> None:
    paragraphs = [p.text.strip() for p in frame.paragraphs if p.text.strip()]
    kind = SectionKind.LIST_ITEM if len(paragraphs) > 1 else SectionKind.PARAGRAPH
    for text in paragraphs:
        builder.add(f"- {text}" if kind is SectionKind.LIST_ITEM else text, kind, page=page)


def _shapes(shapes: Any) -> Iterator[Any]:
    """Give the shapes, those in groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape
