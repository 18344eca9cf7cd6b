"""What a filter lets through: by source, folder, day, and the document's own facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any

from knowledge_base.errors import InvalidFilter
from knowledge_base.types import Filter


def source_matches(source: str, pattern: str) -> bool:
    """Tell whether a pattern names a source: whole, by its ending after a slash, or as a glob."""
    if source == pattern or source.endswith("/" + pattern.lstrip("/")):
        return True
    if not any(mark in pattern for mark in "*?["):
        return False
    return fnmatchcase(source, pattern) or fnmatchcase(source, f"*/{pattern}")


def passes(row: Any, filter: Filter) -> bool:
    """Tell whether a filter lets a document's row through; its page is not looked at."""
    if filter.source is not None and not source_matches(row.source, filter.source):
        return False
    folder = filter.folder.rstrip("/") if filter.folder else None
    if folder and not (
        row.source.startswith(f"{folder}/") or f"/{folder.lstrip('/')}/" in row.source
    ):
        return False
    if filter.since or filter.until:
        day = day_of(row.metadata.get("date", ""), row.mtime_ns)
        if not (filter.since or "") <= day <= (filter.until or "9999"):
            return False
    facts: Mapping[str, str] = {**row.metadata, "title": row.title, "language": row.language}
    return all(facts.get(key) == value for key, value in filter.where.items() if key != "page")


def day_of(date: str, mtime_ns: int) -> str:
    """Return a document's day, ``2026-11-24``: of its own date if it can be read, else of its file."""
    try:
        return datetime.fromisoformat(date.strip()).date().isoformat()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(date).date().isoformat()
    except (ValueError, TypeError):
        return datetime.fromtimestamp(mtime_ns / 1e9, tz=UTC).date().isoformat()


def check_day(name: str, day: str) -> None:
    """Raise InvalidFilter unless a text is a day."""
    try:
        if len(day) == len("2026-11-24"):
            datetime.fromisoformat(day)
            return
    except ValueError:
        pass
    raise InvalidFilter(f"{name} must be a day such as 2026-11-24, got {day!r}")


def page_number(page: str) -> int:
    """Return the page that a filter names, -1 where it names none."""
    return int(page) if page.isdecimal() else -1
