"""How the reader's features become a choice among sentences and a certainty, as it was fitted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_bot.errors import ReaderError
from qa_bot.readers.terms import says_the_same

FEATURES = (
    "answerable",
    "relevant",
    "margin",
    "similarity",
    "overlap",
    "passage_overlap",
    "retrieval",
    "fits",
)
"""What a sentence is ranked by."""

SIGNS = ("logit", "gap", "elsewhere", "answerable", "asked")
"""What the certainty is made of: the best sentence's logit; the root of how far it stands above the
next passage's; how much of what the question names the best passage does not; the network's word whether
that passage holds an answer; and the number of the question's telling words: who asks for much in one
question is answered in part more often."""

NOTHING = -4.0
"""About the logit of a sentence that has nothing to do with a question: the rival where there is none."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How features become a certainty; fitted on held-out questions.

    ``rank`` weighs 1 and ``FEATURES``; ``sure`` weighs 1 and ``SIGNS``.
    """

    rank: tuple[float, ...]
    sure: tuple[float, ...]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Calibration:
        """Read it from ``reader.json``.

        Raises:
            ReaderError: If it was fitted for other features.
        """
        found = settings["calibration"]
        rank, sure = tuple(found["rank"]), tuple(found["sure"])
        if (len(rank), len(sure)) != (1 + len(FEATURES), 1 + len(SIGNS)):
            raise ReaderError(
                f"the reader's calibration has {len(rank)} and {len(sure)} weights, expected "
                f"{1 + len(FEATURES)} and {1 + len(SIGNS)}; calibrate it again with `qa-bot train reader`"
            )
        return cls(rank, sure)

    def logits(self, values: Floats) -> Floats:
        """Return the logit of each row of features."""
        logits: Floats = self.rank[0] + values @ np.array(self.rank[1:])
        return logits

    def confidence(self, signs: Sequence[float]) -> float:
        """Return the probability that the best sentence holds the answer, from its ``SIGNS``."""
        return probability(self.sure[0] + float(np.dot(signs, self.sure[1:])))


def best_and_gap(
    logits: Floats, passages: Sequence[str], said: Sequence[AbstractSet[str]]
) -> tuple[int, float]:
    """Return the best sentence's number and the root of how far it is above another passage's best.

    The first bit of distance tells most. What says the same is no rival: of a product's four
    manuals each has the sentence.

    Args:
        logits: Of each sentence.
        passages: The id of each one's passage.
        said: The terms of each.
    """
    best = int(np.argmax(logits))
    rivals = [
        logit
        for logit, passage, terms in zip(logits, passages, said, strict=True)
        if passage != passages[best] and not says_the_same(terms, said[best])
    ]
    next_best = max(rivals, default=min(NOTHING, logits[best]))
    return best, math.sqrt(max(0.0, float(logits[best] - next_best)))


def probability(logit: float) -> float:
    """Return the probability that a logit stands for."""
    return 1.0 / (1.0 + math.exp(-logit))
