"""Remote models: any chat model that LangChain knows, and any OpenAI-compatible server.

Keys never pass through here but for the one of a server that was named by its address; providers'
own packages read theirs from the environment. No message holds what a server answered to a key.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, cast

import httpx
from langchain.chat_models import init_chat_model
from langchain_core.exceptions import (
    ContextOverflowError,
    LangChainException,
    ModelAuthenticationError,
    ModelError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelTimeoutError,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, convert_to_messages
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from qa_bot.errors import GeneratorFailed, PromptTooLong
from qa_bot.models.estimate import TokenEstimate
from qa_bot.models.window import room_for_answer
from qa_bot.types import Message

ATTEMPTS = 3
"""How often an answer is asked for while no piece of it has come."""

CONNECTING = 5.0
"""Seconds after which a server that takes no connection counts as gone."""

UNKNOWN_WINDOW = 4096
"""The window where nobody tells it: the least that common servers start with."""

ASKING_AGAIN = 60.0
"""Seconds until a server that did not tell its window is asked for it again."""

PLACEHOLDER_KEY = "none"
"""Sent to a server that was named by its address and wants no key: the client insists on one."""


def open_chat_model(
    name: str, base_url: str = "", *, api_key: str = "", timeout: float = 60.0, window: int = 0
) -> ChatGenerator:
    """Return the model of a provider (``provider:model``) or of an OpenAI-compatible server.

    Nothing is sent before the first question.

    Raises:
        GeneratorFailed: If the provider's package is missing, or it finds no key.
    """
    if base_url and not base_url.startswith(("http://", "https://")):
        raise GeneratorFailed(
            f"the server's address is {base_url!r}; it must begin with http:// or https://, as "
            "http://127.0.0.1:11434/v1 does"
        )
    provider, _, model = name.partition(":") if not base_url else ("", "", name)
    wanted: dict[str, Any] = {"max_retries": 0, "timeout": timeout}
    if base_url:
        wanted |= {
            "timeout": _timeout(timeout),
            "base_url": base_url,
            "api_key": api_key or PLACEHOLDER_KEY,
            "stream_usage": True,
        }
    elif provider == "ollama":
        wanted = {"client_kwargs": {"timeout": _timeout(timeout)}}
        wanted |= {"num_ctx": window} if window else {}
    try:
        made = init_chat_model(model or "default", model_provider=provider or "openai", **wanted)
    except ImportError as error:
        raise GeneratorFailed(
            f"the model {name!r} needs the package {_package(error)}; install it: "
            f"pip install {_package(error)}"
        ) from error
    except _failures() as error:
        raise GeneratorFailed(
            f"the model {name!r} cannot be set up ({_line(error)}); is the provider's key in the environment?"
        ) from error
    shown = f"{model or 'the first model'} at {base_url}" if base_url else name
    return ChatGenerator(made, shown, choose=bool(base_url) and not model, window=window)


class ChatGenerator:
    """A LangChain chat model as a generator. Safe for many threads; requests go side by side."""

    def __init__(
        self, model: BaseChatModel, name: str, *, choose: bool = False, window: int = 0
    ) -> None:
        """Stand before a chat model.

        Args:
            model: The chat model; its own retries are off.
            name: What it is called in messages.
            choose: Whether the server's first model is to be taken.
            window: The most tokens of prompt and answer; 0: what the server says.
        """
        self.name = name
        self._model, self._choose, self._window = model, choose, window
        self._lock = threading.Lock()
        self._ask_again = 0.0
        self._estimate = TokenEstimate()

    @property
    def window(self) -> int:
        """The most tokens of prompt and answer: as set, as the server says, or a careful guess."""
        with self._lock:
            now = time.monotonic()
            if not self._window and now >= self._ask_again:
                self._window = self._told_window() or 0
                # a server that is down must not be waited for at every look
                self._ask_again = now + ASKING_AGAIN
            return self._window or UNKNOWN_WINDOW

    def count(self, messages: Sequence[Message]) -> int:
        """Return about how many tokens the messages take: by bytes, corrected by the server's counts."""
        return self._estimate.count(messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        """Yield the answer's text as it comes; closing the iterator ends the request.

        Raises:
            PromptTooLong: If the messages do not fit into the window.
            GeneratorFailed: If the server cannot be reached, refuses, or breaks off.
        """
        room = room_for_answer(self.name, self.window, self.count(messages), max_tokens)
        try:
            with closing(self._begun(messages, room)) as chunks:
                yield from self._texts(messages, chunks)
        except _failures() as error:
            raise self._failed(error) from error

    def _begun(self, messages: Sequence[Message], room: int) -> _Begun:
        """Ask until a first chunk is there, at most ``ATTEMPTS`` times."""
        model = self._chosen()
        asked = convert_to_messages([(one.role, one.content) for one in messages])
        limited, arguments = _limited(model, room)
        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(multiplier=0.2, max=2.0, jitter=0.2),
            retry=retry_if_exception(_passing),
            reraise=True,
        )
        return attempts(lambda: _Begun(limited.stream(asked, **arguments)))

    def _texts(self, messages: Sequence[Message], chunks: _Begun) -> Iterator[str]:
        ended = False
        for chunk in chunks:
            facts = chunk.response_metadata
            ended = ended or any(
                facts.get(key) for key in ("finish_reason", "done_reason", "stop_reason")
            )
            if chunk.usage_metadata:
                ended = True
                self._estimate.learn(messages, chunk.usage_metadata["input_tokens"])
            if text := str(chunk.text):
                yield text
        if not ended:
            raise GeneratorFailed(
                f"the model {self.name!r} broke off without an end; look at the server's log, ask again"
            )

    def _chosen(self) -> BaseChatModel:
        with self._lock:
            if self._choose:
                offered = self._offered()
                if not offered:
                    raise GeneratorFailed(
                        f"the server of {self.name!r} offers no model; load one there or name one"
                    )
                self._model = self._model.model_copy(update={"model_name": offered[0].id})
                self._choose = False
            return self._model

    def _offered(self) -> list[Any]:
        client = getattr(self._model, "root_client", None)
        if client is None:
            return []
        return list(client.with_options(timeout=CONNECTING).models.list().data)

    def _told_window(self) -> int | None:
        """Return what the provider's profile or the server's list of models says."""
        profile = getattr(self._model, "profile", None) or {}
        if told := profile.get("max_input_tokens"):
            return int(told)
        try:
            offered = self._offered()
        except _failures():
            return None  # the question itself will say what is wrong
        wanted = getattr(self._model, "model_name", "")
        for one in offered:
            if self._choose or one.id == wanted:
                return served_window(one.model_dump())
        return None

    def _failed(self, error: Exception) -> GeneratorFailed:
        if isinstance(error, ContextOverflowError):
            return PromptTooLong(
                f"the prompt does not fit into the window of {self.name!r}; send fewer passages, or "
                "tell the window with the setting `model_window`"
            )
        if isinstance(error, (ModelAuthenticationError, ModelPermissionDeniedError)):
            # the server's own words may repeat parts of the key
            return GeneratorFailed(
                f"the server of {self.name!r} refuses the key; set the provider's variable, or "
                "QA_BOT_API_KEY for a server named with --base-url"
            )
        if isinstance(error, ModelNotFoundError):
            return GeneratorFailed(
                f"the server of {self.name!r} has no such model ({_line(error)}); check its name, and "
                "that the address has the path that the server wants, mostly /v1"
            )
        status = getattr(error, "status_code", None)
        if isinstance(status, int) and status < 500:
            return GeneratorFailed(
                f"the server of {self.name!r} refuses the request ({_line(error)}); check the model's name, "
                "the prompt's length and the server's log"
            )
        return GeneratorFailed(
            f"the model {self.name!r} failed ({_line(error)}); is its server running and reachable?"
        )


