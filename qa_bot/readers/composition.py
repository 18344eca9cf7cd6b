"""An answer as a model writes it: cut into sentences, each held to its passages and cited.

A sentence is checked when the next one begins. Its marks are read as they come and are numbered by
first use at once, so that what is shown while streaming is what stands in the end; only where the
check finds that another passage supports a sentence than the one it names is its mark replaced.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.types import ScoredPassage, Span
from qa_bot.citations import MOST, cite, mark
from qa_bot.mark_stream import Mark, MarkStream, Piece
from qa_bot.protocols import SupportChecker
from qa_bot.readers.evidence import sentences_of
from qa_bot.readers.network import read_as
from qa_bot.readers.quoting import best_quote
from qa_bot.readers.terms import terms
from qa_bot.types import Citation, Claim, Support

LEAD_IN = 120
"""Characters of a line such as "Take these steps:", at the most."""

KNOWN = 0.5
"""The share of a lead-in's words that the question or the passages must have."""

_DECORATION = re.compile(r"^\s*(?:[-•*+]|#{1,6}|\d{1,2}[.)、])\s+|[*_`]{1,3}", re.MULTILINE)


@dataclass(slots=True)
class Counts:
    """What was done to a model's text: numbers dropped, marks added or replaced, sentences removed."""

    dropped: int = 0
    added: int = 0
    replaced: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class _Quote:
    """A quote: the passage's place in the prompt, from 0, and the span of the document."""

    passage: int
    span: Span


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A finished sentence: its text and quotes in their order, and the white space behind."""

    parts: tuple[str | _Quote, ...]
    space: str
    support: Support | None


@dataclass(frozen=True, slots=True)
class Composed:
    """The whole answer; ``supported`` tells whether any sentence is."""

    text: str
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    supported: bool


@dataclass(slots=True)
class _Numbers:
    """Numbers of quotes by first use."""

    of: dict[_Quote, int] = field(default_factory=dict)

    def mark(self, quote: _Quote) -> str:
        """Return the mark of a quote; empty where the numbers have run out."""
        if quote not in self.of and len(self.of) == MOST:
            return ""
        return mark(self.of.setdefault(quote, len(self.of) + 1))


class Composition:
    """One answer while it is written."""

    def __init__(
        self,
        question: str,
        passages: Sequence[ScoredPassage],
        checker: SupportChecker,
        *,
        strict: bool = False,
    ) -> None:
        """Begin an answer.

        Args:
            question: What is answered.
            passages: Number n of the prompt is ``passages[n - 1]``.
            checker: Holds each sentence to them.
            strict: Whether sentences without support are removed; what is shown then comes by
                whole sentences.
        """
        self._passages = passages
        self._texts = [read_as(hit) for hit in passages]
        self._said = [{_flat(s.text) for s in sentences_of(hit)} for hit in passages]
        self._known = {term for text in (question, *self._texts) for term in terms(text)}
        self._checker = checker
        self._strict = strict
        self._marks = MarkStream(len(passages))
        self._pieces: list[Piece] = []  # of the sentence that is not finished
        self._quotes: dict[tuple[int, str], _Quote] = {}
        self._sentences: list[_Sentence] = []
        self._live = _Numbers()
        self.counts = Counts()

    def add(self, text: str) -> str:
        """Take more of the model's text; return what is to be shown of it."""
        return self._taken(self._marks.feed(text), last=False)

    def finish(self) -> str:
        """Take the end; return what is still to be shown."""
        return self._taken(self._marks.finish(), last=True)

    def composed(self) -> Composed:
        """Return the finished answer, its citations numbered by first use."""
        numbers = _Numbers()
        text, claims = "", []
        for sentence in self._sentences:
            start = len(text)
            text += "".join(
                part if isinstance(part, str) else numbers.mark(part) for part in sentence.parts
            )
            cited = [
                numbers.of[p] for p in sentence.parts if isinstance(p, _Quote) and p in numbers.of
            ]
            claims.append(Claim(start, len(text), tuple(dict.fromkeys(cited)), sentence.support))
            text += sentence.space
        text = text.rstrip()
        citations = tuple(
            cite(self._passages[quote.passage], quote.span.start, quote.span.end, number)
            for quote, number in numbers.of.items()
        )
        supported = any(c.support is not None and c.support.supported for c in claims)
        return Composed(text, citations, tuple(claims), supported)

    def _taken(self, pieces: Sequence[Piece], *, last: bool) -> str:
        shown = ""
        finished: list[_Sentence] = []
        for piece in pieces:
            self._pieces.append(piece)
            if isinstance(piece, str):
                shown += piece
                finished += self._cut(last=False)
            elif not self._strict:
                shown += piece.space + self._live.mark(
                    self._quoted(piece.number - 1, self._plain())
                )
        if last:
            finished += self._cut(last=True)
        self.counts.dropped = self._marks.dropped
        if not self._strict:
            return shown
        return "".join(
            (part if isinstance(part, str) else self._live.mark(part))
            for sentence in finished
            for part in (*sentence.parts, sentence.space)
        )

    def _plain(self) -> str:
        return "".join(piece for piece in self._pieces if isinstance(piece, str))

    def _cut(self, *, last: bool) -> list[_Sentence]:
        """Move finished sentences out of the pieces; return those that stay in the answer."""
        done = []
        plain = self._plain()
        spans = sentence_spans(plain)
        ends = [start for start, _ in spans[1:]]
        if last and spans:
            ends.append(len(plain))
        taken = 0
        for end in ends:
            first, self._pieces = _split(self._pieces, end - taken, last=end == len(plain))
            taken = end
            sentence = self._checked(first)
            if sentence is None:
                self.counts.removed += 1
            else:
                done.append(sentence)
        self._sentences += done
        return done

    def _checked(self, pieces: Sequence[Piece]) -> _Sentence | None:
        """Return a sentence with its support and its quotes; None where it is to be removed."""
        plain = "".join(piece for piece in pieces if isinstance(piece, str))
        claim = " ".join(_DECORATION.sub(" ", plain).split())
        cited = list(dict.fromkeys(p.number - 1 for p in pieces if isinstance(p, Mark)))
        support = None if self._claims_nothing(claim, cited) else self._support(claim, cited)
        if self._strict and support is not None and not support.supported:
            return None
        parts = self._parts(pieces)
        space = ""
        if parts and isinstance(parts[-1], str):
            bare = parts[-1].rstrip()
            space, parts = parts[-1][len(bare) :], [*parts[:-1], bare]
        if support is not None and support.supported and support.passage not in (None, *cited):
            quote = self._quoted(support.passage or 0, claim)
            parts = [plain.rstrip(), " ", quote]  # this one alone
            self.counts.replaced += bool(cited)
            self.counts.added += not cited
        return _Sentence(tuple(parts), space, support)

    def _parts(self, pieces: Sequence[Piece]) -> list[str | _Quote]:
        """Return the pieces with a quote for each mark: what the words before it go back to."""
        parts: list[str | _Quote] = []
        said = ""
        for piece in pieces:
            if isinstance(piece, str):
                said += piece
                parts.append(piece)
            else:
                parts += [piece.space, self._quoted(piece.number - 1, said)]
        return parts

    def _quoted(self, passage: int, said: str) -> _Quote:
        claim = " ".join(_DECORATION.sub(" ", said).split())
        if (passage, claim) not in self._quotes:
            span = best_quote(claim, self._passages[passage])
            self._quotes[passage, claim] = _Quote(passage, span)
        return self._quotes[passage, claim]

    def _claims_nothing(self, claim: str, cited: Sequence[int]) -> bool:
        """Tell whether a sentence only leads in to what follows, in words that are known."""
        found = terms(claim)
        if not found:
            return True
        leads = claim.endswith((":", "：")) and len(claim) <= LEAD_IN and not cited
        known = sum(term in self._known for term in found) / len(found)
        return leads and not re.search(r"\d", claim) and known >= KNOWN

    def _support(self, claim: str, cited: Sequence[int]) -> Support:
        """Return the support of the cited passages, or that of the others where it is better.

        ``passage`` is then the passage's place in the prompt. What a passage says word for word
        needs no check.
        """
        best = Support(0.0, False, None)
        others = [number for number in range(len(self._texts)) if number not in cited]
        said = _flat(claim)
        for number in (*cited, *others):
            if said in self._said[number]:
                return Support(1.0, True, number)
        for group in (list(cited), others):
            if not group or best.supported:
                continue
            found = self._checker.check(claim, [self._texts[number] for number in group])
            placed = replace(found, passage=None if found.passage is None else group[found.passage])
            if best.passage is None or placed.supported:
                best = placed
        return best


def _flat(text: str) -> str:
    """Return a sentence without white space, list marks, emphasis and its stop, in lower case."""
    return "".join(_DECORATION.sub(" ", text).split()).rstrip(".。").lower()


def _split(pieces: Sequence[Piece], at: int, *, last: bool) -> tuple[list[Piece], list[Piece]]:
    """Cut pieces at a place of their text; marks at that very place belong to what is before."""
    before: list[Piece] = []
    position = 0
    for number, piece in enumerate(pieces):
        if isinstance(piece, Mark):
            before.append(piece)
            continue
        if position + len(piece) > at and not last:
            cut = at - position
            if cut:
                before.append(piece[:cut])
            return before, [piece[cut:], *pieces[number + 1 :]]
        before.append(piece)
        position += len(piece)
    return before, []
