"""A model that is opened when it is first asked: taking in files must not load an LLM."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from qa_bot.errors import GeneratorFailed
from qa_bot.protocols import Generator
from qa_bot.types import Message

REST = 30.0
"""Seconds after a failure until opening is tried again."""


class OnDemandGenerator:
    """Stands for a model until it is needed. Safe for many threads; the model is opened once.

    Where opening fails a later question tries anew: a server may have come up, a file have been
    mended in between. Questions of the next seconds get the same error at once, since reading a
    damaged model takes long.
    """

    def __init__(
        self,
        name: str,
        open: Callable[[], Generator],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what the model is called until then, and what opens it."""
        self._clock = clock
        self._failed: tuple[float, GeneratorFailed] | None = None
        self._name = name
        self._open = open
        self._lock = threading.Lock()
        self._opened: Generator | None = None

    @property
    def name(self) -> str:
        """The model's name; before it is opened the one that it was asked for by."""
        return self._name if self._opened is None else self._opened.name

    @property
    def opened(self) -> Generator | None:
        """The model itself; None until it is first asked."""
        return self._opened

    @property
    def window(self) -> int:
        """The most tokens of prompt and answer together.

        Raises:
            GeneratorFailed: If the model cannot be opened.
        """
        return self._model().window

    def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens that the messages take.

        Raises:
            GeneratorFailed: If the model cannot be opened.
        """
        return self._model().count(messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        """Yield the answer's text as it comes.

        Raises:
            GeneratorFailed: If the model cannot be opened, or fails.
        """
        return self._model().stream(messages, max_tokens=max_tokens)

    def _model(self) -> Generator:
        with self._lock:
            if self._opened is not None:
                return self._opened
            if self._failed is not None and self._clock() < self._failed[0] + REST:
                raise GeneratorFailed(str(self._failed[1])) from self._failed[1]
            try:
                self._opened = self._open()
            except GeneratorFailed as error:
                self._failed = (self._clock(), error)
                raise
            return self._opened
