"""Fits how the network's numbers become probabilities, on questions it did not learn from.

The held-out articles are indexed and searched as a user's documents are, so that what is fitted is
what happens at answer time: passages that retrieval brings, most of them without the answer.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import Document, ScoredPassage, Section
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.trained import features, read_as
from qa_bot.training.data import Question

READ = 8
"""Passages read for a question."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what was read for it.

    ``values`` has a row of features a passage, ``right`` tells whether its best span is right.
    """

    values: Array
    right: npt.NDArray[np.bool_]
    answerable: bool


def cases(
    model: ReaderModel, articles: Mapping[str, Sequence[Question]], most: int, seed: int
) -> Iterator[Case]:
    """Give held-out questions as they are answered: half of them over a base without their article."""
    encoder = bundled_encoder()
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        base = KnowledgeBase(home, home.create("held out", encoder), encoder)
        for name, questions in articles.items():
            base.add(_document(name, questions), Stamp(1, 1, name, PENDING))
        base.settle()
        asked = [(name, q) for name, questions in articles.items() for q in questions]
        draw.shuffle(asked)
        for name, question in asked[:most]:
            hits = base.retrieve(question.text, 4 * READ).hits
            yield _case(model, question, hits[:READ])
            without = [hit for hit in hits if hit.passage.source != name][:READ]
            if without and question.answerable:
                yield _case(model, question, without, absent=True)
        base.close()
        home.close()


def fit(found: Sequence[Case]) -> dict[str, Any]:
    """Return the calibration: ranking weights, scale and shift of the confidence, thresholds."""
    values = np.concatenate([case.values for case in found])
    right = np.concatenate([case.right for case in found])
    rank = _logistic(values, right)
    tops = [_top(case, rank) for case in found]
    logits = np.array([logit for logit, _ in tops])
    correct = np.array([hit for _, hit in tops])
    shift, scale = _logistic(logits[:, None], correct)
    confidences = 1 / (1 + np.exp(-(scale * logits + shift)))
    return {
        "rank": [round(float(weight), 4) for weight in rank],
        "scale": round(float(scale), 4),
        "shift": round(float(shift), 4),
        "thresholds": _thresholds(confidences, correct),
        "expected_calibration_error": round(_calibration_error(confidences, correct), 4),
        "questions": len(found),
    }


def write(folder: Path, calibration: Mapping[str, Any]) -> None:
    """Add a calibration to ``reader.json``."""
    path = folder / "reader.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["calibration"] = dict(calibration)
    path.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


def _document(name: str, questions: Sequence[Question]) -> Document:
    paragraphs = list(dict.fromkeys(question.context for question in questions))
    text, sections = "", []
    for paragraph in paragraphs:
        text += "\n\n" if text else ""
        sections.append(Section(len(text), len(text) + len(paragraph)))
        text += paragraph
    return Document(name, questions[0].title, text, tuple(sections), "text/plain", "en")


def _case(
    model: ReaderModel, question: Question, hits: Sequence[ScoredPassage], absent: bool = False
) -> Case:
    texts = [read_as(hit) for hit in hits]
    scores = model.score(question.text, texts)
    right = [
        not absent
        and question.answerable
        and any(_agrees(answer, text[score.start : score.end]) for answer in question.answers)
        for text, score in zip(texts, scores, strict=True)
    ]
    rows = [features(score, hit) for score, hit in zip(scores, hits, strict=True)]
    return Case(np.array(rows, float), np.array(right), question.answerable and not absent)


def _agrees(answer: str, span: str) -> bool:
    """Tell whether a span says what an accepted answer says: one is in the other, or they overlap."""
    wanted, found = answer.lower().split(), span.lower().split()
    shared = len(set(wanted) & set(found))
    return answer.lower() in span.lower() or (
        shared > 0 and 2 * shared / (len(wanted) + len(found)) >= 0.5
    )


def _logistic(values: Array, right: npt.NDArray[np.bool_]) -> Array:
    """Return bias and weights of a logistic regression, by Newton's method with a slight penalty."""
    rows = np.column_stack([np.ones(len(values)), values])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (right - chance) - 1e-2 * weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + 1e-2 * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _top(case: Case, rank: Array) -> tuple[float, bool]:
    logits = rank[0] + case.values @ rank[1:]
    best = int(np.argmax(logits))
    return float(logits[best]), bool(case.right[best])


def _thresholds(confidences: Array, correct: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return where to abstain: the lowest threshold at which answers are right this often."""
    found = {}
    order = np.argsort(-confidences)
    precision = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    for caution, least in (("strict", 0.93), ("balanced", 0.85), ("eager", 0.75)):
        reached = np.flatnonzero(precision >= least)
        threshold = float(confidences[order[reached[-1]]]) if len(reached) else 0.5
        found[caution] = round(min(0.9, max(0.02, threshold)), 3)
    return found


def _calibration_error(confidences: Array, correct: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width."""
    total = 0.0
    for low in np.arange(bins) / bins:
        inside = (confidences >= low) & (confidences < low + 1 / bins)
        if inside.any():
            gap = abs(confidences[inside].mean() - correct[inside].mean())
            total += float(inside.mean()) * float(gap)
    return total
