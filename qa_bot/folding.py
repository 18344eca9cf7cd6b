"""Long conversations: the recent exchanges as they were, what was before folded into a summary."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.loaders.language import language_of
from prompts.render import Prompts
from qa_bot.citations import strip_marks
from qa_bot.context import Packer
from qa_bot.errors import GeneratorFailed
from qa_bot.protocols import Generator
from qa_bot.types import Conversation, Message, Turn

SUMMARY = 200
"""Tokens of a summary, at the most."""

KEPT = 256
"""Conversations whose summaries are remembered."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Folded:
    """A conversation as a prompt takes it: a summary of what is old, and the recent exchanges."""

    summary: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class _Summary:
    text: str
    until: int  # the id of the last turn that is folded


class Folder:
    """Folds conversations with the model that answers. Safe to use from many threads.

    When a conversation outgrows its share of the prompt its older part is folded down to half of
    that share, so that the model is asked for a summary once in several questions and not with each.
    """

    def __init__(self, generator: Generator, prompts: Prompts, packer: Packer) -> None:
        """Take the model, what it is told, and what knows how much fits."""
        self._generator = generator
        self._prompts = prompts
        self._packer = packer
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Summary] = OrderedDict()

    def fold(self, conversation: Conversation | None) -> Folded:
        """Return a conversation as it fits; where the model fails, its recent exchanges alone."""
        if conversation is None or not conversation.turns:
            return Folded("", ())
        with self._lock:
            known = self._known.get(conversation.id)
        # a conversation that was edited may have lost what was folded
        if known and not any(turn.id == known.until for turn in conversation.turns):
            known = None
        turns = [t for t in conversation.turns if known is None or t.id > known.until]
        fitting = self._packer.fitting(turns)
        if fitting == len(turns):
            return Folded(known.text if known else "", tuple(turns))
        kept = fitting // 2
        older, recent = turns[: len(turns) - kept], turns[len(turns) - kept :]
        try:
            summary = self._summarised(known.text if known else "", older)
        except GeneratorFailed as error:
            log.warning("a conversation could not be folded: %s", error)
            return Folded(known.text if known else "", tuple(turns[len(turns) - fitting :]))
        with self._lock:
            self._known[conversation.id] = _Summary(summary, older[-1].id)
            self._known.move_to_end(conversation.id)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return Folded(summary, tuple(recent))

    def _summarised(self, summary: str, turns: Sequence[Turn]) -> str:
        """Return the summary with more exchanges, as many at a time as the window holds.

        Raises:
            GeneratorFailed: If the model fails, writes nothing, or cannot hold one exchange.
        """
        left = list(turns)
        while left:
            number = len(left)
            while number > 1 and not self._fits(summary, left[:number]):
                number //= 2
            messages = self._messages(summary, left[:number])
            summary = "".join(self._generator.stream(messages, max_tokens=SUMMARY)).strip()
            if not summary:
                raise GeneratorFailed(f"{self._generator.name} wrote no summary; try another model")
            left = left[number:]
        return summary

    def _fits(self, summary: str, turns: Sequence[Turn]) -> bool:
        most = self._generator.window - SUMMARY
        return self._generator.count(self._messages(summary, turns)) <= most

    def _messages(self, summary: str, turns: Sequence[Turn]) -> list[Message]:
        parts = self._prompts.render(
            "fold",
            language_of(turns[-1].question),
            summary=summary,
            turns=[{"question": t.question, "answer": strip_marks(t.answer)} for t in turns],
        )
        return [Message(part.role, part.content) for part in parts]
