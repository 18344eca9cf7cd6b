"""The straight line from a question to its cited answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge_base.errors import SourceNotFound
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.types import Filter, Retrieval, ScoredPassage, Tuning
from qa_bot.conversations import Conversations
from qa_bot.faces import answer_json
from qa_bot.links import hosts_in
from qa_bot.outgoing import Outgoing, guarded, shown
from qa_bot.phrases import abstention, phrase
from qa_bot.protocols import Conversing, Generating, Reader, Rewriter
from qa_bot.questions import checked, notes_on
from qa_bot.types import (
    Answer,
    Conversation,
    Finished,
    Reading,
    Rewrite,
    Searched,
    StreamEvent,
    Token,
)

if TYPE_CHECKING:
    from qa_bot.suggesting import Suggester
    from qa_bot.titles import Titler

READ_NEXT = Tuning(rerank=False)
"""The reader reads the hits next, and weighs them itself."""


class QABot:
    """Answers questions over one knowledge base. Safe to use from many threads."""

    def __init__(
        self,
        knowledge_base: KnowledgeBase,
        rewriter: Rewriter,
        reader: Reader,
        conversations: Conversations,
        *,
        passages: int = 8,
        suggester: Suggester | None = None,
        titler: Titler | None = None,
        redact: bool = False,
    ) -> None:
        """Take the parts.

        Args:
            knowledge_base: What is searched.
            rewriter: Makes follow-ups stand on their own.
            reader: Answers.
            conversations: Where exchanges are stored.
            passages: How many are read for a question unless ``k`` asks for more.
            suggester: Finds questions that may be asked next.
            titler: Names conversations; without one the first question does.
            redact: Whether e-mail addresses and telephone, card and identity numbers are taken out
                of answers and of what they quote.
        """
        self.knowledge_base = knowledge_base
        self.rewriter = rewriter
        self.reader = reader
        self.conversations = conversations
        self._passages = passages
        self._suggester = suggester
        self._titler = titler
        self._redact = redact

    def ask(
        self,
        question: str,
        *,
        conversation_id: str | None = None,
        k: int = 5,
        filter: Filter | None = None,
    ) -> Answer:
        """Answer a question, with the evidence for every sentence.

        Args:
            question: As the user wrote it.
            conversation_id: The exchange is stored there, and a follow-up leans on it. With None
                the question stands alone and nothing is stored.
            k: How many passages the answer shows.
            filter: Restricts which passages may be used.

        Raises:
            InvalidQuestion: If the question is empty or too long.
            ConversationNotFound: If there is no such conversation.
        """
        return _last(self.stream(question, conversation_id=conversation_id, k=k, filter=filter))

    def suggest(self, conversation_id: str) -> list[str]:
        """Return questions that may follow a stored conversation; the documents answer each of them.

        Raises:
            ConversationNotFound: If there is no such conversation.
        """
        turns = self.conversations.get(conversation_id).turns
        return self._suggester.suggest(turns) if self._suggester and turns else []

    def name(self, conversation_id: str) -> None:
        """Let the model name a conversation after its first exchange; without a model nothing happens."""
        if self._titler is not None:
            self._titler.name(conversation_id)

    def warm_up(self) -> None:
        """Load what a first question would wait for; nothing is stored, and no model is asked."""
        question = "What is this about?"
        hits = self.knowledge_base.retrieve(question, self._passages, None, READ_NEXT).hits
        reader = self.reader
        if isinstance(reader, Generating):
            reader.prepare()
            reader = reader.extractive
        reader.read(question, self.knowledge_base.widened(hits))

    def answer_in(
        self,
        question: str,
        conversation: Conversation | None,
        k: int = 5,
        filter: Filter | None = None,
    ) -> Answer:
        """Answer a question in a conversation that is given, not stored.

        Raises:
            InvalidQuestion: If the question is empty or too long.
        """
        return _last(self._answer(checked(question), conversation, k, filter, store=False))

    def stream(
        self,
        question: str,
        *,
        conversation_id: str | None = None,
        k: int = 5,
        filter: Filter | None = None,
    ) -> Iterator[StreamEvent]:
        """Give what was searched for, then the answer's text in pieces, then the whole answer.

        The exchange is stored just before the last event: a reader who stops early leaves nothing.

        Raises:
            InvalidQuestion: If the question is empty or too long.
            ConversationNotFound: If there is no such conversation.
        """
        asked = checked(question)
        conversation = self.conversations.get(conversation_id) if conversation_id else None
        return self._answer(asked, conversation, k, filter, store=True)

    def _answer(
        self,
        question: str,
        conversation: Conversation | None,
        k: int,
        filter: Filter | None,
        *,
        store: bool,
    ) -> Iterator[StreamEvent]:
        started = time.perf_counter()
        rewrite = self.rewriter.rewrite(question, conversation)
        rewritten_at = time.perf_counter()
        most = max(k, self._passages)
        retrieval = self.knowledge_base.retrieve(
            rewrite.query, most, filter, READ_NEXT, rewrite.wordings
        )
        retrieved_at = time.perf_counter()
        yield Searched(rewrite, tuple(shown(retrieval.hits[:k], redact=self._redact)))
        reading: Reading | None = None
        asked = retrieval.read_as or rewrite.query
        read = self.knowledge_base.widened(retrieval.hits[: self._passages])
        retrieval = replace(retrieval, hits=(*read, *retrieval.hits[self._passages :]))
        outgoing = Outgoing(hosts_in(hit.passage.text for hit in read), redact=self._redact)
        for piece in self._read(asked, read, conversation):
            if isinstance(piece, Reading):
                reading = piece
            else:  # an empty piece too: here a reader who left stops the model
                yield Token(outgoing.feed(piece))
        if text := outgoing.finish():
            yield Token(text)
        if reading is None:
            raise AssertionError("a reader's stream ends with its reading")
        timings = {
            "rewrite": _ms(rewritten_at - started),
            "retrieve": _ms(retrieved_at - rewritten_at),
            **{f"retrieve_{stage}": value for stage, value in retrieval.timings_ms.items()},
            "read": _ms(time.perf_counter() - retrieved_at),
            "total": _ms(time.perf_counter() - started),
        }
        answer = self._assembled(question, rewrite, retrieval, reading, k, timings)
        if reading.abstained:
            yield Token(answer.text)
        yield Finished(self._stored(answer, conversation) if store else answer)

    def _read(
        self, question: str, hits: Sequence[ScoredPassage], conversation: Conversation | None
    ) -> Iterator[str | Reading]:
        if isinstance(self.reader, Conversing):
            return self.reader.stream_in(question, hits, conversation)
        return self.reader.stream(question, hits)

    def _assembled(
        self,
        question: str,
        rewrite: Rewrite,
        retrieval: Retrieval,
        reading: Reading,
        k: int,
        timings: Mapping[str, float],
    ) -> Answer:
        cited = {citation.passage_id for citation in reading.citations}
        read = {hit.passage.id: hit for hit in reading.read}
        shown = [
            read.get(hit.passage.id, hit)
            for rank, hit in enumerate(retrieval.hits)
            if rank < k or hit.passage.id in cited
        ]
        models = {"encoder": self.knowledge_base.encoder.name, "reader": self.reader.name}
        if isinstance(self.reader, Generating):
            models["generator"] = self.reader.generator.name
        empty = not retrieval.hits and not self.knowledge_base.count()
        reason = phrase("no_documents", question) if empty else reading.reason
        answer = Answer(
            question=question,
            rewritten=rewrite.query,
            text=(
                abstention(question, doubtful=reading.doubtful)
                if reading.abstained
                else reading.answer
            ),
            short_answer=reading.short_answer,
            abstained=reading.abstained,
            confidence=reading.confidence,
            citations=reading.citations,
            passages=tuple(shown),
            timings_ms=timings,
            models=models,
            reason=reason,
            explain={**reading.explain, "notes": [*retrieval.notes, *notes_on(question)]},
            claims=reading.claims,
            note=reading.note,
            doubtful=reading.doubtful,
        )
        return guarded(answer, lambda: self._texts_cited(reading), redact=self._redact)

    def _texts_cited(self, reading: Reading) -> Iterator[str]:
        for source in sorted({citation.source for citation in reading.citations}):
            try:
                yield self.knowledge_base.document(source).text
            except (
                SourceNotFound
            ):  # removed while the answer was written: nothing vouches for its hosts
                continue

    def _stored(self, answer: Answer, conversation: Conversation | None) -> Answer:
        if conversation is None:
            return answer
        answer = replace(answer, conversation_id=conversation.id)
        turn = self.conversations.append(
            conversation.id, answer.question, answer.rewritten, answer.text, answer_json(answer)
        )
        return replace(answer, turn_id=turn.id)


def _last(events: Iterator[StreamEvent]) -> Answer:
    for event in events:
        if isinstance(event, Finished):
            return event.answer
    raise AssertionError("a stream ends with Finished")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
