"""What every handler of the page needs: the app, and what one browser tab has open."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from knowledge_base.errors import KnowledgeBaseError, KnowledgeBaseNotFound
from knowledge_base.types import DocumentInfo
from qa_bot.bootstrap import DEFAULT_BASE, App
from qa_bot.errors import ConversationNotFound, QABotError
from qa_bot.types import Conversation
from qa_bot.ui.rendering import opened_thread, thread_html
from qa_bot.ui.sidebar import (
    bar_html,
    bases_html,
    conversations_html,
    counted,
    documents_html,
    welcome_html,
)
from qa_bot.ui.texts import Texts, asked_language

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """What one browser tab has open. ``conversation`` is None until the first question."""

    kb: str = DEFAULT_BASE
    conversation: str | None = None

    def opened(self, conversation: Conversation) -> Session:
        """Return the session with a conversation open."""
        return Session(conversation.knowledge_base, conversation.id)

    def new(self) -> Session:
        """Return the session with no conversation open."""
        return replace(self, conversation=None)


def texts_for(request: gr.Request) -> Texts:
    """Return the texts in the language that the browser asks for."""
    return Texts(asked_language(dict(request.headers).get("accept-language", "")))


def sentence_of(error: BaseException, t: Texts) -> str:
    """Return what to tell of an error; one that was not foreseen is written to the log."""
    if isinstance(error, (KnowledgeBaseError, QABotError)):
        return str(error)
    log.error("a request of the page failed", exc_info=error)
    return t("failed_unexpected")


class View:
    """Draws the parts of the page from what is stored."""

    def __init__(self, app: App) -> None:
        """Take the app."""
        self._app = app

    def conversation(self, session: Session) -> Conversation | None:
        """Return the open conversation, or None where there is none or it was deleted."""
        if session.conversation is None:
            return None
        try:
            return self._app.conversations.get(session.conversation)
        except ConversationNotFound:
            return None

    def restored(self, conversation: str, kb: str) -> Session:
        """Return the session that an address names; what it names may be gone."""
        session = Session(DEFAULT_BASE, conversation or None)
        found = self.conversation(session)
        bases = self._app.knowledge_bases()
        if found is not None and found.knowledge_base in bases:
            return session.opened(found)
        return Session(kb if kb in bases else DEFAULT_BASE)

    def shown(self, session: Session, t: Texts) -> tuple[Any, ...]:
        """Return session, thread, live, conversations, bar, bases and documents, all drawn anew."""
        return (
            session,
            self.thread(session, t),
            "",
            self.conversations(session, t),
            self.bar(session, t),
            bases_html(self._app.knowledge_bases(), session.kb, t),
            documents_html(self.documents(session), t),
        )

    def thread(self, session: Session, t: Texts) -> str:
        """Return the open conversation, or the welcome where there is none."""
        found = self.conversation(session)
        if found is not None and found.turns:
            return thread_html(found.turns, found.id, found.knowledge_base, t, self._app.models())
        welcome = welcome_html(self.documents(session), session.kb, t)
        return opened_thread(None, session.kb) + welcome + "</div>"

    def bar(self, session: Session, t: Texts) -> str:
        """Return the bar above the conversation: the knowledge base and the number of its documents."""
        count = counted(len(self.documents(session)), t)
        named = session.kb != DEFAULT_BASE
        return bar_html(t, f"{session.kb} · {count}" if named else count)

    def conversations(self, session: Session, t: Texts) -> str:
        """Return the list of conversations that hold a question."""
        kept = [found for found in self._app.conversations.list() if found.title]
        return conversations_html(kept, session.conversation, t)

    def documents(self, session: Session) -> list[DocumentInfo]:
        """Return the documents of the open knowledge base, none where it was deleted."""
        try:
            return self._app.documents(session.kb)
        except KnowledgeBaseNotFound:
            return []
