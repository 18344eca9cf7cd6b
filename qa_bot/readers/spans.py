"""The best span in a text by what each token scores, and what two readings of it agree on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

LONGEST_SPAN = 40
"""The most tokens of a short answer."""


@dataclass(frozen=True, slots=True)
class SpanScore:
    """The best span in a part of a passage.

    ``margin`` is how far its score is above that of no answer; ``start`` and ``end`` are characters
    of the passage text that was given. ``tokens`` has for each token of the part, by the characters
    it stands for, its scores as start and as end above those of no answer.
    """

    margin: float
    start: int
    end: int
    tokens: Mapping[tuple[int, int], Floats] = field(default_factory=dict, repr=False)


NO_SPAN = SpanScore(-20.0, 0, 0)
"""Where a part of a passage was not read."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a passage that was read, such as a sentence, and the best span found in it.

    ``text`` is the passage as it was read, ``before`` counts the characters of its headings,
    ``start`` and ``end`` are characters of the text.
    """

    text: str
    before: int
    start: int
    end: int
    span: SpanScore


def best_span(tokens: Mapping[tuple[int, int], Floats]) -> SpanScore:
    """Return the best span over tokens in their order; see ``SpanScore``."""
    if not tokens:
        return NO_SPAN
    offsets, found = list(tokens), np.array(list(tokens.values()))
    scores = found[:, 0][:, None] + found[:, 1][None, :]
    allowed = np.triu(np.ones_like(scores, bool)) & ~np.triu(
        np.ones_like(scores, bool), LONGEST_SPAN
    )
    scores = np.where(allowed, scores, -np.inf)
    left, right = np.unravel_index(int(np.argmax(scores)), scores.shape)
    best = float(scores[left, right])
    return SpanScore(best, offsets[int(left)][0], offsets[int(right)][1], tokens)


def agreed(part: Part, alone: SpanScore) -> SpanScore:
    """Return the best span by the mean of two readings of a part."""
    moved = part.start - part.before
    second = {(a + moved, b + moved): scores for (a, b), scores in alone.tokens.items()}
    both = {
        offsets: (scores + second[offsets]) / 2
        for offsets, scores in part.span.tokens.items()
        if offsets in second
    }
    return best_span(both) if both else part.span
