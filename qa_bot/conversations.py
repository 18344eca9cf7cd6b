"""Conversations kept on the server, in the same database as the registry."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from qa_bot.errors import ConversationNotFound
from qa_bot.tables import conversations, turns
from qa_bot.types import Conversation, Turn

LONGEST_TITLE = 60
"""Characters of a title made from the first question."""


class Conversations:
    """Stores exchanges; every call is one short transaction. Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        """Take the database, its schema up to date."""
        self._engine = engine

    def start(self, knowledge_base: str, title: str = "") -> Conversation:
        """Begin a conversation over a knowledge base; its first question will be its title."""
        now = time.time()
        made = Conversation(secrets.token_urlsafe(12), title, knowledge_base, now, now)
        with self._engine.begin() as connection:
            connection.execute(
                insert(conversations).values(
                    id=made.id,
                    title=title,
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
        values = {
            "question": question,
            "rewritten": rewritten,
            "answer": answer,
            "answer_json": dict(answer_json),
            "created_at": now,
        }
        with self._engine.begin() as connection:
            title = connection.execute(
                select(conversations.c.title).where(conversations.c.id == id)
            ).scalar()
            if title is None:
                raise ConversationNotFound(_missing("conversation", id))
            connection.execute(
                update(conversations)
                .where(conversations.c.id == id)
                .values(updated_at=now, title=title or title_of(question))
            )
            number = connection.execute(
                insert(turns).values(conversation_id=id, **values).returning(turns.c.id)
            ).scalar_one()
        return Turn(id=number, feedback=None, **values)

    def truncate(self, id: str, turn_id: int) -> None:
        """Drop a turn and all after it, as retrying or editing a question does."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(turns).where(turns.c.conversation_id == id, turns.c.id >= turn_id)
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
        """Give a conversation another title.

        Raises:
            ConversationNotFound: If there is none of this id.
        """
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(conversations)
                .where(conversations.c.id == id)
                .values(title=" ".join(title.split())[:200])
            ).rowcount
        if not changed:
            raise ConversationNotFound(_missing("conversation", id))

    def delete(self, id: str) -> None:
        """Delete a conversation with its turns; nothing happens where there is none."""
        with self._engine.begin() as connection:
            connection.execute(delete(turns).where(turns.c.conversation_id == id))
            connection.execute(delete(conversations).where(conversations.c.id == id))


def title_of(question: str) -> str:
    """Return a title made from a question, cut at a word."""
    flat = " ".join(question.split())
    if len(flat) <= LONGEST_TITLE:
        return flat
    cut = flat[:LONGEST_TITLE]
    at = cut.rfind(" ")
    return (cut[:at] if at > LONGEST_TITLE // 2 else cut) + "…"


def _turn(row: Any) -> Turn:
    values = dict(row._mapping)
    values.pop("conversation_id")
    return Turn(**values)


def _missing(kind: str, id: object) -> str:
    return f"there is no {kind} {id!r}; it may have been deleted, start a new one"
