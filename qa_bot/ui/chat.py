"""What happens in the conversation: asking, stopping, asking again, rating, opening, deleting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import gradio as gr

from knowledge_base.errors import KnowledgeBaseError
from qa_bot.bootstrap import App
from qa_bot.errors import ConversationNotFound, QABotError
from qa_bot.types import Conversation, Finished, Searched, StreamEvent, Token
from qa_bot.ui.generated import follow_ups_html
from qa_bot.ui.rendering import Exchange, exchange_html, opened_thread, thread_html
from qa_bot.ui.session import Session, View, sentence_of, texts_for
from qa_bot.ui.streaming import Broken, paced
from qa_bot.ui.texts import Texts

ANSWERS = 8
"""Questions answered at a time; more wait in the queue."""

log = logging.getLogger(__name__)

Update: TypeAlias = Any
"""What Gradio takes as a component's new value."""


@dataclass(slots=True)
class _Asking:
    """An answer under way in a tab: whether it is to stop, and whether the reader went elsewhere.

    ``model`` is the one that was chosen for it; ``stored`` the conversation that it stands in when
    it is whole.
    """

    model: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    stored: str | None = None


class Chat:
    """The handlers of the conversation. One serves every tab; what a tab has open comes with it."""

    def __init__(self, app: App, view: View) -> None:
        """Take the app and what draws it."""
        self._app = app
        self._view = view
        self._workers = ThreadPoolExecutor(ANSWERS, thread_name_prefix="answer")
        self._asking: dict[str, _Asking] = {}
        self._answered_in: dict[str, str] = {}

    def ask(
        self, question: str, session: Session, request: gr.Request
    ) -> Iterator[tuple[Update, ...]]:
        """Answer the question box; gives thread, live, box, session, conversations."""
        if not question.strip():
            yield (gr.skip(),) * 5
            return
        yield from self._answer(question, None, session, request, None)

    def again(
        self, event: gr.EventData, session: Session, request: gr.Request
    ) -> Iterator[tuple[Update, ...]]:
        """Answer a question anew, as it was or edited, or an example; outputs as for ``ask``."""
        data = _data(event)
        question = str(data.get("question", "")).strip()
        if not question:
            yield (gr.skip(),) * 5
            return
        turn, model = str(data.get("turn") or ""), str(data.get("model") or "")
        yield from self._answer(
            question, int(turn) if turn.isdecimal() else None, session, request, model or None
        )

    def follow(self, session: Session, request: gr.Request) -> tuple[Update, Update]:
        """Name the conversation and suggest what may be asked next; gives live, conversations.

        It comes after an answer. Whoever asked on or went elsewhere meanwhile is not disturbed.
        """
        key, id = str(request.session_hash), session.conversation  # noqa: A001 - the field's own word
        found = self._view.conversation(session)
        if id is None or found is None or self._answered_in.get(key) != id:
            return gr.skip(), gr.skip()
        try:
            bot = self._app.bot(found.knowledge_base)
            bot.name(id)
            questions = bot.suggest(id)
            named = self._app.conversations.get(id).title != found.title
        except (KnowledgeBaseError, QABotError) as error:
            log.warning("nothing was suggested: %s", error)  # deleted meanwhile, or no such model
            return gr.skip(), gr.skip()
        if self._answered_in.get(key) != id:
            return gr.skip(), gr.skip()
        t = texts_for(request)
        # what has not changed is left alone: somebody may be typing a title there
        listed = self._view.conversations(session, t) if named else gr.skip()
        return follow_ups_html(questions, t) if questions else gr.skip(), listed

    def stop(self, request: gr.Request) -> None:
        """Stop the answer that this tab waits for."""
        asking = self._asking.get(str(request.session_hash))
        if asking is not None:
            asking.stop.set()

    def rate(self, event: gr.EventData, session: Session, request: gr.Request) -> str:
        """Store whether an answer was liked; return the thread."""
        data = _data(event)
        turn, value = str(data.get("turn", "")), str(data.get("value", ""))
        found = self._view.conversation(session)
        known = {str(turn.id) for turn in found.turns} if found else set()
        if turn in known and value in ("1", "-1", "0"):
            self._app.conversations.feedback(int(turn), int(value) or None)
        return self._view.thread(session, texts_for(request))

    def new(self, session: Session, request: gr.Request) -> tuple[Update, ...]:
        """Open no conversation; return what ``View.shown`` does, and the box."""
        return self._left(session.new(), request)

    def open(
        self, event: gr.EventData, session: Session, request: gr.Request
    ) -> tuple[Update, ...]:
        """Open a conversation; return what ``new`` does."""
        wanted = self._view.restored(str(_data(event).get("id", "")), session.kb)
        return self._left(wanted, request)

    def choose(self, event: gr.EventData, request: gr.Request) -> tuple[Update, ...]:
        """Open another knowledge base; return what ``new`` does."""
        return self._left(self._view.restored("", str(_data(event).get("value", ""))), request)

    def rename(self, event: gr.EventData, session: Session, request: gr.Request) -> str:
        """Give a conversation another title; return the list."""
        data = _data(event)
        title = str(data.get("title", "")).strip()
        t = texts_for(request)
        if title:
            try:
                self._app.conversations.rename(str(data.get("id", "")), title)
            except ConversationNotFound:
                gr.Warning(t("gone"))
        return self._view.conversations(session, t)

    def delete(
        self, event: gr.EventData, session: Session, request: gr.Request
    ) -> tuple[Update, ...]:
        """Delete a conversation; return what ``new`` does, or the list alone."""
        wanted = str(_data(event).get("id", ""))
        self._app.conversations.delete(wanted)
        if wanted == session.conversation:
            return self._left(session.new(), request)
        others = self._view.conversations(session, texts_for(request))
        return session, gr.skip(), gr.skip(), others, *(gr.skip(),) * 4

    def _left(self, session: Session, request: gr.Request) -> tuple[Update, ...]:
        """Show another conversation; an answer under way goes on, is stored, and is not shown."""
        self._answered_in.pop(str(request.session_hash), None)
        asking = self._asking.pop(str(request.session_hash), None)
        if asking is not None:
            asking.left.set()
        return *self._view.shown(session, texts_for(request)), _box(busy=False)

    def _answer(
        self,
        question: str,
        turn: int | None,
        session: Session,
        request: gr.Request,
        model: str | None,
    ) -> Iterator[tuple[Update, ...]]:
        key = str(request.session_hash)
        if key in self._asking:  # one answer at a time in a tab
            yield (gr.skip(),) * 5
            return
        asking = self._asking[key] = _Asking(model)
        self._answered_in.pop(key, None)
        try:
            for update in self._answered(question, turn, session, texts_for(request), asking):
                if asking.stored is not None:
                    self._answered_in[key] = asking.stored
                yield update
        finally:
            if self._asking.get(key) is asking:
                del self._asking[key]

    def _answered(
        self, question: str, turn: int | None, session: Session, t: Texts, asking: _Asking
    ) -> Iterator[tuple[Update, ...]]:
        conversation, fresh = self._conversation(session, turn)
        session = session.opened(conversation)
        asked = shown = Exchange(question, state="searching", conversation=conversation.id)
        before = thread_html(conversation.turns, conversation.id, conversation.knowledge_base, t)
        models = self._app.models()
        live = exchange_html(shown, t, last=True)
        batches = self._started(asked, conversation, asking)  # it answers while the page is drawn
        yield before, live, _box(busy=True), session, gr.skip()
        for shown in _progress(asked, batches, asking.stop, t):
            if asking.left.is_set():
                return
            live = exchange_html(shown, t, last=True, models=models)
            if shown.turn is None:
                yield gr.skip(), live, gr.skip(), gr.skip(), gr.skip()
        thread = gr.skip()
        if shown.turn is not None:
            thread, live = self._view.thread(session, t), ""
            asking.stored = conversation.id
        elif fresh:
            self._app.conversations.delete(conversation.id)
            session = session.new()
            thread = opened_thread(None, session.kb) + "</div>"
        yield (
            thread,
            live,
            _box(busy=False),
            session,
            self._view.conversations(session, t),
        )

    def _conversation(self, session: Session, turn: int | None) -> tuple[Conversation, bool]:
        """Return the conversation to answer in, without the turn asked anew, and if it is new."""
        found = self._view.conversation(session)
        if found is None:
            return self._app.conversations.start(session.kb), True
        if turn is not None:
            self._app.conversations.truncate(found.id, turn)
            found = self._app.conversations.get(found.id)
        return found, False

    def _started(
        self, asked: Exchange, conversation: Conversation, asking: _Asking
    ) -> Iterator[list[StreamEvent | Broken]]:
        """Start to answer; return the events in batches."""
        id = conversation.id  # noqa: A001 - the field's own word

        def undo(finished: Finished) -> None:
            if finished.answer.turn_id is not None:
                self._app.conversations.truncate(id, finished.answer.turn_id)

        def events() -> Iterator[StreamEvent]:
            bot = self._app.bot(conversation.knowledge_base, asking.model)
            return bot.stream(asked.question, conversation_id=id)

        return paced(events, self._workers, asking.stop, undo)


