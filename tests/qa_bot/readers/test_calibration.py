"""How far the best sentence stands above what says something else."""

from __future__ import annotations

import numpy as np

from qa_bot.readers.calibration import NOTHING, best_and_gap

PRESS = frozenset({"press", "power", "volume", "key", "once"})
WARRANTY = frozenset({"warranti", "product", "carri", "month"})


def test_the_rival_is_the_best_of_another_passage() -> None:
    """Not a sentence of the same passage."""
    said = [PRESS, WARRANTY, WARRANTY]
    assert best_and_gap(np.array([3.0, 1.5, -1.0]), ["a", "a", "b"], said) == (0, 2.0)


def test_a_passage_that_says_the_same_is_no_rival() -> None:
    """Four manuals of one make agree: that is no doubt."""
    said = [PRESS, PRESS | {"then"}, WARRANTY]
    assert best_and_gap(np.array([3.0, 2.9, -1.0]), ["a", "b", "c"], said) == (0, 2.0)


def test_another_number_is_another_answer() -> None:
    """24 months of one warranty and 6 of another."""
    said = [WARRANTY | {"24"}, WARRANTY | {"6"}]
    assert best_and_gap(np.array([2.0, 1.75]), ["a", "b"], said) == (0, 0.5)


def test_without_a_rival_the_gap_is_to_nothing() -> None:
    """One passage alone is not tied with itself."""
    assert best_and_gap(np.array([5.0]), ["a"], [PRESS]) == (0, (5.0 - NOTHING) ** 0.5)
    assert best_and_gap(np.array([NOTHING - 2.0]), ["a"], [PRESS]) == (0, 0.0)
