"""Finds wrong passages worth learning from: near the question for the encoder, without its answer.

As DPR's hard negatives (Karpukhin et al., 2020), brought up by the project's own encoder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from knowledge_base.protocols import Encoder
from qa_bot.training.data import Question

CHUNK = 2048
"""Questions compared with all paragraphs at once; bounds memory."""


def mine(
    questions: Sequence[Question], paragraphs: Sequence[str], encoder: Encoder, count: int = 6
) -> list[list[int]]:
    """Return for every question the nearest paragraphs that hold none of its answers, nearest first.

    Args:
        questions: What is asked; a question without an answer gets paragraphs other than its own.
        paragraphs: What is searched.
        encoder: Encodes both.
        count: The most a question gets.
    """
    vectors = np.concatenate(
        [
            encoder.encode_passages(paragraphs[at : at + CHUNK])
            for at in tqdm(
                range(0, len(paragraphs), CHUNK), desc="paragraphs", disable=not os.isatty(2)
            )
        ]
    )
    lowered = [paragraph.lower() for paragraph in paragraphs]
    found: list[list[int]] = []
    for at in tqdm(range(0, len(questions), CHUNK), desc="negatives", disable=not os.isatty(2)):
        some = questions[at : at + CHUNK]
        scores = encoder.encode_queries([question.text for question in some]) @ vectors.T
        width = min(4 * count, len(paragraphs))
        nearest = np.argpartition(-scores, width - 1, axis=1)[:, :width]
        for row, question in enumerate(some):
            ranked = nearest[row][np.argsort(-scores[row, nearest[row]], kind="stable")]
            answers = [answer.lower() for answer in question.answers]
            found.append(
                [
                    int(number)
                    for number in ranked
                    if paragraphs[number] != question.context
                    and not any(answer in lowered[number] for answer in answers)
                ][:count]
            )
    return found
