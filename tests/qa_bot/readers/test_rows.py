"""Rows of a table as sentences."""

from __future__ import annotations

import pytest

from qa_bot.readers.rows import columns, own_row

STANDARD = "Service: Standard; Destination: Ireland; Price: 3.90 EUR"
EXPRESS = "Service: Express; Destination: Ireland; Price: 9.50 EUR"


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        (STANDARD, ("Service", "Destination", "Price")),
        ("Note: returns are free.", ()),
        ("We ship on weekdays; note: not on holidays.", ()),
        ("", ()),
    ],
)
def test_a_row_is_known_by_its_headers(text: str, headers: tuple[str, ...]) -> None:
    assert columns(text) == headers


def test_of_one_table_the_row_that_the_question_names_is_taken() -> None:
    texts = [STANDARD, EXPRESS, "Parcels leave at noon."]
    assert own_row(0, texts, ["a", "a", "a"], [0.3, 0.6, 0.9]) == 1


def test_a_row_of_another_table_is_not() -> None:
    assert own_row(0, [STANDARD, EXPRESS], ["a", "b"], [0.3, 0.6]) == 0


def test_a_sentence_stays_and_so_does_the_best_row_among_equals() -> None:
    assert own_row(1, [STANDARD, "Express costs more.", EXPRESS], ["a"] * 3, [0.9, 0.1, 0.9]) == 1
    assert own_row(1, [STANDARD, EXPRESS], ["a", "a"], [0.5, 0.5]) == 1
