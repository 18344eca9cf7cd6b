"""Joins dense and lexical scores into one order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

DENSE_WEIGHT = 0.6
"""The dense share of the fused score, for text that the encoder can read."""


def dense_weight(unknown_share: float, usual: float = DENSE_WEIGHT) -> float:
    """Return the dense share for a query, less where the encoder's vocabulary knows less of it."""
    return usual * max(0.0, 1.0 - 2.0 * unknown_share)


def fuse(
    dense: Mapping[str, float], lexical: Mapping[str, float], weight: float
) -> list[tuple[str, float]]:
    """Return ``(id, score)`` over both sides, best first: a weighted sum of standard scores.

    Each side's scores are shifted and scaled to mean 0 and deviation 1 over the candidates; a
    candidate that a side did not score counts as its worst there. Ties keep the order of ids.

    Args:
        dense: Similarity by id.
        lexical: BM25 score by id.
        weight: The dense share, 0 to 1.
    """
    ids = sorted({*dense, *lexical})
    scores = weight * _standard(dense, ids) + (1.0 - weight) * _standard(lexical, ids)
    order = np.argsort(-scores, kind="stable")
    return [(ids[number], float(scores[number])) for number in order]


def _standard(scores: Mapping[str, float], ids: list[str]) -> np.ndarray:
    if not scores:
        return np.zeros(len(ids))
    worst = min(scores.values())
    values = np.array([scores.get(name, worst) for name in ids])
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 1e-9 else np.zeros(len(ids))
