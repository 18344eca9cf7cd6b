"""The regressions find the weights that made the data, and the ranking's are never negative."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_bot.training.regressions import listwise, logistic


def _lists(weights: list[float], count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Make lists of six rows whose right one is drawn by these weights."""
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        values = draw.normal(size=(6, len(weights)))
        shares = np.exp(values @ np.array(weights))
        right = np.zeros(6, bool)
        right[draw.choice(6, p=shares / shares.sum())] = True
        made.append((values, right))
    return made


def test_the_ranking_finds_the_weights_that_chose() -> None:
    """Two features that count, and one that does not."""
    found = listwise(_lists([2.0, 1.0, 0.0], 1500, 3))
    assert found == pytest.approx([2.0, 1.0, 0.0], abs=0.25)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.floats(-3, 3), min_size=1, max_size=4),
    st.integers(0, 2**16),
)
def test_no_weight_of_the_ranking_is_negative(weights: list[float], seed: int) -> None:
    """Whatever the data says: each feature speaks for a sentence."""
    assert (listwise(_lists(weights, 30, seed)) >= 0.0).all()


def test_lists_without_a_right_row_say_nothing_to_the_ranking() -> None:
    """Questions without an answer are the certainty's business."""
    lists = _lists([1.5, 0.5], 100, 5)
    empty = [(values, np.zeros(6, bool)) for values, _ in lists]
    assert listwise([*lists, *empty]) == pytest.approx(listwise(lists), abs=1e-4)


def test_the_logistic_regression_finds_bias_and_weight() -> None:
    """Drawn from minus one and a half times the value."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=(4000, 1))
    right = draw.random(4000) < 1 / (1 + np.exp(1.0 - 1.5 * values[:, 0]))
    assert logistic(values, right) == pytest.approx([-1.0, 1.5], abs=0.15)


def test_a_row_that_counts_twice_is_as_two() -> None:
    """Of the logistic regression: what is rarer in the data than in life counts more."""
    draw = np.random.default_rng(2)
    values = draw.normal(size=(60, 2))
    right = draw.random(60) < 0.5
    twice = np.concatenate([values, values]), np.concatenate([right, right])
    assert logistic(values, right, np.full(60, 2.0)) == pytest.approx(logistic(*twice), abs=1e-6)
