"""Examples into token ids and targets, cut to the window and batched by length."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
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

UNKNOWN = -100
"""The target that the loss leaves out."""

POOL = 1024
"""Questions that are sorted by length together before they are batched."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One tokenised pair.

    ``start`` and ``end`` are token positions; 0, the [CLS], means no answer, ``UNKNOWN`` that it is
    not known where in the passage the answer is.
    """

    ids: list[int]
    types: list[int]
    start: int
    end: int
    answerable: bool
    relevant: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded arrays: ``ids``, ``types``, ``mask`` of shape ``(b, s)``, the targets ``(b,)``.

    ``groups`` numbers the questions: passages of one number compete for the same question.
    """

    ids: Ints
    types: Ints
    mask: Ints
    starts: Ints
    ends: Ints
    answerable: Ints
    relevant: Ints
    groups: Ints


def features(
    tokens: WordPieces,
    questions: Iterable[Sequence[Example]],
    draw: random.Random,
    length: int = LENGTH,
) -> Iterator[list[Feature]]:
    """Give the features of each question's passages: a window of each, at random around the answer."""
    groups = list(questions)
    flat = [example for group in groups for example in group]
    encoded = iter(tokens.encode_pairs([(example.question, example.passage) for example in flat]))
    for group in groups:
        made = [_feature(example, next(encoded), draw, length) for example in group]
        kept = [feature for feature in made if feature is not None]
        if kept:
            yield kept


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
    none = UNKNOWN if example.whole else 0
    return Feature(
        [*head, *body, ids[-1]],
        [0] * len(head) + [1] * (len(body) + 1),
        start + shift if start >= 0 else none,
        end + shift if start >= 0 else none,
        example.start >= 0 or example.whole,
        example.relevant,
    )


def batches(
    tokens: WordPieces, questions: Iterable[Sequence[Example]], seed: str, budget: int
) -> Iterator[Batch]:
    """Give batches of at most ``budget`` padded tokens, of questions near in length.

    The passages of one question stay in one batch.
    """
    draw = random.Random(seed)
    source = iter(questions)
    while pool := list(islice(source, POOL)):
        made = sorted(features(tokens, pool, draw), key=_longest)
        batched: list[list[list[Feature]]] = []
        rows = 0
        for group in made:
            rows += len(group)
            if batched and rows * _longest(group) <= budget:
                batched[-1].append(group)
            else:
                batched.append([group])
                rows = len(group)
        draw.shuffle(batched)
        yield from map(collate, batched)


def _longest(group: Sequence[Feature]) -> int:
    return max(len(feature.ids) for feature in group)


def collate(groups: Sequence[Sequence[Feature]]) -> Batch:
    """Pad the features of some questions into one batch."""
    rows = [feature for group in groups for feature in group]
    longest = _longest(rows)
    ids, types, mask = (np.zeros((len(rows), longest), np.int64) for _ in range(3))
    for row, feature in enumerate(rows):
        ids[row, : len(feature.ids)] = feature.ids
        types[row, : len(feature.types)] = feature.types
        mask[row, : len(feature.ids)] = 1

    def column(name: str) -> Ints:
        return np.array([getattr(feature, name) for feature in rows], np.int64)

    return Batch(
        ids,
        types,
        mask,
        starts=column("start"),
        ends=column("end"),
        answerable=column("answerable"),
        relevant=column("relevant"),
        groups=np.array([number for number, group in enumerate(groups) for _ in group], np.int64),
    )
