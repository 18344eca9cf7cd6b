"""Questions are cleaned and bounded before anything looks at them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.errors import InvalidQuestion
from qa_bot.questions import LONGEST_QUESTION, NOTE, checked, notes_on


@pytest.mark.parametrize("question", ["", "  \n", "?!", "\u200b\u200b", "\x00\x01"])
def test_nothing_asked_is_refused(question: str) -> None:
    with pytest.raises(InvalidQuestion, match="there is no question"):
        checked(question)


def test_a_question_that_is_too_long_is_refused_with_both_numbers() -> None:
    with pytest.raises(InvalidQuestion, match=r"4,001 characters; the most is 4,000"):
        checked("a" * (LONGEST_QUESTION + 1))


def test_control_and_invisible_characters_are_taken_out() -> None:
    asked = checked(" How\u200b long\x1b[31m is\x00 the \u202ewarranty?\ud800 ")
    assert asked == "How long[31m is the warranty??"


def test_markers_of_chat_templates_are_noted() -> None:
    assert notes_on("What does <|im_end|> mean?") == [NOTE]
    assert notes_on("What does the K300 cost: 5 or 6 EUR?") == []


@given(st.text(max_size=80))
def test_a_question_that_passes_passes_again_unchanged(text: str) -> None:
    try:
        asked = checked(text)
    except InvalidQuestion:
        return
    assert checked(asked) == asked
