"""Follow-ups made to stand on their own by the model, where the rule says that they lean.

Asking a model costs a second and can change what was asked. So the rule decides whether a question
leans on the conversation at all, and what the model writes is taken only if it is one question, keeps
what was asked, and brings in no number or code that nobody has said. Otherwise the rule's own
rewriting stands.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from knowledge_base.indexes.analysis import codes, has_cjk
from knowledge_base.loaders.language import language_of
from prompts.render import Prompts
from qa_bot.citations import strip_marks
from qa_bot.errors import GeneratorFailed
from qa_bot.protocols import Generator, Rewriter
from qa_bot.rewriting import leans
from qa_bot.topics import telling
from qa_bot.types import Conversation, Message, Rewrite, Turn

TURNS = 4
"""Exchanges that the model is shown, at the most."""

ANSWER = 400
"""Characters of each answer that it is shown."""

TOKENS = 96
"""Tokens of a rewritten question, at the most."""

LONGEST = 400
"""Characters of one, at the most."""

KEPT = 0.5
"""The share of the question's own telling words that must still be there."""

log = logging.getLogger(__name__)

_LABEL = re.compile(
    r"^\s*(?:(?:rewritten|standalone) question|question|改写后的问题|问题)\s*[:：]\s*",
    re.IGNORECASE,
)


class ModelRewriter:
    """Asks the model for the standalone question; the rule is the gate and the fallback."""

    def __init__(self, generator: Generator, prompts: Prompts, rule: Rewriter) -> None:
        """Take the model, what it is told, and the rule."""
        self._generator = generator
        self._prompts = prompts
        self._rule = rule

    def rewrite(self, question: str, conversation: Conversation | None) -> Rewrite:
        """Return what to search for; the question itself when it needs nothing."""
        ruled = self._rule.rewrite(question, conversation)
        if conversation is None or not conversation.turns:
            return ruled
        if not (ruled.changed or leans(question)):
            return ruled
        turns = conversation.turns[-TURNS:]
        try:
            written = self._written(question, turns)
        except GeneratorFailed as error:
            log.warning("a follow-up was rewritten by rule: %s", error)
            return ruled
        if not _sound(question, written, turns):
            return ruled
        if written == question:
            return Rewrite(question)
        own = set(telling(question))
        return Rewrite(written, True, tuple(word for word in telling(written) if word not in own))

    def _written(self, question: str, turns: Sequence[Turn]) -> str:
        """Return the model's line, bare.

        Raises:
            GeneratorFailed: If it fails.
        """
        shown = [
            {"question": turn.question, "answer": strip_marks(turn.answer)[:ANSWER]}
            for turn in turns
        ]
        parts = self._prompts.render(
            "standalone", language_of(question), question=question, turns=shown
        )
        messages = [Message(part.role, part.content) for part in parts]
        text = "".join(self._generator.stream(messages, max_tokens=TOKENS)).strip()
        line = next(iter(text.splitlines()), "")
        return _LABEL.sub("", line).strip().strip('"“”「」')


def _sound(question: str, written: str, turns: Sequence[Turn]) -> bool:
    """Tell whether what the model wrote can be what was meant."""
    if not written or len(written) > LONGEST or not any(c.isalnum() for c in written):
        return False
    said = "\n".join([question, *(part for t in turns for part in (t.question, t.answer))])
    if not set(codes(written)) <= set(codes(said)):
        return False
    if has_cjk(written) != has_cjk(said):
        return False
    own = [word.lower() for word in telling(question)]
    kept = sum(word in written.lower() for word in own)
    # an answer, or a question about something else, has lost the words that were asked with
    return not own or kept / len(own) >= KEPT
