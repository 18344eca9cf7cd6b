"""A stream of answer events at a pace that a page can follow, and that can be stopped."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future

from qa_bot.types import Finished, StreamEvent

INTERVAL = 0.04
"""Seconds between two updates of the page: 25 a second, which is what a browser draws in peace."""


def paced(
    events: Callable[[], Iterator[StreamEvent]],
    workers: Executor,
    stop: threading.Event,
    undo: Callable[[Finished], None],
    interval: float = INTERVAL,
) -> Iterator[list[StreamEvent]]:
    """Give the events in batches, the first at once and then one batch an interval at most.

    The events are made in a worker, so that a slow reader does not hold up a stop. After a stop
    nothing more is given.

    Args:
        events: Starts the stream; called in the worker.
        workers: Where the stream runs.
        stop: Set by whoever wants no more.
        undo: Called with an answer that was stored after the stop.
        interval: Seconds.

    Raises:
        QABotError: And whatever else the stream raises, once the events before it were given.
    """
    items: queue.SimpleQueue[StreamEvent | None] = queue.SimpleQueue()
    future = workers.submit(_pump, events, items, stop, undo)
    future.add_done_callback(lambda _: items.put(None))
    return _batches(items, future, stop, interval)


def _pump(
    events: Callable[[], Iterator[StreamEvent]],
    items: queue.SimpleQueue[StreamEvent | None],
    stop: threading.Event,
    undo: Callable[[Finished], None],
) -> None:
    for event in events():
        if not stop.is_set():
            items.put(event)
            continue
        if isinstance(event, Finished):
            undo(event)
        return


def _batches(
    items: queue.SimpleQueue[StreamEvent | None],
    future: Future[None],
    stop: threading.Event,
    interval: float,
) -> Iterator[list[StreamEvent]]:
    batch: list[StreamEvent] = []
    shown = 0.0
    ended = False
    while not ended and not stop.is_set():
        try:
            event = items.get(timeout=interval)
            ended = event is None
            if event is not None:
                batch.append(event)
        except queue.Empty:
            pass
        if batch and (ended or time.monotonic() - shown >= interval):
            yield batch
            batch = []
            shown = time.monotonic()
    if ended:
        future.result()
