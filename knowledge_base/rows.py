"""Between values and the rows of the registry's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from knowledge_base.suspicion import within
from knowledge_base.tables import documents, passages
from knowledge_base.types import (
    DocumentInfo,
    Passage,
    Section,
    SectionKind,
    Suspicion,
    SuspicionKind,
)

SECTION = tuple(field.name for field in fields(Section))
"""What a section is kept with."""


def packed_section(section: Section) -> dict[str, Any]:
    """Return a section as JSON holds it, without what it has not."""
    # asdict would copy every path of headings, of which a document has thousands
    told = ((name, getattr(section, name)) for name in SECTION)
    return {name: value for name, value in told if value not in (None, ())}


def section_of(packed: Mapping[str, Any]) -> Section:
    """Return a section from its JSON."""
    return Section(
        **{
            **packed,
            "kind": SectionKind(packed["kind"]),
            "headings": tuple(packed.get("headings", ())),
        }
    )


def packed_suspicions(found: Sequence[Suspicion]) -> list[dict[str, Any]]:
    """Return findings as JSON holds them."""
    return [asdict(one) for one in found]


def suspicions_of(packed: Sequence[Mapping[str, Any]] | None) -> tuple[Suspicion, ...]:
    """Return findings from their JSON; none where nobody has looked yet."""
    return tuple(Suspicion(**{**one, "kind": SuspicionKind(one["kind"])}) for one in packed or ())


PASSAGE = (
    passages.c.id,
    documents.c.source,
    documents.c.title,
    passages.c.text,
    passages.c.start,
    passages.c.end,
    passages.c.ordinal,
    passages.c.tokens,
    passages.c.headings,
    passages.c.page,
    passages.c.sheet,
    documents.c.language,
    documents.c.metadata,
    documents.c.suspicions,
)
"""The columns that a passage is read from, in the order of its fields."""


def passage_of(row: Sequence[Any]) -> Passage:
    """Return the passage of a row that begins with the columns ``PASSAGE``."""
    # by position: a search reads thirty rows, and a row finds a column three times as slowly by name
    name, source, title, text, start, end, ordinal, tokens, headings, page, sheet, *rest = row
    language, metadata, found = rest[:3]
    return Passage(
        name,
        source,
        title,
        text,
        start,
        end,
        ordinal,
        tokens,
        tuple(headings),
        page,
        sheet,
        language,
        metadata,
        within(suspicions_of(found), start, end) if found else (),
    )


def info_of(row: Any) -> DocumentInfo:
    """Return what a list shows of the document of a row."""
    *facts, suspicions = row
    return replace(DocumentInfo(*facts), suspicions=suspicions_of(suspicions))
