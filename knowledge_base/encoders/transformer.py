"""One tower for questions and passages: a BERT-like encoder read from a local folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.encoders.bert_onnx import BertShape
from knowledge_base.encoders.model_cache import sha256_of
from knowledge_base.encoders.runtime import Floats, Weights, open_runtime
from knowledge_base.encoders.tokens import Ints, WordPieces, padded
from knowledge_base.errors import EncoderError
from knowledge_base.types import TokenShare, Vectors

BATCH_TOKENS = 4096
"""The most padded tokens of one call: enough to keep two cores busy, small enough to stay in cache."""


class TransformerEncoder:
    """Mean- or CLS-pooled sentence encoder, cosine metric, run by ONNX Runtime without torch."""

    metric = "cosine"

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        sha256: str | None = None,
        precision: str = "auto",
    ) -> None:
        """Read a model folder in the form of sentence-transformers or transformers.

        Args:
            folder: Holds config.json, tokenizer.json and model.safetensors.
            name: How the model is named to users; by default the folder's name.
            sha256: What the weights' checksum must be; None takes the weights as they are.
            precision: See ``open_runtime``.

        Raises:
            EncoderError: If a file is missing, damaged, or the model is no BERT.
        """
        self.name = name or folder.name
        config = _read_json(folder / "config.json")
        if config.get("model_type") != "bert":
            raise EncoderError(
                f"{folder} holds a model of type {config.get('model_type')!r}; "
                "a BERT-like encoder is needed"
            )
        shape = BertShape.from_config(config)
        settings = folder / "sentence_bert_config.json"
        window = int(_read_json(settings)["max_seq_length"]) if settings.is_file() else 512
        pooling = folder / "1_Pooling" / "config.json"
        self._cls = pooling.is_file() and bool(_read_json(pooling).get("pooling_mode_cls_token"))
        self.dimension = shape.hidden
        self.tokens = WordPieces.from_file(folder / "tokenizer.json", window)
        weights = folder / "model.safetensors"
        key = sha256 or _existing_sha256(weights)
        self._runtime = open_runtime(
            key[:24], shape, lambda: _load_weights(weights, sha256), precision=precision
        )
        self.runtime = self._runtime.name
        facts = f"{key}|{'cls' if self._cls else 'mean'}|{window}|cosine"
        self.fingerprint = hashlib.sha256(facts.encode()).hexdigest()[:16]

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one normalised vector a query, shape ``(n, d)``; longer ones are cut at the window."""
        return self._encode(queries)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one normalised vector a text, shape ``(n, d)``; longer ones are cut at the window."""
        return self._encode(texts)

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of the text's tokens that the vocabulary does not know."""
        return self.tokens.unknown_share(text)

    def token_shares(self, query: str, text: str) -> list[TokenShare]:
        """Return what each token of a text adds to its cosine with a query; exact for mean pooling.

        The mean of token states is a sum, and so is its dot product with the query's vector: each
        token's share is its state's. Special tokens are there too, with an empty range, so that the
        shares sum to the cosine. Empty for a model that pools by [CLS], whose states do not add up.
        """
        if self._cls:
            return []
        encoding = self.tokens.encode([text])[0]
        ids = self.tokens.truncate(encoding.ids)
        rows, mask = padded([ids])
        states = self._runtime(rows, mask)[0]
        shares = (states @ self._encode([query])[0]) / max(
            float(np.linalg.norm(states.sum(axis=0))), 1e-12
        )
        return [
            TokenShare(start, end, float(share))
            for (start, end), share in zip(encoding.offsets[: len(ids)], shares, strict=True)
        ]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        rows = [self.tokens.truncate(encoding.ids) for encoding in self.tokens.encode(texts)]
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        start = 0
        while start < len(order):
            end = _batch_end(order, rows, start)
            ids, mask = padded([rows[number] for number in order[start:end]])
            vectors[order[start:end]] = self._pool(self._runtime(ids, mask), mask)
            start = end
        return vectors

    def _pool(self, hidden: Floats, mask: Ints) -> Vectors:
        if self._cls:
            pooled = hidden[:, 0]
        else:
            weight = mask.astype(np.float32)
            known = np.where(mask[..., None] > 0, hidden, np.float32(0))
            pooled = np.einsum("bsh,bs->bh", known, weight) / weight.sum(axis=1, keepdims=True)
        norms = np.linalg.norm(pooled, axis=1, keepdims=True)
        normalised: Vectors = (pooled / np.maximum(norms, 1e-12)).astype(np.float32)
        return normalised


def _batch_end(order: Sequence[int], rows: Sequence[Sequence[int]], start: int) -> int:
    """Return where a batch of rows in rising length ends, so that it stays under BATCH_TOKENS."""
    end = start + 1
    while end < len(order) and (end - start + 1) * len(rows[order[end]]) <= BATCH_TOKENS:
        end += 1
    return end


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{path} cannot be read ({error}); name a folder that holds a whole encoder"
        ) from error
    if not isinstance(found, dict):
        raise EncoderError(f"{path} holds no settings; name a folder that holds a whole encoder")
    return found


def _existing_sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise EncoderError(f"{path} cannot be read ({error}); the model is not whole") from error


def _load_weights(path: Path, sha256: str | None) -> Weights:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    found = _existing_sha256(path)
    if sha256 is not None and found != sha256:
        raise EncoderError(
            f"{path} has the checksum {found[:12]}..., expected {sha256[:12]}...; "
            "reinstall the package it came with"
        )
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise EncoderError(f"{path} is damaged ({error}); reinstall the model") from error
    return {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
