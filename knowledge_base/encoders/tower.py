"""One network with its tokenizer and pooling: a whole one-tower encoder, or one of two towers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.encoders.bert_onnx import BertShape
from knowledge_base.encoders.pooling import POOLINGS, Floats
from knowledge_base.encoders.probes import probe_texts
from knowledge_base.encoders.runtime import Network, Runtime, Weights, open_runtime
from knowledge_base.encoders.tokens import WordPieces, padded
from knowledge_base.encoders.weights import checksum_of, load_weights
from knowledge_base.errors import EncoderError
from knowledge_base.pipeline import ahead
from knowledge_base.types import Vectors

GLOSSES = "glosses-1"
"""Raised whenever Chinese is glossed otherwise than before: its vectors are then others."""

SLICE = 4096
"""Texts that are tokenised at once."""


@dataclass(frozen=True, slots=True)
class TowerSettings:
    """What a model's folder says of how it is to be used.

    ``window`` is in tokens, special ones included. The prompts stand before every query and passage.
    """

    window: int
    pooling: str
    query_prompt: str = ""
    passage_prompt: str = ""

    @classmethod
    def from_folder(cls, folder: Path, config: dict[str, Any]) -> TowerSettings:
        """Read them in the form of sentence-transformers, or take those of a plain BERT: mean.

        Raises:
            EncoderError: If the folder asks for a step that is not known here.
        """
        positions = int(config.get("max_position_embeddings", 512))
        settings = read_json(folder / "sentence_bert_config.json", absent={})
        window = min(int(settings.get("max_seq_length") or positions), positions)
        prompts = read_json(folder / "config_sentence_transformers.json", absent={}).get("prompts")
        prompts = prompts if isinstance(prompts, dict) else {}
        passage = prompts.get("document") or prompts.get("passage") or ""
        return cls(window, _pooling(folder), str(prompts.get("query") or ""), str(passage))


class Tower:
    """Gives one pooled state a text. Safe to use from many threads."""

    def __init__(
        self,
        folder: Path,
        settings: TowerSettings,
        *,
        sha256: str | None = None,
        runtime: str = "auto",
    ) -> None:
        """Read a model folder in the form of transformers: BERT, or a tower of DPR.

        Args:
            folder: Holds config.json, tokenizer.json (or vocab.txt) and the weights.
            settings: Its window and pooling.
            sha256: What the weights' checksum must be; None takes them as they are.
            runtime: See ``open_runtime``.

        Raises:
            EncoderError: If a file is missing, damaged, or the model is no BERT.
        """
        config = read_json(folder / "config.json")
        kind = config.get("model_type")
        if kind not in ("bert", "dpr"):
            raise EncoderError(
                f"{folder} holds a model of type {kind!r}; a BERT-like encoder is needed"
            )
        self.settings = settings
        shape = _shape(folder, config)
        self._key = sha256 or checksum_of(folder)
        self.tokens = WordPieces.from_folder(folder, settings.window)
        network = Network(
            self._key[:24],
            shape,
            lambda: load_weights(folder, sha256),
            lambda: self._rows(probe_texts()),
            settings.pooling,
        )
        self._runtime: Runtime = open_runtime(network, runtime)
        self.runtime, self.note = self._runtime.name, self._runtime.note
        self._projection = _projection(folder, config)
        self.dimension = shape.hidden if self._projection is None else len(self._projection[1])

    @property
    def fingerprint(self) -> str:
        """Changes with the weights, the pooling, the window, and how Chinese is read."""
        facts = f"{self._key}|{self.settings.pooling}|{self.settings.window}"
        return f"{facts}|{GLOSSES}" if self.tokens.glosses else facts

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one pooled state a text, shape ``(n, d)``; longer ones are cut at the window."""
        return self._runtime.together(texts, self._encoded)

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        if len(texts) <= SLICE:
            self._fill(vectors, self._rows(texts))
            return vectors
        # the next texts are tokenised while these are encoded
        with closing(ahead(self._slices(texts), 1)) as slices:
            for number, rows in enumerate(slices):
                self._fill(vectors[number * SLICE : number * SLICE + len(rows)], rows)
        return vectors

    def _slices(self, texts: Sequence[str]) -> Generator[list[list[int]], None, None]:
        for start in range(0, len(texts), SLICE):
            yield self._rows(texts[start : start + SLICE])

    def _fill(self, vectors: Vectors, rows: Sequence[Sequence[int]]) -> None:
        """Write the vector of each row of ids into an array of shape ``(len(rows), d)``."""
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        start = 0
        while start < len(order):
            end = _batch_end(order, rows, start, self._runtime.batch_tokens)
            ids, mask = padded([rows[number] for number in order[start:end]])
            pooled = self._runtime.pooled(ids, mask, self.settings.pooling)
            if self._projection is not None:
                pooled = pooled @ self._projection[0].T + self._projection[1]
            vectors[order[start:end]] = pooled
            start = end

    def states(self, text: str) -> tuple[Floats, list[tuple[int, int]]]:
        """Return the state of each token of a text, shape ``(s, d)``, and its characters."""
        encoding = self.tokens.encode([text])[0]
        ids = self.tokens.truncate(encoding.ids)
        rows, mask = padded([ids])
        return self._runtime(rows, mask)[0], list(encoding.offsets[: len(ids)])

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.tokens.truncate(encoding.ids) for encoding in self.tokens.encode(texts)]


