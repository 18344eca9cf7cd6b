"""The pace of a stream, and what a stop leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from qa_bot.types import Answer, Finished, Rewrite, Searched, StreamEvent, Token
from qa_bot.ui.streaming import Broken, paced

ANSWER = Answer("q", "q", "a", None, False, 1.0, (), (), {}, {}, turn_id=5)


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def tokens(count: int, pause: float) -> Callable[[], Iterator[StreamEvent]]:
    def events() -> Iterator[StreamEvent]:
        for number in range(count):
            yield Token(f"{number} ")
            time.sleep(pause)
        yield Finished(ANSWER)

    return events


def test_every_event_is_given_once_and_in_order(workers: ThreadPoolExecutor) -> None:
    """Batching changes nothing of what is said."""
    batches = list(paced(tokens(50, 0), workers, threading.Event(), lambda _: None))
    given = [event for batch in batches for event in batch]
    assert "".join(e.text for e in given if isinstance(e, Token)) == "".join(
        f"{n} " for n in range(50)
    )
    assert given[-1] == Finished(ANSWER)


def test_a_fast_stream_is_slowed_to_the_pace(workers: ThreadPoolExecutor) -> None:
    """No more batches than intervals, the first of them before the stream has ended."""
    started, interval = time.monotonic(), 0.05
    stream = paced(tokens(100, 0.002), workers, threading.Event(), lambda _: None, interval)
    first = next(stream)
    assert 0 < len(first) < 101
    rest = list(stream)
    assert len(rest) <= (time.monotonic() - started) / interval + 2


def test_a_stream_runs_before_its_first_batch_is_asked_for(workers: ThreadPoolExecutor) -> None:
    """The page is drawn meanwhile."""
    begun = threading.Event()

    def events() -> Iterator[StreamEvent]:
        begun.set()
        yield Token("so far")

    stream = paced(events, workers, threading.Event(), lambda _: None)
    assert begun.wait(10)
    assert list(stream) == [[Token("so far")]]


def test_what_was_searched_for_comes_with_the_first_text_where_that_comes_soon(
    workers: ThreadPoolExecutor,
) -> None:
    """Drawing it alone would hold the answer up."""
    searched = Searched(Rewrite("q"), ())

    def soon() -> Iterator[StreamEvent]:
        yield searched
        yield Token("so far")

    stream = paced(soon, workers, threading.Event(), lambda _: None)
    assert next(stream) == [searched, Token("so far")]
    go_on = threading.Event()

    def late() -> Iterator[StreamEvent]:
        yield searched
        go_on.wait(10)
        yield Token("so far")

    stream = paced(late, workers, threading.Event(), lambda _: None)
    assert next(stream) == [searched]
    go_on.set()
    assert list(stream) == [[Token("so far")]]


def test_a_stop_does_not_wait_for_the_reader(workers: ThreadPoolExecutor) -> None:
    """A reader that says nothing for long is left at once."""
    stop = threading.Event()
    stream = paced(tokens(3, 0.5), workers, stop, lambda _: None)
    next(stream)
    stop.set()
    started = time.monotonic()
    assert list(stream) == []
    assert time.monotonic() - started < 0.2


def test_an_answer_that_was_stored_after_the_stop_is_undone(workers: ThreadPoolExecutor) -> None:
    """Who stopped finds nothing kept, whenever the last event came."""
    undone: list[Finished] = []
    stop = threading.Event()
    stream = paced(tokens(1, 0.1), workers, stop, undone.append)
    next(stream)
    stop.set()
    assert list(stream) == []
    workers.shutdown(wait=True)
    assert undone == [Finished(ANSWER)] or undone == []
    late: list[Finished] = []
    with ThreadPoolExecutor(1) as pool:
        stop.clear()
        again = paced(tokens(0, 0), pool, stop, late.append, interval=5)
        stop.set()
        assert list(again) == []
    assert late == [Finished(ANSWER)]


def test_what_breaks_a_stream_is_its_last_event(workers: ThreadPoolExecutor) -> None:
    """The events before it are given; the page has something to tell."""

    def events() -> Iterator[StreamEvent]:
        yield Token("so far")
        raise LookupError("gone")

    *before, last = list(paced(events, workers, threading.Event(), lambda _: None))
    assert before == [[Token("so far")]]
    assert isinstance(last[0], Broken)
    assert isinstance(last[0].error, LookupError)
