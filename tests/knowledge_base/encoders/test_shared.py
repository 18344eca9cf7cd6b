"""Questions of concurrent users are encoded together, and remembered."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge_base.encoders import shared as shared_module
from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.encoders.shared import SharedEncoder
from knowledge_base.errors import EncoderError, Overloaded
from knowledge_base.types import Vectors


class Held(HashingEncoder):
    """A real encoder that waits for a sign, and notes what it was called with."""

    def __init__(self) -> None:
        """Begin open."""
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.calls: list[list[str]] = []

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Encode when the sign is given; refuse what asks for it."""
        self.calls.append(list(queries))
        self.open.wait()
        if "refuse" in queries:
            raise EncoderError("refused")
        return super().encode_queries(queries)


def test_a_question_asked_again_is_not_encoded_again() -> None:
    """By its exact text; the oldest is forgotten first."""
    held = Held()
    shared = SharedEncoder(held, remembered=2)
    first = shared.encode_queries(["a", "b", "a"])
    np.testing.assert_array_equal(first[0], first[2])
    assert held.calls == [["a", "b"]]
    shared.encode_queries(["b"])
    shared.encode_queries(["c"])
    shared.encode_queries(["b", "a"])
    assert held.calls == [["a", "b"], ["c"], ["a"]]


def test_questions_that_wait_are_encoded_together() -> None:
    """While one call is under way the others gather."""
    held = Held()
    shared = SharedEncoder(held)
    held.open.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(shared.encode_queries, ["first"])
        while not held.calls:
            pass
        others = [pool.submit(shared.encode_queries, [f"q{n}"]) for n in range(6)]
        while len(shared._queue) < 6:
            pass
        held.open.set()
        vectors = [other.result()[0] for other in others]
        first.result()
    assert len(held.calls) == 2
    assert sorted(held.calls[1]) == [f"q{n}" for n in range(6)]
    plain = HashingEncoder()
    for number, vector in enumerate(vectors):
        np.testing.assert_allclose(vector, plain.encode_queries([f"q{number}"])[0])


def test_an_error_reaches_who_asked_and_nobody_after() -> None:
    """The next question is answered."""
    shared = SharedEncoder(Held())
    with pytest.raises(EncoderError, match="refused"):
        shared.encode_queries(["refuse"])
    assert shared.encode_queries(["a"]).shape == (1, 64)


def test_a_bad_question_fails_alone() -> None:
    """Those that were encoded with it get their vectors."""
    held = Held()
    shared = SharedEncoder(held)
    held.open.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(shared.encode_queries, ["first"])
        while not held.calls:
            pass
        good, bad = (pool.submit(shared.encode_queries, [text]) for text in ("good", "refuse"))
        while len(shared._queue) < 2:
            pass
        held.open.set()
        assert good.result().shape == first.result().shape == (1, 64)
        with pytest.raises(EncoderError, match="refused"):
            bad.result()


def test_one_call_takes_no_more_tokens_than_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer question goes alone; the order given is kept."""
    monkeypatch.setattr(shared_module, "TOKENS", 8)
    held = Held()
    texts = ["one two", "three four five", "six " * 20, "seven"]
    vectors = SharedEncoder(held).encode_queries(texts)
    assert len(held.calls) > 2
    assert [text for call in held.calls for text in call] == texts
    assert ["six " * 20] in held.calls
    np.testing.assert_allclose(vectors, HashingEncoder().encode_queries(texts))


def test_who_comes_when_too_many_wait_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a word on what to do; a question that is remembered is answered all the same."""
    monkeypatch.setattr(shared_module, "WAITING", 2)
    held = Held()
    shared = SharedEncoder(held)
    shared.encode_queries(["known"])
    held.open.clear()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(shared.encode_queries, [text]) for text in ("a", "b", "c")]
        while len(shared._queue) < 2:
            pass
        with pytest.raises(Overloaded, match="2 questions wait; ask again"):
            shared.encode_queries(["d"])
        assert shared.encode_queries(["known"]).shape == (1, 64)
        held.open.set()
        assert all(one.result().shape == (1, 64) for one in waiting)
    assert shared.encode_queries(["d"]).shape == (1, 64)
