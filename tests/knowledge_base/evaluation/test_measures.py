"""Measures against what the books say by hand."""

from __future__ import annotations

import math

import pytest

from knowledge_base.evaluation.measures import (
    interval,
    judged_measures,
    paired_p,
    percentile,
    top_accuracy,
)
from knowledge_base.evaluation.normalisation import holds, normalised

QRELS = {"q1": {"a": 2, "b": 1, "x": 0}, "q2": {"c": 1}, "q3": {"z": 1}}
RUN = {"q1": ["b", "x", "a"], "q2": ["x", "c"]}


def test_the_measures_are_the_textbooks() -> None:
    """Gains as trec_eval takes them; a query that found nothing is 0, not left out."""
    found = judged_measures(QRELS, RUN)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert found["nDCG@10"]["q1"] == pytest.approx((1 + 2 / math.log2(4)) / ideal, abs=1e-5)
    assert found["nDCG@10"]["q2"] == pytest.approx(1 / math.log2(3), abs=1e-5)
    assert found["RR@10"] == {"q1": 1.0, "q2": 0.5, "q3": 0.0}
    assert found["Success@1"] == {"q1": 1.0, "q2": 0.0, "q3": 0.0}
    assert found["R@5"] == {"q1": 1.0, "q2": 1.0, "q3": 0.0}
    assert all(values.keys() == QRELS.keys() for values in found.values())


def test_the_order_given_counts_not_the_names() -> None:
    """Even where hundreds of documents follow one another."""
    names = [f"d{number:03d}" for number in range(300)]
    qrels = {"q": {names[4]: 1}}
    assert judged_measures(qrels, {"q": names})["RR@10"]["q"] == pytest.approx(0.2)
    assert judged_measures(qrels, {"q": names[::-1]})["RR@10"]["q"] == 0.0


def test_top_k_accuracy_asks_for_one_passage_with_an_answer() -> None:
    """Among the first k."""
    found = top_accuracy({"a": 1, "b": 5, "c": 6, "d": None})
    assert found["Top-1"] == {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0}
    assert found["Top-5"] == {"a": 1.0, "b": 1.0, "c": 0.0, "d": 0.0}
    assert found["Top-20"]["c"] == 1.0


def test_an_interval_holds_its_mean_and_narrows_with_more_queries() -> None:
    """The same for the same seed; near the normal approximation where that is good."""
    values = [0.0, 1.0] * 50
    found = interval(values)
    assert found == interval(values)
    assert found.low < found.mean == 0.5 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(100), rel=0.1)
    wider = interval(values[:20])
    assert wider.high - wider.low > found.high - found.low
    assert math.isnan(interval([]).mean)


def test_the_paired_test_tells_a_difference_from_chance() -> None:
    """Exactly enumerable: six equal gains give p of 2/64."""
    assert paired_p([0.1] * 6) == pytest.approx(2 / 64, abs=0.006)
    assert paired_p([0.1, -0.1] * 20) > 0.9
    assert paired_p([0.0] * 9) == 1.0
    assert paired_p([0.2] * 40) < 0.001
    assert paired_p([0.3, -0.1, 0.2], seed=1) == paired_p([0.3, -0.1, 0.2], seed=1)


def test_percentiles_interpolate() -> None:
    """And nothing gives nothing."""
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert math.isnan(percentile([], 0.5))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The  Cat's, hat!", "cats hat"),
        ("A theatre", "theatre"),
        ("1,000 EUR", "1000 eur"),
        ("保修期为24个月。", "保 修 期 为 24 个 月"),
        ("《红楼梦》", "红 楼 梦"),
        ("", ""),
    ],
)
def test_answers_are_compared_as_squad_compares_them(text: str, wanted: str) -> None:
    """Chinese by the character."""
    assert normalised(text) == wanted


def test_an_answer_is_held_word_by_word() -> None:
    """Not as a part of another word or number; nothing is held by accident."""
    assert holds("It costs $12 in March.", ["12"])
    assert not holds("It costs $120 in March.", ["12"])
    assert holds("保修期为24个月。", ["24个月"])
    assert not holds("anything", ["the", "!"])
    assert not holds("anything", [])
