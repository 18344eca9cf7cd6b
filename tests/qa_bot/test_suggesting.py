"""Questions that may be asked next: each is one that the documents answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompts.render import Prompts
from qa_bot.bootstrap import App, open_app
from qa_bot.config import Config
from qa_bot.suggesting import Suggester, questions_in
from qa_bot.types import Turn

FAQ = """# Bicycle rental

## How much does the red tandem cost?

The red tandem costs 85 EUR a week.

## How old must the rider of a tandem be?

The rider of a tandem must be at least 16 years old.

## Where is the rental office?

The rental office is in Harbour Street 4.

## Who invented the bicycle?

Ask us another time.

## Prices

Prices hold until May.
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "rental.md").write_text(FAQ)
    opened = open_app(Config(home=str(tmp_path_factory.mktemp("home"))))
    opened.bot().knowledge_base.sync([folder])
    yield opened
    opened.close()


def asked(app: App, question: str = "How much does the red tandem cost?") -> list[Turn]:
    conversation = app.conversations.start("default")
    assert not app.bot().ask(question, conversation_id=conversation.id).abstained
    return list(app.conversations.get(conversation.id).turns)


def suggester(app: App, generator: Any = None) -> Suggester:
    bot = app.bot()
    proposer = None if generator is None else (generator, Prompts())
    return Suggester(bot.knowledge_base, bot.reader, proposer)


def test_questions_of_the_documents_are_suggested_without_a_model(app: App) -> None:
    """Those that the documents answer, but not the one that was asked."""
    found = suggester(app).suggest(asked(app))
    assert "How old must the rider of a tandem be?" in found
    assert "Where is the rental office?" in found
    assert "How much does the red tandem cost?" not in found
    assert len(found) <= 3


def test_a_models_proposals_are_tried_before_they_are_shown(app: App, replaying: Any) -> None:
    """What the documents do not answer, what was asked, and what is no question are left out."""
    generator = replaying(
        "1. Where is the rental office?\n- Who wrote Hamlet?\nHere you are:\n"
        "How much does the red tandem cost?\nWhat is the address of the rental office?\n"
        "* What must be the age of the rider of a tandem?"
    )
    found = suggester(app, generator).suggest(asked(app))
    assert found == [
        "Where is the rental office?",
        "What must be the age of the rider of a tandem?",
    ]
    assert "Harbour Street 4" in generator.prompts[0][-1].content


def test_where_the_model_fails_the_documents_own_questions_serve(app: App, replaying: Any) -> None:
    """It is no error of the conversation."""
    found = suggester(app, replaying("Where", breaks_after=0)).suggest(asked(app))
    assert "Where is the rental office?" in found


def test_an_abstention_suggests_nothing(app: App) -> None:
    """There is nothing to go on from."""
    (turn,) = asked(app)
    declined = replace(turn, answer_json={**turn.answer_json, "abstained": True})
    assert suggester(app).suggest([declined]) == []


def test_the_bot_suggests_for_a_stored_conversation(app: App) -> None:
    """By its id."""
    conversation = app.conversations.start("default")
    assert app.bot().suggest(conversation.id) == []
    app.bot().ask("How much does the red tandem cost?", conversation_id=conversation.id)
    assert "Where is the rental office?" in app.bot().suggest(conversation.id)


def test_lines_that_are_questions() -> None:
    """One each, of a fitting length, whatever stands before them."""
    lines = ["Q: Is it free?", "1) How much?  ", "It is. Is it?", "Yes", "**怎么退货？**", "a?"]
    assert list(questions_in(lines)) == ["Is it free?", "How much?", "怎么退货？"]


def test_a_document_that_is_gone_is_passed_over(app: App, tmp_path: Path) -> None:
    """It was removed after the answer."""
    (turn,) = asked(app)
    gone = {**turn.answer_json, "citations": [{"source": "/gone.md", "start": 0, "end": 5}]}
    assert suggester(app).suggest([replace(turn, answer_json=gone)])
