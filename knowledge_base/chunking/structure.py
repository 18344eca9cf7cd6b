"""Cuts a document along its structure into passages that fit the encoder, token by token.

The pieces are whole sections where they fit, sentences where a section is too long, and runs of
tokens where even a sentence is. Only the pieces of a section that had to be cut overlap, by one
sentence. Every passage is one span of the document's text.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from knowledge_base.chunking.context import encoded_text, shorten
from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.protocols import TokenCounter
from knowledge_base.types import Document, Passage, Section, SectionKind

TARGET = 200
"""Tokens of text that a passage aims at, where the encoder's window allows it."""

LEAST = 64
"""Tokens under which a passage goes on across the next heading instead of ending before it."""

HEADING_TOKENS = 40
"""The most tokens of heading path that are encoded before a passage."""

SPECIAL_TOKENS = 4
"""Room kept for the encoder's special tokens and the break after the heading path."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span that is never cut again. ``overlap``: it repeats the end of the piece before."""

    start: int
    end: int
    tokens: int
    section: Section
    overlap: bool = False

    @property
    def place(self) -> tuple[int | None, str | None]:
        """The page and sheet, which a passage never crosses."""
        return self.section.page, self.section.sheet


class StructureChunker:
    """Cuts along headings, paragraphs, list items, table rows and sentences."""

    def __init__(self, tokens: TokenCounter, target: int = TARGET, joint: str = "\n") -> None:
        """Take the encoder's token counter, and what it puts between headings and text.

        ``target`` is lowered to what the window holds.
        """
        self._joint = joint
        room = tokens.window - SPECIAL_TOKENS
        self._headings = min(HEADING_TOKENS, room // 4)
        self._budget = max(1, min(target, room - self._headings))
        self._least = min(LEAST, self._budget // 3)
        self._tokens = tokens

    def split(self, document: Document) -> list[Passage]:
        """Return the passages in document order; each is a span of the document's text."""
        passages = [
            passage
            for group in self._groups(list(self._pieces(document)))
            for passage in self._fitted(document, group)
        ]
        return _identified(passages)

    def _pieces(self, document: Document) -> Iterator[_Piece]:
        offsets = self._tokens.offsets(document.text)
        starts = [start for start, _ in offsets]

        def count(start: int, end: int) -> int:
            return bisect_left(starts, end) - bisect_left(starts, start)

        for section in document.sections:
            size = count(section.start, section.end)
            if size <= self._budget:
                yield _Piece(section.start, section.end, size, section)
                continue
            for start, end in self._sentences(document.text, section, offsets, starts):
                yield _Piece(start, end, count(start, end), section)

    def _sentences(
        self,
        text: str,
        section: Section,
        offsets: list[tuple[int, int]],
        starts: list[int],
    ) -> Iterator[tuple[int, int]]:
        """Give the sentences of a section, and runs of tokens where a sentence is too long."""
        for left, right in sentence_spans(text[section.start : section.end]):
            start, end = section.start + left, section.start + right
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            if last - first <= self._budget:
                yield start, end
                continue
            for run in range(first, last, self._budget):
                until = min(run + self._budget, last)
                yield (
                    start if run == first else offsets[run][0],
                    end if until == last else _trimmed(text, offsets[until][0]),
                )

    def _groups(self, pieces: list[_Piece]) -> Iterator[list[_Piece]]:
        group: list[_Piece] = []
        size = 0
        for piece in pieces:
            if group and self._breaks(group, size, piece):
                kept = self._carried(group, piece)
                moved = len(kept) if kept and not kept[0].overlap else 0
                yield group[: len(group) - moved]
                group = kept
                size = sum(part.tokens for part in group)
            group.append(piece)
            size += piece.tokens
        if group:
            yield group

    def _breaks(self, group: list[_Piece], size: int, piece: _Piece) -> bool:
        last = group[-1]
        if piece.place != last.place or size + piece.tokens > self._budget:
            return True
        if piece.section.kind is not SectionKind.HEADING:
            return False
        return last.section.kind is not SectionKind.HEADING and size >= self._least

    def _carried(self, group: list[_Piece], piece: _Piece) -> list[_Piece]:
        """Return what the next passage begins with.

        Headings at the end of a passage move to what follows them; the last sentence of a section
        that had to be cut is repeated.
        """
        last = group[-1]
        if last.place != piece.place:
            return []
        if last.section.kind is SectionKind.HEADING:
            first = len(group)
            while first > 0 and group[first - 1].section.kind is SectionKind.HEADING:
                first -= 1
            size = sum(heading.tokens for heading in group[first:])
            return group[first:] if first > 0 and size + piece.tokens <= self._budget else []
        if last.section is not piece.section or len(group) == 1:
            return []
        if last.tokens > self._budget // 4 or last.tokens + piece.tokens > self._budget:
            return []
        return [replace(last, overlap=True)]

    def _fitted(self, document: Document, group: list[_Piece]) -> Iterator[Passage]:
        """Make the passage of a group, halving it where the encoder would count more than it reads.

        Token counts of parts need not add up for every tokenizer; this is where that is checked.
        """
        passage = self._passage(document, group)
        if passage.tokens <= self._tokens.window or (len(group) == 1 and _atomic(group[0])):
            if passage.text:
                yield passage
            return
        for half in _halves(document.text, group):
            yield from self._fitted(document, half)

    def _passage(self, document: Document, group: list[_Piece]) -> Passage:
        start, end = group[0].start, group[-1].end
        text = document.text[start:end]
        headings = _common([piece.section.headings for piece in group])
        shortened = shorten(headings, self._tokens, self._headings)
        section = group[0].section
        return Passage(
            id="",
            source=document.source,
            title=document.title,
            text=text,
            start=start,
            end=end,
            ordinal=0,
            tokens=self._tokens.count(encoded_text(shortened, text, self._joint)),
            headings=shortened,
            page=section.page,
            sheet=section.sheet,
            language=document.language,
            metadata=document.metadata,
        )


def _atomic(piece: _Piece) -> bool:
    return piece.end - piece.start <= 1


def _halves(text: str, group: list[_Piece]) -> Iterator[list[_Piece]]:
    if len(group) > 1:
        middle = len(group) // 2
        yield group[:middle]
        yield group[middle:]
        return
    piece = group[0]
    middle = (piece.start + piece.end) // 2
    yield [replace(piece, end=_trimmed(text, middle))]
    yield [replace(piece, start=middle)]


def _trimmed(text: str, end: int) -> int:
    """Move an end back over white space."""
    while end > 0 and text[end - 1].isspace():
        end -= 1
    return end


def _common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the heading path of the first section that is shared by all the others."""
    common = paths[0]
    for path in paths[1:]:
        length = 0
        while length < min(len(common), len(path)) and common[length] == path[length]:
            length += 1
        common = common[:length]
    return common


def _identified(passages: list[Passage]) -> list[Passage]:
    """Number the passages and name each by its source, its text and its occurrence."""
    seen: Counter[str] = Counter()
    identified = []
    for ordinal, passage in enumerate(passages):
        occurrence = seen[passage.text]
        seen[passage.text] += 1
        facts = f"{passage.source}\0{occurrence}\0{passage.text}"
        name = hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        identified.append(replace(passage, id=name, ordinal=ordinal))
    return identified
