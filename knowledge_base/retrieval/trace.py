"""Tells why a document was, or was not, among the hits of a query."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from knowledge_base.indexes.tantivy import TantivyIndex
from knowledge_base.registry import Registry
from knowledge_base.retrieval.hybrid import HEAD, Candidates, HybridRetriever
from knowledge_base.types import Filter, Passage, Retrieval, Stage, Trace

DEEPEST = 5000
"""How many candidates of each side are looked through, at the most."""


class Tracer:
    """Follows one document through the stages of retrieval."""

    def __init__(
        self, registry: Registry, lexical: TantivyIndex, retriever: HybridRetriever
    ) -> None:
        """Take the parts of one knowledge base."""
        self._registry, self._lexical, self._retriever = registry, lexical, retriever

    def trace(self, query: str, source: str, k: int, filter: Filter | None = None) -> Trace:
        """Return how far a document came with a query.

        Args:
            query: What was searched for.
            source: A whole source, its ending after a slash, or a glob pattern.
            k: How many hits were asked for.
            filter: What the search was restricted to.
        """
        sources = self._registry.matching(source)
        own = [passage for name in sources for passage in self._registry.of_document(name)]
        if not own:
            stage = Stage("indexed", None, None, "no indexed document matches this source")
            remedy = f"ingest it: `qa-bot ingest` the file that {source!r} names"
            return Trace(query, source, None, (stage,), "indexed", (remedy,))
        stages = [Stage("indexed", None, None, _counted(own, sources))]
        allowed = self._allowed(filter)
        let_through = [p for p in own if allowed is None or p.id in allowed]
        if allowed is not None:
            share = f"{len(let_through)} of its {len(own)} passages pass the filter"
            stages.append(Stage("filter", None, None, share))
        if not let_through:
            remedies = ("search without the filter, or with another",)
            return Trace(query, source, own[0], tuple(stages), "filter", remedies)
        pool = min(DEEPEST, self._registry.count())
        deep = self._retriever.candidates(query, pool, allowed)
        best, more = self._stages(deep, let_through)
        stages += more
        shown = self._retriever.retrieve(query, k, filter)
        rank = _shown_rank(shown, {passage.id for passage in let_through})
        stages.append(_last(rank, k, len(shown.hits)))
        dropped = "" if rank is not None else _dropped(stages)
        found = self._remedies(best, deep, stages, k) if rank is None else []
        return Trace(query, source, best, tuple(stages), dropped, tuple(found))

    def _allowed(self, filter: Filter | None) -> Collection[str] | None:
        if filter is None or filter.is_empty:
            return None
        return self._registry.allowed(filter)

    def _stages(self, deep: Candidates, own: Sequence[Passage]) -> tuple[Passage, list[Stage]]:
        by_id = {passage.id: passage for passage in own}
        fused = {one.name: one.score for one in deep.fused}
        ranked = [name for name in fused if name in by_id]
        best = by_id[ranked[0]] if ranked else own[0]
        missing = [t for t, count in self._lexical.known(deep.expansion.query).items() if not count]
        terms = self._lexical.explain(deep.expansion.query, [best.id], deep.expansion.added)
        shared = ", ".join(terms.get(best.id, {})) or "none"
        words = f"terms in common: {shared}"
        if missing:
            words += f"; in no passage at all: {', '.join(missing)}"
        meaning = f"{deep.unknown:.0%} of the query is unknown to the encoder"
        return best, [
            _stage("dense", deep.dense, best.id, meaning),
            _stage("lexical", deep.lexical, best.id, words),
            _stage("fusion", fused, best.id, f"dense weight {deep.weight:.2f}"),
        ]

    def _remedies(
        self, best: Passage, deep: Candidates, stages: Sequence[Stage], k: int
    ) -> list[str]:
        ranks = {stage.name: stage.rank for stage in stages}
        found = []
        fused = ranks["fusion"]
        if fused is not None and fused > k:
            found.append(f"ask for more: from -k {fused} on it would be among the fused hits")
        for side, name in (("dense", "meaning"), ("lexical", "words")):
            rank = ranks[side]
            if rank is not None and rank <= k:
                found.append(f"by {name} alone it would be number {rank}: move the weight")
        if ranks["lexical"] is None:
            head = " ".join(best.text.split()[:6])
            found.append(
                f"the query shares no word with it (it begins: {head!r}); use its words, or write "
                "the other name into the glossary: `qa-bot glossary`"
            )
        if deep.unknown > 0.2:
            found.append("the encoder does not know the query's words; use a multilingual encoder")
        return found or ["other passages match better; name what only this document says"]


def _stage(name: str, scores: Mapping[str, float], id: str, found: str) -> Stage:
    if id not in scores:
        return Stage(name, None, None, found)
    return Stage(name, list(scores).index(id) + 1, scores[id], found)


def _shown_rank(shown: Retrieval, ids: Collection[str]) -> int | None:
    for rank, hit in enumerate(shown.hits, 1):
        if hit.passage.id in ids or any(same.id in ids for same in hit.duplicates):
            return rank
    return None


def _last(rank: int | None, k: int, count: int) -> Stage:
    found = f"{count} hits shown, {k} asked for; the first {HEAD} are put in order by the reader"
    return Stage("shown", rank, None, found)


def _dropped(stages: Sequence[Stage]) -> str:
    """Return the stage that lost it: the fusion if both sides had it, else that which had it not."""
    ranks = {stage.name: stage.rank for stage in stages}
    if ranks["fusion"] is None:
        return "dense and lexical"
    if ranks["lexical"] is None:
        return "lexical"
    return "below k"


def _counted(own: Sequence[Passage], sources: Sequence[str]) -> str:
    documents = "document" if len(sources) == 1 else "documents"
    return f"{len(sources)} {documents}, {len(own)} passages"