def served_window(facts: Mapping[str, Any]) -> int | None:
    """Return the window that a server tells beside a model's name, as vLLM and llama.cpp do."""
    meta = facts.get("meta")
    told = facts.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, Mapping) else None)
    return int(told) if told else None


class _Begun:
    """A stream of chunks whose first one has come."""

    def __init__(self, stream: Iterator[Any]) -> None:
        self._stream = stream
        self._first = next(stream, None)

    def __iter__(self) -> Iterator[AIMessageChunk]:
        if self._first is not None:
            yield self._first
            yield from self._stream

    def close(self) -> None:
        cast(Any, self._stream).close()


def _limited(model: BaseChatModel, room: int) -> tuple[BaseChatModel, dict[str, Any]]:
    """Return how each client is told the most tokens of an answer."""
    if hasattr(model, "num_predict"):
        return model.model_copy(update={"num_predict": room}), {}
    if getattr(model, "openai_api_base", None):
        # LangChain renames it as OpenAI's own newest models want; other servers know the old name
        return model, {"extra_body": {"max_tokens": room}}
    return model, {"max_tokens": room}


def _timeout(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(CONNECTING, seconds))


def _passing(error: BaseException) -> bool:
    """Whether the same request may go well a moment later; a time-out has cost the user's patience."""
    if isinstance(error, (ModelTimeoutError, httpx.TimeoutException)):
        return False
    if isinstance(error, ModelError):
        return error.is_retryable
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status in (408, 409, 429) or status >= 500
    return isinstance(error, (ConnectionError, httpx.TransportError))


def _failures() -> tuple[type[Exception], ...]:
    """Return what providers' packages raise. Those that are imported are asked for their root."""
    import sys

    found: list[type[Exception]] = [
        LangChainException, OSError, ValueError, TypeError, RuntimeError, httpx.HTTPError
    ]  # fmt: skip
    for module, root in (
        ("openai", "OpenAIError"), ("anthropic", "AnthropicError"), ("ollama", "ResponseError"),
        ("httpx2", "HTTPError"),
    ):  # fmt: skip
        if module in sys.modules:
            found.append(getattr(sys.modules[module], root))
    return tuple(found)


def _line(error: BaseException) -> str:
    """Return an error in one line: the system's own words where a client only says "connection error"."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, OSError):
        below = below.__cause__ or below.__context__
    error = below or error
    words = str(error).strip().splitlines()
    return (words[0] if words else type(error).__name__)[:200]


def _package(error: ImportError) -> str:
    named = re.search(r"langchain-[a-z-]*[a-z]", str(error))
    return named[0] if named else (error.name or "the provider's package").replace("_", "-")
