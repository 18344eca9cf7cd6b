"""Scores of answers, checked by hand."""

from __future__ import annotations

import math

import pytest

from qa_bot.evaluation.scores import area_under_risk, auroc, exact_match, f1, risk_coverage


def test_words_are_compared_after_squads_normalisation() -> None:
    """The best of the accepted answers counts."""
    assert exact_match("The Eiffel Tower!", ["eiffel tower", "tower"]) == 1.0
    assert exact_match("Eiffel", ["eiffel tower"]) == 0.0
    assert f1("Eiffel", ["eiffel tower"]) == pytest.approx(2 / 3)
    assert f1("", ["eiffel tower"]) == 0.0
    assert f1("anything", []) == 0.0


def test_chinese_is_compared_by_the_character() -> None:
    """Marks do not count."""
    assert exact_match("24个月。", ["24个月"]) == 1.0
    assert f1("24个月内", ["24个月"]) == pytest.approx(2 * 3 / 7)


def test_a_score_that_tells_nothing_has_half_the_area() -> None:
    """Ties count half; one kind alone has no area."""
    assert auroc([0.9, 0.8, 0.1], [True, True, False]) == 1.0
    assert auroc([0.5, 0.5], [True, False]) == 0.5
    assert math.isnan(auroc([0.5], [True]))


def test_risk_rises_with_coverage_where_the_surest_are_right() -> None:
    """Points only where the confidence changes; unanswered questions only widen the scale."""
    points = risk_coverage([0.6, 0.9, 0.6, 0.8], [True, False, False, False], asked=8)
    assert points == [(0.125, 0.0), (0.25, 0.0), (0.5, 0.25)]
    assert area_under_risk(points) == pytest.approx(0.25 * 0.25 / 0.5)
    assert risk_coverage([], [], asked=3) == []
    assert math.isnan(area_under_risk([]))
