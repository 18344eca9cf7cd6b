"""Compares two reports, query by query: is B better than A, and on which questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.evaluation.datasets import DataSetError
from knowledge_base.evaluation.measures import Interval, interval, paired_p
from knowledge_base.evaluation.report import Report

LOWER_IS_BETTER = frozenset({"false abstention"})
"""Measures of which less is better."""


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose value differs; ``text`` is the question."""

    id: str
    text: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of one method in both reports, over the questions that both asked.

    ``difference`` is the mean of B less A with its 95 % interval; ``p`` is of the paired randomisation
    test; ``better`` and ``worse`` are the questions that changed, the largest change first.
    """

    method: str
    measure: str
    before: float
    after: float
    difference: Interval
    p: float
    better: tuple[Change, ...]
    worse: tuple[Change, ...]


def compare(
    a: Report, b: Report, method: str | None = None, against: str | None = None
) -> list[Difference]:
    """Return the differences of B from A, by method and measure.

    Args:
        a: The report before.
        b: The report after.
        method: Only this method of A; every method that both have where None.
        against: The method of B to set beside it; the same one where None.

    Raises:
        DataSetError: If the two have no method, measure or question in common.
    """
    pairs = _pairs(a, b, method, against)
    found = [difference for left, right in pairs for difference in _differences(a, b, left, right)]
    if not found:
        raise DataSetError(
            f"the reports on {a['dataset']['name']!r} and {b['dataset']['name']!r} have no question "
            "with the same measure in common; compare two runs over the same data set"
        )
    return found


def _pairs(a: Report, b: Report, method: str | None, against: str | None) -> list[tuple[str, str]]:
    if method is None:
        shared = [(name, name) for name in a["methods"] if name in b["methods"]]
        if against is None and shared:
            return shared
        raise DataSetError(
            f"the reports have the methods {', '.join(a['methods'])} and {', '.join(b['methods'])}; "
            "name one of the first with --method, and of the second with --against"
        )
    for name, report in ((method, a), (against or method, b)):
        if name not in report["methods"]:
            raise DataSetError(
                f"a report has no method {name!r}; it has {', '.join(report['methods'])}"
            )
    return [(method, against or method)]


def _differences(a: Report, b: Report, left: str, right: str) -> list[Difference]:
    before, after = a["methods"][left]["per_query"], b["methods"][right]["per_query"]
    shared = [query for query in before if query in after and _same(a, b, query)]
    names = dict.fromkeys(name for query in shared for name in before[query])
    label = left if left == right else f"{left} → {right}"
    found = []
    for name in names:
        queries = [query for query in shared if name in before[query] and name in after[query]]
        if queries:
            values = [(before[query][name], after[query][name]) for query in queries]
            found.append(_difference(label, name, queries, values, a["queries"]))
    return found


def _same(a: Report, b: Report, query: str) -> bool:
    """Tell whether an id names the same question in both: other data sets use the same numbers."""
    return bool(a["queries"].get(query) == b["queries"].get(query))


def _difference(
    method: str,
    measure: str,
    queries: Sequence[str],
    values: Sequence[tuple[float, float]],
    texts: Mapping[str, str],
) -> Difference:
    before, after = (np.array(side, np.float64) for side in zip(*values, strict=True))
    changes = [
        Change(query, texts[query], *pair)
        for query, pair in zip(queries, values, strict=True)
        if pair[0] != pair[1]
    ]
    changes.sort(key=lambda change: -abs(change.after - change.before))
    sign = -1 if measure in LOWER_IS_BETTER else 1
    differences = (after - before).tolist()
    return Difference(
        method,
        measure,
        float(before.mean()),
        float(after.mean()),
        interval(differences),
        paired_p(differences),
        tuple(change for change in changes if sign * (change.after - change.before) > 0),
        tuple(change for change in changes if sign * (change.after - change.before) < 0),
    )
