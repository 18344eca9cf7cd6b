"""A model that is opened when it is first asked: taking in files must not load an LLM."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from qa_bot.protocols import Generator
from qa_bot.types import Message


class OnDemandGenerator:
    """Stands for a model until it is needed. Safe for many threads; the model is opened once.

    Where opening fails every question tries anew: a server may have come up in between.
    """

    def __init__(self, name: str, open: Callable[[], Generator]) -> None:
        """Take what the model is called until then, and what opens it."""
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
            if self._opened is None:
                self._opened = self._open()
            return self._opened
