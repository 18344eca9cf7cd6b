"""How many tokens a text takes, where nobody has the model's tokenizer."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

from qa_bot.types import Message

BYTES_A_TOKEN = 3.0
"""What a token is taken to hold at first: English has about four bytes in one, Chinese three."""

FRAME = 5
"""Tokens that a chat template is taken to put around a message."""

MARGIN = 1.1
"""What is added to an estimate that was put right by the server's own counts."""


class TokenEstimate:
    """An approximation by bytes that is put right by what the server says it counted.

    Each reported count gives a ratio; the largest of them serves, so that an estimate errs on the
    side that fits into the window. Safe for many threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ratio: float | None = None

    @property
    def measured(self) -> bool:
        """Whether a server has told its own count yet."""
        return self._ratio is not None

    def count(self, messages: Sequence[Message]) -> int:
        """Return about how many tokens the messages take."""
        raw = _raw(messages)
        ratio = self._ratio
        return math.ceil(raw if ratio is None else raw * ratio * MARGIN)

    def learn(self, messages: Sequence[Message], tokens: int) -> None:
        """Take in the server's own count for these messages; 0 says nothing."""
        raw = _raw(messages)
        if tokens <= 0 or not raw:
            return
        with self._lock:
            self._ratio = max(self._ratio or 0.0, tokens / raw)


def _raw(messages: Sequence[Message]) -> float:
    return sum(
        len(message.content.encode("utf-8", "replace")) / BYTES_A_TOKEN + FRAME
        for message in messages
    )
