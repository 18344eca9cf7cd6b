"""The values of a conversation: questions, answers, citations. Frozen; nothing here does I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from knowledge_base.types import ScoredPassage


@dataclass(frozen=True, slots=True)
class Citation:
    """One numbered piece of evidence: ``quote`` equals the document's text from ``start`` to ``end``.

    ``number`` counts from 1 in the order of first use in the answer. ``span_start`` and
    ``span_end`` (document offsets too) mark the words inside the quote that settle the question.
    """

    number: int
    passage_id: str
    source: str
    title: str
    page: int | None
    start: int
    end: int
    quote: str
    headings: tuple[str, ...] = ()
    sheet: str | None = None
    span_start: int | None = None
    span_end: int | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Support:
    """How well passages support a sentence.

    ``score`` is between 0 and 1, ``supported`` whether it reaches the threshold, ``passage`` the
    number, from 0, of the passage that supports it best (None: there is none), ``conflicts`` the
    numbers, dates, names and negations of the sentence that this passage does not have.
    """

    score: float
    supported: bool
    passage: int | None
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that a model wrote, ``answer[start:end]``, and how well its passages support it.

    ``citations`` are the numbers of its citations. ``support`` is None where nothing is claimed,
    as in "Take these steps:".
    """

    start: int
    end: int
    citations: tuple[int, ...]
    support: Support | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the documents support a claim.

    ``citation`` quotes what comes nearest to it. ``by_model`` is what the model called ``model``
    says; None where none is named, or it failed, and ``note`` says why.
    """

    claim: str
    support: Support
    citation: Citation | None
    model: str = ""
    by_model: bool | None = None
    note: str = ""

    @property
    def supported(self) -> bool:
        """Whether the checker finds support and no model denies it."""
        return self.support.supported and self.by_model is not False


@dataclass(frozen=True, slots=True)
class Summary:
    """A document in a few sentences, each with its support; ``read`` of its ``passages`` were read."""

    source: str
    title: str
    text: str
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    model: str
    read: int
    passages: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of a question and its passages.

    ``answer`` is whole sentences with ``[1]``-style marks; on abstention it is empty and
    ``reason`` says why. ``doubtful`` tells an abstention where an answer was found, but not surely
    enough to be given. ``confidence`` is between 0 and 1. ``claims`` are the sentences that a
    model composed; quoted ones have none. ``read`` are passages as they were read, where that is
    further than they were given. ``note`` is a line for the user, on what went otherwise.
    """

    answer: str
    short_answer: str | None
    abstained: bool
    confidence: float
    citations: tuple[Citation, ...] = ()
    reason: str = ""
    explain: Mapping[str, Any] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    read: tuple[ScoredPassage, ...] = ()
    note: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a generator model; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What a question became before it was searched for, and whether anything was carried over.

    ``wordings`` are searched for beside the query: what was said, as it was said.
    """

    query: str
    changed: bool = False
    carried: tuple[str, ...] = ()
    wordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's whole answer, as every face shows it.

    ``text`` carries ``[n]`` marks; on abstention it is the plain sentence that says so, in the
    question's language, and ``passages`` are the nearest ones. ``doubtful``, ``claims`` and ``note``
    are as in ``Reading``.
    """

    question: str
    rewritten: str
    text: str
    short_answer: str | None
    abstained: bool
    confidence: float
    citations: tuple[Citation, ...]
    passages: tuple[ScoredPassage, ...]
    timings_ms: Mapping[str, float]
    models: Mapping[str, str]
    reason: str = ""
    conversation_id: str | None = None
    turn_id: int | None = None
    explain: Mapping[str, Any] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    note: str = ""
    doubtful: bool = False

    @property
    def support_rate(self) -> float | None:
        """The share of the sentences that their passages support; None where nothing is answered.

        Quoted sentences are supported by what they quote.
        """
        if self.abstained:
            return None
        held = [claim.support.supported for claim in self.claims if claim.support is not None]
        return sum(held) / len(held) if held else 1.0


@dataclass(frozen=True, slots=True)
class Searched:
    """The first event of a stream: what was searched for and what came up."""

    rewrite: Rewrite
    passages: tuple[ScoredPassage, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text, to be appended to what came before."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a stream: the whole answer, already stored in its conversation."""

    answer: Answer


StreamEvent: TypeAlias = Searched | Token | Finished


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored exchange. ``feedback`` is 1 (liked), -1 (disliked) or None; times are epoch seconds.

    ``answer_json`` is the answer in the form of ``ask --json``.
    """

    id: int
    question: str
    rewritten: str
    answer: str
    answer_json: Mapping[str, Any]
    feedback: int | None
    created_at: float


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stored conversation with its turns, oldest first."""

    id: str
    title: str
    knowledge_base: str
    created_at: float
    updated_at: float
    turns: tuple[Turn, ...] = ()
