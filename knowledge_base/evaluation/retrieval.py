"""Runs each way to search over a data set's questions, and measures what it finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledge_base.evaluation.baselines import SHOWN, Search, searches
from knowledge_base.evaluation.datasets import DataSetError, Query
from knowledge_base.evaluation.measures import (
    CURVE,
    MEASURES,
    TOP,
    judged_measures,
    percentile,
    top_accuracy,
)
from knowledge_base.evaluation.normalisation import holds
from knowledge_base.evaluation.report import Measured
from knowledge_base.filters import source_matches
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.types import Passage

DEPTH = 100
"""Documents ranked for a query, for the measures that look far down."""

DEEPEST = 1000
"""The most passages searched for a query to find that many documents."""

NAMES = (*MEASURES, *(f"Top-{k}" for k in TOP))
"""Every measure of retrieval."""

Progress = Callable[[Iterable[Query], str], Iterable[Query]]
"""Wraps the questions of a method, given its name, to show how far it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one search brought for one query: documents best first, and where the answer stood.

    ``answer_rank`` counts passages from 1; None where none of the first hundred held an accepted one.
    """

    documents: tuple[str, ...]
    answer_rank: int | None
    milliseconds: float


def judged_queries(base: KnowledgeBase, queries: Sequence[Query]) -> list[Query]:
    """Return the answerable queries that can be measured, judgements as sources of the base.

    A judged source matches a whole source or its ending, as filters do.

    Raises:
        DataSetError: If no query has a judged document in the base, nor an accepted answer.
    """
    known = [info.source for info in base.documents()]
    exact = set(known)

    def sources(judged: str) -> list[str]:
        if judged in exact:
            return [judged]
        return [source for source in known if source_matches(source, judged)] or [judged]

    found = [
        Query(
            query.id,
            query.text,
            {source: value for name, value in query.judged.items() for source in sources(name)},
            query.answers,
        )
        for query in queries
        if query.answerable and (query.answers or any(v > 0 for v in query.judged.values()))
    ]
    if not any(query.answers or exact & query.judged.keys() for query in found):
        raise DataSetError(
            f"none of the {len(queries):,} questions names an answer or one of the {len(known):,} "
            f"documents of {base.name!r}; ingest the documents that they ask of, or give --documents"
        )
    return found


def measure_retrieval(
    base: KnowledgeBase,
    queries: Sequence[Query],
    only: Sequence[str],
    progress: Progress = lambda queries, _: queries,
) -> dict[str, Measured]:
    """Return what each method reached, by its name.

    Args:
        base: What is searched.
        queries: From ``judged_queries``.
        only: Names of methods; all where empty.
        progress: See ``Progress``.
    """
    measured: dict[str, Measured] = {}
    for name, search in searches(base, only):
        search(queries[0].text, SHOWN)  # what is opened or loaded at first use is not timed
        found = {query.id: _found(search, query) for query in progress(queries, name)}
        measured[name] = _measured(queries, found)
    return measured


def _found(search: Search, query: Query) -> Found:
    """Search as a user does, which is timed, then deeper, which only adds what comes below."""
    started = time.perf_counter()
    passages = list(search(query.text, SHOWN))
    milliseconds = 1000 * (time.perf_counter() - started)
    documents = _sources(passages)
    k = 2 * DEPTH
    while len(documents) < DEPTH or len(passages) < DEPTH:
        deeper = search(query.text, k)
        seen = {passage.id for passage in passages}
        passages += [passage for passage in deeper if passage.id not in seen]
        documents = _sources(passages)
        if len(deeper) < k or k >= DEEPEST:
            break
        k = min(DEEPEST, 2 * k)
    rank = None
    if query.answers:
        ranks = enumerate(passages[:DEPTH], 1)
        rank = next((at for at, passage in ranks if holds(passage.text, query.answers)), None)
    return Found(tuple(documents[:DEPTH]), rank, milliseconds)


def _sources(passages: Sequence[Passage]) -> list[str]:
    return list(dict.fromkeys(passage.source for passage in passages))


def _measured(queries: Sequence[Query], found: Mapping[str, Found]) -> Measured:
    qrels = {query.id: query.judged for query in queries if query.judged}
    answered = {query.id: found[query.id].answer_rank for query in queries if query.answers}
    run = {name: found[name].documents for name in qrels}
    values: dict[str, dict[str, float]] = {}
    curves: dict[str, dict[int, float]] = {}
    if qrels:
        values |= judged_measures(qrels, run)
        recall = judged_measures(qrels, run, [f"R@{k}" for k in CURVE])
        curves["recall of judged documents"] = {k: _mean(recall[f"R@{k}"]) for k in CURVE}
    if answered:
        values |= top_accuracy(answered)
        top = top_accuracy(answered, CURVE)
        curves["accepted answer in the first k passages"] = {
            k: _mean(top[f"Top-{k}"]) for k in CURVE
        }
    times = [one.milliseconds for one in found.values()]
    timings = {name: percentile(times, share) for name, share in (("p50", 0.5), ("p95", 0.95))}
    return Measured(values, timings, curves)


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values)
