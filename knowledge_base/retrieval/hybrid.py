"""Finds passages by meaning and by words, fuses the two, and puts the head in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from knowledge_base.encoders.processor import cores
from knowledge_base.filters import Allowed
from knowledge_base.indexes.dense import DenseIndex
from knowledge_base.indexes.tantivy import TantivyIndex
from knowledge_base.protocols import Encoder, Reranker
from knowledge_base.registry import Registry
from knowledge_base.retrieval.fusion import Fused, dense_weight, foremost, fuse, pooled
from knowledge_base.retrieval.glossary import Expansion, GlossaryFile
from knowledge_base.retrieval.variety import collapse, diversify
from knowledge_base.types import (
    DEFAULT_TUNING,
    Explanation,
    Filter,
    Remark,
    Retrieval,
    ScoredPassage,
    Stages,
    Tuning,
    Vector,
)

POOL = 100
"""How many candidates each side brings, at least."""

HEAD = 10
"""How many of the best the reader's relevance puts in order, at least."""

FEEDBACK, FEEDBACK_WEIGHT = 3, 0.2
"""So many of the first hits move the question's vector towards them, by this share of their mean."""

_TURN = threading.BoundedSemaphore(cores())
"""As many searches at once as there are cores, of all bases together: more would only take turns at the
interpreter, and a search of 64 costs half as much again as one alone. Encoding comes before: it is shared."""

SPARE = 20
"""Candidates kept beyond those asked for: some may be just being replaced, some say the same."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What both sides brought for a query, and their fusion, best first.

    ``vector`` is the query's own, before the first hits moved it, and ``similarity`` has what was
    near to it then.
    """

    expansion: Expansion
    vector: Vector
    similarity: Mapping[str, float]
    dense: Mapping[str, float]
    lexical: Mapping[str, float]
    fused: Sequence[Fused]
    weight: float
    unknown: float


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A query as it is searched for: with the glossary's names, its vector, and what is unknown of it."""

    expansion: Expansion
    vector: Vector
    unknown: float


