"""Yes or no, only where the sentence says it plainly."""

from __future__ import annotations

import pytest

from qa_bot.readers.polarity import asks_yes_or_no, polarity


@pytest.mark.parametrize(
    ("question", "sentence", "said"),
    [
        ("Does the O50 support Dolby Atmos?", "The O50 does not support Dolby Atmos.", False),
        ("Does the O50 support Dolby Atmos?", "The O50 supports Dolby Atmos.", True),
        ("Is the store open on Sundays?", "Sunday: closed", None),
        ("Can I return it after 40 days?", "You can return it within 30 days.", None),
        ("Can I return it within 30 days?", "You can return it within 30 days.", True),
        ("Can I return it?", "You can return it if you have the receipt.", None),
        ("Is it not covered by the warranty?", "It is not covered by the warranty.", None),
        ("What does the warranty cover?", "The warranty covers the motor.", None),
        ("Is it made of oak or pine?", "It is made of oak.", None),
        ("净化器支持5G无线网络吗？", "净化器不支持5G无线网络。", False),
        ("发票能不能重开？", "发票能重开。", True),
    ],
)
def test_the_sentence_decides(question: str, sentence: str, said: bool | None) -> None:
    """None where it is conditional, about another number, or no yes-no question."""
    assert polarity(question, sentence) is said


@pytest.mark.parametrize("question", ["How long is it?", "Which store is open?", "多少钱？"])
def test_other_questions_are_left_alone(question: str) -> None:
    """They ask for something."""
    assert not asks_yes_or_no(question)
