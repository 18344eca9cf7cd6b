"""What is measured of a sentence beside its passages, each about between 0 and 1."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.indexes.analysis import CJK, has_cjk, simplified
from knowledge_base.protocols import Encoder
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.similarity import UNREADABLE
from qa_bot.readers.terms import overlap, stem
from qa_bot.support.alignment import Place, followed, places
from qa_bot.support.evidence import Said, Window, said, sentences, weigh, windows
from qa_bot.support.facts import FactKind
from qa_bot.support.negation import denial_conflicts, joined, opposite_conflicts

_WORD = re.compile(rf"[A-Za-z0-9]+|[{CJK}]")

LONGEST = 600
"""Characters of a sentence that are compared."""

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

READ = (*LEXICAL, "similarity", "answerable", "relevant")
"""What is measured of text that the networks read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A sentence's features, where its evidence is, and what the evidence lacks."""

    values: dict[str, float]
    window: Window
    conflicts: tuple[str, ...]
    readable: bool


class Measurer:
    """Measures sentences. Safe to use from many threads."""

    def __init__(self, encoder: Encoder, model: ReaderModel) -> None:
        """Take the encoder, for similarity, and the reader's network."""
        self._encoder, self._model = encoder, model

    def measure(self, sentence: str, passages: Sequence[str]) -> Measured | None:
        """Return what is measured of a sentence; None where no passage has a word."""
        claim = said(" ".join(sentence[:LONGEST].split()))
        weight = weigh(claim, passages)
        found = windows(claim, passages, weight)
        if not found:
            return None
        window = found[0]
        unseen = max(weight.values(), default=1.0)
        whole = [said(text) for text in sentences(passages[window.passage])]
        source = whole[window.first : window.last + 1]
        values, conflicts = _lexical(claim, source, window)
        held = set().union(*(some.terms for some in whole))
        values["passage_coverage"] = overlap(set(claim.words), held, weight, unseen)
        readable = not has_cjk(claim.text) and (
            self._encoder.unknown_share(claim.text) < UNREADABLE
        )
        if readable:
            values |= self._read(claim, source, whole, window)
        return Measured(values, window, conflicts, readable)

    def _read(
        self, claim: Said, source: Sequence[Said], whole: Sequence[Said], window: Window
    ) -> dict[str, float]:
        around = whole[max(0, window.first - 1) : window.last + 2]
        text = " ".join(some.text for some in around)[:1200]
        score = self._model.score(claim.text, [text])[0]
        evidence = " ".join(some.text for some in source)[:LONGEST]
        vectors = self._encoder.encode_passages([claim.text, evidence])
        return {
            "similarity": float(np.dot(vectors[0], vectors[1])),
            "answerable": _squashed(score.answerable),
            "relevant": _squashed(score.relevant),
        }


def _lexical(
    claim: Said, source: Sequence[Said], window: Window
) -> tuple[dict[str, float], tuple[str, ...]]:
    found = places(claim, source)
    absent = [place for place in found if not place.found]
    polarity = joined([some.polarity for some in source])
    denied = denial_conflicts(claim.polarity, polarity)
    opposite = opposite_conflicts(claim.polarity, polarity)
    names = [p for p in absent if p.fact.kind is FactKind.NAME]
    values = {
        "coverage": window.coverage,
        "followed": followed(claim, source),
        "absent_figures": min(1.0, (len(absent) - len(names)) / 2),
        "absent_names": min(1.0, len(names) / 2),
        "rival": max((_rivalry(p) for p in found), default=0.0),
        "denial": min(1.0, len(denied) / 2),
        "opposite": min(1.0, float(len(opposite))),
    }
    conflicts = [claim.text[p.fact.start : p.fact.end].strip() for p in absent]
    conflicts += [word for word in _WORD.findall(simplified(claim.text)) if stem(word) in denied]
    return values, tuple(dict.fromkeys([*conflicts, *opposite]))


def _rivalry(place: Place) -> float:
    """Return how much better another fact of the source fits the surroundings than this one."""
    return max(0.0, place.rival - (place.own if place.found else 0.0))


def _squashed(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit / 2.0))
