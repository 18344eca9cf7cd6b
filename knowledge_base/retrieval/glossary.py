"""A knowledge base's glossary: what its people call things, applied to every query.

A text file with one entry a line. ``PTO = annual leave, paid time off`` says that the terms mean the
same; ``hoover => vacuum cleaner`` that the left one is also searched for as the right ones. ``#``
begins a comment. Chinese commas serve as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.errors import GlossaryError
from knowledge_base.indexes.analysis import has_cjk

_COMMA = re.compile(r"[,，、;；]")

LONGEST_TERM = 80
"""The most characters of a term."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """A query with what the glossary knows of it: for each term found, its other names."""

    query: str
    names: Mapping[str, tuple[str, ...]]

    @property
    def added(self) -> tuple[str, ...]:
        """Every other name, once."""
        return tuple(dict.fromkeys(name for names in self.names.values() for name in names))

    @property
    def text(self) -> str:
        """The query with the other names behind it, as the encoder reads it."""
        return f"{self.query} ({', '.join(self.added)})" if self.names else self.query

    def read_as(self, texts: Sequence[str]) -> str:
        """Return the query in the words of the texts: a term that none of them has gives way.

        The first other name that a text has stands in its place.
        """
        lowered = " ".join(texts).lower()
        query = self.query
        for term, names in self.names.items():
            if term.lower() in lowered:
                continue
            known = next((name for name in names if name.lower() in lowered), None)
            if known is not None:
                query = _pattern(term).sub(known.replace("\\", r"\\"), query)
        return query


class Glossary:
    """Terms and their other names."""

    def __init__(self, names: Mapping[str, tuple[str, ...]]) -> None:
        """Take the other names by term, as they are written."""
        self._names = dict(names)
        # the longest first, so that "return label" is not taken for "label"
        ordered = sorted(self._names, key=len, reverse=True)
        self._patterns = [(_pattern(term), term) for term in ordered]

    @classmethod
    def from_text(cls, text: str) -> Glossary:
        """Read a glossary.

        Raises:
            GlossaryError: If a line is no entry; the message names it.
        """
        names: dict[str, list[str]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            entry = line.partition("#")[0].strip().lstrip("\ufeff")
            if not entry:
                continue
            left, arrow, right = entry.partition("=>")
            both = not arrow
            if both:
                left, _, right = entry.replace("＝", "=").partition("=")
            terms = [part.strip() for part in _COMMA.split(left) if part.strip()]
            others = [part.strip() for part in _COMMA.split(right) if part.strip()]
            if not terms or not others or max(map(len, [*terms, *others])) > LONGEST_TERM:
                raise GlossaryError(
                    f"line {number} of the glossary is {entry!r:.100}; "
                    "write `term = other name, another` or `term => other name`"
                )
            group = [*terms, *others]
            for term in group if both else terms:
                names.setdefault(term, []).extend(
                    name for name in (group if both else others) if name.lower() != term.lower()
                )
        return cls({term: tuple(dict.fromkeys(found)) for term, found in names.items()})

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self._names)

    def expand(self, query: str) -> Expansion:
        """Return a query with the other names of the terms in it."""
        found: dict[str, tuple[str, ...]] = {}
        left = query
        for pattern, term in self._patterns:
            if pattern.search(left):
                left = pattern.sub("\n", left)
                new = tuple(name for name in self._names[term] if not _pattern(name).search(query))
                if new:
                    found[term] = new
        return Expansion(query, found)


NO_GLOSSARY = Glossary({})


class GlossaryFile:
    """The glossary in a file, read again whenever the file has changed."""

    def __init__(self, path: Path) -> None:
        """Take where the file is or may come to be."""
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._glossary = NO_GLOSSARY

    def current(self) -> Glossary:
        """Return the glossary as the file now has it; an empty one where there is no file.

        Raises:
            GlossaryError: If the file is no glossary.
        """
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            self._seen, self._glossary = None, NO_GLOSSARY
            return self._glossary
        seen = (facts.st_mtime_ns, facts.st_size)
        if seen != self._seen:
            self._glossary = Glossary.from_text(self.path.read_text(encoding="utf-8"))
            self._seen = seen
        return self._glossary

    def write(self, text: str) -> Glossary:
        """Check a glossary and put it in the place of the one there was.

        Raises:
            GlossaryError: If it is none; the former one stays.
        """
        glossary = Glossary.from_text(text)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.path)
        return glossary


def _pattern(term: str) -> re.Pattern[str]:
    """Return what finds a term as a whole word; Chinese has no words to be whole."""
    escaped = r"\s+".join(re.escape(word) for word in term.split())
    return re.compile(escaped if has_cjk(term) else rf"(?<!\w){escaped}(?!\w)", re.IGNORECASE)
