"""Remote models: what is said when they cannot be reached, and that keys stay hidden."""

from __future__ import annotations

import logging
import socket
import time

import pytest

from qa_bot.components import open_generator
from qa_bot.config import Config, api_key
from qa_bot.errors import GeneratorFailed
from qa_bot.models.chat import served_window
from qa_bot.models.guarded import GuardedGenerator
from qa_bot.types import Message

ASKED = [Message("user", "How long is the warranty?")]


@pytest.fixture
def nobody() -> str:
    """Return the address of a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def test_a_server_that_is_not_there_fails_in_one_line_and_soon(nobody: str) -> None:
    """After its attempts, with its address; opening it sends nothing."""
    model = open_generator("tiny", nobody)
    assert model.window == 4096
    started = time.monotonic()
    with pytest.raises(GeneratorFailed, match=r"is its server running and reachable\?") as found:
        list(model.stream(ASKED))
    assert nobody in str(found.value)
    assert "\n" not in str(found.value)
    assert time.monotonic() - started < 10


def test_a_server_that_takes_questions_and_never_answers_is_left_after_the_timeout() -> None:
    """The page would wait for ever otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        model = open_generator("tiny", url, timeout=0.3, window=2000)
        with pytest.raises(GeneratorFailed, match="failed"):
            list(model.stream(ASKED))


def test_after_three_failures_the_server_is_left_alone(nobody: str) -> None:
    """The fourth question waits for nothing."""
    model = open_generator("tiny", nobody, window=2000)
    assert isinstance(model, GuardedGenerator)
    for _ in range(3):
        with pytest.raises(GeneratorFailed):
            list(model.stream(ASKED))
    started = time.monotonic()
    with pytest.raises(GeneratorFailed, match="failed repeatedly and is tried again in 30 s"):
        list(model.stream(ASKED))
    assert time.monotonic() - started < 0.05
    assert (model.health.asked, model.health.failed, model.health.refused) == (3, 3, 1)


@pytest.mark.parametrize("ending", ["", "\n", "\nX-Other: 1", "é"])
def test_a_key_stands_in_no_setting_no_message_and_no_log(
    nobody: str, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    """It is read from the environment and sent, nothing else; one that cannot be sent neither."""
    secret = "sk-very-secret-0123456789"
    assert api_key({"QA_BOT_API_KEY": f" {secret}\n"}) == secret
    assert not hasattr(Config(), "api_key")
    model = open_generator("tiny", nobody, api_key=secret + ending, window=2000)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(GeneratorFailed) as found:
        list(model.stream(ASKED))
    assert secret not in str(found.value) + repr(model.__dict__) + caplog.text
    assert isinstance(model, GuardedGenerator)
    assert secret not in repr(vars(model.inner))


def test_a_provider_without_a_key_says_which_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(GeneratorFailed, match="key in the environment"):
        list(open_generator("openai:gpt-5", window=2000).stream(ASKED))


def test_a_provider_whose_package_is_missing_says_what_to_install() -> None:
    """The package by its name."""
    with pytest.raises(GeneratorFailed, match="pip install langchain-groq"):
        open_generator("groq:llama")


@pytest.mark.parametrize(
    ("facts", "window"),
    [({"id": "m", "max_model_len": 32768}, 32768), ({"id": "m", "meta": {"n_ctx": 8192}}, 8192),
     ({"id": "m", "meta": None}, None), ({"id": "m"}, None)],
)  # fmt: skip
def test_the_window_is_what_the_server_tells(facts: dict[str, object], window: int | None) -> None:
    """VLLM and llama.cpp tell theirs in the list of models."""
    assert served_window(facts) == window


@pytest.mark.parametrize("name", ["ollama:llama3.1:8b", "anthropic:claude-sonnet-4-5"])
def test_other_providers_are_reached_where_their_packages_are(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each client takes its own arguments; here nobody answers."""
    pytest.importorskip("langchain_" + name.partition(":")[0])
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    with pytest.raises(GeneratorFailed, match="Connection refused") as found:
        list(open_generator(name).stream(ASKED, max_tokens=5))
    assert "sk-secret" not in str(found.value)


def test_an_address_without_its_protocol_is_refused_with_an_example() -> None:
    """Before anything is sent."""
    with pytest.raises(GeneratorFailed, match=r"must begin with http:// or https://, as http"):
        open_generator("tiny", "localhost:8000/v1")


def test_a_server_that_is_down_is_asked_for_its_window_once_a_minute() -> None:
    """A look at the window costs nothing after the first."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        model = open_generator(
            "tiny", f"http://127.0.0.1:{silent.getsockname()[1]}/v1", timeout=0.2
        )
        silent.close()
        assert model.window == 4096
        started = time.monotonic()
        assert [model.window for _ in range(100)] == [4096] * 100
        assert time.monotonic() - started < 0.1
