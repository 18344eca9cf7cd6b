"""Conversations in which a user is led through one matter."""

from __future__ import annotations

import pytest

from qa_bot import follow_up
from qa_bot.rewriting import RuleRewriter
from qa_bot.types import Conversation, Rewrite, Turn

LED = (
    ("My parcel arrived broken.", "I am sorry. Did you order it as a guest?"),
    ("No, I have an account.", "Then open your orders. Is the box damaged too?"),
)


def turns(*said: tuple[str, str]) -> tuple[Turn, ...]:
    """Return turns of what the user said and what was answered."""
    return tuple(Turn(n, asked, asked, told, {}, None, 0.0) for n, (asked, told) in enumerate(said))


def rewrite(question: str, *said: tuple[str, str]) -> Rewrite:
    """Rewrite a question after a conversation."""
    return RuleRewriter().rewrite(question, Conversation("c", "", "kb", 0.0, 0.0, turns(*said)))


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        ("How do I plead guilty?", True),
        ("Well, can you tell me the fee", True),
        ("I moved to Leeds last month.", False),
        ("Yes, I do.", False),
        ("我的包裹坏了", False),
        ("退货要多久", True),
    ],
)
def test_it_is_told_whether_a_turn_asks(text: str, asking: bool) -> None:
    """What does not ask tells or answers."""
    assert follow_up.asks(text) is asking


def test_the_question_that_an_answer_ends_with_is_found() -> None:
    """A statement ends with none."""
    assert follow_up.asked_back("That is possible. Do you have the receipt?") == (
        "Do you have the receipt?"
    )
    assert follow_up.asked_back("That is possible.") == ""
    assert follow_up.asked_back("") == ""


def test_a_conversation_is_guided_where_the_assistant_asks_or_the_user_tells() -> None:
    """Questions and answers alone are not."""
    assert follow_up.guided(turns(LED[0]))
    assert follow_up.guided(turns(("I lost my card.", "Block it at once.")))
    assert not follow_up.guided(turns(("How much is the X200?", "It is 90 EUR.")))


def test_an_answer_is_searched_for_with_the_matter_it_belongs_to() -> None:
    """Of the opening and of what was asked; each word once."""
    found = rewrite("Yes, it is.", *LED)
    assert found.changed
    assert "parcel" in found.query
    assert "box" in found.carried
    assert len({phrase.lower() for phrase in found.carried}) == len(found.carried)


def test_what_was_said_is_searched_for_as_it_was_said() -> None:
    """The question by itself too, where something was carried into it."""
    found = rewrite("Yes, it is.", *LED)
    said = "My parcel arrived broken. No, I have an account. Yes, it is."
    assert found.wordings == ("Yes, it is.", said)
    alone = rewrite("Which countries does the courier deliver to?", *LED)
    assert not alone.changed
    assert alone.wordings == (
        "My parcel arrived broken. No, I have an account. "
        "Which countries does the courier deliver to?",
    )


def test_questions_and_answers_are_searched_for_alone() -> None:
    """A product that was asked about before does not come up again."""
    found = rewrite("And for the X300?", ("How long is the warranty of the X200?", "Two years."))
    assert found.query == "How long is the warranty of the X300?"
    assert found.wordings == ()


@pytest.mark.parametrize("polite", ["Thanks!", "ok, great", "谢谢！"])
def test_courtesy_is_not_searched_for_with_anything(polite: str) -> None:
    """It asks for nothing."""
    after = (*LED, ("Yes", "Then send us a picture."))
    assert rewrite(polite, *after).wordings == ()


def test_another_code_is_not_carried_into_a_question_with_its_own() -> None:
    """A question of the X300 is not one of the X200."""
    said = (("I bought an X200 and it broke.", "Do you have the receipt of the X200?"),)
    assert "X200" not in " ".join(follow_up.carried("Can I get an X300?", turns(*said)))


def test_phrases_stand_in_brackets_before_the_mark() -> None:
    """In the question's own script."""
    assert follow_up.bracketed("How long?", ["parcel"]) == "How long (parcel)?"
    assert follow_up.bracketed("要多久？", ["包裹"]) == "要多久（包裹）？"
