"""Puts a document together block by block, keeping where every block came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from knowledge_base.errors import EmptyDocument
from knowledge_base.loaders.language import language_of
from knowledge_base.types import NO_METADATA, Document, Section, SectionKind

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\ufeff\ufffe\uffff\ud800-\udfff\u00ad]"
)
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_BREAKS = re.compile(r" *\n[ \n]*")
_TIGHT = frozenset({SectionKind.LIST_ITEM, SectionKind.TABLE_ROW})

LONGEST_HEADING = 300
"""Characters of a heading that are kept in heading paths."""


class DocumentBuilder:
    """Collects blocks; ``build`` makes the document, its sections exact by construction."""

    def __init__(self, source: str, name: str, media_type: str) -> None:
        """Take the file's source, its name for a title of last resort, and its media type."""
        self._source, self._name, self._media_type = source, name, media_type
        self._parts: list[str] = []
        self._sections: list[Section] = []
        self._length = 0
        self._path: list[tuple[int, str]] = []
        self._first_heading: str | None = None

    def add(
        self,
        text: str,
        kind: SectionKind = SectionKind.PARAGRAPH,
        *,
        page: int | None = None,
        sheet: str | None = None,
    ) -> None:
        """Add a block; one without visible text is passed over."""
        cleaned = clean(text, keep_layout=kind is SectionKind.CODE)
        if not cleaned:
            return
        if self._sections:
            last = self._sections[-1].kind
            self._append("\n" if last is kind and kind in _TIGHT else "\n\n")
        start = self._length
        self._append(cleaned)
        headings = tuple(heading for _, heading in self._path)
        self._sections.append(Section(start, self._length, kind, headings, page, sheet))

    def heading(
        self, text: str, level: int, *, page: int | None = None, sheet: str | None = None
    ) -> None:
        """Add a heading; blocks after it stand under it until one of its level or above."""
        cleaned = " ".join(clean(text).split())
        if not cleaned:
            return
        self._path = [entry for entry in self._path if entry[0] < level]
        self._path.append((level, cleaned[:LONGEST_HEADING]))
        if self._first_heading is None:
            self._first_heading = cleaned[:LONGEST_HEADING]
        self.add(cleaned, SectionKind.HEADING, page=page, sheet=sheet)

    def leave_headings(self) -> None:
        """Go back to the top: the next blocks stand under no heading."""
        self._path = []

    def include(self, document: Document) -> None:
        """Add the blocks of another document under the headings that are open here."""
        for section in document.sections:
            text = document.text[section.start : section.end]
            self.add(text, section.kind, page=section.page, sheet=section.sheet)

    @property
    def is_empty(self) -> bool:
        """Whether no block has been added yet."""
        return not self._sections

    def build(
        self,
        *,
        title: str | None = None,
        metadata: Mapping[str, str] = NO_METADATA,
        empty: str = "it holds no text",
    ) -> Document:
        """Return the document.

        Args:
            title: By default the first heading, or the file's name without its ending.
            metadata: Entries without a value are dropped.
            empty: What the error says of a document without any text.

        Raises:
            EmptyDocument: If nothing was added.
        """
        if not self._sections:
            raise EmptyDocument(f"{self._name}: {empty}; there is nothing to index")
        text = "".join(self._parts)
        named = " ".join(clean(title or "").split()) or self._first_heading
        return Document(
            source=self._source,
            title=(named or PurePosixPath(self._name).stem)[:LONGEST_HEADING],
            text=text,
            sections=tuple(self._sections),
            media_type=self._media_type,
            language=language_of(text),
            metadata={
                key: " ".join(clean(value).split())
                for key, value in metadata.items()
                if value.strip()
            },
        )

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def clean(text: str, *, keep_layout: bool = False) -> str:
    """Return a text without control characters and without white space at its ends.

    Runs of spaces become one, and runs of line ends one, unless the layout is kept (code).
    """
    text = _CONTROL.sub("", _LINE_ENDS.sub("\n", text))
    if keep_layout:
        return text.strip("\n").rstrip()
    return _BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()
