"""Settings: read once, at the top. Below ``bootstrap`` nobody sees them.

Precedence: flags over ``QA_BOT_*`` environment over the configuration file over defaults.
Reading settings creates nothing and sets nothing.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from qa_bot.errors import ConfigError

PREFIX = "QA_BOT_"

NOT_SETTINGS = frozenset({"cache", "shared_data", "api_key"})
"""``QA_BOT_`` variables that are read elsewhere: the model cache, and checks on shared data.

The key is none either: no setting holds it, so that no file, list or log can show it.
"""


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting, with its default.

    ``home``: the folder that holds everything. ``database``: a database URL instead of SQLite in
    the home folder. ``chroma_url``: a Chroma server instead of the embedded store. ``encoder``: a
    name of the table in ``knowledge_base/components.py`` or a local model folder. ``reader``:
    likewise, in ``qa_bot/components.py``. ``runtime``: what runs the
    encoder's and the reader's networks, see ``RUNTIMES`` in ``knowledge_base/encoders/runtime.py``.
    ``passages``: how many passages are read for a question.
    ``caution``: how readily the bot says that the documents hold no answer: ``strict``,
    ``balanced`` or ``eager``. ``host`` and ``port``: where the page is served. ``max_file_mb``:
    larger files are refused, in units of 1,000,000 bytes. ``model``: the generator LLM that
    composes answers, see ``open_generator`` in ``qa_bot/components.py``; empty: the reader answers.
    ``base_url``: an OpenAI-compatible server that has the model. ``model_timeout``: seconds without
    a piece after which it counts as gone. ``model_window``: the most tokens of prompt and answer, 0
    for what the model or the server says. ``model_precision``: how a local model computes.
    ``other_models``: models that the page offers to answer a
    question anew with, separated by commas; ``NAME@URL`` is one of another server. ``unsupported``:
    whether sentences that no passage supports are marked (``mark``) or removed (``remove``).
    ``prompts``: a folder of your own templates, see ``prompts/templates``.
    ``redact``: ``on`` takes e-mail addresses and telephone, card and identity numbers out of answers
    and logs.
    """

    home: str = "~/.qa-bot"
    database: str = ""
    chroma_url: str = ""
    encoder: str = "minilm"
    reader: str = "auto"
    runtime: str = "auto"
    passages: int = 8
    caution: str = "balanced"
    host: str = "127.0.0.1"
    port: int = 7860
    max_file_mb: float = 100.0
    model: str = ""
    base_url: str = ""
    model_timeout: float = 60.0
    model_window: int = 0
    model_precision: str = "auto"
    other_models: str = ""
    unsupported: str = "mark"
    prompts: str = ""
    redact: str = "off"


CHOICES: Mapping[str, tuple[str, ...]] = {
    "caution": ("strict", "balanced", "eager"),
    "redact": ("off", "on"),
    "model_precision": ("auto", "fp32", "bf16", "fp16", "8bit", "4bit"),
    "runtime": ("auto", "onnx-int8", "onnx-fp32", "torch"),
    "unsupported": ("mark", "remove"),
}

MAY_BE_ZERO = frozenset({"model_window"})


def load_config(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Config:
    """Return the settings in force.

    Args:
        file: A TOML file of settings; None reads ``qa_bot.toml`` of the working folder if there.
        environ: The environment; by default the process's own.
        flags: Settings from the command line; None values are passed over.

    Raises:
        ConfigError: If a setting is unknown or has a value that does not fit.
    """
    environ = os.environ if environ is None else environ
    config = Config()
    for origin, values in (
        (str(file or "qa_bot.toml"), _read(file)),
        ("the environment", _from_environment(environ)),
        ("the command line", {k: v for k, v in (flags or {}).items() if v is not None}),
    ):
        config = replace(config, **{k: _fitted(origin, k, v) for k, v in values.items()})
    return config


def api_key(environ: Mapping[str, str] | None = None) -> str:
    """Return the key for the server at ``base_url``: ``QA_BOT_API_KEY``, empty where there is none.

    A provider's own key (``OPENAI_API_KEY``) never goes to a server that was named by its address.
    """
    return (os.environ if environ is None else environ).get(f"{PREFIX}API_KEY", "").strip()


def _read(file: Path | None) -> dict[str, Any]:
    path = file or Path("qa_bot.toml")
    if file is None and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the configuration file {path} cannot be read: {error.strerror}; check the path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}; mend or remove it") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, value in environ.items():
        key = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and value and key not in NOT_SETTINGS:
            found[key] = value
    return found


def _fitted(origin: str, key: str, value: Any) -> Any:
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Config)}
    if key not in kinds:
        near = difflib.get_close_matches(key, kinds, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(kinds)}"
        raise ConfigError(f"{origin} has an unknown setting {key!r}; {hint}")
    kind = kinds[key]
    try:
        fitted = kind(value) if isinstance(value, str) or kind is float else value
    except ValueError as error:
        raise ConfigError(f"{origin}: {key} must be {_words(kind)}, got {value!r}") from error
    if not isinstance(fitted, kind) or isinstance(fitted, bool):
        raise ConfigError(f"{origin}: {key} must be {_words(kind)}, got {value!r}")
    if key in CHOICES and fitted not in CHOICES[key]:
        raise ConfigError(
            f"{origin}: {key} must be one of {', '.join(CHOICES[key])}, got {value!r}"
        )
    if kind in (int, float) and fitted <= 0 and not (fitted == 0 and key in MAY_BE_ZERO):
        raise ConfigError(f"{origin}: {key} must be more than 0, got {value!r}")
    return fitted


def _words(kind: type) -> str:
    return {int: "a whole number", float: "a number", str: "text"}[kind]
