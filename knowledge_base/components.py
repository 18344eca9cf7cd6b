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
    "hashing": "knowledge_base.encoders.hashing:hashing_encoder",
}
"""Encoders by name; anything else is taken as a model's folder, or its name on the hub."""

FOLDERS = (
    "knowledge_base.encoders.transformer:TransformerEncoder",
    "knowledge_base.encoders.dpr:DPREncoder",
)
"""What reads one model folder, and what reads two."""


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


def open_encoder(name: str, runtime: str = "auto") -> Encoder:
    """Return the encoder of this name, or that of a model's folder or name on the hub.

    Two of these with a comma between are the question tower and the passage tower of DPR.

    Args:
        name: As above.
        runtime: What runs its network, one of ``encoders.runtime.RUNTIMES``.

    Raises:
        UnknownComponent: If it is none of these.
        EncoderError: If its files are missing or damaged, or the hub cannot be reached.
    """
    if name not in ENCODERS:
        parts = [part.strip() for part in name.split(",")]
        folders = [_folder(part) for part in parts]
        if len(parts) <= 2 and all(folder is not None for folder in folders):
            role = FOLDERS[len(parts) - 1]
            made: Encoder = resolve({"folder": role}, "encoder", "folder")(
                *folders, runtime=runtime
            )
            return made
    encoder: Encoder = resolve(ENCODERS, "encoder", name)(runtime=runtime)
    return encoder


def is_local(name: str) -> bool:
    """Return whether an encoder can be opened without asking the network."""
    from knowledge_base.encoders.hub import in_cache

    parts = [part.strip() for part in name.split(",")]
    return name in ENCODERS or all(not _is_of_hub(p) or in_cache(p) is not None for p in parts)


def _is_of_hub(name: str) -> bool:
    owner, slash, model = name.partition("/")
    named = bool(slash and owner and model) and "/" not in model and owner not in (".", "..", "~")
    return named and not Path(name).expanduser().is_dir()


def _folder(name: str) -> Path | None:
    """Return the folder of a model that is named by its path, or by its name on the hub."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if not _is_of_hub(name):
        return None
    from knowledge_base.encoders.hub import fetched

    return fetched(name)
