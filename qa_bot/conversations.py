"""Conversations kept on the server, in the same database as the registry."""

from __future__ import annotations

import re
import secrets
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from qa_bot.errors import ConversationNotFound
from qa_bot.tables import conversations, turns
from qa_bot.types import Conversation, Turn

LONGEST_TITLE = 60
"""Columns of a title made from the first question; a Chinese character takes two."""

# Half of a surrogate pair cannot be written as UTF-8, and PostgreSQL refuses a zero character
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Conversations:
    """Stores exchanges; every call is one short transaction. Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        """Take the database, its schema up to date."""
        self._engine = engine

    def start(self, knowledge_base: str, title: str = "") -> Conversation:
        """Begin a conversation over a knowledge base; its first question will be its title."""
        now = time.time()
        made = Conversation(_new_id(), _storable(title.strip()), knowledge_base, now, now)
        with self._engine.begin() as connection:
            connection.execute(
                insert(conversations).values(
                    id=made.id,
                    title=made.title,
                    knowledge_base=knowledge_base,
                    created_at=now,
                    updated_at=now,
                )
            )
        return made

    def get(self, id: str) -> Conversation:
        """Return a conversation with its turns, oldest first.

        Raises:
            ConversationNotFound: If there is none of this id.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(conversations).where(conversations.c.id == id)).first()
            if row is None:
                raise ConversationNotFound(_missing("conversation", id))
            found = connection.execute(
                select(turns).where(turns.c.conversation_id == id).order_by(turns.c.id)
            ).all()
        return Conversation(**row._mapping, turns=tuple(_turn(turn) for turn in found))

    def list(self, limit: int = 100) -> list[Conversation]:
        """Return conversations without their turns, the last used first."""
        query = select(conversations).order_by(conversations.c.updated_at.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [Conversation(**row._mapping) for row in connection.execute(query)]

    def append(
        self,
        id: str,
        question: str,
        rewritten: str,
        answer: str,
        answer_json: Mapping[str, Any],
    ) -> Turn:
        """Store an exchange and return it.

        Raises:
            ConversationNotFound: If there is no conversation of this id.
        """
        now = time.time()
        values: dict[str, Any] = {
            "question": _storable(question),
            "rewritten": _storable(rewritten),
            "answer": _storable(answer),
            "answer_json": dict(answer_json),
            "created_at": now,
        }
        with self._engine.begin() as connection:
            # writing first takes SQLite's write lock at once: a read that turns into a write may
            # be refused when another thread wrote in between
            title = connection.execute(
                update(conversations)
                .where(conversations.c.id == id)
                .values(updated_at=now)
                .returning(conversations.c.title)
            ).scalar()
            if title is None:
                raise ConversationNotFound(_missing("conversation", id))
            if not title:
                connection.execute(
                    update(conversations)
                    .where(conversations.c.id == id)
                    .values(title=_storable(title_of(question)))
                )
            number = connection.execute(
                insert(turns).values(conversation_id=id, **values).returning(turns.c.id)
            ).scalar_one()
        return Turn(id=number, feedback=None, **values)

    def truncate(self, id: str, turn_id: int) -> None:
        """Drop a turn and all after it, as retrying or editing a question does.

        Where nothing is left, a title that came from the first question goes with it.
        """
        with self._engine.begin() as connection:
            dropped = connection.execute(
                delete(turns)
                .where(turns.c.conversation_id == id, turns.c.id >= turn_id)
                .returning(turns.c.id, turns.c.question)
            ).all()
            left = connection.execute(
                select(turns.c.id).where(turns.c.conversation_id == id).limit(1)
            ).first()
            if dropped and left is None:
                first = min(dropped).question
                connection.execute(
                    update(conversations)
                    .where(conversations.c.id == id, conversations.c.title == title_of(first))
                    .values(title="")
                )

    def feedback(self, turn_id: int, value: int | None) -> None:
        """Store whether an answer was liked (1), disliked (-1), or neither (None).

        Raises:
            ValueError: If the value is another.
            ConversationNotFound: If there is no such turn.
        """
        if value not in (1, -1, None):
            raise ValueError(f"feedback is 1, -1 or None, got {value!r}")
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(turns).where(turns.c.id == turn_id).values(feedback=value)
            ).rowcount
        if not changed:
            raise ConversationNotFound(_missing("turn", turn_id))

    def rename(self, id: str, title: str) -> None:
        """Give a conversation another title; an empty one lets the next question give it.

        Raises:
            ConversationNotFound: If there is none of this id.
        """
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(conversations)
                .where(conversations.c.id == id)
                .values(title=_storable(" ".join(title.split())[:200]))
            ).rowcount
        if not changed:
            raise ConversationNotFound(_missing("conversation", id))

    def delete(self, id: str) -> None:
        """Delete a conversation with its turns; nothing happens where there is none."""
        with self._engine.begin() as connection:
            connection.execute(delete(turns).where(turns.c.conversation_id == id))
            connection.execute(delete(conversations).where(conversations.c.id == id))


def title_of(question: str) -> str:
    """Return a title made from a question: one line, cut at a word where it is too wide.

    Chinese is cut at any character, as is a word that would take more than half of the title.
    """
    flat = " ".join(question.split())
    columns = 0
    for at, character in enumerate(flat):
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns > LONGEST_TITLE:
            space = flat.rfind(" ", 0, at + 1)
            within = character.isascii() and flat[at - 1].isascii() and space > at // 2
            return flat[: space if within else at].rstrip() + "…"
    return flat


def _new_id() -> str:
    """Return a random id that can stand in a URL and on a command line."""
    while (made := secrets.token_urlsafe(12)).startswith("-"):
        pass  # it would read as an option
    return made


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def _turn(row: Any) -> Turn:
    values = dict(row._mapping)
    values.pop("conversation_id")
    return Turn(**values)


def _missing(kind: str, id: object) -> str:
    return f"there is no {kind} {id!r}; it may have been deleted, start a new one"
