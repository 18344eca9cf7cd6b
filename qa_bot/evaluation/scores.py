"""How good one answer is beside the accepted ones, and how well a score tells two kinds apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from knowledge_base.evaluation.normalisation import normalised


def exact_match(found: str, accepted: Sequence[str]) -> float:
    """Return 1 where an accepted answer is found exactly, else 0."""
    return float(any(normalised(found) == normalised(answer) for answer in accepted))


def f1(found: str, accepted: Sequence[str]) -> float:
    """Return the best overlap of words with an accepted answer (Rajpurkar et al., 2016).

    Chinese is compared by the character.
    """
    return max(
        (_f1(normalised(found).split(), normalised(a).split()) for a in accepted), default=0.0
    )


def _f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    shared = sum((Counter(found) & Counter(wanted)).values())
    if not shared:
        return float(not found and not wanted)
    return 2 * shared / (len(found) + len(wanted))


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return the chance that a positive scores above a negative (ties count half)."""
    values, truth = np.asarray(scores, float), np.asarray(positive, bool)
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable") + 1.0
    for value in np.unique(values):
        same = values == value
        order[same] = order[same].mean()
    count = int(truth.sum())
    others = len(truth) - count
    if not count or not others:
        return float("nan")
    return float((order[truth].sum() - count * (count + 1) / 2) / (count * others))


def risk_coverage(
    confidences: Sequence[float], wrong: Sequence[bool], asked: int
) -> list[tuple[float, float]]:
    """Return the curve of El-Yaniv and Wiener (2010), a point each different confidence.

    Args:
        confidences: Of the questions that were answered.
        wrong: Whether each of those answers is wrong.
        asked: Questions asked, those not answered included.

    Returns:
        Points ``(coverage, risk)``: answering only the surest, that share of the questions asked is
        answered, and that share of the answers is wrong.
    """
    order = np.argsort(-np.asarray(confidences, float), kind="stable")
    values, errors = np.asarray(confidences, float)[order], np.asarray(wrong, bool)[order]
    mistakes = np.cumsum(errors)
    # a point only where the confidence changes: equal ones are answered together or not at all
    last = np.flatnonzero(np.diff(values, append=-np.inf))
    return [(float((at + 1) / asked), float(mistakes[at] / (at + 1))) for at in last]


def area_under_risk(points: Sequence[tuple[float, float]]) -> float:
    """Return the mean risk over the coverages that a curve reaches (AURC, Geifman and El-Yaniv, 2017).

    Every step of coverage counts with the risk at its end.
    """
    total, covered = 0.0, 0.0
    for coverage, risk in points:
        total += (coverage - covered) * risk
        covered = coverage
    return total / covered if covered else float("nan")
