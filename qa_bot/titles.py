"""Titles that a model gives to conversations, in place of the first question's words."""

from __future__ import annotations

import logging

from knowledge_base.loaders.language import language_of
from prompts.render import Prompts
from qa_bot.citations import strip_marks
from qa_bot.conversations import Conversations, title_of
from qa_bot.errors import ConversationNotFound, GeneratorFailed
from qa_bot.protocols import Generator
from qa_bot.types import Message

TOKENS = 24
"""Tokens of a title, at the most."""

ANSWER = 600
"""Characters of the answer that the model is shown."""

log = logging.getLogger(__name__)


class Titler:
    """Names conversations after their first exchange."""

    def __init__(
        self, generator: Generator, prompts: Prompts, conversations: Conversations
    ) -> None:
        """Take the model, what it is told, and where conversations are kept."""
        self._generator = generator
        self._prompts = prompts
        self._conversations = conversations

    def name(self, id: str) -> None:
        """Give a conversation a title if it has one exchange and still the title that it began with.

        Nothing happens where the model fails or writes no title, or the conversation is gone.
        """
        try:
            conversation = self._conversations.get(id)
            first, *others = conversation.turns or (None,)
            if first is None or others or conversation.title != title_of(first.question):
                return
            parts = self._prompts.render(
                "title",
                language_of(first.question),
                question=first.rewritten or first.question,
                answer=strip_marks(first.answer)[:ANSWER],
            )
            messages = [Message(part.role, part.content) for part in parts]
            text = "".join(self._generator.stream(messages, max_tokens=TOKENS)).strip()
            title = next(iter(text.splitlines()), "").strip(" \"'“”「」《》#*.。")
            # a tag is a piece of the prompt that came back
            if any(character.isalnum() for character in title) and not title.startswith("<"):
                self._conversations.rename(id, title_of(title))
        except (GeneratorFailed, ConversationNotFound) as error:
            log.warning("a conversation was not named: %s", error)
