"""Facts are found, and told apart, in English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.support.facts import Fact, FactKind, facts_of
from qa_bot.support.numerals import chinese_value, digits_value


def found(text: str) -> list[tuple[str, str, str]]:
    return [(fact.kind.value, fact.value, fact.unit) for fact in facts_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it costs 1,299 EUR", [("number", "1299", "eur")]),
        ("it costs €1299.00", [("number", "1299", "eur")]),
        ("it sold 5 million copies", [("number", "5000000", "")]),
        ("销量超过五百万台", [("number", "5000000", "")]),
        ("within thirty days", [("number", "30", "day")]),
        ("on 24 November 2026", [("date", "2026-11-24", "")]),
        ("on November 24, 2026", [("date", "2026-11-24", "")]),
        ("on 2026-11-24", [("date", "2026-11-24", "")]),
        ("2026年11月24日", [("date", "2026-11-24", "")]),
        ("他生於一九三五年", [("date", "1935-?-?", "")]),
        ("the model KX-200 is sold", [("code", "kx200", "")]),
        ("it weighs 3.5kg", [("number", "3.5", "kg")]),
        ("it was bought by Jane Miller", [("name", "jane miller", "")]),
        ("公司位于深圳", [("name", "深圳", "")]),
    ],
)
def test_a_fact_has_one_form_however_it_is_written(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert found(text) == expected


def test_the_first_word_of_a_sentence_is_no_name_for_its_capital() -> None:
    assert found("Delivery is free.") == []


@pytest.mark.parametrize(
    ("claim", "source", "agrees"),
    [
        ("2026-?-?", "2026-11-24", True),
        ("2026-11-24", "2026-?-?", False),
        ("2026-11-?", "2026-12-24", False),
    ],
)
def test_a_date_is_borne_out_by_one_that_says_as_much(
    claim: str, source: str, agrees: bool
) -> None:
    one, other = (Fact(FactKind.DATE, value, 0, 1) for value in (claim, source))
    assert one.agrees(other) is agrees


def test_the_same_number_of_another_unit_is_another_amount() -> None:
    days, hours = facts_of("30 days")[0], facts_of("30 hours")[0]
    assert not days.agrees(hours)


@given(st.text(max_size=120))
def test_facts_lie_in_their_text_and_never_overlap(text: str) -> None:
    facts = facts_of(text)
    assert all(0 <= fact.start < fact.end <= len(text) for fact in facts)
    assert all(one.end <= other.start for one, other in zip(facts, facts[1:], strict=False))


@given(st.integers(min_value=0, max_value=10**12))
def test_separators_do_not_change_a_number(number: int) -> None:
    assert digits_value(f"{number:,}") == str(number)


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("一百二十", "120"), ("二〇二六", "2026"), ("三万五千", "35000"), ("第三", "3")],
)
def test_chinese_numerals_have_their_value(numeral: str, value: str) -> None:
    assert chinese_value(numeral) == value
