"""What ``doctor`` does: the registry held against Chroma and the lexical index."""

from __future__ import annotations

import numpy as np

from knowledge_base.indexes.dense import DenseIndex
from knowledge_base.protocols import LexicalIndex
from knowledge_base.registry import Registry
from knowledge_base.sync import Synchronizer
from knowledge_base.tables import INDEXED, PENDING, REMOVING
from knowledge_base.types import Check
from knowledge_base.vector_cache import VectorCache

BATCH = 512
"""Passages asked for by their own vector at a time."""

SAME = 0.999
"""The least similarity of a passage's vector with itself, by way of the index."""


class Health:
    """Examines one knowledge base, and repairs it from the registry."""

    def __init__(
        self,
        registry: Registry,
        cache: VectorCache,
        synchronizer: Synchronizer,
        dense: DenseIndex,
    ) -> None:
        """Take the parts of one knowledge base; its owner holds the write lock."""
        self._registry, self._cache = registry, cache
        self._synchronizer, self._dense = synchronizer, dense

    def examine(self, lexical: LexicalIndex, *, repair: bool) -> list[Check]:
        """Return one finding a check; with ``repair`` first mend what is wrong."""
        checks = self._checks(lexical)
        if repair and not all(check.ok for check in checks):
            self._repair(lexical)
            checks = self._checks(lexical)
        return checks

    def _checks(self, lexical: LexicalIndex) -> list[Check]:
        known = set(self._registry.ids(INDEXED))
        unsettled = len(self._registry.ids(PENDING)) + len(self._registry.ids(REMOVING))
        found, misses = self._found_by_own_vector()
        return [
            Check("registry", unsettled == 0, f"{len(known)} passages, {unsettled} unfinished"),
            _compared("chroma", known, self._dense.ids()),
            _compared("lexical", known, lexical.ids()),
            Check(
                "vectors",
                misses == 0,
                f"{found} of {found + misses} passages found by their own vector",
            ),
        ]

    def _found_by_own_vector(self) -> tuple[int, int]:
        found = misses = 0
        hashes = list(self._registry.hashes().items())
        for start in range(0, len(hashes), BATCH):
            some = hashes[start : start + BATCH]
            vectors = self._cache.get([text_hash for _, text_hash in some])
            for name, text_hash in some:
                vector = vectors.get(text_hash)
                hit = vector is not None and self._finds(name, vector)
                found, misses = found + hit, misses + (not hit)
        return found, misses

    def _finds(self, name: str, vector: np.ndarray) -> bool:
        """Tell whether the stored index brings a passage, or one just as near, by its vector."""
        nearest = self._dense.stored.search(vector, 1)
        if not nearest:
            return False
        own = float(vector @ vector)
        return nearest[0][0] == name or nearest[0][1] >= SAME * own

    def _repair(self, lexical: LexicalIndex) -> None:
        """Write every indexed passage again and delete what the registry does not know."""
        known = set(self._registry.ids(INDEXED))
        for index in (self._dense, lexical):
            strangers = sorted(index.ids() - known)
            if strangers:
                index.delete(strangers)
        self._registry.mark(known, PENDING)
        self._synchronizer.settle()


def _compared(name: str, known: set[str], held: set[str]) -> Check:
    missing, strange = len(known - held), len(held - known)
    return Check(
        name,
        missing == 0 and strange == 0,
        f"{len(held)} entries, {missing} missing, {strange} unknown to the registry",
    )
