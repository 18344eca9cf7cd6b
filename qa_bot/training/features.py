"""Examples into token ids and targets, cut to the window and batched by length."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.tokens import WordPieces
from qa_bot.training.data import Example

Ints = npt.NDArray[np.int64]

LENGTH = 192
"""Tokens of question and passage together while training."""

QUESTION_TOKENS = 48
"""The most tokens of the question."""

POOL = 1024
"""Examples that are sorted by length together before they are batched."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One tokenised pair. ``start`` and ``end`` are token positions; 0, the [CLS], means no answer."""

    ids: list[int]
    types: list[int]
    start: int
    end: int
    answerable: bool
    relevant: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded arrays: ``ids``, ``types``, ``mask`` of shape ``(b, s)``, the targets ``(b,)``."""

    ids: Ints
    types: Ints
    mask: Ints
    starts: Ints
    ends: Ints
    answerable: Ints
    relevant: Ints


def features(
    tokens: WordPieces, examples: Iterable[Example], draw: random.Random, length: int = LENGTH
) -> Iterator[Feature]:
    """Give one feature an example: a window of the passage, at random around the answer."""
    examples = list(examples)
    pairs = tokens.encode_pairs([(example.question, example.passage) for example in examples])
    for example, encoding in zip(examples, pairs, strict=True):
        made = _feature(example, encoding, draw, length)
        if made is not None:
            yield made


def _feature(
    example: Example, encoding: object, draw: random.Random, length: int
) -> Feature | None:
    ids: list[int] = encoding.ids  # type: ignore[attr-defined]
    sequence: list[int | None] = encoding.sequence_ids  # type: ignore[attr-defined]
    offsets: list[tuple[int, int]] = encoding.offsets  # type: ignore[attr-defined]
    if 1 not in sequence:
        return None
    first = sequence.index(1)
    last = len(ids) - 2  # before the closing [SEP]
    head = [*ids[: min(first - 1, QUESTION_TOKENS)], ids[first - 1]]
    start = end = -1
    if example.start >= 0:
        inside = [
            at
            for at in range(first, last + 1)
            if offsets[at][1] > example.start and offsets[at][0] < example.end
        ]
        if not inside:
            return None
        start, end = inside[0], inside[-1]
    room = length - len(head) - 1
    left = first
    if last - first + 1 > room:
        low, high = first, last + 1 - room
        if start >= 0:
            low, high = max(low, end + 1 - room), min(high, start)
            if low > high:
                return None
        left = draw.choice((draw.randint(low, high), low)) if start < 0 else draw.randint(low, high)
    body = ids[left : min(left + room, last + 1)]
    shift = len(head) - left
    return Feature(
        [*head, *body, ids[-1]],
        [0] * len(head) + [1] * (len(body) + 1),
        start + shift if start >= 0 else 0,
        end + shift if start >= 0 else 0,
        example.start >= 0,
        example.relevant,
    )


def batches(
    tokens: WordPieces, examples: Iterable[Example], seed: str, budget: int
) -> Iterator[Batch]:
    """Give batches of at most ``budget`` padded tokens, of examples near in length."""
    draw = random.Random(seed)
    source = iter(examples)
    while pool := list(islice(source, POOL)):
        made = sorted(features(tokens, pool, draw), key=lambda feature: len(feature.ids))
        groups: list[list[Feature]] = []
        for feature in made:
            if groups and (len(groups[-1]) + 1) * len(feature.ids) <= budget:
                groups[-1].append(feature)
            else:
                groups.append([feature])
        draw.shuffle(groups)
        yield from (collate(group) for group in groups)


def collate(group: list[Feature]) -> Batch:
    """Pad features into one batch."""
    longest = max(len(feature.ids) for feature in group)
    ids, types, mask = (np.zeros((len(group), longest), np.int64) for _ in range(3))
    for row, feature in enumerate(group):
        ids[row, : len(feature.ids)] = feature.ids
        types[row, : len(feature.types)] = feature.types
        mask[row, : len(feature.ids)] = 1
    column = [
        np.array([getattr(feature, name) for feature in group], np.int64)
        for name in ("start", "end", "answerable", "relevant")
    ]
    return Batch(ids, types, mask, *column)
