"""Whether a faster runtime still says what float32 says, on texts that are always the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.encoders.pooling import Floats, pool
from knowledge_base.encoders.tokens import Ints, padded

LEAST_COSINE = 0.99
"""The least mean cosine with float32 at which a runtime is accepted."""

LEAST_OVERLAP = 0.95
"""The least share of the ten nearest texts that are among float32's ten nearest."""

NEAREST = 10

BATCH = 16

States = Callable[[Ints, Ints], Floats]
"""Gives token states ``(b, s, h)`` for ids and mask ``(b, s)``."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How near a runtime is to float32: ``cosine`` is a mean, ``overlap`` that of the ten nearest."""

    cosine: float
    overlap: float

    @property
    def holds(self) -> bool:
        """Whether the runtime may stand in for float32."""
        return self.cosine >= LEAST_COSINE and self.overlap >= LEAST_OVERLAP

    def __str__(self) -> str:
        """Say both figures."""
        return f"mean cosine {self.cosine:.4f}, top-{NEAREST} overlap {self.overlap:.3f}"


def agreement(
    runtime: States, exact: States, rows: Sequence[Sequence[int]], pooling: str
) -> Agreement:
    """Compare a runtime with float32 over rows of token ids."""
    ours, theirs = (_vectors(run, rows, pooling) for run in (runtime, exact))
    return Agreement(float((ours * theirs).sum(axis=1).mean()), _overlap(ours, theirs))


def _vectors(run: States, rows: Sequence[Sequence[int]], pooling: str) -> Floats:
    order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    pooled: dict[int, Floats] = {}
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        ids, mask = padded([rows[number] for number in some])
        pooled.update(zip(some, pool(run(ids, mask), mask, pooling), strict=True))
    vectors = np.stack([pooled[number] for number in range(len(rows))])
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.asarray(vectors / norms, np.float32)


def _overlap(ours: Floats, theirs: Floats) -> float:
    nearest = min(NEAREST, len(theirs) - 1)
    found, right = (_nearest(vectors, nearest) for vectors in (ours, theirs))
    shared = [len(set(some) & set(others)) for some, others in zip(found, right, strict=True)]
    return sum(shared) / (nearest * len(shared))


def _nearest(vectors: Floats, count: int) -> list[list[int]]:
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    return [[int(at) for at in row] for row in np.argsort(-similarity, axis=1)[:, :count]]
