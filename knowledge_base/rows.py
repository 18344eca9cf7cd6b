"""Between values and the rows of the registry's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from knowledge_base.suspicion import within
from knowledge_base.types import (
    DocumentInfo,
    Passage,
    Section,
    SectionKind,
    Suspicion,
    SuspicionKind,
)


def packed_section(section: Section) -> dict[str, Any]:
    """Return a section as JSON holds it, without what it has not."""
    return {key: value for key, value in asdict(section).items() if value not in (None, ())}


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


def passage_of(row: Any) -> Passage:
    """Return the passage of a row of passages and their documents."""
    return Passage(
        id=row.id,
        source=row.source,
        title=row.title,
        text=row.text,
        start=row.start,
        end=row.end,
        ordinal=row.ordinal,
        tokens=row.tokens,
        headings=tuple(row.headings),
        page=row.page,
        sheet=row.sheet,
        language=row.language,
        metadata=row.metadata,
        suspicions=within(suspicions_of(row.suspicions), row.start, row.end),
    )


def info_of(row: Any) -> DocumentInfo:
    """Return what a list shows of the document of a row."""
    *facts, suspicions = row
    return replace(DocumentInfo(*facts), suspicions=suspicions_of(suspicions))
