"""The circuit breaker and the counts behind it, with a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.errors import GeneratorFailed, PromptTooLong
from qa_bot.models.breaker import CircuitBreaker
from qa_bot.models.echo import EchoGenerator
from qa_bot.models.estimate import TokenEstimate
from qa_bot.models.guarded import GuardedGenerator
from qa_bot.models.thoughts import without_thoughts
from qa_bot.types import Message

ASKED = [Message("user", "one two three")]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Breaking(EchoGenerator):
    """An echo that breaks off after its first piece while ``broken``."""

    broken = True

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        for piece in super().stream(messages, max_tokens=max_tokens):
            yield piece
            if self.broken:
                raise GeneratorFailed("the echo broke off")


def test_a_model_that_keeps_failing_rests_and_is_then_tried_once() -> None:
    """One attempt tests the way; its end decides for all."""
    clock = Clock()
    breaker = CircuitBreaker(failures=2, rest=30.0, clock=clock)
    for _ in range(2):
        assert breaker.enter() == 0
        breaker.failed()
    assert breaker.enter() == breaker.resting == 30.0
    clock.now += 31
    assert breaker.enter() == 0
    assert breaker.enter() > 0  # one tests the way, the others wait
    breaker.failed()
    assert breaker.resting == 30.0
    clock.now += 31
    assert breaker.enter() == 0
    breaker.succeeded()
    assert breaker.enter() == breaker.enter() == 0


def test_a_test_that_was_given_up_lets_the_next_one_test() -> None:
    """Otherwise the model would rest for ever."""
    clock = Clock()
    breaker = CircuitBreaker(failures=1, rest=5.0, clock=clock)
    breaker.enter()
    breaker.failed()
    clock.now += 6
    assert breaker.enter() == 0
    breaker.left()
    assert breaker.enter() == 0


def test_failures_are_counted_and_kept_from_the_model() -> None:
    """What failed, what was stopped by the reader, what was not even tried."""
    clock = Clock()
    inner = Breaking()
    model = GuardedGenerator(inner, CircuitBreaker(failures=2, rest=30.0, clock=clock))
    for _ in range(3):
        with pytest.raises(GeneratorFailed):
            list(model.stream(ASKED))
    health = model.health
    assert (health.asked, health.failed, health.refused) == (2, 2, 1)
    assert (health.last_error, health.resting) == ("the echo broke off", 30.0)
    inner.broken = False
    clock.now += 31
    assert "".join(model.stream(ASKED)) == "one two three"
    stream = model.stream(ASKED)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert (model.health.asked, model.health.stopped, model.health.resting) == (4, 1, 0.0)


def test_a_prompt_that_is_too_long_is_not_the_models_failure() -> None:
    """The model is as well as before."""
    model = GuardedGenerator(EchoGenerator(window=5))
    for _ in range(5):
        with pytest.raises(PromptTooLong):
            list(model.stream(ASKED))
    assert model.health.failed == 0


@given(st.text(max_size=30), st.text(max_size=30), st.integers(1, 7))
def test_thoughts_before_an_answer_are_left_out(thought: str, answer: str, size: int) -> None:
    """However the text is cut into pieces; an answer without thoughts stays as it is."""
    thought, answer = thought.replace("<", ""), answer.replace("<", "")
    whole = f"\n<think>{thought}</think>\n\n{answer}"
    cut = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert "".join(without_thoughts(iter(cut))).lstrip() == answer.lstrip()
    cut = [answer[at : at + size] for at in range(0, len(answer), size)]
    assert "".join(without_thoughts(iter(cut))) == answer


@given(st.text(max_size=300), st.integers(1, 2000))
def test_an_estimate_never_falls_short_of_a_count_it_was_told(text: str, true: int) -> None:
    """For the same messages; before that it goes by bytes."""
    messages = [Message("user", text)]
    estimate = TokenEstimate()
    assert estimate.count(messages) >= len(text.encode("utf-8", "replace")) / 3
    estimate.learn(messages, true)
    assert true <= estimate.count(messages) <= 1.1 * true + 1
