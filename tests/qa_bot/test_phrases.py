"""The bot speaks the question's language."""

from __future__ import annotations

import pytest

from qa_bot.phrases import PHRASES, abstention, phrase


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How long is the warranty?", "en"),
        ("保修多久？", "zh"),
        ("Nimbus X200 保修多久？", "zh"),
        ("Wie lange dauert die Lieferung?", "en"),
        ("???", "en"),
        ("", "en"),
    ],
)
def test_an_abstention_is_said_in_the_questions_language(question: str, language: str) -> None:
    """Chinese questions get Chinese, even with product names in Latin letters; others English."""
    assert abstention(question) == PHRASES["abstention"][language]
    assert abstention(question, doubtful=True) == PHRASES["doubt"][language]


def test_a_reason_names_the_missing_words() -> None:
    """What no passage mentions stands in the sentence."""
    assert "X900" in phrase("missing_terms", "What of it?", terms="X900")
    assert "无人机" in phrase("missing_terms", "怎么样？", terms="无人机")


def test_every_phrase_exists_in_both_languages() -> None:
    """A Chinese reader never meets an English reason for want of one."""
    assert all(said.keys() == {"en", "zh"} for said in PHRASES.values())
