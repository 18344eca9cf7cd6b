"""Keeps what is shown varied: passages that say the same collapse, near ones make room."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge_base.indexes.analysis import has_cjk
from knowledge_base.types import Passage, ScoredPassage, Vector

SAME = 0.9
"""From this share of common runs of words two passages say the same, if their numbers agree."""

RUN = 3
"""Words, or Chinese characters, of a run."""

EVEN = 1e-4
"""Scores so near are equal: the same vector in another row of a product differs by a rounding."""

REMEMBERED = 4096
"""Texts whose runs are kept, some 1.3 kB each."""

Runs: TypeAlias = npt.NDArray[np.int64]
"""The runs of words that a text has, each as a number, sorted."""

_FIRST, _SECOND = np.int64(6364136223846793005), np.int64(1442695040888963407)
"""Odd factors by which the words of a run count, so that its order does (Knuth's generator's)."""

_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[\w.,-]+")
_DIGIT = re.compile(r"\d")


def collapse(hits: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Return the hits without those that say the same as a better one, which keeps them.

    Two passages say the same when nine in ten of their runs of three words are common and their
    numbers and codes are equal: a price list of another model is not the same. Of those that score the
    same the one with the shortest path stays, then the first by name: "terms.md" before "terms (1).md".
    """
    kept: list[ScoredPassage] = []
    said: list[_Said] = []
    for hit in hits:
        own = _said(hit.passage.text)
        same = next((at for at, other in enumerate(said) if own.is_as(other)), None)
        if same is None:
            kept.append(hit)
            said.append(own)
        else:
            first, copy = kept[same], hit
            copies = first.duplicates
            if first.score - copy.score < EVEN and _plainness(copy) < _plainness(first):
                first, copy = copy, first
            kept[same] = replace(first, duplicates=(*copies, copy.passage))
    return kept


def _plainness(hit: ScoredPassage) -> tuple[int, str, int]:
    passage = hit.passage
    return len(passage.source), passage.source, passage.ordinal


class _Said:
    """What a passage says; its runs are cut only where its numbers are another's."""

    def __init__(self, text: str) -> None:
        self.figures = _numbers(text)
        self._text = text

    @functools.cached_property
    def runs(self) -> Runs:
        return shingles(self._text)

    def is_as(self, other: _Said) -> bool:
        if self.figures != other.figures:
            return False
        mine, theirs = len(self.runs), len(other.runs)
        # sets of such sizes cannot have more in common than the smaller has
        if mine < SAME * theirs or theirs < SAME * mine:
            return False
        return overlap(self.runs, other.runs) >= SAME


@functools.lru_cache(REMEMBERED)
def _said(text: str) -> _Said:
    """Return what a text says; the passages that are found again and again are cut once."""
    return _Said(text)


def diversify(
    hits: Sequence[ScoredPassage], vectors: Mapping[str, Vector], diversity: float, k: int
) -> list[ScoredPassage]:
    """Return k hits by maximal marginal relevance (Carbonell and Goldstein, 1998).

    Args:
        hits: Best first.
        vectors: Normalised, by passage id.
        diversity: What nearness to the hits already taken costs, 0 to 1.
        k: How many to take.
    """
    left = list(hits)
    taken: list[ScoredPassage] = []
    if not left:
        return []
    low, high = min(hit.score for hit in left), max(hit.score for hit in left)
    spread = (high - low) or 1.0
    nearest = {hit.passage.id: 0.0 for hit in left}
    while left and len(taken) < k:
        best = max(
            left,
            key=lambda hit: (
                (1.0 - diversity) * (hit.score - low) / spread - diversity * nearest[hit.passage.id]
            ),
        )
        left.remove(best)
        taken.append(best)
        mine = vectors.get(best.passage.id)
        for hit in left:
            other = vectors.get(hit.passage.id)
            if mine is not None and other is not None:
                near = float(mine @ other)
                nearest[hit.passage.id] = max(nearest[hit.passage.id], near)
    return taken


def shingles(text: str) -> Runs:
    """Return the runs of words of a text, of characters where it is Chinese."""
    lowered = text.lower()
    words = (
        [character for character in lowered if character.isalnum()]
        if has_cjk(text)
        else _WORD.findall(lowered)
    )
    if len(words) <= RUN:
        return np.array([hash(tuple(words))], np.int64)
    numbers = np.fromiter(map(hash, words), np.int64, len(words))
    # thirty passages a question are read so: a set of words takes twenty times the memory, numpy's
    # own unique twice the time
    runs = np.sort(numbers[:-2] * _FIRST + numbers[1:-1] * _SECOND + numbers[2:])
    new = np.ones(len(runs), bool)
    np.not_equal(runs[1:], runs[:-1], out=new[1:])
    return runs[new]


def overlap(first: Runs, second: Runs) -> float:
    """Return the share of runs that both have among those that either has (Broder, 1997)."""
    both = len(np.intersect1d(first, second, assume_unique=True))
    either = len(first) + len(second) - both
    return both / either if either else 0.0


def same_text(first: Passage, second: Passage) -> bool:
    """Tell whether two passages say the same."""
    return _said(first.text).is_as(_said(second.text))


def _numbers(text: str) -> frozenset[str]:
    if not _DIGIT.search(text):
        return frozenset()
    # words are told apart by letters alone first: a question brings thousands of them
    tokens = [token for token in _TOKEN.findall(text.lower()) if not token.isalpha()]
    return frozenset(token.strip(".,-") for token in tokens if _DIGIT.search(token))
