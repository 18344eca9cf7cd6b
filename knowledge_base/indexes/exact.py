"""Scores every vector: exact, in memory. Serves small bases and is the ground truth in tests."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence

import numpy as np

from knowledge_base.errors import IndexMismatch
from knowledge_base.types import Vector, Vectors

BLOCK = 1024
"""Rows that are multiplied at once."""


class ExactIndex:
    """A matrix that grows by doubling. Safe to use from many threads."""

    def __init__(self, dimension: int, metric: str = "cosine") -> None:
        """Take the vectors' width; for ``"cosine"`` they must come normalised, ``"ip"`` needs nothing."""
        self._dimension, self.metric = dimension, metric
        self._matrix: Vectors = np.zeros((0, dimension), np.float32)
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._lock = threading.RLock()

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write vectors, replacing those of ids already there.

        Raises:
            IndexMismatch: If their shape is not ``(len(ids), d)``.
        """
        check_shape(ids, vectors, self._dimension)
        with self._lock:
            self._grow(len(self._ids) + len(ids))
            for name, vector in zip(ids, vectors, strict=True):
                row = self._rows.get(name)
                if row is None:
                    row = len(self._ids)
                    self._rows[name] = row
                    self._ids.append(name)
                self._matrix[row] = vector

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; ids that are not there are passed over."""
        with self._lock:
            gone = {name for name in ids if name in self._rows}
            if not gone:
                return
            kept = [row for row, name in enumerate(self._ids) if name not in gone]
            self._matrix = self._matrix[kept]  # a new matrix: searches under way keep the old one
            self._ids = [self._ids[row] for row in kept]
            self._rows = {name: row for row, name in enumerate(self._ids)}

    def search(
        self, vector: Vector, k: int, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return up to k ``(id, similarity)``, best first; ties keep the order of writing.

        Raises:
            IndexMismatch: If the vector has another width.
        """
        if vector.shape != (self._dimension,):
            raise IndexMismatch(
                f"the index holds {self._dimension}-wide vectors, the query has shape "
                f"{vector.shape}; use the encoder that the index was made with"
            )
        with self._lock:
            matrix, ids = self._matrix[: len(self._ids)], self._ids
            rows = None
            if allowed is not None:
                rows = np.array(sorted(self._rows[n] for n in allowed if n in self._rows), int)
                matrix = matrix[rows]
        # outside the lock: what is written meanwhile goes behind these rows or into a new matrix
        scores = _products(matrix, vector)
        best = _best(scores, k)
        return [(ids[i if rows is None else rows[i]], float(scores[i])) for i in best]

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of ids; those that are not there are left out."""
        with self._lock:
            return {name: self._matrix[self._rows[name]] for name in ids if name in self._rows}

    def clear(self) -> None:
        """Remove everything."""
        self.delete(list(self._rows))

    def ids(self) -> set[str]:
        """Return every id held."""
        with self._lock:
            return set(self._rows)

    def __len__(self) -> int:
        """Return the number of vectors held."""
        return len(self._ids)

    def _grow(self, needed: int) -> None:
        if needed > len(self._matrix):
            grown = np.zeros((max(needed, 2 * len(self._matrix), 64), self._dimension), np.float32)
            grown[: len(self._ids)] = self._matrix[: len(self._ids)]
            self._matrix = grown


def check_shape(ids: Sequence[str], vectors: Vectors, dimension: int) -> None:
    """Raise unless there is one vector of the index's width for each id.

    Raises:
        IndexMismatch: Names both widths.
    """
    if vectors.shape != (len(ids), dimension):
        raise IndexMismatch(
            f"the index takes {len(ids)} vectors of {dimension} numbers, got shape "
            f"{vectors.shape}; use the encoder that the index was made with"
        )


def _products(matrix: Vectors, vector: Vector) -> Vector:
    """Return the product of a matrix and a vector, a block of rows after the other.

    A product of so few rows is left to one thread by the library below numpy. Over a whole matrix it takes
    every core and waits in a busy loop, and so uses up what other users' questions need.
    """
    scores = np.empty(len(matrix), np.float32)
    for start in range(0, len(matrix), BLOCK):
        np.dot(matrix[start : start + BLOCK], vector, out=scores[start : start + BLOCK])
    return scores


def _best(scores: Vector, k: int) -> list[int]:
    """Return the rows of the k highest scores, best first, ties by row."""
    if k <= 0 or not len(scores):
        return []
    k = min(k, len(scores))
    # everything at least as good as the k-th, so that ties at the edge are cut by row
    edge = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= edge)
    order = np.argsort(-scores[candidates], kind="stable")[:k]
    return [int(row) for row in candidates[order]]
