"""From passages to a prompt: what fits into the model's window, counted by its own tokens.

The question and the best passage come first, then as much of the conversation as a quarter of the
window holds, then the other passages in their rank, each with its neighbours if they fit. What says
the same as a better one, or lies inside it, is left out. In the prompt the best passages stand at
both ends: models read the middle of a long context worst (Liu et al., 2024, "Lost in the Middle").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.loaders.language import language_of
from knowledge_base.retrieval.variety import same_text
from knowledge_base.types import ScoredPassage
from prompts.render import Prompts, framed
from qa_bot.citations import strip_marks
from qa_bot.errors import GeneratorFailed
from qa_bot.protocols import Generator
from qa_bot.types import Message, Turn

ANSWER = 512
"""Tokens that an answer may take, where the window is not too small for that."""

SHARE_OF_ANSWER = 0.25
"""The most of the window that is kept for the answer."""

SHARE_OF_HISTORY = 0.25
"""The most of the prompt that the conversation may take."""

_OWN_MARK = re.compile(r"[\[［【〔]\s*([0-9]{1,2})\s*[\]］】〕]")

Reach: TypeAlias = Callable[[ScoredPassage, Collection[str]], ScoredPassage]
"""Gives a hit with its neighbours, without the passages of these ids."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A passage that was found and is not in the prompt as it was found, and why."""

    passage_id: str
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A prompt that fits.

    ``passages[n - 1]`` has the number n in it. ``tokens`` is what the model counts for the
    messages, ``room`` what is left for the answer, ``turns`` how many exchanges are in it.
    """

    messages: tuple[Message, ...]
    passages: tuple[ScoredPassage, ...]
    tokens: int
    room: int
    turns: int
    left_out: tuple[LeftOut, ...]


class Packer:
    """Packs prompts for one model. Safe to use from many threads."""

    def __init__(
        self, generator: Generator, prompts: Prompts, *, reach: Reach | None = None
    ) -> None:
        """Take the model, what it is told, and what gives a passage its neighbours."""
        self._generator = generator
        self._prompts = prompts
        self._reach = reach

    @property
    def room(self) -> int:
        """The tokens that are kept for the answer."""
        return max(1, min(ANSWER, int(self._generator.window * SHARE_OF_ANSWER)))

    @property
    def budget(self) -> int:
        """The tokens that a prompt may take."""
        return self._generator.window - self.room

    def pack(
        self,
        question: str,
        hits: Sequence[ScoredPassage],
        turns: Sequence[Turn] = (),
        summary: str = "",
    ) -> Packed:
        """Return the prompt for a question.

        Args:
            question: Standing on its own.
            hits: Best first.
            turns: The conversation before the question, oldest first.
            summary: What is folded of the conversation before ``turns``.

        Raises:
            GeneratorFailed: If the window does not even hold the question with a sentence.
        """
        packing = _Packing(self, question, summary)
        chosen, left_out = self._distinct(hits)
        whole = self._reached(chosen)
        if packing.whole(whole, turns):
            return packing.packed(left_out)
        packing.begin(whole[0] if whole else None, chosen[0] if chosen else None)
        packing.remember(turns)
        for wide, hit in zip(whole[1:], chosen[1:], strict=True):
            packing.add(wide, hit)
        return packing.packed(left_out)

    def fitting(self, turns: Sequence[Turn]) -> int:
        """Return how many of the last exchanges the conversation's share of the prompt holds."""
        most = int(self.budget * SHARE_OF_HISTORY)
        number = 0
        while number < len(turns):
            messages = _said(turns[len(turns) - number - 1 :])
            if self._generator.count(messages) > most:
                break
            number += 1
        return number

    def messages(
        self,
        question: str,
        ordered: Sequence[ScoredPassage],
        turns: Sequence[Turn],
        summary: str,
    ) -> tuple[Message, ...]:
        """Return the prompt with passages in the order given; the conversation after the rules."""
        language = language_of(question)
        refusal = self._prompts.render("no_answer", language)[0].content
        parts = self._prompts.render(
            "answer",
            language,
            question=question,
            passages=fields_of(ordered),
            summary=summary,
            no_answer=refusal,
        )
        rules = [Message(part.role, part.content) for part in parts if part.role == "system"]
        asked = [Message(part.role, part.content) for part in parts if part.role != "system"]
        return (*rules, *_said(turns), *asked)

    def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens of the messages."""
        return self._generator.count(messages)

    def too_small(self, tokens: int) -> GeneratorFailed:
        """Return what to raise where nothing fits."""
        return GeneratorFailed(
            f"the window of {self._generator.name} is {self._generator.window:,} tokens; the question "
            f"with one passage takes {tokens:,} and the answer {self.room:,}: name a model with a "
            "larger window or ask more briefly"
        )

    def _reached(self, chosen: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        if self._reach is None:
            return list(chosen)
        ids = {hit.passage.id for hit in chosen}
        reached: list[ScoredPassage] = []
        for hit in chosen:
            wide = self._reach(hit, ids - {hit.passage.id})
            reached.append(hit if any(_overlap(wide, other) for other in reached) else wide)
        return reached

    def _distinct(self, hits: Sequence[ScoredPassage]) -> tuple[list[ScoredPassage], list[LeftOut]]:
        """Return the hits that say something new, and what was left out."""
        kept: list[ScoredPassage] = []
        left: list[LeftOut] = []
        for hit in hits:
            same = next((other for other in kept if _holds(other, hit)), None)
            if same is None:
                kept.append(hit)
            else:
                left.append(_left(hit, f"says the same as {same.passage.id}"))
        return kept, left


class _Packing:
    """One prompt as it grows."""

    def __init__(self, packer: Packer, question: str, summary: str) -> None:
        self._packer = packer
        self._question, self._summary = question, summary
        self._passages: list[ScoredPassage] = []  # best first
        self._turns: tuple[Turn, ...] = ()
        self._left: list[LeftOut] = []

    def whole(self, passages: Sequence[ScoredPassage], turns: Sequence[Turn]) -> bool:
        """Put everything in, if it fits: the usual case, and one count instead of many."""
        if self._packer.fitting(turns) < len(turns) or not self._fits(passages, tuple(turns)):
            return False
        self._passages, self._turns = list(passages), tuple(turns)
        return True

    def begin(self, wide: ScoredPassage | None, hit: ScoredPassage | None) -> None:
        """Put the best passage in: with its neighbours, alone, or shortened until it fits."""
        if wide is None or hit is None:
            if not self._fits([]):
                raise self._packer.too_small(self._tokens([]))
            return
        for whole in (wide, hit):
            if self._fits([whole]):
                self._passages = [whole]
                return
        spans = sentence_spans(hit.passage.text)
        most = 0
        least_failing = len(spans)
        while least_failing - most > 1:  # by halves: the longest beginning that fits
            middle = (most + least_failing) // 2
            if self._fits([_shortened(hit, spans[middle - 1][1])]):
                most = middle
            else:
                least_failing = middle
        if not most:
            raise self._packer.too_small(self._tokens([hit]))
        self._passages = [_shortened(hit, spans[most - 1][1])]
        self._left.append(_left(hit, f"shortened to {most} of {len(spans)} sentences"))

    def remember(self, turns: Sequence[Turn]) -> None:
        """Put in as many of the last exchanges as their share and the window hold."""
        number = self._packer.fitting(turns)
        while number and not self._fits(self._passages, tuple(turns[len(turns) - number :])):
            number -= 1
        self._turns = tuple(turns[len(turns) - number :])

    def add(self, wide: ScoredPassage, hit: ScoredPassage) -> None:
        """Put a further passage in, with its neighbours if they fit."""
        for at, there in enumerate(self._passages):
            if _holds(there, hit):
                self._left.append(_left(hit, f"stands inside {self._passages[at].passage.id}"))
                return
        for whole in (wide, hit):
            if self._fits([*self._passages, whole]):
                self._passages.append(whole)
                return
        self._left.append(_left(hit, "no room in the model's window"))

    def packed(self, left_out: Sequence[LeftOut]) -> Packed:
        """Return the prompt."""
        ordered = edges(self._passages)
        messages = self._packer.messages(self._question, ordered, self._turns, self._summary)
        return Packed(
            messages,
            tuple(ordered),
            self._packer.count(messages),
            self._packer.room,
            len(self._turns),
            (*left_out, *self._left),
        )

    def _fits(
        self, passages: Sequence[ScoredPassage], turns: tuple[Turn, ...] | None = None
    ) -> bool:
        return self._tokens(passages, turns) <= self._packer.budget

    def _tokens(
        self, passages: Sequence[ScoredPassage], turns: tuple[Turn, ...] | None = None
    ) -> int:
        said = self._turns if turns is None else turns
        return self._packer.count(
            self._packer.messages(self._question, edges(passages), said, self._summary)
        )


def edges(passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Return passages, best first, with the best at both ends and the weakest in the middle."""
    return [*passages[::2], *reversed(passages[1::2])]


