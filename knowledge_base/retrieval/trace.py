"""Tells why a document was, or was not, among the hits of a query."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from knowledge_base.indexes.tantivy import TantivyIndex
from knowledge_base.registry import Registry
from knowledge_base.retrieval.hybrid import HEAD, Candidates, HybridRetriever
from knowledge_base.types import (
    DEFAULT_TUNING,
    Filter,
    Passage,
    Remark,
    Retrieval,
    Stage,
    Trace,
    Tuning,
)

DEEPEST = 5000
"""How many candidates of each side are looked through, at the most."""


class Tracer:
    """Follows one document through the stages of retrieval."""

    def __init__(
        self, registry: Registry, lexical: TantivyIndex, retriever: HybridRetriever
    ) -> None:
        """Take the parts of one knowledge base."""
        self._registry, self._lexical, self._retriever = registry, lexical, retriever

    def trace(
        self,
        query: str,
        source: str,
        k: int,
        filter: Filter | None = None,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> Trace:
        """Return how far a document came with a query.

        Args:
            query: What was searched for.
            source: A whole source, its ending after a slash, or a glob pattern.
            k: How many hits were asked for.
            filter: What the search was restricted to.
            tuning: How it was ranked.
        """
        sources = self._registry.matching(source)
        own = [passage for name in sources for passage in self._registry.of_document(name)]
        if not own:
            missing = Remark("no indexed document matches this source", "missing")
            stage = Stage("indexed", None, None, missing)
            remedy = Remark(
                f"ingest it: `qa-bot ingest` the file that {source!r} names",
                "ingest",
                source=source,
            )
            return Trace(query, source, None, (stage,), "indexed", (remedy,))
        stages = [Stage("indexed", None, None, _counted(own, sources))]
        allowed = self._allowed(filter)
        let_through = [p for p in own if allowed is None or p.id in allowed]
        if allowed is not None:
            share = Remark(
                f"{len(let_through)} of its {len(own)} passages pass the filter",
                "passes",
                passing=len(let_through),
                total=len(own),
            )
            stages.append(Stage("filter", None, None, share))
        if not let_through:
            remedies = (Remark("search without the filter, or with another", "unfilter"),)
            return Trace(query, source, own[0], tuple(stages), "filter", remedies)
        pool = min(DEEPEST, self._registry.count())
        deep = self._retriever.candidates(query, pool, allowed, tuning)
        best, more = self._stages(deep, let_through)
        stages += more
        shown = self._retriever.retrieve(query, k, filter, tuning)
        rank = _shown_rank(shown, {passage.id for passage in let_through})
        stages.append(_last(rank, k, len(shown.hits), tuning))
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
        words = _words(list(terms.get(best.id, {})), missing)
        unknown = f"{deep.unknown:.0%}"
        meaning = Remark(
            f"{unknown} of the query is unknown to the encoder", "unknown", share=unknown
        )
        weight = Remark(f"dense weight {deep.weight:.2f}", "weight", weight=f"{deep.weight:.2f}")
        return best, [
            _stage("dense", deep.dense, best.id, meaning),
            _stage("lexical", deep.lexical, best.id, words),
            _stage("fusion", fused, best.id, weight),
        ]

    def _remedies(
        self, best: Passage, deep: Candidates, stages: Sequence[Stage], k: int
    ) -> list[Remark]:
        ranks = {stage.name: stage.rank for stage in stages}
        found = []
        fused = ranks["fusion"]
        if fused is not None and fused > k:
            text = f"ask for more: from -k {fused} on it would be among the fused hits"
            found.append(Remark(text, "more", k=fused))
        for side, name in (("dense", "meaning"), ("lexical", "words")):
            rank = ranks[side]
            if rank is not None and rank <= k:
                text = f"by {name} alone it would be number {rank}: move the weight"
                found.append(Remark(text, f"alone_{side}", rank=rank))
        if ranks["lexical"] is None:
            head = " ".join(best.text.split()[:6])
            text = (
                f"the query shares no word with it (it begins: {head!r}); use its words, or write "
                "the other name into the glossary: `qa-bot glossary`"
            )
            found.append(Remark(text, "no_word", head=head))
        if deep.unknown > 0.2:
            text = "the encoder does not know the query's words; use a multilingual encoder"
            found.append(Remark(text, "encoder"))
        better = "other passages match better; name what only this document says"
        return found or [Remark(better, "better")]


def _words(shared: Sequence[str], missing: Sequence[str]) -> Remark:
    """Return which of the query's terms a passage has, and which no passage has."""
    common = ", ".join(term for term in shared if term)
    text = f"terms in common: {common or 'none'}"
    if missing:
        text += f"; in no passage at all: {', '.join(missing)}"
    key = "common" if common else "common_none"
    return Remark(text, key, terms=common, nowhere=", ".join(missing))


def _stage(name: str, scores: Mapping[str, float], id: str, found: Remark) -> Stage:
    if id not in scores:
        return Stage(name, None, None, found)
    return Stage(name, list(scores).index(id) + 1, scores[id], found)


def _shown_rank(shown: Retrieval, ids: Collection[str]) -> int | None:
    for rank, hit in enumerate(shown.hits, 1):
        if hit.passage.id in ids or any(same.id in ids for same in hit.duplicates):
            return rank
    return None


def _last(rank: int | None, k: int, count: int, tuning: Tuning) -> Stage:
    text = f"{count} hits shown, {k} asked for"
    if not tuning.rerank:
        return Stage("shown", rank, None, Remark(text, "shown_plain", shown=count, k=k))
    text += f"; the first {HEAD} are put in order by the reader"
    return Stage("shown", rank, None, Remark(text, "shown", shown=count, k=k, head=HEAD))


def _dropped(stages: Sequence[Stage]) -> str:
    """Return the stage that lost it: the fusion if both sides had it, else that which had it not."""
    ranks = {stage.name: stage.rank for stage in stages}
    if ranks["fusion"] is None:
        return "dense and lexical"
    if ranks["lexical"] is None:
        return "lexical"
    return "below k"


def _counted(own: Sequence[Passage], sources: Sequence[str]) -> Remark:
    documents, passages = len(sources), len(own)
    if documents == 1:
        return Remark(f"1 document, {passages} passages", "counted_one", passages=passages)
    text = f"{documents} documents, {passages} passages"
    return Remark(text, "counted", documents=documents, passages=passages)
