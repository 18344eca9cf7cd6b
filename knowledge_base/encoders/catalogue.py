"""What can be named as an encoder: the bundled ones, and BERT-like models in the local cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge_base.encoders.bundled import bundled_folder
from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.encoders.tower import TowerSettings, read_json
from knowledge_base.encoders.weights import weights_file
from knowledge_base.errors import EncoderError


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """An encoder as a list shows it. ``window`` in tokens, ``size`` in bytes of its weights."""

    name: str
    window: int
    dimension: int
    metric: str
    pooling: str
    licence: str
    size: int
    where: str


def encoders() -> Iterator[ModelFacts]:
    """Give what ``--encoder`` takes by name: the bundled encoders, then those of the hub's cache."""
    yield _facts("minilm", bundled_folder(), "Apache-2.0", "bundled")
    plain = HashingEncoder()
    yield ModelFacts(
        "hashing", plain.tokens.window, plain.dimension, plain.metric, "sum", "none", 0, "built in"
    )
    yield from _cached()


def _cached() -> Iterator[ModelFacts]:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = sorted(scan_cache_dir().repos, key=lambda repository: repository.repo_id)
    except CacheNotFound:
        return
    for repository in repositories:
        for revision in repository.revisions:
            folder = Path(revision.snapshot_path)
            try:
                yield _facts(repository.repo_id, folder, _licence(folder), "cached")
            except EncoderError:  # another kind of model, or half of one
                continue


def _facts(name: str, folder: Path, licence: str, where: str) -> ModelFacts:
    config: dict[str, Any] = read_json(folder / "config.json")
    kind = config.get("model_type")
    if kind not in ("bert", "dpr"):
        raise EncoderError(f"{folder} holds a model of type {kind!r}; a BERT-like one is needed")
    settings = TowerSettings.from_folder(folder, config)
    return ModelFacts(
        name,
        settings.window,
        int(config.get("projection_dim") or config["hidden_size"]),
        "ip" if kind == "dpr" else "cosine",
        "cls" if kind == "dpr" else settings.pooling,
        licence,
        weights_file(folder).stat().st_size,
        where,
    )


def _licence(folder: Path) -> str:
    """Return the licence that the model's own card names."""
    card = folder / "README.md"
    lines = card.read_text(encoding="utf-8").splitlines() if card.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines[:60] if line.startswith("license:"))
    return next(named, "not stated")
