"""A circuit breaker: a model that keeps failing is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Opens after failures in a row; once it has rested, a single attempt tests the way.

    After M. Nygard, Release It! (2007). No lock is held while an attempt runs, so attempts of many
    threads go on side by side. Safe for many threads.
    """

    def __init__(
        self, failures: int = 3, rest: float = 30.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep after how many failures in a row it opens, and for how many seconds it rests."""
        self._limit, self._rest, self._clock = failures, rest, clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._testing = False

    def enter(self) -> float:
        """Ask to make an attempt; return 0 when it may be made, else the seconds to wait.

        Whoever may must say how it ended: ``succeeded``, ``failed`` or ``left``.
        """
        with self._lock:
            if self._opened_at is None:
                return 0.0
            waited = self._clock() - self._opened_at
            if waited < self._rest or self._testing:
                return max(self._rest - waited, 1.0)
            self._testing = True
            return 0.0

    def succeeded(self) -> None:
        """The attempt went well: the way is free."""
        with self._lock:
            self._failures, self._opened_at, self._testing = 0, None, False

    def failed(self) -> None:
        """The attempt failed: one more in a row, or back to rest."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit or self._testing:
                self._opened_at = self._clock()
            self._testing = False

    def left(self) -> None:
        """The attempt was given up by whoever asked: it says nothing about the model."""
        with self._lock:
            self._testing = False

    @property
    def resting(self) -> float:
        """The seconds until the next attempt may be made; 0 while the way is free."""
        with self._lock:
            if self._opened_at is None:
                return 0.0
            return max(self._rest - (self._clock() - self._opened_at), 0.0)