def digest(facts: str) -> str:
    """Return the fingerprint of what makes an encoder's vectors what they are."""
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def read_json(path: Path, absent: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a file of settings; ``absent`` where there is no such file, if it is given.

    Raises:
        EncoderError: If the file is missing or holds no settings.
    """
    if absent is not None and not path.is_file():
        return absent
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{path} cannot be read ({error}); name a folder that holds a whole encoder"
        ) from error
    if not isinstance(found, dict):
        raise EncoderError(f"{path} holds no settings; name a folder that holds a whole encoder")
    return found


def _shape(folder: Path, config: dict[str, Any]) -> BertShape:
    try:
        return BertShape.from_config(config)
    except (KeyError, ValueError, TypeError) as error:
        raise EncoderError(
            f"{folder / 'config.json'} lacks {error}; it is no BERT's, name another folder"
        ) from error


def _pooling(folder: Path) -> str:
    for module in sorted(folder.glob("[2-9]_*")):
        if module.is_dir() and module.name.partition("_")[2] != "Normalize":
            raise EncoderError(
                f"{folder} adds the step {module.name}, which is not known here; "
                "name an encoder that only pools"
            )
    facts = read_json(folder / "1_Pooling" / "config.json", absent={})
    named = [
        name.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")
        for name, on in facts.items()
        if name.startswith("pooling_mode_") and on is True
    ]
    if isinstance(facts.get("pooling_mode"), str):
        named = [facts["pooling_mode"]]
    if not named:
        return "mean"
    if len(named) > 1 or named[0] not in POOLINGS:
        raise EncoderError(
            f"{folder} pools by {' and '.join(named)}; known are {', '.join(POOLINGS)}"
        )
    return named[0]


def _projection(folder: Path, config: dict[str, Any]) -> tuple[Floats, Floats] | None:
    if not config.get("projection_dim"):
        return None
    weights: Weights = load_weights(folder)
    return (
        np.asarray(weights["encode_proj.weight"], np.float32),
        np.asarray(weights["encode_proj.bias"], np.float32),
    )


def _batch_end(order: Sequence[int], rows: Sequence[Sequence[int]], start: int, most: int) -> int:
    """Return where a batch of rows in rising length ends, so that it has at most so many tokens."""
    end = start + 1
    while end < len(order) and (end - start + 1) * len(rows[order[end]]) <= most:
        end += 1
    return end
