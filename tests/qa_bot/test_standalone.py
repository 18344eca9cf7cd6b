"""Follow-ups rewritten by a model, held to what was said."""

from __future__ import annotations

from typing import Any

import pytest

from prompts.render import Prompts
from qa_bot.rewriting import RuleRewriter
from qa_bot.standalone import ModelRewriter
from qa_bot.types import Conversation, Rewrite, Turn

TALK = Conversation(
    "c",
    "",
    "default",
    0,
    0,
    (
        Turn(
            1,
            "How long is the warranty of the Kestrel K200?",
            "How long is the warranty of the Kestrel K200?",
            "The warranty of the Kestrel K200 is 24 months. [1]",
            {"short_answer": "24 months"},
            None,
            0.0,
        ),
    ),
)
FOLLOW_UP = "Does it cover water damage?"


def rewriter(generator: Any) -> ModelRewriter:
    return ModelRewriter(generator, Prompts(), RuleRewriter())


def test_a_follow_up_is_rewritten_by_the_model(replaying: Any) -> None:
    """It is shown the exchanges without their marks."""
    generator = replaying(
        'Rewritten question: "Does the Kestrel K200 warranty cover water damage?"\n'
    )
    found = rewriter(generator).rewrite(FOLLOW_UP, TALK)
    assert found.query == "Does the Kestrel K200 warranty cover water damage?"
    assert found.changed
    assert "kestrel" in " ".join(found.carried).lower()
    user = generator.prompts[0][-1].content
    assert "Assistant: The warranty of the Kestrel K200 is 24 months.\n" in user


@pytest.mark.parametrize(
    ("question", "talk"),
    [(FOLLOW_UP, None), ("How much does the Tarn T7 kettle cost?", TALK)],
)
def test_the_model_is_not_asked_where_a_question_stands_on_its_own(
    question: str, talk: Conversation | None, replaying: Any
) -> None:
    """The rule is the gate."""
    generator = replaying("Something else?")
    assert rewriter(generator).rewrite(question, talk) == Rewrite(question)
    assert generator.prompts == []


@pytest.mark.parametrize(
    "written",
    [
        "",
        "...",
        "The warranty of the Kestrel K200 is 24 months.",
        "Does the K900 warranty cover water damage?",
        "保修包括进水损坏吗？",
        "Does water damage " + "very " * 200 + "much?",
    ],
)
def test_what_cannot_have_been_meant_is_not_taken(written: str, replaying: Any) -> None:
    """Nothing, an answer, another model, another language, a flood: the rule's rewriting stands."""
    ruled = RuleRewriter().rewrite(FOLLOW_UP, TALK)
    assert ruled.changed
    assert rewriter(replaying(written)).rewrite(FOLLOW_UP, TALK) == ruled


def test_where_the_model_fails_the_rule_stands(replaying: Any) -> None:
    """No question waits for a model that is gone."""
    found = rewriter(replaying("Does", breaks_after=0)).rewrite(FOLLOW_UP, TALK)
    assert found == RuleRewriter().rewrite(FOLLOW_UP, TALK)
