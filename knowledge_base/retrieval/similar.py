"""Documents like a given one: a recommendation, and a warning of copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge_base.indexes.dense import DenseIndex
from knowledge_base.registry import Registry
from knowledge_base.retrieval.variety import SAME, Runs, overlap, shingles
from knowledge_base.types import Passage, Similar, Vector

SAMPLE = 24
"""Passages of the given document that are searched with, spread over it."""

NEIGHBOURS = 50
"""Passages that each of them brings."""


class Recommender:
    """Finds documents and passages like others in one knowledge base."""

    def __init__(self, registry: Registry, dense: DenseIndex) -> None:
        """Take the parts of one knowledge base."""
        self._registry, self._dense = registry, dense

    def documents(self, source: str, k: int) -> list[Similar]:
        """Return up to k documents like one, best first.

        A document's score is the mean, over the given one's passages, of the similarity of its
        nearest passage; one that brings none counts with the least that was brought.

        Args:
            source: A whole source.
            k: The most to return.

        Raises:
            SourceNotFound: If no document has this source.
        """
        text = self._registry.document(source).text
        own = self._registry.of_document(source)
        vectors = self._dense.vectors([passage.id for passage in own])
        step = max(1, len(own) // SAMPLE)
        return self._scored(
            [vectors[p.id] for p in own[::step] if p.id in vectors], {source}, k, shingles(text)
        )

    def passages(self, passage: Passage, k: int) -> list[Similar]:
        """Return up to k documents with a passage like a given one, best first."""
        vectors = self._dense.vectors([passage.id])
        return self._scored(list(vectors.values()), {passage.source}, k, shingles(passage.text))

    def _scored(
        self, vectors: Sequence[Vector], without: set[str], k: int, runs: Runs
    ) -> list[Similar]:
        whole = len(vectors) > 1
        brought = [self._dense.search(vector, NEIGHBOURS + SAMPLE) for vector in vectors]
        found = self._registry.passages({name for some in brought for name, _ in some})
        nearest: dict[str, tuple[float, Passage]] = {}
        totals: dict[str, float] = {}
        for some in brought:
            scores: dict[str, float] = {}
            floor = min((score for _, score in some), default=0.0)
            for name, score in some:
                passage = found.get(name)
                if passage is None or passage.source in without:
                    continue
                scores.setdefault(passage.source, score)
                if score > nearest.get(passage.source, (-2.0, passage))[0]:
                    nearest[passage.source] = (score, passage)
            for source, score in scores.items():
                totals[source] = totals.get(source, 0.0) + score - floor
        ranked = sorted(totals, key=lambda source: (-totals[source], source))[:k]
        base = float(np.mean([min((s for _, s in some), default=0.0) for some in brought] or [0.0]))
        return [
            Similar(
                source,
                nearest[source][1].title,
                base + totals[source] / len(brought),
                nearest[source][1],
                self._same(source, nearest[source][1], runs, whole=whole),
            )
            for source in ranked
        ]

    def _same(self, source: str, passage: Passage, runs: Runs, *, whole: bool) -> bool:
        text = self._registry.document(source).text if whole else passage.text
        return overlap(runs, shingles(text)) >= SAME
