"""Finds passages by meaning and by words, and fuses the two."""

from __future__ import annotations

import time
from collections.abc import Sequence

from knowledge_base.indexes.dense import DenseIndex
from knowledge_base.indexes.tantivy import TantivyIndex
from knowledge_base.protocols import Encoder
from knowledge_base.registry import Registry
from knowledge_base.retrieval.fusion import dense_weight, fuse
from knowledge_base.types import (
    DEFAULT_TUNING,
    Explanation,
    Filter,
    Retrieval,
    ScoredPassage,
    Tuning,
)
from knowledge_base.vector_cache import VectorCache

POOL = 100
"""How many candidates each side brings, at least."""


class HybridRetriever:
    """Dense and lexical search over one knowledge base, fused by standard scores."""

    def __init__(
        self,
        encoder: Encoder,
        dense: DenseIndex,
        lexical: TantivyIndex,
        registry: Registry,
        cache: VectorCache,
    ) -> None:
        """Take the parts of one knowledge base."""
        self._encoder, self._dense, self._lexical = encoder, dense, lexical
        self._registry, self._cache = registry, cache

    def retrieve(
        self,
        query: str,
        k: int,
        filter: Filter | None = None,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> Retrieval:
        """Return up to k passages, best first, each with its scores and ranks.

        Raises:
            ValueError: If k is negative.
        """
        if k < 0:
            raise ValueError(f"k must be 0 or more, got {k}")
        clock = _Clock()
        restricted = filter is not None and not filter.is_empty
        allowed = self._registry.allowed(filter) if restricted and filter is not None else None
        clock.lap("filter")
        pool = max(POOL, 4 * k)
        unknown = self._encoder.unknown_share(query)
        vector = self._encoder.encode_queries([query])[0]
        clock.lap("encode")
        dense = self._dense.search(vector, pool, allowed)
        clock.lap("dense")
        lexical = self._lexical.search(query, pool, allowed)
        clock.lap("lexical")
        weight = dense_weight(unknown) if tuning.dense_weight is None else tuning.dense_weight
        fused = fuse(dict(dense), dict(lexical), weight)
        hits = self._hits(query, fused, k, dense, lexical, weight)
        clock.lap("fuse")
        notes = (
            (f"{unknown:.0%} of the question is unknown to the encoder: words count more",)
            if weight < dense_weight(0.0) * 0.75
            else ()
        )
        return Retrieval(query, tuple(hits), clock.laps, notes)

    def _hits(
        self,
        query: str,
        fused: Sequence[tuple[str, float]],
        k: int,
        dense: Sequence[tuple[str, float]],
        lexical: Sequence[tuple[str, float]],
        weight: float,
    ) -> list[ScoredPassage]:
        dense_ranks = {name: (rank, score) for rank, (name, score) in enumerate(dense, 1)}
        lexical_ranks = {name: (rank, score) for rank, (name, score) in enumerate(lexical, 1)}
        # a passage that is being replaced is in the index but not among the indexed: take spares
        passages = self._registry.passages([name for name, _ in fused[: k + 20]])
        hits: list[ScoredPassage] = []
        for rank, (name, score) in enumerate(fused, 1):
            passage = passages.get(name)
            if passage is None or len(hits) == k:
                continue
            dense_rank, dense_score = dense_ranks.get(name, (None, None))
            lexical_rank, lexical_score = lexical_ranks.get(name, (None, None))
            explain = Explanation(
                dense_score=dense_score,
                dense_rank=dense_rank,
                lexical_score=lexical_score,
                lexical_rank=lexical_rank,
                dense_weight=weight,
                fused_rank=rank,
                terms=tuple(self._lexical.matched_terms(query, passage.text)),
            )
            hits.append(ScoredPassage(passage, score, explain))
        return hits


class _Clock:
    """Notes the milliseconds between laps."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round((now - self._last) * 1000, 3)
        self._last = now
