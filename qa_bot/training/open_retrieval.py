"""Measures a reader as it is used: held-out questions asked of a base of many paragraphs.

``python -m qa_bot.training.open_retrieval READER_FOLDER SQUAD_FILE...`` takes the held-out articles of
the files, fills up with others to 2,000 paragraphs, and asks questions of the held-out ones.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.evaluation.normalisation import normalised
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import Document, ScoredPassage, Section, Tuning
from qa_bot.evaluation.scores import auroc, f1
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.similarity import SimilarityReader
from qa_bot.readers.trained import TrainedReader
from qa_bot.training.calibrate import READ, opened
from qa_bot.training.data import Question, hold_out, read_questions
from qa_bot.training.evaluate import HOLD_OUT, SEED

PARAGRAPHS = 2000
"""How many paragraphs are searched, at least."""

DEPTH = 10
"""Passages that are put in order by reading."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one question brought. Ranks are counted from 0, DEPTH where the right one is not there."""

    inside: bool
    overlap: float
    fused: int
    reread: int
    confidence: float
    without: float


def open_retrieval(reader: Path, files: Sequence[Path], most: int = 300) -> dict[str, Any]:
    """Return the figures of held-out questions asked of a base of 2,000 paragraphs or more.

    ``answer_inside`` is the share of questions whose answer text holds an accepted answer (an
    abstention does not), ``short_f1`` that of the short answer, ``recall_at_1`` before and after
    the first ten are put in order by reading, ``auroc`` the chance that a question's certainty is
    higher with its article in the base than without it.

    Args:
        reader: The folder of a trained reader.
        files: In SQuAD's form; what was held out of training is asked.
        most: Questions asked.
    """
    asked, paragraphs = _gathered(files, most)

    def fill(base: KnowledgeBase) -> None:
        for number, (text, (title, _)) in enumerate(paragraphs.items()):
            section = Section(0, len(text), headings=(title,) if title else ())
            document = Document(f"p{number}", title, text, (section,), "text/plain", "en")
            base.add(document, Stamp(1, 1, document.source, PENDING))
        base.settle()

    model = ReaderModel(reader)
    with opened(fill) as base:
        read = TrainedReader(model, SimilarityReader(base.encoder))
        found = [_asked(base, read, question, paragraphs) for question in asked]
    columns = {name: np.array([getattr(one, name) for one in found]) for name in _Asked.__slots__}
    confidences = np.concatenate([columns["confidence"], columns["without"]])
    there = [True] * len(found) + [False] * len(found)
    return {
        "paragraphs": len(paragraphs),
        "questions": len(found),
        "answer_inside": round(float(columns["inside"].mean()), 3),
        "short_f1": round(100 * float(columns["overlap"].mean()), 1),
        "recall_at_1_fused": round(float((columns["fused"] == 0).mean()), 3),
        "recall_at_1_read": round(float((columns["reread"] == 0).mean()), 3),
        "auroc": round(auroc(confidences.tolist(), there), 3),
    }


def _gathered(
    files: Sequence[Path], most: int
) -> tuple[list[Question], dict[str, tuple[str, str]]]:
    """Return questions of held-out articles, and paragraphs with their title and article."""
    held: dict[str, list[Question]] = {}
    others: dict[str, list[Question]] = {}
    for file in files:
        kept, out = hold_out(read_questions(file), HOLD_OUT, SEED)
        others |= {f"{file.name}:{name}": questions for name, questions in kept.items()}
        held |= {f"{file.name}:{name}": questions for name, questions in out.items()}
    draw = random.Random(SEED)
    paragraphs = {q.context: (q.title, name) for name, qs in held.items() for q in qs}
    for name in draw.sample(sorted(others), len(others)):
        if len(paragraphs) >= PARAGRAPHS:
            break
        paragraphs |= {question.context: (question.title, name) for question in others[name]}
    answerable = [question for some in held.values() for question in some if question.start >= 0]
    return draw.sample(answerable, min(most, len(answerable))), paragraphs


def _asked(
    base: KnowledgeBase,
    reader: TrainedReader,
    question: Question,
    paragraphs: Mapping[str, tuple[str, str]],
) -> _Asked:
    hits = base.retrieve(question.text, 4 * DEPTH, tuning=Tuning(rerank=False)).hits
    reading = reader.read(question.text, hits[:READ])
    article = paragraphs[question.context][1]
    texts = list(paragraphs)

    def article_of(hit: ScoredPassage) -> str:
        return paragraphs[texts[int(hit.passage.source[1:])]][1]

    without = [hit for hit in hits if article_of(hit) != article][:READ]
    plain = normalised(reading.answer)
    return _Asked(
        inside=any(normalised(answer) in plain for answer in question.answers),
        overlap=f1(reading.short_answer or "", question.answers),
        fused=_rank(hits[:DEPTH], question),
        reread=_rank(reader.reranker.rerank(question.text, hits[:DEPTH]), question),
        confidence=reading.confidence,
        without=reader.read(question.text, without).confidence,
    )


def _rank(hits: Sequence[ScoredPassage], question: Question) -> int:
    """Return how many passages come before one of the right paragraph."""
    for rank, hit in enumerate(hits):
        if hit.passage.text in question.context:
            return rank
    return DEPTH


def main(arguments: Sequence[str]) -> None:
    """Measure and write one JSON line."""
    found = open_retrieval(Path(arguments[0]), [Path(name) for name in arguments[1:]])
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
