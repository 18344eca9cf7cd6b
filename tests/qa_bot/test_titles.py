"""Titles by a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prompts.render import Prompts
from qa_bot.bootstrap import open_app
from qa_bot.config import Config
from qa_bot.conversations import Conversations
from qa_bot.titles import Titler


@pytest.fixture
def conversations(tmp_path: Path) -> Any:
    app = open_app(Config(home=str(tmp_path / "named")))
    yield app.conversations
    app.close()


def started(conversations: Conversations, turns: int = 1) -> str:
    id = conversations.start("default").id
    for _ in range(turns):
        conversations.append(id, "How long do refunds take?", "", "Five days. [1]", {})
    return id


def titler(conversations: Conversations, generator: Any) -> Titler:
    return Titler(generator, Prompts(), conversations)


def test_a_conversation_is_named_after_its_first_exchange(
    conversations: Conversations, replaying: Any
) -> None:
    """By one line, without quotation marks."""
    id = started(conversations)
    titler(conversations, replaying('"Time that refunds take."\nAnd more')).name(id)
    assert conversations.get(id).title == "Time that refunds take"


def test_a_title_of_the_users_own_and_a_long_conversation_are_left_alone(
    conversations: Conversations, replaying: Any
) -> None:
    """No model is asked."""
    generator = replaying("Another title")
    own = started(conversations)
    conversations.rename(own, "My refund")
    for id in (own, started(conversations, 2), started(conversations, 0), "gone"):
        titler(conversations, generator).name(id)
    assert conversations.get(own).title == "My refund"
    assert generator.prompts == []


@pytest.mark.parametrize(
    ("text", "breaks_after"), [("...", None), ("<question>", None), ("A title", 0)]
)
def test_no_title_is_no_matter(
    text: str, breaks_after: int | None, conversations: Conversations, replaying: Any
) -> None:
    """The first question's words stay."""
    id = started(conversations)
    titler(conversations, replaying(text, breaks_after=breaks_after)).name(id)
    assert conversations.get(id).title == "How long do refunds take?"
