"""A question tells what kind of answer it wants."""

from __future__ import annotations

import pytest

from qa_bot.readers.expected import fits, short_span


@pytest.mark.parametrize(
    ("question", "sentence", "short"),
    [
        ("How much is delivery?", "Standard delivery costs 4.90 EUR to Ireland.", "4.90 EUR"),
        ("How long is the warranty?", "The warranty lasts 24 months.", "24 months"),
        ("How long may I wait?", "You have thirty days.", "thirty days"),
        ("How heavy is it?", "Weight: 2.4 kg; Colour: blue", "2.4 kg"),
        ("How loud is it?", "It makes 62 dB in Boost mode.", "62 dB"),
        ("What discount do staff get?", "Staff pay 20 percent less.", "20 percent"),
        ("When will it be sold?", "It is available from 2 March 2026.", "2 March 2026"),
        ("At what time do you open?", "Doors open at 9:30.", "9:30"),
        ("Which e-mail address?", "Write to help@shop.example.", "help@shop.example"),
        ("What is the phone number?", "Call 021 555 0119 at any time.", "021 555 0119"),
        ("保修多久？", "整机保修 2 年。", "2 年"),
        ("运费多少钱？", "运费为 12 元。", "12 元"),
        ("有多重？", "重量: 7.2 千克", "7.2 千克"),
        ("几点开门？", "门店 10:00 开门。", "10:00"),
        ("售后电话是多少？", "售后热线：400-555-0126。", "400-555-0126"),
    ],
)
def test_the_words_that_settle_a_question_are_found(
    question: str, sentence: str, short: str
) -> None:
    """They stand where the span says, counted from the start that is given."""
    span = short_span(question, sentence, 100)
    assert span is not None
    assert sentence[span.start - 100 : span.end - 100] == short
    assert fits(question, sentence) == 1.0


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How much is it?", "It costs 5 EUR here and 6 EUR there."),
        ("How much is it?", "Ask in the store."),
        ("Why is it blue?", "It costs 5 EUR."),
        ("Is 14 days the limit for how long I can wait?", "You can wait 14 days."),
    ],
)
def test_what_is_not_clear_has_no_short_answer(question: str, sentence: str) -> None:
    """Two candidates, none, another kind, or one that the question itself names."""
    assert short_span(question, sentence) is None


def test_a_sentence_without_what_is_wanted_does_not_fit() -> None:
    """A question that wants nothing in particular is neither fitted nor failed."""
    assert fits("How much is it?", "Ask in the store.") == 0.0
    assert fits("Why is it blue?", "Ask in the store.") == 0.5
