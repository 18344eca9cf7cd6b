"""Keeps what is shown varied: passages that say the same collapse, near ones make room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from knowledge_base.indexes.analysis import has_cjk
from knowledge_base.types import Passage, ScoredPassage, Vector

SAME = 0.9
"""From this share of common runs of words two passages say the same, if their numbers agree."""

RUN = 3
"""Words, or Chinese characters, of a run."""

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[\w.,-]*\d[\w.,-]*")


def collapse(hits: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Return the hits without those that say the same as a better one, which keeps them.

    Two passages say the same when nine in ten of their runs of three words are common and their
    numbers and codes are equal: a price list of another model is not the same.
    """
    kept: list[ScoredPassage] = []
    runs: list[frozenset[str]] = []
    numbers: list[frozenset[str]] = []
    for hit in hits:
        own, figures = shingles(hit.passage.text), _numbers(hit.passage.text)
        same = next(
            (
                at
                for at, (other, there) in enumerate(zip(runs, numbers, strict=True))
                if figures == there and overlap(own, other) >= SAME
            ),
            None,
        )
        if same is None:
            kept.append(hit)
            runs.append(own)
            numbers.append(figures)
        else:
            first = kept[same]
            kept[same] = replace(first, duplicates=(*first.duplicates, hit.passage))
    return kept


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


def shingles(text: str) -> frozenset[str]:
    """Return the runs of words of a text, of characters where it is Chinese."""
    words = list(text.lower()) if has_cjk(text) else _WORD.findall(text.lower())
    words = [word for word in words if word.isalnum()]
    if len(words) <= RUN:
        return frozenset([" ".join(words)])
    return frozenset(" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of runs that both have among those that either has (Broder, 1997)."""
    either = len(first | second)
    return len(first & second) / either if either else 0.0


def same_text(first: Passage, second: Passage) -> bool:
    """Tell whether two passages say the same."""
    figures = _numbers(first.text) == _numbers(second.text)
    return figures and overlap(shingles(first.text), shingles(second.text)) >= SAME


def _numbers(text: str) -> frozenset[str]:
    return frozenset(found.strip(".,-") for found in _NUMBER.findall(text.lower()))
