"""A generator model whose failures are counted, and which is left alone while it keeps failing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol, cast

from qa_bot.errors import GeneratorFailed, PromptTooLong
from qa_bot.models.breaker import CircuitBreaker
from qa_bot.models.thoughts import without_thoughts
from qa_bot.protocols import Generator
from qa_bot.types import Message


@dataclass(frozen=True, slots=True)
class Health:
    """What has happened to a model since the process began.

    ``asked`` attempts, of which ``failed`` failed, ``stopped`` were given up by whoever asked, and
    ``refused`` were not made because the model was resting. ``last_failed_at`` in epoch seconds.
    ``resting`` is the seconds until the next attempt.
    """

    name: str
    asked: int = 0
    failed: int = 0
    stopped: int = 0
    refused: int = 0
    last_error: str = ""
    last_failed_at: float | None = None
    resting: float = 0.0


class _Closable(Protocol):
    def close(self) -> None: ...


class GuardedGenerator:
    """Another generator behind a circuit breaker, with the count of its failures."""

    def __init__(self, inner: Generator, breaker: CircuitBreaker | None = None) -> None:
        """Stand before ``inner``."""
        self.inner = inner
        self.name = inner.name
        self._breaker = breaker or CircuitBreaker()
        self._lock = threading.Lock()
        self._health = Health(inner.name)

    @property
    def window(self) -> int:
        """The most tokens of prompt and answer together."""
        return self.inner.window

    @property
    def health(self) -> Health:
        """The counts so far."""
        with self._lock:
            return replace(self._health, resting=round(self._breaker.resting, 1))

    def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens that the messages take."""
        return self.inner.count(messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        """Yield the answer's text as it comes; closing the iterator stops the model at once.

        Raises:
            PromptTooLong: If the messages do not fit into the window; this counts as no failure.
            GeneratorFailed: If the model fails, or rests because it kept failing.
        """
        wait = self._breaker.enter()
        if wait:
            last = self._add(refused=1).last_error
            raise GeneratorFailed(
                f"the model {self.name!r} failed repeatedly and is tried again in {wait:.0f} s ({last})"
            )
        self._add(asked=1)
        verdict = self._breaker.left
        try:
            with closing(cast(_Closable, self.inner.stream(messages, max_tokens=max_tokens))) as it:
                yield from without_thoughts(cast(Iterator[str], it))
            verdict = self._breaker.succeeded
        except PromptTooLong:
            raise
        except GeneratorFailed as error:
            verdict = self._breaker.failed
            self._add(failed=1, error=str(error))
            raise
        except GeneratorExit:
            self._add(stopped=1)
            raise
        finally:
            verdict()

    def _add(
        self,
        *,
        asked: int = 0,
        failed: int = 0,
        stopped: int = 0,
        refused: int = 0,
        error: str = "",
    ) -> Health:
        with self._lock:
            old = self._health
            self._health = replace(
                old,
                asked=old.asked + asked,
                failed=old.failed + failed,
                stopped=old.stopped + stopped,
                refused=old.refused + refused,
                last_error=error or old.last_error,
                last_failed_at=time.time() if error else old.last_failed_at,
            )
            return self._health
