"""What a filter lets through: by source, folder, day, and the document's own facts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any

from knowledge_base.errors import InvalidFilter
from knowledge_base.types import Filter

REMEMBERED = 32
"""Filters whose passages are remembered."""


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


class Allowed:
    """Remembers which passages the last filters let through. Safe to use from many threads."""

    def __init__(self, look_up: Callable[[Filter], frozenset[str]]) -> None:
        """Take what finds the ids of a filter's passages."""
        self._look_up = look_up
        self._known: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def __call__(self, filter: Filter) -> frozenset[str]:
        """Return the ids of the indexed passages that a filter lets through."""
        key = repr((filter.source, sorted(filter.where.items()), filter.folder))
        key += repr((filter.since, filter.until))
        with self._lock:
            found = self._known.get(key)
        if found is None:
            found = self._look_up(filter)
            with self._lock:
                while len(self._known) >= REMEMBERED:
                    self._known.pop(next(iter(self._known)))
                self._known[key] = found
        return found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
