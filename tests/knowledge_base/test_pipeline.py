"""Stages that overlap: bounded, in order, and closed when nobody listens any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.pipeline import StageClock, ahead


def numbers(count: int, made: list[int], closed: threading.Event) -> Generator[int, None, None]:
    try:
        for number in range(count):
            made.append(number)
            yield number
    finally:
        closed.set()


@given(st.lists(st.integers(), max_size=30), st.integers(1, 5))
def test_items_come_in_order_however_far_ahead(items: list[int], size: int) -> None:
    """None is lost, none comes twice."""

    def given_items() -> Generator[int, None, None]:
        yield from items

    assert list(ahead(ahead(given_items(), size), size)) == items


def test_a_stage_runs_ahead_as_far_as_it_may_and_no_further() -> None:
    """The one being offered apart."""
    made: list[int] = []
    with closing(ahead(numbers(100, made, threading.Event()), 3)) as items:
        assert next(items) == 0
        deadline = time.monotonic() + 5
        while len(made) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        assert len(made) == 5


def test_closing_the_last_stage_closes_the_first() -> None:
    """Through every stage between."""
    made: list[int] = []
    closed = threading.Event()
    items = ahead(ahead(numbers(1000, made, closed), 2), 2)
    next(items)
    items.close()
    assert closed.wait(5)
    assert len(made) < 20


def test_an_error_comes_after_the_items_before_it() -> None:
    """And is the one that was raised."""

    def failing() -> Generator[int, None, None]:
        yield 1
        raise OSError("the disk is full")

    items = ahead(failing(), 4)
    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is full"):
        next(items)


def test_the_clock_gives_each_stage_its_share() -> None:
    """Of the time that passed, for as many as work in it side by side."""
    clock = StageClock()
    clock.workers["parse"] = 2
    with clock.busy("encode"):
        time.sleep(0.05)
    with clock.busy("parse"):
        time.sleep(0.05)
    encode, parse = clock.times()
    assert (encode.stage, parse.stage) == ("encode", "parse")
    assert 0.3 < encode.share <= 1
    assert parse.share < encode.share
