"""Joins dense and lexical scores into one order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

DENSE_WEIGHT = 0.5
"""The dense share of the fused score, for text that the encoder can read."""


class Fused(NamedTuple):
    """A candidate with its fused score, the sum of what the two sides add.

    ``wordings`` is what other wordings of the query add to that. Of all values a search makes most of
    these, hundreds, and a tuple is made soonest.
    """

    name: str
    score: float
    dense: float
    lexical: float
    wordings: float = 0.0


def dense_weight(unknown_share: float, usual: float = DENSE_WEIGHT) -> float:
    """Return the dense share for a query, less where the encoder's vocabulary knows less of it."""
    return usual * max(0.0, 1.0 - 2.0 * unknown_share)


def fuse(dense: Mapping[str, float], lexical: Mapping[str, float], weight: float) -> list[Fused]:
    """Return every candidate of both sides, best first: a weighted sum of standard scores.

    Each side's scores are shifted and scaled to mean 0 and deviation 1 over the candidates; a
    candidate that the dense side did not bring counts as its worst, one without the words as 0.
    Ties go to the nearer one by meaning (at weight 0 all without the words tie), then by id.

    Args:
        dense: Similarity by id.
        lexical: BM25 score by id.
        weight: The dense share, 0 to 1.
    """
    ids, near, worded, order = _ranked(dense, lexical, weight)
    names = [ids[at] for at in order]
    shares = ((near + worded)[order].tolist(), near[order].tolist(), worded[order].tolist())
    return list(map(Fused, names, *shares))


def foremost(
    dense: Mapping[str, float], lexical: Mapping[str, float], weight: float, count: int
) -> list[str]:
    """Return the ids of the first ``count`` that ``fuse`` would give."""
    ids, _, _, order = _ranked(dense, lexical, weight)
    return [ids[at] for at in order[:count]]


def _ranked(
    dense: Mapping[str, float], lexical: Mapping[str, float], weight: float
) -> tuple[list[str], Floats, Floats, npt.NDArray[np.intp]]:
    """Return the candidates' ids, what each side adds to each, and their order."""
    ids = sorted({*dense, *lexical})
    worst = min(dense.values(), default=0.0)
    # a passage without any of the words has a BM25 score of 0; one that the dense side did not bring
    # is at best as near as the last that it did
    similarity = np.array([dense.get(name, worst) for name in ids])
    near = weight * _standard(similarity)
    worded = (1.0 - weight) * _standard(np.array([lexical.get(name, 0.0) for name in ids]))
    return ids, near, worded, np.lexsort((-similarity, -(near + worded)))


def pooled(first: Sequence[Fused], others: Sequence[Sequence[Fused]]) -> list[Fused]:
    """Return the candidates of several wordings of one query, best first.

    A candidate's score is the logarithm of the sum of its scores' exponentials, a soft maximum: what
    one wording alone brings to the top stays there, and what several bring comes before it.

    Args:
        first: What the query itself brings; its shares are kept.
        others: What each other wording brings.
    """
    totals: dict[str, float] = {}
    for brought in (first, *others):
        for one in brought:
            totals[one.name] = totals.get(one.name, 0.0) + math.exp(one.score)
    own = {one.name: one for one in first}
    made = []
    for name, total in totals.items():
        one, score = own.get(name, Fused(name, 0.0, 0.0, 0.0)), math.log(total)
        made.append(one._replace(score=score, wordings=score - one.dense - one.lexical))
    return sorted(made, key=lambda one: (-one.score, one.name))


def _standard(values: Floats) -> Floats:
    if not len(values):
        return values
    # numpy's own deviation takes as long as all else here, in checks of what is known
    shifted = values - values.sum() / len(values)
    deviation = math.sqrt(float(shifted @ shifted) / len(values))
    return shifted / deviation if deviation > 1e-9 else np.zeros(len(values))
