"""Conversations are kept, whole and in order."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge_base.database import open_database
from qa_bot.conversations import Conversations, title_of
from qa_bot.errors import ConversationNotFound
from qa_bot.tables import metadata
from qa_bot.types import Turn


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a new database with the tables."""
    url = f"sqlite:///{tmp_path / 'bot.sqlite'}"
    engine = open_database(url)
    metadata.create_all(engine)
    engine.dispose()
    return url


@pytest.fixture
def conversations(url: str) -> Conversations:
    """Return a store over a new database."""
    return Conversations(open_database(url))


def ask(conversations: Conversations, key: str, question: str) -> Turn:
    """Append an exchange in which only the question matters."""
    return conversations.append(key, question, question, "yes [1]", {"answer": "yes [1]"})


def test_an_exchange_comes_back_as_it_was_stored(conversations: Conversations) -> None:
    """Every field of a turn survives, Chinese and emoji included."""
    started = conversations.start("shop")
    turn = conversations.append(
        started.id,
        "保修多久？🔋",
        "X200 保修多久",
        "两年。[1]",
        {"answer": "两年。", "k": [1, None]},
    )
    found = conversations.get(started.id)
    assert found.turns == (turn,)
    assert (turn.question, turn.rewritten, turn.answer) == (
        "保修多久？🔋",
        "X200 保修多久",
        "两年。[1]",
    )
    assert turn.answer_json == {"answer": "两年。", "k": [1, None]}
    assert turn.feedback is None
    assert found.knowledge_base == "shop"
    assert found.updated_at >= found.created_at > 0


def test_conversations_survive_a_restart(url: str) -> None:
    """What one engine wrote another reads."""
    first = Conversations(open_database(url))
    key = first.start("default").id
    ask(first, key, "What is the warranty?")
    assert Conversations(open_database(url)).get(key).turns[0].question == "What is the warranty?"


def test_the_list_has_the_last_used_first_and_no_turns(conversations: Conversations) -> None:
    """Appending moves a conversation to the top."""
    one, two = conversations.start("default"), conversations.start("default")
    ask(conversations, one.id, "first?")
    listed = conversations.list()
    assert [item.id for item in listed] == [one.id, two.id]
    assert all(item.turns == () for item in listed)
    assert len(conversations.list(limit=1)) == 1


def test_the_first_question_gives_the_title_unless_one_was_given(
    conversations: Conversations,
) -> None:
    """A given title stays, an empty one is filled once."""
    named, unnamed = conversations.start("default", "Returns"), conversations.start("default")
    for conversation in (named, unnamed):
        ask(conversations, conversation.id, "How long\nis the warranty?")
        ask(conversations, conversation.id, "And delivery?")
    assert conversations.get(named.id).title == "Returns"
    assert conversations.get(unnamed.id).title == "How long is the warranty?"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("short one?", "short one?"),
        ("", ""),
        (f"{'word ' * 20}", f"{'word ' * 12}".strip() + "…"),
        ("x" * 70, "x" * 60 + "…"),
        ("保" * 40, "保" * 30 + "…"),
    ],
)
def test_a_long_title_is_cut_at_a_word(question: str, title: str) -> None:
    """Latin titles end with a whole word, Chinese ones at any character."""
    assert title_of(question) == title


def test_truncating_drops_the_turn_and_all_later_ones(conversations: Conversations) -> None:
    """Earlier turns stay; ids are not given again."""
    key = conversations.start("default").id
    turns = [ask(conversations, key, f"question {number}?") for number in range(4)]
    conversations.truncate(key, turns[2].id)
    assert [turn.id for turn in conversations.get(key).turns] == [turns[0].id, turns[1].id]
    assert ask(conversations, key, "again?").id > turns[3].id


def test_truncating_everything_lets_the_next_question_give_the_title(
    conversations: Conversations,
) -> None:
    """An edited first question becomes the title; a title of the user's own stays."""
    plain, renamed = conversations.start("default"), conversations.start("default")
    for conversation in (plain, renamed):
        first = ask(conversations, conversation.id, "How long?")
        if conversation is renamed:
            conversations.rename(renamed.id, "Mine")
        conversations.truncate(conversation.id, first.id)
        ask(conversations, conversation.id, "How far?")
    assert conversations.get(plain.id).title == "How far?"
    assert conversations.get(renamed.id).title == "Mine"


def test_feedback_is_stored_with_the_exchange(conversations: Conversations) -> None:
    """It can be set, changed and taken back; other values are refused."""
    key = conversations.start("default").id
    turn = ask(conversations, key, "Yes?")
    for value in (1, -1, None):
        conversations.feedback(turn.id, value)
        assert conversations.get(key).turns[0].feedback == value
    with pytest.raises(ValueError, match="got 2"):
        conversations.feedback(turn.id, 2)


def test_a_deleted_conversation_is_gone_with_its_turns(conversations: Conversations) -> None:
    """Neither the conversation nor a turn of it can be reached."""
    key = conversations.start("default").id
    turn = ask(conversations, key, "Yes?")
    conversations.delete(key)
    with pytest.raises(ConversationNotFound):
        conversations.get(key)
    with pytest.raises(ConversationNotFound):
        conversations.feedback(turn.id, 1)
    assert conversations.list() == []


def test_an_unknown_conversation_is_named_in_the_error(conversations: Conversations) -> None:
    """Reading, writing and feedback refuse an id that is not there."""
    turn = ask(conversations, conversations.start("default").id, "Yes?")
    for call in (
        lambda: conversations.get("nowhere"),
        lambda: conversations.rename("nowhere", "x"),
        lambda: ask(conversations, "nowhere", "Yes?"),
    ):
        with pytest.raises(ConversationNotFound, match="nowhere"):
            call()
    with pytest.raises(ConversationNotFound, match=f"turn {turn.id + 1}"):
        conversations.feedback(turn.id + 1, 1)


def test_truncating_touches_no_other_conversation(conversations: Conversations) -> None:
    """A turn of another conversation stays, even when its id is given."""
    other, mine = conversations.start("default").id, conversations.start("default").id
    turn = ask(conversations, other, "Yes?")
    conversations.truncate(mine, turn.id)
    assert conversations.get(other).turns == (turn,)
    assert conversations.get(other).title == "Yes?"


def test_ids_are_random_and_safe_in_a_url() -> None:
    """No id starts with a dash, which a command line would take for an option."""
    from qa_bot.conversations import _new_id

    keys = {_new_id() for _ in range(500)}
    assert len(keys) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{15}", key) for key in keys)


def test_text_that_utf8_cannot_hold_is_stored_with_a_replacement(
    conversations: Conversations,
) -> None:
    """Half a surrogate pair from a browser must not lose the exchange."""
    key = conversations.start("default").id
    assert (
        ask(conversations, key, "bad \ud83d and \x00 here").question == "bad \ufffd and \ufffd here"
    )


def test_many_threads_may_write_one_conversation(conversations: Conversations) -> None:
    """No turn is lost and none is refused."""
    key = conversations.start("default").id
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda n: ask(conversations, key, f"question {n}?"), range(40)))
    stored = conversations.get(key).turns
    assert {turn.question for turn in stored} == {turn.question for turn in turns}
    assert [turn.id for turn in stored] == sorted(turn.id for turn in turns)
