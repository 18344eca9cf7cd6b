"""What is measured of a sentence beside its passages, each about between 0 and 1."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge_base.encoders.tokens import UNREADABLE
from knowledge_base.indexes.analysis import CJK, has_cjk, simplified
from knowledge_base.protocols import Encoder
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.terms import overlap, stem
from qa_bot.support.alignment import Place, followed, places, turned_sides
from qa_bot.support.evidence import Said, Window, said, second, sentences, weigh, windows
from qa_bot.support.facts import FactKind
from qa_bot.support.negation import denial_conflicts, joined, opposite_conflicts

_WORD = re.compile(rf"[A-Za-z0-9]+|[{CJK}]")

LONGEST = 600
"""Characters of a sentence that are compared."""

ALIKE = 0.7
"""The share of the best window's coverage from which that of another passage is measured too."""

MOST_READ = 1200
"""Characters of the evidence that the network reads."""

LEXICAL = (
    "coverage",
    "passage_coverage",
    "followed",
    "absent_figures",
    "absent_names",
    "rival",
    "denial",
    "opposite",
)
"""What needs no network: the whole of it for text that the networks cannot read."""

AGAINST = frozenset(("absent_figures", "absent_names", "rival", "denial", "opposite"))
"""The features that speak against a sentence; all others speak for it."""

READ = (*LEXICAL, "answerable")
"""What is measured of text that the networks read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A sentence's features, the passage of its evidence, and what the evidence lacks."""

    values: dict[str, float]
    passage: int
    conflicts: tuple[str, ...]
    readable: bool


class Measurer:
    """Measures sentences. Safe to use from many threads."""

    def __init__(self, encoder: Encoder, model: ReaderModel) -> None:
        """Take the encoder, which tells what it can read, and the reader's network."""
        self._encoder, self._model = encoder, model

    def measure(self, sentence: str, passages: Sequence[str]) -> Iterator[Measured]:
        """Give what is measured of a sentence beside its best evidence, then beside the next best.

        The next best is the best window together with one of another passage that covers what it
        leaves out, or else the best of another passage that covers about as much. Nothing is given
        where no passage has a word.
        """
        claim = said(" ".join(sentence[:LONGEST].split()))
        weight = weigh(claim, passages)
        found = windows(claim, passages, weight)
        if not found:
            return
        yield self._beside(claim, passages, found[:1], weight)
        more = second(claim, passages, found, weight)
        if more is not None:
            yield self._beside(claim, passages, [found[0], more], weight)
        elif len(found) > 1 and found[1].coverage >= ALIKE * found[0].coverage:
            yield self._beside(claim, passages, found[1:2], weight)

    def _beside(
        self,
        claim: Said,
        passages: Sequence[str],
        chosen: Sequence[Window],
        weight: Mapping[str, float],
    ) -> Measured:
        parts = [_part(passages[window.passage], window) for window in chosen]
        source = [sentence for part in parts for sentence in part.source]
        whole = [sentence for part in parts for sentence in part.whole]
        everything = [said(text) for passage in passages for text in sentences(passage)]
        unseen = max(weight.values(), default=1.0)
        values, conflicts = _lexical(claim, source, everything)
        held = set[str]().union(*(some.terms for some in source))
        values["coverage"] = overlap(set(claim.words), held, weight, unseen)
        held = held.union(*(some.terms for some in whole))
        values["passage_coverage"] = overlap(set(claim.words), held, weight, unseen)
        readable = not has_cjk(claim.text) and (
            self._encoder.unknown_share(claim.text) < UNREADABLE
        )
        if readable:
            values["answerable"] = self._answerable(claim, " ".join(part.around for part in parts))
        return Measured(values, chosen[0].passage, conflicts, readable)

    def _answerable(self, claim: Said, around: str) -> float:
        """Return how surely the network finds in the evidence what the sentence is about, 0 to 1."""
        score = self._model.score(claim.text, [around[:MOST_READ]])[0]
        return 1.0 / (1.0 + math.exp(-score.answerable / 2.0))


@dataclass(frozen=True, slots=True)
class _Part:
    """What one passage brings: its window, the whole of it, and the window with its neighbours."""

    source: list[Said]
    whole: list[Said]
    around: str


def _part(passage: str, window: Window) -> _Part:
    whole = [said(text) for text in sentences(passage)]
    around = whole[max(0, window.first - 1) : window.last + 2]
    return _Part(
        whole[window.first : window.last + 1], whole, " ".join(some.text for some in around)
    )


def _lexical(
    claim: Said, source: Sequence[Said], everything: Sequence[Said]
) -> tuple[dict[str, float], tuple[str, ...]]:
    found = places(claim, source, everything)
    absent = [place for place in found if not place.found]
    polarity = joined([some.polarity for some in source])
    denied = denial_conflicts(claim.polarity, polarity)
    opposite = opposite_conflicts(claim.polarity, polarity)
    names = [p for p in absent if p.fact.kind is FactKind.NAME]
    values = {
        "followed": followed(claim, source),
        "absent_figures": min(1.0, (len(absent) - len(names)) / 2),
        "absent_names": min(1.0, len(names) / 2),
        "rival": max((_rivalry(p) for p in found), default=0.0),
        "denial": min(1.0, len(denied) / 2),
        "opposite": turned_sides(claim, source),
    }
    conflicts = [claim.text[p.fact.start : p.fact.end].strip() for p in absent]
    conflicts += [word for word in _WORD.findall(simplified(claim.text)) if stem(word) in denied]
    return values, tuple(dict.fromkeys([*conflicts, *opposite]))


def _rivalry(place: Place) -> float:
    """Return how much better another fact of the source fits the surroundings than this one."""
    return max(0.0, place.rival - (place.own if place.found else 0.0))
