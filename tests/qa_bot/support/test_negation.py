"""What is denied, clause by clause, and words that are turned into their opposite."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.support.negation import denial_conflicts, opposite_conflicts, polarity_of


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The shop delivers on Sundays.", "The shop does not deliver on Sundays."),
        ("Water damage is covered.", "Damage by water is excluded."),
        ("Use vinegar to descale it.", "Descale it every month. Never use vinegar."),
        ("It is not open in winter.", "It is open in winter."),
        ("周日送货。", "周日不送货。"),
        ("图书馆周一开馆。", "图书馆周一闭馆。"),
    ],
)
def test_a_statement_and_its_denial_conflict(claim: str, source: str) -> None:
    assert denial_conflicts(polarity_of(claim), polarity_of(source))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("In winter, it is not open.", "It is not open in winter."),
        ("Water damage is not covered.", "Damage by water is excluded."),
        ("The shop is closed on Mondays.", "The shop does not open on Mondays."),
        ("The fee is 4 EUR.", "The fee is 4 EUR, but it is not due at once."),
        ("周日不送货。", "周日停止送货，不便之处请谅解。"),
    ],
)
def test_two_ways_of_saying_the_same_do_not(claim: str, source: str) -> None:
    assert denial_conflicts(polarity_of(claim), polarity_of(source)) == []


@pytest.mark.parametrize(
    ("claim", "source", "found"),
    [
        ("Revenue fell.", "Revenue rose.", ["fell"]),
        ("Revenue increased.", "Revenue rose.", []),
        ("Take it before meals.", "Take it after meals.", ["before"]),
        ("饭前服用。", "饭后服用。", ["饭前"]),
        ("Neither the first nor the last.", "The last, then the first.", []),
        ("Norden bought it.", "It was sold to Norden.", []),
    ],
)
def test_a_word_conflicts_with_its_opposite_alone(
    claim: str, source: str, found: list[str]
) -> None:
    assert opposite_conflicts(polarity_of(claim), polarity_of(source)) == found


@given(st.text(max_size=100))
def test_no_text_conflicts_with_itself_by_an_opposite(text: str) -> None:
    assert opposite_conflicts(polarity_of(text), polarity_of(text)) == []
