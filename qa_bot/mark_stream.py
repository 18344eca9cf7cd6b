"""Citation marks in a model's text, read while it comes, however it is cut into pieces.

A model writes ``[1]``, ``[1, 2]``, ``[1][2]``, ``[Passage 1]``, ``［1］`` or ``【1】``. Each becomes
marks with one number; a number that no passage has is dropped and counted, and so is the space
before a mark of which nothing is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

LONGEST = 48
"""Characters of a mark, at the most; what runs on is text."""

MOST_OF_A_RANGE = 9
"""Passages that a range such as ``[2-4]`` may name; a wider one is not a mark."""

_OPEN, _CLOSE = "[［【〔", "]］】〕"
_NUMBER = r"[0-9０-９]{1,2}"
_LISTED = re.compile(
    r"^[\s#^]*(?:(?:passages?|sources?|documents?|docs?|段落|来源|來源|出处|出處|资料|資料|文档|第)\s*)?"
    rf"(?P<numbers>{_NUMBER}(?:(?:\s*(?:[,，、;；&]|and|和|及|[-–—~])\s*|\s+)[#^]?{_NUMBER})*)"
    r"\s*(?:段|号|號)?(?:†.*)?\s*$",
    re.IGNORECASE,
)
_ITEM = re.compile(rf"(?P<first>{_NUMBER})(?:\s*[-–—~]\s*(?P<last>{_NUMBER}))?")


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of one passage; ``space`` is what stood before it."""

    number: int
    space: str = ""


Piece: TypeAlias = str | Mark
"""Text without marks, or a mark."""


class MarkStream:
    """Tells text from marks, piece by piece. What may still become a mark is held back."""

    def __init__(self, count: int) -> None:
        """Take how many passages there are, numbered from 1."""
        self._count = count
        self._held = ""  # white space, then perhaps a bracket that is not closed yet
        self.dropped = 0

    def feed(self, text: str) -> list[Piece]:
        """Return what is certain after more text; ``dropped`` counts numbers that no passage has."""
        out: list[Piece] = []
        for character in text:
            out.extend(self._after(character))
        return list(_joined(out))

    def finish(self) -> list[Piece]:
        """Return what was still held back: a bracket that never closed is text."""
        held, self._held = self._held, ""
        return [held] if held else []

    def _after(self, character: str) -> Iterator[Piece]:
        opened = self._held.strip(" \t") != ""
        if not opened:
            if character in " \t" or character in _OPEN:
                self._held += character
                return
            yield self._held + character
            self._held = ""
        elif character in _OPEN:
            # the bracket before it was text; the white space before this one is its own
            text = self._held.rstrip(" \t")
            yield text
            self._held = self._held[len(text) :] + character
        elif character in _CLOSE:
            held, self._held = self._held + character, ""
            yield from self._closed(held)
        elif character == "\n" or len(self._held) >= LONGEST:
            yield self._held + character
            self._held = ""
        else:
            self._held += character

    def _closed(self, held: str) -> Iterator[Piece]:
        space = held[: len(held) - len(held.lstrip(" \t"))]
        numbers = numbers_of(held[len(space) + 1 : -1])
        if numbers is None:
            yield held
            return
        known = [number for number in dict.fromkeys(numbers) if 1 <= number <= self._count]
        self.dropped += sum(not 1 <= number <= self._count for number in numbers)
        if not known:
            yield space[:-1]
        for at, number in enumerate(known):
            yield Mark(number, "" if at else space)


def numbers_of(inside: str) -> list[int] | None:
    """Return the numbers that stand in a pair of brackets; None where it is no mark."""
    match = _LISTED.match(inside)
    if match is None:
        return None
    numbers: list[int] = []
    for item in _ITEM.finditer(match["numbers"]):
        first, last = int(item["first"]), int(item["last"] or item["first"])
        if not first <= last <= first + MOST_OF_A_RANGE:
            return None
        numbers += range(first, last + 1)
    return numbers


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """Join neighbouring texts; empty ones go."""
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
            text = ""
        yield piece
    if text:
        yield text