class HybridRetriever:
    """Dense and lexical search over one knowledge base, fused by standard scores."""

    def __init__(
        self,
        encoder: Encoder,
        dense: DenseIndex,
        lexical: TantivyIndex,
        registry: Registry,
        glossary: GlossaryFile,
        reranker: Reranker | None = None,
    ) -> None:
        """Take the parts of one knowledge base, and what puts the head in order."""
        self._encoder, self._dense, self._lexical = encoder, dense, lexical
        self._registry, self._allowed = registry, Allowed(registry.allowed)
        self._glossary, self.reranker = glossary, reranker

    def retrieve(
        self,
        query: str,
        k: int,
        filter: Filter | None = None,
        tuning: Tuning = DEFAULT_TUNING,
        wordings: Sequence[str] = (),
    ) -> Retrieval:
        """Return up to k passages, best first, each with its scores and ranks.

        Args:
            query: What is looked for.
            k: The most passages to return.
            filter: What the passages must be of.
            tuning: How they are ranked.
            wordings: Other wordings of the query, that are searched for beside it.

        Raises:
            ValueError: If k is negative.
            InvalidFilter: If a day of the filter is none.
            GlossaryError: If the glossary's file was made unreadable.
        """
        if k < 0:
            raise ValueError(f"k must be 0 or more, got {k}")
        clock = _Clock()
        allowed = self._let_through(filter)
        clock.lap("filter")
        asked = self._encoded([query, *wordings])
        clock.lap("encode")
        with _TURN:
            return self._found(asked, k, max(POOL, 4 * k), allowed, tuning, clock)

    def _found(
        self,
        asked: Sequence[_Encoded],
        k: int,
        pool: int,
        allowed: Collection[str] | None,
        tuning: Tuning,
        clock: _Clock,
    ) -> Retrieval:
        """Return what ``retrieve`` does, of a query and its other wordings."""
        found, *others = (self._searched(one, pool, allowed, tuning, clock) for one in asked)
        if others:
            found = replace(found, fused=pooled(found.fused, [other.fused for other in others]))
        query = found.expansion.query
        hits = self._hits(found, max(k, HEAD) + SPARE if tuning.selects else k)
        clock.lap("fuse")
        if tuning.rerank and self.reranker is not None and hits:
            hits = [*self.reranker.rerank(query, hits[:HEAD]), *hits[HEAD:]]
            clock.lap("rerank")
        if tuning.collapse:
            hits = collapse(hits[: k + SPARE])
        if tuning.diversity > 0.0:
            vectors = self._dense.vectors([hit.passage.id for hit in hits])
            hits = diversify(hits, vectors, tuning.diversity, k)
        hits = self._explained(found.expansion, hits[:k])
        clock.lap("explain")
        read_as = found.expansion.read_as([hit.passage.text for hit in hits])
        return Retrieval(query, tuple(hits), clock.laps, _notes(found), read_as)

    def stages(
        self,
        query: str,
        k: int,
        filter: Filter | None = None,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> Stages:
        """Return the first k passages of each side and of their fusion, side by side."""
        found = self.candidates(query, max(POOL, 4 * k), self._let_through(filter), tuning)
        dense, lexical = list(found.dense)[:k], list(found.lexical)[:k]
        fused = [one.name for one in found.fused[:k]]
        scored = self._scored(found, list(dict.fromkeys([*dense, *lexical, *fused])))
        hits = {
            hit.passage.id: hit for hit in self._explained(found.expansion, list(scored.values()))
        }

        def column(names: Sequence[str], scores: Mapping[str, float]) -> tuple[ScoredPassage, ...]:
            there = (name for name in names if name in hits)
            return tuple(replace(hits[name], score=scores[name]) for name in there)

        return Stages(
            column(dense, found.dense),
            column(lexical, found.lexical),
            column(fused, {one.name: one.score for one in found.fused}),
            found.weight,
        )

    def forget(self) -> None:
        """Forget which passages filters let through: the base has changed."""
        self._allowed.clear()

    def candidates(
        self,
        query: str,
        pool: int,
        allowed: Collection[str] | None,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> Candidates:
        """Return what both sides bring, ``pool`` each, and their fusion."""
        return self._searched(self._encoded([query])[0], pool, allowed, tuning, _Clock())

    def _encoded(self, queries: Sequence[str]) -> list[_Encoded]:
        """Return the queries with the glossary's names, their vectors and what is unknown of them."""
        glossary = self._glossary.current()
        expansions = [glossary.expand(query) for query in queries]
        vectors = self._encoder.encode_queries([one.text for one in expansions])
        return [
            _Encoded(expansion, vector, self._encoder.unknown_share(query))
            for query, expansion, vector in zip(queries, expansions, vectors, strict=True)
        ]

    def _searched(
        self,
        asked: _Encoded,
        pool: int,
        allowed: Collection[str] | None,
        tuning: Tuning,
        clock: _Clock,
    ) -> Candidates:
        expansion, vector, unknown = asked.expansion, asked.vector, asked.unknown
        weight = dense_weight(unknown) if tuning.dense_weight is None else tuning.dense_weight
        lexical = dict(self._lexical.search(expansion.query, pool, allowed, expansion.added))
        clock.lap("lexical")
        dense = similarity = dict(self._dense.search(vector, pool, allowed))
        if tuning.feedback and weight > 0.0:
            moved = self._moved(vector, foremost(dense, lexical, weight, FEEDBACK))
            dense = dict(self._dense.search(moved, pool, allowed))
        fused = fuse(dense, lexical, weight)
        clock.lap("dense")
        return Candidates(expansion, vector, similarity, dense, lexical, fused, weight, unknown)

    def _moved(self, vector: Vector, names: Sequence[str]) -> Vector:
        """Return a query's vector moved towards the first hits (Rocchio, 1971, in the dense space)."""
        near = list(self._dense.vectors(names).values())
        if not near:
            return vector
        moved = vector + np.float32(FEEDBACK_WEIGHT) * np.mean(near, axis=0)
        if self._encoder.metric == "cosine":
            moved = moved / np.linalg.norm(moved)
        return np.asarray(moved, np.float32)

    def _let_through(self, filter: Filter | None) -> Collection[str] | None:
        return None if filter is None or filter.is_empty else self._allowed(filter)

    def _hits(self, found: Candidates, most: int) -> list[ScoredPassage]:
        """Return the best of the fusion; those behind take the places of those being replaced."""
        names = [one.name for one in found.fused[: most + SPARE]]
        hits = list(self._scored(found, names[:most]).values())
        if len(hits) < most:
            hits += self._scored(found, names[most:]).values()
        return hits[:most]

    def _scored(self, found: Candidates, names: Sequence[str]) -> dict[str, ScoredPassage]:
        """Return candidates by id, in the order of their names, with their scores and ranks."""
        dense_ranks = {name: rank for rank, name in enumerate(found.dense, 1)}
        lexical_ranks = {name: rank for rank, name in enumerate(found.lexical, 1)}
        ranked = {one.name: (rank, one) for rank, one in enumerate(found.fused, 1)}
        passages = self._registry.passages(names)
        far = self._dense.vectors([name for name in names if name not in found.similarity])
        near = {name: float(vector @ found.vector) for name, vector in far.items()}
        hits: dict[str, ScoredPassage] = {}
        for name in names:
            passage = passages.get(name)
            if passage is None:  # it is just being replaced
                continue
            rank, fused = ranked[name]
            explain = Explanation(
                dense_score=found.similarity.get(name, near.get(name)),
                dense_rank=dense_ranks.get(name),
                lexical_score=found.lexical.get(name),
                lexical_rank=lexical_ranks.get(name),
                dense_weight=found.weight,
                dense_share=fused.dense,
                lexical_share=fused.lexical,
                wordings_share=fused.wordings or None,
                fused_score=fused.score,
                fused_rank=rank,
            )
            hits[name] = ScoredPassage(passage, fused.score, explain)
        return hits

    def _explained(
        self, expansion: Expansion, hits: Sequence[ScoredPassage]
    ) -> list[ScoredPassage]:
        """Return the hits with what each matched term added."""
        worded = [hit.passage.id for hit in hits if hit.explain.lexical_rank is not None]
        terms = self._lexical.explain(expansion.query, worded, expansion.added)
        return [
            replace(hit, explain=replace(hit.explain, terms=terms.get(hit.passage.id, {})))
            for hit in hits
        ]


def _notes(found: Candidates) -> tuple[Remark, ...]:
    notes = []
    if found.weight < dense_weight(0.0) * 0.75 and found.unknown > 0.1:
        share = f"{found.unknown:.0%}"
        text = f"{share} of the question is unknown to the encoder: words count more"
        notes.append(Remark(text, "words_more", share=share))
    for term, names in found.expansion.names.items():
        also = ", ".join(names)
        text = f"the glossary reads {term!r} as {also} too"
        notes.append(Remark(text, "glossary", term=term, names=also))
    return tuple(notes)


class _Clock:
    """Notes the milliseconds between laps."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(self.laps.get(name, 0.0) + (now - self._last) * 1000, 3)
        self._last = now
