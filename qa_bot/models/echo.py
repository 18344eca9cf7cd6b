"""The model that repeats: a real generator without weights, for tests and for trying the machinery."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from qa_bot.models.window import room_for_answer
from qa_bot.types import Message

_PIECE = re.compile(r"\s*(?:[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s])|\s+")

FRAME = 4
"""Tokens that the frame around one message is taken to cost, as chat templates have them."""


class EchoGenerator:
    """Answers with the last message, piece by piece: a word, a Chinese character or a sign each."""

    def __init__(self, window: int = 4096, *, pause: float = 0.0) -> None:
        """Keep the window in tokens, and the seconds before each piece."""
        self.name = "echo"
        self.window = window
        self._pause = pause

    def count(self, messages: Sequence[Message]) -> int:
        """Return the pieces of the messages, and a frame for each."""
        return sum(len(_PIECE.findall(message.content)) + FRAME for message in messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        """Yield the last message's pieces, at most ``max_tokens`` of them.

        Raises:
            PromptTooLong: If the messages do not fit into the window.
        """
        room = room_for_answer(self.name, self.window, self.count(messages), max_tokens)
        text = messages[-1].content if messages else ""
        for number, found in enumerate(_PIECE.finditer(text)):
            if number == room:
                return
            if self._pause:
                time.sleep(self._pause)
            yield found[0]
