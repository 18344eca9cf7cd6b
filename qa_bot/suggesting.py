"""Questions that may be asked next and that the documents answer: each is tried before it is shown.

A model proposes them from the passages that were found. Without a model they are taken from the
documents themselves, where these are written as questions and answers. A proposal is kept only if
the extractive reader answers it, from another place than the answer that was given.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.errors import SourceNotFound
from knowledge_base.loaders.language import language_of
from knowledge_base.types import Document, Filter, Retrieval, ScoredPassage, Tuning
from qa_bot.citations import strip_marks
from qa_bot.errors import GeneratorFailed
from qa_bot.protocols import Generator, Reader
from qa_bot.types import Message, Reading, Turn

if TYPE_CHECKING:
    from prompts.render import Prompts

WANTED = 3
"""Questions that are shown, at the most."""

PROPOSED = 6
"""Questions that a model is asked for; some of them will have no answer."""

TRIED = 12
"""Proposals that are tried, at the most."""

PASSAGES = 8
"""Passages that a proposal is tried with."""

TOKENS = 240
"""Tokens of a model's proposals, at the most."""

SHORTEST, LONGEST = 4, 160
"""Characters of a question."""

_LIST_MARK = re.compile(r"^\s*(?:[-•*]|\d{1,2}[.)、])\s*|^\s*[Qq问][.:：]\s*")
_TRY = Tuning(rerank=False)

log = logging.getLogger(__name__)


class Searched(Protocol):
    """The part of a knowledge base that trying a question needs."""

    def retrieve(
        self, query: str, k: int, filter: Filter | None = None, tuning: Tuning = ...
    ) -> Retrieval:
        """Return up to k passages, best first."""

    def widened(self, hits: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        """Return hits as they are read."""

    def document(self, source: str) -> Document:
        """Return one document by its whole source."""


class Suggester:
    """Suggests follow-up questions for a stored exchange. Safe to use from many threads."""

    def __init__(
        self,
        knowledge_base: Searched,
        reader: Reader,
        proposer: tuple[Generator, Prompts] | None = None,
    ) -> None:
        """Take what is searched, the extractive reader, and the model that proposes with what it is told."""
        self._base = knowledge_base
        self._reader = reader
        self._proposer = proposer

    def suggest(self, turns: Sequence[Turn]) -> list[str]:
        """Return up to ``WANTED`` questions that may follow the last exchange, tried and found answered.

        Args:
            turns: The conversation, oldest first; what was asked in it is not suggested again.
        """
        last = turns[-1]
        answer = last.answer_json
        if answer.get("abstained"):
            return []
        known = {_flat(text) for turn in turns for text in (turn.question, turn.rewritten)}
        quoted = [(c["source"], c["start"], c["end"]) for c in answer.get("citations", ())]
        found: list[str] = []
        for number, question in enumerate(self._proposals(last)):
            if len(found) == WANTED or number == TRIED:
                break
            reading = None if _flat(question) in known else self._answered(question)
            known.add(_flat(question))
            places = (
                [] if reading is None else [(c.source, c.start, c.end) for c in reading.citations]
            )
            if places and not any(_overlap(place, other) for place in places for other in quoted):
                found.append(question)
                quoted += places  # two questions with the same answer are one
        return found

    def _proposals(self, turn: Turn) -> Iterator[str]:
        if self._proposer is not None:
            try:
                yield from self._written(turn, *self._proposer)
                return
            except GeneratorFailed as error:
                log.warning("no follow-ups were proposed: %s", error)
        yield from self._stated(turn.answer_json)

    def _written(self, turn: Turn, generator: Generator, prompts: Prompts) -> Iterator[str]:
        """Give the questions that a model writes.

        Raises:
            GeneratorFailed: If it fails, also where not even one passage fits.
        """
        passages = [_fields(passage) for passage in turn.answer_json.get("passages", ())]
        while True:
            parts = prompts.render(
                "follow_ups",
                language_of(turn.question),
                question=turn.rewritten or turn.question,
                answer=strip_marks(turn.answer),
                passages=passages,
                count=PROPOSED,
            )
            messages = [Message(part.role, part.content) for part in parts]
            if len(passages) <= 1 or generator.count(messages) + TOKENS <= generator.window:
                break
            passages = passages[: len(passages) // 2]
        text = "".join(generator.stream(messages, max_tokens=TOKENS))
        yield from questions_in(text.splitlines())

    def _stated(self, answer: Mapping[str, Any]) -> Iterator[str]:
        """Give the questions that stand in the documents of an answer, the cited ones first."""
        cited = [found["source"] for found in answer.get("citations", ())]
        near = [found["source"] for found in answer.get("passages", ())]
        for source in dict.fromkeys([*cited, *near]):
            try:
                document = self._base.document(source)
            except SourceNotFound:
                continue  # removed since
            yield from questions_in(
                document.text[section.start : section.end] for section in document.sections
            )

    def _answered(self, question: str) -> Reading | None:
        """Return what the extractive reader answers; None where it does not, or only repeats."""
        hits = self._base.retrieve(question, PASSAGES, None, _TRY).hits
        reading = self._reader.read(question, self._base.widened(hits))
        if reading.abstained:
            return None
        said = strip_marks(reading.answer)
        return (
            None
            if _flat(question) in _flat(said) and said.rstrip().endswith(("?", "？"))
            else reading
        )


def questions_in(lines: Any) -> Iterator[str]:
    """Give each line that is one question of a fitting length, without list marks."""
    for line in lines:
        text = _LIST_MARK.sub("", " ".join(line.split())).strip("*_ ")
        single = len(sentence_spans(text)) == 1
        if single and text.endswith(("?", "？")) and SHORTEST <= len(text) <= LONGEST:
            yield text


def _fields(passage: Mapping[str, Any]) -> dict[str, object]:
    headings = [h for h in passage.get("headings", ()) if h != passage["title"]]
    return {
        "title": passage["title"],
        "place": " › ".join(headings),
        "text": passage["text"],
    }


def _overlap(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


def _flat(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
