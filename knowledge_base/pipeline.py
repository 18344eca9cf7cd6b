"""What stages that overlap are made of: a bounded look-ahead in a thread, and a clock for each stage."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Full, Queue
from typing import Final, TypeVar

from knowledge_base.types import StageTime

T = TypeVar("T")

PATIENCE = 0.1
"""Seconds between two looks at whether anybody still wants what a stage has made."""


class _End:
    """Stands behind the last item."""


_END: Final = _End()


def ahead(items: Generator[T, None, None], size: int) -> Generator[T, None, None]:
    """Give the items of a generator that runs in a thread of its own, at most ``size`` ahead.

    An error of the generator is raised here, after the items before it. Closing this one closes the
    other: it finishes the item that it is at, and its ``finally`` runs.
    """
    box: Queue[T | _End] = Queue(size)
    stop = threading.Event()

    def offer(item: T | _End) -> bool:
        while not stop.is_set():
            try:
                box.put(item, timeout=PATIENCE)
            except Full:
                continue
            return True
        return False

    def pump() -> None:
        try:
            for item in items:
                if not offer(item):
                    return
        finally:
            items.close()
            offer(_END)

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(pump)
        try:
            while not isinstance(item := box.get(), _End):
                yield item
            done.result()
        finally:
            stop.set()


class StageClock:
    """Adds up how long each stage works, as against waiting for its neighbours. Thread-safe."""

    def __init__(self) -> None:
        """Begin now."""
        self._started = time.perf_counter()
        self._lock = threading.Lock()
        self._spent: dict[str, float] = defaultdict(float)
        self.workers: dict[str, int] = defaultdict(lambda: 1)
        """How many work side by side in a stage."""

    @contextmanager
    def busy(self, stage: str) -> Iterator[None]:
        """Count the time inside as work of a stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._spent[stage] += time.perf_counter() - started

    def times(self) -> tuple[StageTime, ...]:
        """Return each stage's seconds and the share of the time since the beginning, longest first."""
        elapsed = max(time.perf_counter() - self._started, 1e-9)
        found = [
            StageTime(stage, round(spent, 3), round(spent / elapsed / self.workers[stage], 3))
            for stage, spent in self._spent.items()
        ]
        return tuple(sorted(found, key=lambda one: -one.share))
