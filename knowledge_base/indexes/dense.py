"""The dense side of a knowledge base: Chroma on disk, the exact scorer in memory while it is small."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from knowledge_base.indexes.exact import ExactIndex
from knowledge_base.protocols import PassageIndex
from knowledge_base.types import Vector, Vectors

EXACT_LIMIT = 20_000
"""Up to this many passages a question is scored against all of them: exact, and under 3 ms."""


class DenseIndex:
    """Writes to Chroma; searches exactly up to ``exact_limit`` passages, in Chroma beyond.

    A process that only answers questions over a small base never opens Chroma.
    """

    def __init__(
        self,
        open_stored: Callable[[], PassageIndex],
        load: Callable[[], Iterable[tuple[Sequence[str], Vectors]]],
        look_up: Callable[[Sequence[str]], Mapping[str, Vector]],
        count: Callable[[], int],
        dimension: int,
        metric: str,
        exact_limit: int = EXACT_LIMIT,
    ) -> None:
        """Take how Chroma is opened, how vectors are read back, and how many there are.

        Args:
            open_stored: Opens the stored index; called at the first write or large search.
            load: Gives ids and vectors of all passages that were or may be written, in batches.
            look_up: Gives the vectors of some passages.
            count: The number of indexed passages.
            dimension: The vectors' width.
            metric: The encoder's metric.
            exact_limit: The most passages that are scored exactly.
        """
        self._open, self._load, self._count = open_stored, load, count
        self._look_up = look_up
        self._dimension, self._metric, self._limit = dimension, metric, exact_limit
        self._stored: PassageIndex | None = None
        self._exact: ExactIndex | None = None
        self._large = False
        self._lock = threading.RLock()

    @property
    def stored(self) -> PassageIndex:
        """The index on disk, opened when it is first needed."""
        with self._lock:
            if self._stored is None:
                self._stored = self._open()
            return self._stored

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write vectors, replacing those of ids already there."""
        self.stored.upsert(ids, vectors)
        with self._lock:
            if self._exact is not None:
                self._exact.upsert(ids, vectors)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; ids that are not there are passed over."""
        self.stored.delete(ids)
        with self._lock:
            self._large = False  # to be counted again
            if self._exact is not None:
                self._exact.delete(ids)

    def search(
        self, vector: Vector, k: int, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return up to k ``(id, similarity)``, best first."""
        return self._searched().search(vector, k, allowed)

    def vectors(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        """Return the vectors of ids; those that are not there are left out."""
        searched = self._searched()
        return searched.vectors(ids) if isinstance(searched, ExactIndex) else self._look_up(ids)

    def rebuild(self) -> None:
        """Write the stored index anew from the registry's vectors."""
        self.stored.clear()
        for ids, vectors in self._load():
            self.stored.upsert(ids, vectors)

    def clear(self) -> None:
        """Remove everything."""
        self.stored.clear()
        with self._lock:
            self._exact, self._large = None, False

    def ids(self) -> set[str]:
        """Return every id held on disk."""
        return self.stored.ids()

    def __len__(self) -> int:
        """Return the number of vectors held on disk."""
        return len(self.stored)

    def _searched(self) -> PassageIndex:
        with self._lock:
            if self._exact is None and not self._large:
                self._large = self._count() > self._limit
                if not self._large:
                    self._exact = self._loaded()
            if self._exact is not None and len(self._exact) > self._limit:
                self._exact, self._large = None, True
            return self.stored if self._exact is None else self._exact

    def _loaded(self) -> ExactIndex:
        exact = ExactIndex(self._dimension, self._metric)
        for ids, vectors in self._load():
            exact.upsert(ids, vectors)
        return exact
