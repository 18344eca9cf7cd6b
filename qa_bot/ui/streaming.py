"""A stream of answer events at a pace that a page can follow, and that can be stopped."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from qa_bot.types import Finished, Searched, StreamEvent

INTERVAL = 0.04
"""Seconds between two updates of the page: 25 a second, which is what a browser draws in peace."""


PATIENCE = 0.25
"""Seconds that what was searched for waits for the answer's first text, so that an answer which comes
soon is not held up by the drawing of something that stands for a blink."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The last event of a stream that did not come to its end."""

    error: BaseException


def paced(
    events: Callable[[], Iterator[StreamEvent]],
    workers: Executor,
    stop: threading.Event,
    undo: Callable[[Finished], None],
    interval: float = INTERVAL,
) -> Iterator[list[StreamEvent | Broken]]:
    """Start a stream at once, and give its events in batches, one batch an interval at most.

    It runs before the first batch is asked for, in a worker, so that a slow reader does not hold up
    a stop. After a stop nothing more is given. Whoever leaves without stopping lets the stream run
    to its end.

    Args:
        events: Starts the stream; called in the worker.
        workers: Where the stream runs.
        stop: Set by whoever wants no more.
        undo: Called with an answer that was finished but not given because of the stop.
        interval: Seconds.

    Returns:
        Batches of events; the last may end with what broke the stream off.
    """
    items: queue.SimpleQueue[StreamEvent | None] = queue.SimpleQueue()

    def pump() -> None:
        for event in events():
            items.put(event)
            if stop.is_set():
                return

    future = workers.submit(pump)
    future.add_done_callback(lambda _: items.put(None))
    return _batches(items, future, stop, undo, interval)


def _batches(
    items: queue.SimpleQueue[StreamEvent | None],
    future: Future[None],
    stop: threading.Event,
    undo: Callable[[Finished], None],
    interval: float,
) -> Iterator[list[StreamEvent | Broken]]:
    started, shown = time.monotonic(), 0.0
    batch: list[StreamEvent | Broken] = []
    ended = False
    while not ended and not stop.is_set():
        event, ended = _next(items, interval)
        if event is not None:
            batch.append(event)
        now = time.monotonic()
        waits = now - started < PATIENCE and all(isinstance(event, Searched) for event in batch)
        if batch and (ended or (now - shown >= interval and not waits)):
            yield batch
            batch = []
            shown = time.monotonic()
    if ended:
        error = future.exception()
        if error is not None:
            yield [Broken(error)]
        return
    left = batch
    # the worker may be in the middle of an event: what it still brings is undone when it is done
    future.add_done_callback(lambda _: _discard([*left, *_rest(items)], undo))


def _next(
    items: queue.SimpleQueue[StreamEvent | None], patience: float
) -> tuple[StreamEvent | None, bool]:
    """Return the next event if one comes in time, and whether the stream has ended."""
    try:
        event = items.get(timeout=patience)
    except queue.Empty:
        return None, False
    return event, event is None


def _rest(items: queue.SimpleQueue[StreamEvent | None]) -> Iterator[StreamEvent]:
    while not items.empty():
        event = items.get_nowait()
        if event is not None:
            yield event


def _discard(events: list[StreamEvent | Broken], undo: Callable[[Finished], None]) -> None:
    for event in events:
        if isinstance(event, Finished):
            undo(event)
