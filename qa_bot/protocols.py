"""The seams of the bot, on one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from knowledge_base.protocols import Reranker
from knowledge_base.types import Filter, Retrieval, ScoredPassage
from qa_bot.types import Conversation, Message, Reading, Rewrite, Support


@runtime_checkable
class Rewriter(Protocol):
    """Makes a follow-up question stand on its own."""

    def rewrite(self, question: str, conversation: Conversation | None) -> Rewrite:
        """Return what to search for; the question itself when it needs nothing."""


@runtime_checkable
class Retrieving(Protocol):
    """The part of a knowledge base that answering needs."""

    def retrieve(self, query: str, k: int, filter: Filter | None = None) -> Retrieval:
        """Return up to k passages, best first."""


@runtime_checkable
class Reader(Protocol):
    """Answers a question from passages, with the evidence for every sentence."""

    name: str

    def read(self, question: str, hits: Sequence[ScoredPassage]) -> Reading:
        """Return the answer, or an abstention with its reason. No passages: an abstention."""

    def stream(self, question: str, hits: Sequence[ScoredPassage]) -> Iterator[str | Reading]:
        """Yield pieces of the answer's text as they come, and at last the reading itself."""


@runtime_checkable
class Reranking(Protocol):
    """A reader whose network can also put passages in order."""

    @property
    def reranker(self) -> Reranker:
        """What puts retrieved passages in order."""


@runtime_checkable
class Conversing(Protocol):
    """A reader that also reads what was said before."""

    def stream_in(
        self,
        question: str,
        hits: Sequence[ScoredPassage],
        conversation: Conversation | None,
    ) -> Iterator[str | Reading]:
        """Yield as ``Reader.stream`` does; the conversation is the one before the question.

        Pieces may be empty: they show that the model is at work, and where a stream can be stopped.
        """


@runtime_checkable
class Generating(Protocol):
    """A reader whose answers a generator LLM composes."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How often the model ``answered``, ``declined`` and ``failed``."""

    @property
    def generator(self) -> Generator:
        """The model."""

    @property
    def extractive(self) -> Reader:
        """The reader that quotes, which reads before the model does."""

    def prepare(self) -> None:
        """Load the model, if it is one that is loaded; it is not asked anything."""


@runtime_checkable
class Generator(Protocol):
    """A generator LLM: the messages of a chat in, text out piece by piece. Safe for many threads.

    A stream is made for one reader: several go on side by side or queue, never mixed.
    """

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def window(self) -> int:
        """The most tokens of prompt and answer together."""

    def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens that the messages take, the chat template's own among them."""

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        """Yield the answer's text as it comes; closing the iterator stops the model at once.

        Raises:
            GeneratorFailed: If the model cannot be reached, breaks off, or refuses the prompt.
        """


@runtime_checkable
class SupportChecker(Protocol):
    """Holds a sentence to what passages say."""

    def check(self, sentence: str, passages: Sequence[str]) -> Support:
        """Return how well the passages, cited ones first, support a sentence."""
