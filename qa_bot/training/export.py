"""Writes trained weights in the form that is shipped: half precision, with a checksum beside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from knowledge_base.encoders.bundled import SHA256
from knowledge_base.encoders.model_cache import sha256_of
from qa_bot.training.network import ReaderNetwork, as_arrays

WEIGHTS_NAME = "reader.safetensors"

PATHS = ("out", "start")
"""Facts of a training that are paths of the machine that it ran on."""


def export(network: ReaderNetwork, folder: Path, facts: Mapping[str, Any]) -> Path:
    """Write ``reader.safetensors`` and ``reader.json`` into a folder; return the weights' path.

    Args:
        network: What was trained.
        folder: Is there already.
        facts: How it was trained; files and folders are written down by their names alone.
    """
    target = folder / WEIGHTS_NAME
    save_file(as_arrays(network), target)
    named = {name: Path(fact).name if name in PATHS else fact for name, fact in facts.items()}
    named["data"] = [Path(file).name for file in facts["data"]]
    settings = {"sha256": sha256_of(target), "base": SHA256, "training": named}
    (folder / "reader.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    return target