def fields_of(passages: Sequence[ScoredPassage]) -> list[dict[str, object]]:
    """Return passages as templates take them, numbered from 1."""
    return [
        {
            "number": number,
            "title": hit.passage.title,
            "page": hit.passage.page,
            "place": " › ".join(h for h in hit.passage.headings if h != hit.passage.title),
            "text": prompted(hit.passage.text),
        }
        for number, hit in enumerate(passages, 1)
    ]


def prompted(text: str) -> str:
    """Return a source's words for a prompt: marks of its own (``[3]``) in round brackets.

    A model that copies them would cite what it was never given.
    """
    return _OWN_MARK.sub(r"(\1)", text)


def _said(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Return exchanges as messages; marks of earlier answers are of passages no longer there."""
    return tuple(
        message
        for turn in turns
        for message in (
            Message("user", framed(turn.question)),
            Message("assistant", framed(strip_marks(turn.answer))),
        )
    )


def _holds(there: ScoredPassage, hit: ScoredPassage) -> bool:
    """Tell whether a passage holds all of another, or says the same."""
    one, other = there.passage, hit.passage
    inside = one.source == other.source and one.start <= other.start and other.end <= one.end
    return inside or same_text(one, other)


def _overlap(one: ScoredPassage, other: ScoredPassage) -> bool:
    return (
        one.passage.source == other.passage.source
        and one.passage.start < other.passage.end
        and other.passage.start < one.passage.end
    )


def _shortened(hit: ScoredPassage, length: int) -> ScoredPassage:
    passage = hit.passage
    cut = replace(passage, text=passage.text[:length], end=passage.start + length)
    return replace(hit, passage=cut)


def _left(hit: ScoredPassage, why: str) -> LeftOut:
    return LeftOut(hit.passage.id, hit.passage.source, why)