def _progress(
    shown: Exchange,
    batches: Iterator[list[StreamEvent | Broken]],
    stop: threading.Event,
    t: Texts,
) -> Iterator[Exchange]:
    """Give the exchange as it grows, at last stopped, failed or with the number of its turn."""
    for batch in batches:
        for event in batch:
            shown = _grown(shown, event, t)
        yield shown
    if stop.is_set() and shown.turn is None and shown.state != "failed":
        yield replace(shown, state="stopped")


def _grown(shown: Exchange, event: StreamEvent | Broken, t: Texts) -> Exchange:
    """Return an exchange after one more event."""
    if isinstance(event, Broken):
        return replace(shown, state="failed", notice=sentence_of(event.error, t))
    if isinstance(event, Searched):
        return replace(
            shown,
            state="reading",
            rewritten=event.rewrite.query if event.rewrite.changed else "",
            quotable=[hit.passage.text for hit in event.passages],
        )
    if isinstance(event, Token):
        return replace(shown, text=shown.text + event.text)
    return replace(shown, state="done", turn=event.answer.turn_id)


def _box(*, busy: bool) -> Update:
    """Return the question box: emptied with a stop button, or ready to send."""
    if busy:
        return gr.Textbox(value="", submit_btn=False, stop_btn=True)
    return gr.Textbox(submit_btn=True, stop_btn=False)


def _data(event: gr.EventData) -> dict[str, Any]:
    """Return what the script sent with an event; a stranger may have sent anything."""
    data = event._data
    return data if isinstance(data, dict) else {}
