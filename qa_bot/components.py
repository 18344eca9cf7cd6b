"""Readers and generator models by name. Nothing heavy is imported until it is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from knowledge_base.components import resolve
from knowledge_base.errors import UnknownComponent
from knowledge_base.protocols import Encoder
from qa_bot.protocols import Generator, Reader, SupportChecker

READERS: Mapping[str, str] = {
    "auto": "qa_bot.readers.trained:bundled_reader",
    "trained": "qa_bot.readers.trained:bundled_reader",
    "similarity": "qa_bot.readers.similarity:similarity_reader",
}
"""Readers by name; each is made with the encoder, the caution and the runtime of the settings."""

GENERATORS: Mapping[str, str] = {
    "echo": "qa_bot.models.echo:EchoGenerator",
}
"""Generator models that need nothing but their name."""

PROVIDERS = frozenset({
    "anthropic", "azure_ai", "azure_openai", "baseten", "bedrock", "bedrock_converse", "cohere", "deepseek",
    "fireworks", "google_genai", "google_vertexai", "groq", "ibm", "litellm", "meta", "mistralai",
    "nvidia", "ollama", "openai", "openrouter", "perplexity", "together", "upstage", "xai",
})  # fmt: skip
"""What may stand before the colon of ``provider:model``: what LangChain's ``init_chat_model`` knows."""


def open_reader(name: str, encoder: Encoder, caution: str, runtime: str = "auto") -> Reader:
    """Return the reader of this name.

    Raises:
        UnknownComponent: If there is none.
    """
    reader: Reader = resolve(READERS, "reader", name)(encoder, caution=caution, runtime=runtime)
    return reader


def open_checker(encoder: Encoder, reader: Reader) -> SupportChecker:
    """Return what holds sentences to passages; it shares the reader's network where there is one."""
    from qa_bot.readers.trained import TrainedReader
    from qa_bot.support.checker import BundledSupportChecker, bundled_checker

    if isinstance(reader, TrainedReader):
        return BundledSupportChecker(encoder, reader.network)
    return bundled_checker(encoder)


def open_generator(
    name: str,
    base_url: str = "",
    *,
    api_key: str = "",
    timeout: float = 60.0,
    window: int = 0,
    precision: str = "auto",
) -> Generator:
    """Return the generator model of this name.

    Args:
        name: ``echo``; a model's folder, or its name on the hub (``owner/model``); a provider and
            a model (``openai:...``, ``ollama:...``); or with ``base_url`` the name that the server
            knows (empty: the first that it offers).
        base_url: An OpenAI-compatible server, such as ``http://127.0.0.1:11434/v1``.
        api_key: What that server wants as key; providers read their own from the environment.
        timeout: Seconds without a piece after which a server counts as gone.
        window: The most tokens of prompt and answer; 0: what the model or the server says.
        precision: How a local model computes: ``auto``, ``fp32``, ``bf16``, ``fp16``, ``8bit``, ``4bit``.

    Raises:
        UnknownComponent: If it is none of these.
        GeneratorFailed: If the model is missing or damaged, or the server cannot be reached.
    """
    kind = generator_kind(name, base_url)
    from qa_bot.models.guarded import GuardedGenerator

    if kind == "table":
        made: Generator = resolve(GENERATORS, "generator model", name)()
        return GuardedGenerator(made)
    if kind == "local":
        from qa_bot.models.local import open_local_model

        return GuardedGenerator(open_local_model(name, precision=precision, window=window))
    from qa_bot.models.chat import open_chat_model

    chat = open_chat_model(name, base_url, api_key=api_key, timeout=timeout, window=window)
    return GuardedGenerator(chat)


def generator_kind(name: str, base_url: str = "") -> Literal["table", "local", "remote"]:
    """Return what a generator model is by its name; nothing is opened, nothing asked.

    Raises:
        UnknownComponent: If it is nothing that ``open_generator`` takes.
    """
    if base_url:
        return "remote"
    if name in GENERATORS:
        return "table"
    if Path(name).expanduser().is_dir() or _is_hub_name(name):
        return "local"
    if name.partition(":")[0] in PROVIDERS:
        return "remote"
    raise UnknownComponent(
        f"no generator model is called {name!r}; choose one of {', '.join(GENERATORS)}, a model's folder, "
        "its name on the hub (owner/model), provider:model, or name a server with --base-url"
    )


def _is_hub_name(name: str) -> bool:
    owner, _, model = name.partition("/")
    return (
        bool(owner and model)
        and "/" not in model
        and owner not in (".", "..", "~")
        and ":" not in owner
    )
