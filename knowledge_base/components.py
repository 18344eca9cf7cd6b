"""Names to implementations. Nothing heavy is imported until it is chosen."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from knowledge_base.errors import UnknownComponent
from knowledge_base.protocols import Encoder

ENCODERS: Mapping[str, str] = {
    "minilm": "knowledge_base.encoders.bundled:bundled_encoder",
    "hashing": "knowledge_base.encoders.hashing:HashingEncoder",
}
"""Encoders by name; anything else is taken as the folder of a model."""


def resolve(table: Mapping[str, str], role: str, name: str) -> Callable[..., Any]:
    """Import and return the implementation of a role by its name.

    Raises:
        UnknownComponent: If the table has no such name; the message lists those it has.
    """
    target = table.get(name)
    if target is None:
        raise UnknownComponent(f"no {role} is called {name!r}; choose one of {', '.join(table)}")
    module, _, attribute = target.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def open_encoder(name: str) -> Encoder:
    """Return the encoder of this name, or the one in the folder of this path.

    Raises:
        UnknownComponent: If it is neither.
        EncoderError: If its files are missing or damaged.
    """
    folder = Path(name).expanduser()
    if name not in ENCODERS and folder.is_dir():
        made: Encoder = resolve(
            {"folder": "knowledge_base.encoders.transformer:TransformerEncoder"},
            "encoder",
            "folder",
        )(folder)
        return made
    encoder: Encoder = resolve(ENCODERS, "encoder", name)()
    return encoder
