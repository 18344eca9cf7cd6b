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

EPSILON = 0.01
"""A neighbour counts as float32's own where its distance is at most this much above the tenth's."""

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
    """Compare a runtime with float32 over rows of token ids.

    The overlap is the recall of the ten nearest with the tolerance of ann-benchmarks (Aumueller et
    al., 2020): between texts that float32 holds for equally near, either is right.
    """
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
    found, right = (1 - vectors @ vectors.T for vectors in (ours, theirs))
    for distances in (found, right):
        np.fill_diagonal(distances, np.inf)
    bound = np.sort(right, axis=1)[:, nearest - 1 : nearest] * (1 + EPSILON)
    chosen = np.argsort(found, axis=1, kind="stable")[:, :nearest]
    return float((np.take_along_axis(right, chosen, axis=1) <= bound + 1e-6).mean())
