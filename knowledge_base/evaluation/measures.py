"""The field's measures, through ir-measures, with what tells chance from difference.

A run gives the documents of each query, best first; judgements (qrels) their relevance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

MEASURES = ("nDCG@10", "R@5", "R@100", "RR@10", "Success@1", "Success@5")
"""What is measured on judged documents, named as the field and ir-measures name it."""

TOP = (1, 5, 20, 100)
"""The k of DPR's top-k accuracy, named ``Top-k`` (Karpukhin et al., 2020)."""

CURVE = (1, 2, 3, 5, 10, 20, 50, 100)
"""The k at which recall is drawn."""

ROUNDS = 10_000
"""Draws of the bootstrap and of the randomisation test."""

PerQuery: TypeAlias = Mapping[str, float]
Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over queries with its 95 % confidence interval."""

    mean: float
    low: float
    high: float
    queries: int


def judged_measures(
    qrels: Mapping[str, Mapping[str, int]],
    run: Mapping[str, Sequence[str]],
    names: Sequence[str] = MEASURES,
) -> dict[str, dict[str, float]]:
    """Return each measure for each judged query; a query that found nothing counts as 0.

    Args:
        qrels: Relevance of documents by query; more than 0 is relevant.
        run: The documents of a query, best first, each once.
        names: As ir-measures writes them.
    """
    import ir_measures

    measures = [ir_measures.parse_measure(name) for name in names]
    # scores that fall with the rank: trec_eval sorts ties by name
    scored = {
        query: {name: 1.0 / rank for rank, name in enumerate(run.get(query, ()), 1)}
        for query in qrels
    }
    found = {name: dict.fromkeys(qrels, 0.0) for name in names}
    judgements = {query: dict(judged) for query, judged in qrels.items()}
    for metric in ir_measures.iter_calc(measures, judgements, scored):
        found[str(metric.measure)][metric.query_id] = round(float(metric.value), 6)
    return found


def top_accuracy(
    first_ranks: Mapping[str, int | None], ks: Sequence[int] = TOP
) -> dict[str, dict[str, float]]:
    """Return ``Top-k`` for each query: 1 where one of the first k passages holds an accepted answer.

    Args:
        first_ranks: The rank, from 1, of the first passage with an accepted answer; None where none.
        ks: The k.
    """
    return {
        f"Top-{k}": {
            query: float(rank is not None and rank <= k) for query, rank in first_ranks.items()
        }
        for k in ks
    }


def interval(values: Sequence[float], seed: int = 7, rounds: int = ROUNDS) -> Interval:
    """Return the mean with its 95 % interval by the percentile bootstrap over queries."""
    sample = np.asarray(values, np.float64)
    if not len(sample):
        return Interval(math.nan, math.nan, math.nan, 0)
    generator = np.random.default_rng(seed)
    means = np.concatenate(
        [
            sample[generator.integers(0, len(sample), (size, len(sample)))].mean(axis=1)
            for size in _steps(rounds, len(sample))
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high), len(sample))


def paired_p(differences: Sequence[float], seed: int = 7, rounds: int = ROUNDS) -> float:
    """Return the two-sided p of paired differences by Fisher's randomisation: random signs.

    Counted with the observed draw, so that it is never 0 (Smucker et al., 2007).
    """
    sample = np.asarray(differences, np.float64)
    sample = sample[sample != 0.0]  # a zero stays zero under either sign
    if not len(sample):
        return 1.0
    observed = abs(float(sample.sum())) - 1e-9
    generator = np.random.default_rng(seed)
    extreme = 0
    for size in _steps(rounds, len(sample)):
        signs = generator.integers(0, 2, (size, len(sample))) * 2 - 1
        extreme += int((np.abs(signs @ sample) >= observed).sum())
    return (extreme + 1) / (rounds + 1)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share, 0 to 1, of the values does not exceed."""
    return float(np.percentile(np.asarray(values, np.float64), 100 * share)) if values else math.nan


def _steps(rounds: int, width: int) -> list[int]:
    """Return the sizes of draws that together are ``rounds`` and take some megabytes each."""
    size = max(1, min(rounds, 1_000_000 // max(1, width)))
    return [size] * (rounds // size) + ([rounds % size] if rounds % size else [])
