"""Reads a model's weights from its folder, with a LoRA adapter on top where there is one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.model_cache import sha256_of
from knowledge_base.errors import EncoderError

Array = npt.NDArray[Any]

FILES = ("model.safetensors", "pytorch_model.bin")
"""The weights of a folder, the first that is there."""

PREFIXES = ("question_encoder.", "ctx_encoder.", "bert_model.", "bert.", "model.")
"""What stands before a BERT's own names, depending on what it was saved as a part of."""

ADAPTER = "adapter_model.safetensors"


def weights_file(folder: Path) -> Path:
    """Return the file of a folder's weights.

    Raises:
        EncoderError: If it holds none.
    """
    for name in FILES:
        if (folder / name).is_file():
            return folder / name
    raise EncoderError(f"{folder} holds no weights ({' or '.join(FILES)}); the model is not whole")


def checksum_of(folder: Path) -> str:
    """Return the checksum of a folder's weights, with that of its adapter if it has one.

    Raises:
        EncoderError: If they cannot be read.
    """
    path = weights_file(folder)
    try:
        found = sha256_of(path)
        adapter = folder / ADAPTER
        return found if not adapter.is_file() else f"{sha256_of(adapter)[:12]}{found}"
    except OSError as error:
        raise EncoderError(f"{path} cannot be read ({error}); the model is not whole") from error


def load_weights(folder: Path, sha256: str | None = None) -> dict[str, Array]:
    """Return a BERT's tensors under their usual names, the adapter's changes added.

    Args:
        folder: Holds model.safetensors or pytorch_model.bin.
        sha256: What the file's checksum must be; None takes it as it is.

    Raises:
        EncoderError: If the file is missing, damaged, or another than was expected.
    """
    path = weights_file(folder)
    if sha256 is not None:
        found = sha256_of(path)
        if found != sha256:
            raise EncoderError(
                f"{path} has the checksum {found[:12]}..., expected {sha256[:12]}...; "
                "reinstall the package it came with"
            )
    tensors = _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    return _adapted(folder, {_plain(name): tensor for name, tensor in tensors.items()})


def _safetensors(path: Path) -> Mapping[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found: Mapping[str, Array] = load_file(path)
    except (SafetensorError, TypeError) as error:
        raise EncoderError(f"{path} is damaged ({error}); reinstall the model") from error
    return found


def _pickled(path: Path) -> Mapping[str, Array]:
    """Read an older file; torch is needed once, the graph that is made of it is kept."""
    import pickle

    import torch

    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise EncoderError(f"{path} is damaged ({error}); reinstall the model") from error
    return {name: tensor.float().numpy() for name, tensor in tensors.items()}


def _plain(name: str) -> str:
    while (prefix := next((p for p in PREFIXES if name.startswith(p)), None)) is not None:
        name = name.removeprefix(prefix)
    return name


def _adapted(folder: Path, weights: dict[str, Array]) -> dict[str, Array]:
    """Add a LoRA adapter's products to the weights that it names (Hu et al., 2021)."""
    path = folder / ADAPTER
    if not path.is_file():
        return weights
    try:
        facts = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        scale = float(facts["lora_alpha"]) / float(facts["r"])
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise EncoderError(
            f"{folder / 'adapter_config.json'} cannot be read ({error!r}); the adapter is not whole"
        ) from error
    low = {
        _plain(name.removeprefix("base_model.model.")): tensor
        for name, tensor in _safetensors(path).items()
    }
    for name, first in low.items():
        if not name.endswith(".lora_A.weight"):
            continue
        target = name.removesuffix(".lora_A.weight") + ".weight"
        second = low.get(name.replace("lora_A", "lora_B"))
        if second is None or target not in weights:
            raise EncoderError(f"{path} changes {target}, which the model has not; name its base")
        change = scale * (np.asarray(second, np.float32) @ np.asarray(first, np.float32))
        weights[target] = np.asarray(weights[target], np.float32) + change
    return weights
