"""What ``doctor`` does: the registry held against Chroma and the lexical index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from knowledge_base.indexes.dense import DenseIndex
from knowledge_base.protocols import LexicalIndex
from knowledge_base.registry import Registry
from knowledge_base.sync import Synchronizer
from knowledge_base.tables import INDEXED, PENDING, REMOVING
from knowledge_base.types import Check, Vector, Vectors
from knowledge_base.vector_cache import VectorCache

BATCH = 512
"""Passages asked for by their own vector at a time."""

NEAREST = 10
"""Passages asked for by a passage's own vector."""

SAME = 0.999
"""Where all of those are this near, they are copies of each other, and any serves."""


SAMPLE = 200
"""Passages whose neighbours in the stored index are compared with the exact ones."""

RECALL = 0.99
"""The share of the exact ten nearest that the stored index must bring."""


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

    def mend(self, ids: Sequence[str]) -> None:
        """Write vectors again that Chroma counts but cannot find.

        A process that is killed while Chroma writes can leave such ones behind. The stored index is
        then written anew from the registry: mending a graph point by point makes it worse.
        """
        if self._unfound(ids):
            self._dense.rebuild()

    def _checks(self, lexical: LexicalIndex) -> list[Check]:
        known = set(self._registry.ids(INDEXED))
        unsettled = len(self._registry.ids(PENDING)) + len(self._registry.ids(REMOVING))
        hashes = self._registry.hashes()
        misses = len(self._unfound(list(hashes)))
        return [
            Check("registry", unsettled == 0, f"{len(known)} passages, {unsettled} unfinished"),
            _compared("chroma", known, self._dense.ids()),
            _compared("lexical", known, lexical.ids()),
            Check(
                "vectors",
                misses == 0,
                f"{len(hashes) - misses} of {len(hashes)} passages found by their own vector",
            ),
            self._recall(hashes),
        ]

    def _recall(self, hashes: Mapping[str, str]) -> Check:
        """Compare the stored index's nearest passages with the exact ones, for a sample."""
        names = list(hashes)
        queries = self._vectors(names[:: max(1, len(names) // SAMPLE)][:SAMPLE], hashes)
        if not queries:
            return Check("recall@10", True, "no vectors to compare")
        exact = self._exact(np.stack(list(queries.values())), names, hashes)
        brought = total = 0
        for vector, nearest in zip(queries.values(), exact, strict=True):
            found = self._dense.stored.search(vector, len(nearest))
            # of equally near ones any serves
            least = min(nearest, default=0.0) - 1e-5
            brought += sum(score >= least for _, score in found)
            total += len(nearest)
        recall = brought / total
        return Check(
            "recall@10",
            recall >= RECALL,
            f"{recall:.4f} of the exact, over {len(queries)} passages",
        )

    def _exact(
        self, queries: Vectors, names: Sequence[str], hashes: Mapping[str, str]
    ) -> list[list[float]]:
        """Return the similarities of each query's ten nearest, by looking at every vector."""
        best = np.zeros((len(queries), 0), np.float32)
        for start in range(0, len(names), BATCH):
            some = list(self._vectors(names[start : start + BATCH], hashes).values())
            if some:
                scores = np.concatenate([best, queries @ np.stack(some).T], axis=1)
                best = -np.sort(-scores, axis=1)[:, :NEAREST]
        return [[float(score) for score in row] for row in best]

    def _unfound(self, ids: Sequence[str]) -> list[str]:
        """Return the passages that the stored index does not bring by their own vector."""
        lost, hashes = [], self._registry.hashes()
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            vectors = self._vectors(some, hashes)
            lost += [
                name for name in some if name not in vectors or not self._finds(name, vectors[name])
            ]
        return lost

    def _vectors(self, ids: Sequence[str], hashes: Mapping[str, str]) -> dict[str, Vector]:
        known = self._cache.get([hashes[name] for name in ids if name in hashes])
        return {name: known[hashes[name]] for name in ids if hashes.get(name) in known}

    def _finds(self, name: str, vector: Vector) -> bool:
        """Tell whether the stored index brings a passage, or one just as near, by its vector."""
        nearest = self._dense.stored.search(vector, NEAREST)
        own = float(vector @ vector)
        return any(found == name for found, _ in nearest) or (
            len(nearest) == NEAREST and nearest[-1][1] >= SAME * own
        )

    def _repair(self, lexical: LexicalIndex) -> None:
        """Write every indexed passage again and delete what the registry does not know."""
        known = set(self._registry.ids(INDEXED))
        for index in (self._dense, lexical):
            strangers = sorted(index.ids() - known)
            if strangers:
                index.delete(strangers)
        self._registry.mark(known, PENDING)
        self._synchronizer.settle()
        self.mend(sorted(known))


def _compared(name: str, known: set[str], held: set[str]) -> Check:
    missing, strange = len(known - held), len(held - known)
    return Check(
        name,
        missing == 0 and strange == 0,
        f"{len(held)} entries, {missing} missing, {strange} unknown to the registry",
    )
