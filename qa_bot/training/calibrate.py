"""Fits how the network's numbers become probabilities, on questions it did not learn from.

The held-out articles are indexed and searched as a user's documents are, so that what is fitted is
what happens at answer time: passages that retrieval brings, most of them without the answer.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from qa_bot.readers.calibration import FEATURES, best_and_gap
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.passage_reading import read_passages
from qa_bot.readers.similarity import SimilarityReader
from qa_bot.readers.trained import Candidate, candidates, elsewhere
from qa_bot.topics import telling
from qa_bot.training.data import Question
from qa_bot.training.regressions import listwise, logistic

READ = 8
"""Passages read for a question."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what was read for it.

    ``values`` has a row of features a sentence, ``right`` tells which sentences hold an accepted
    answer, ``passages`` names the passage of each, ``said`` has its terms, ``elsewhere`` what the
    question names and that passage does not, and ``asked`` counts the question's telling words.
    """

    values: Array
    right: npt.NDArray[np.bool_]
    passages: tuple[str, ...]
    said: tuple[frozenset[str], ...]
    elsewhere: Array
    asked: int


def held_out_cases(
    model: ReaderModel, articles: Mapping[str, Sequence[Question]], most: int, seed: int
) -> Iterator[Case]:
    """Give held-out questions as they are answered: each also over a base without its article."""
    draw = random.Random(seed)

    def fill(base: KnowledgeBase) -> None:
        for name, questions in articles.items():
            base.add(_document(name, questions), Stamp(1, 1, name, PENDING))
        base.settle()

    with opened(fill) as base:
        similarity = SimilarityReader(base.encoder)
        asked = [(name, q) for name, questions in articles.items() for q in questions]
        draw.shuffle(asked)
        for name, question in asked[:most]:
            hits = base.retrieve(question.text, 4 * READ).hits
            there = question.answers if question.answerable else ()
            read = base.widened(hits[:READ])
            yield _case(model, similarity, question.text, read, there, name)
            without = [hit for hit in hits if hit.passage.source != name][:READ]
            if without and question.answerable:
                read = base.widened(without)
                yield _case(model, similarity, question.text, read, (), name)


def sample_cases(
    model: ReaderModel, folder: Path, questions: Path, split: str, language: str
) -> Iterator[Case]:
    """Give the questions of a sample base, as ``examples/questions.jsonl`` has them.

    Args:
        model: The network.
        folder: The documents.
        questions: One JSON object a line: question, answers, source, split, language.
        split: Which half to take.
        language: Of the questions that are taken.
    """
    lines = questions.read_text(encoding="utf-8").splitlines()
    with opened(lambda base: base.sync([folder])) as base:
        similarity = SimilarityReader(base.encoder)
        for record in map(json.loads, lines):
            if record["split"] == split and record["language"] == language:
                hits = base.widened(base.retrieve(record["question"], READ).hits)
                source = record["source"] or ""
                yield _case(model, similarity, record["question"], hits, record["answers"], source)


def fit(found: Sequence[Case]) -> dict[str, Any]:
    """Return the calibration: ranking weights, the certainty's weights, and how true it is.

    How true is measured on cases that the weights were not fitted on, each half by the other's.
    ``reliability`` has a row a bin: certainty from, cases, mean certainty, share that was right.
    ``risk_coverage`` has a row a threshold: share answered, share of the answers that was wrong.
    """
    rank, sure = fitted(found)
    # shuffled: a question and the same without its article come one after the other
    mixed = [found[number] for number in np.random.default_rng(7).permutation(len(found))]
    halves = mixed[::2], mixed[1::2]
    judged = [
        certainties(half, *fitted(other))
        for half, other in (halves, halves[::-1])
        if half and other
    ] or [certainties(found, rank, sure)]
    confidences = np.concatenate([certain for certain, _ in judged])
    correct = np.concatenate([right for _, right in judged])
    return {
        "rank": [round(float(weight), 4) for weight in rank],
        "sure": [round(float(weight), 4) for weight in sure],
        "expected_calibration_error": round(_calibration_error(confidences, correct), 4),
        "reliability": _reliability(confidences, correct),
        "risk_coverage": _risk_coverage(confidences, correct),
        "questions": len(found),
        "right": round(float(correct.mean()), 4),
    }


def fitted(found: Sequence[Case]) -> tuple[Array, Array]:
    """Return the weights of the ranking, and those of the certainty.

    The ranking is fitted to choose a right sentence among those of its question; bias and scale then
    make it the logit of a sentence being right.
    """
    values = np.concatenate([case.values for case in found])
    right = np.concatenate([case.right for case in found])
    chosen = listwise([(case.values, case.right) for case in found])
    bias, scale = logistic((values @ chosen)[:, None], right)
    rank = np.array([bias, *(scale * chosen)])
    rows, correct = _tops(found, rank)
    return rank, logistic(rows, correct)


def certainties(
    found: Sequence[Case], rank: Array, sure: Array
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the certainty of each case's best sentence, and whether it was right."""
    rows, correct = _tops(found, rank)
    return 1 / (1 + np.exp(-(sure[0] + rows @ sure[1:]))), correct


def _tops(found: Sequence[Case], rank: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the ``SIGNS`` of each case's best sentence, and whether it is right."""
    logits = [rank[0] + case.values @ rank[1:] for case in found]
    tops = [
        best_and_gap(some, case.passages, case.said)
        for some, case in zip(logits, found, strict=True)
    ]
    answerable = FEATURES.index("answerable")
    rows = [
        [some[best], gap, case.elsewhere[best], case.values[best, answerable], case.asked]
        for some, case, (best, gap) in zip(logits, found, tops, strict=True)
    ]
    correct = [bool(case.right[best]) for case, (best, _) in zip(found, tops, strict=True)]
    return np.array(rows, float), np.array(correct, bool)


def _reliability(confidences: Array, correct: npt.NDArray[np.bool_]) -> list[list[float]]:
    rows = []
    for low in np.arange(10) / 10:
        inside = (confidences >= low) & (confidences < low + 0.1)
        if inside.any():
            means = (round(float(of[inside].mean()), 3) for of in (confidences, correct))
            rows.append([round(float(low), 1), int(inside.sum()), *means])
    return rows


def _risk_coverage(confidences: Array, correct: npt.NDArray[np.bool_]) -> list[list[float]]:
    rows = []
    for threshold in np.arange(1, 20) / 20:
        answered = confidences >= threshold
        if answered.any():
            shares = float(answered.mean()), 1 - float(correct[answered].mean())
            rows.append([round(float(threshold), 2), *(round(share, 3) for share in shares)])
    return rows


def write(folder: Path, calibration: Mapping[str, Any]) -> None:
    """Add a calibration to ``reader.json``."""
    path = folder / "reader.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["calibration"] = dict(calibration)
    path.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


@contextmanager
def opened(fill: Callable[[KnowledgeBase], object]) -> Iterator[KnowledgeBase]:
    """Give a filled knowledge base in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        encoder = bundled_encoder()
        base = KnowledgeBase(home, home.create("calibration", encoder), encoder)
        try:
            fill(base)
            yield base
        finally:
            base.close()
            home.close()


def _document(name: str, questions: Sequence[Question]) -> Document:
    paragraphs = list(dict.fromkeys(question.context for question in questions))
    text, sections = "", []
    for paragraph in paragraphs:
        text += "\n\n" if text else ""
        sections.append(Section(len(text), len(text) + len(paragraph)))
        text += paragraph
    return Document(name, questions[0].title, text, tuple(sections), "text/plain", "en")


def _case(
    model: ReaderModel,
    similarity: SimilarityReader,
    question: str,
    hits: Sequence[ScoredPassage],
    answers: Sequence[str],
    source: str,
) -> Case:
    read = read_passages(model, question, hits)
    found, values = candidates(similarity, question, read, hits)
    right = [bool(answers) and _holds(candidate, answers, source) for candidate in found]
    passages = tuple(candidate.sentence.hit.passage.id for candidate in found)
    missing = {hit.passage.id: elsewhere(question, hit) for hit in hits}
    away = np.array([missing[passage] for passage in passages], float)
    said = tuple(candidate.said for candidate in found)
    return Case(values, np.array(right, bool), passages, said, away, len(telling(question)))


def _holds(candidate: Candidate, answers: Sequence[str], source: str) -> bool:
    """Tell whether a sentence of the right document holds an accepted answer."""
    sentence = candidate.sentence
    text = " ".join(sentence.text.split()).lower()
    there = sentence.hit.passage.source.endswith(source)
    return there and any(" ".join(answer.split()).lower() in text for answer in answers)


def _calibration_error(confidences: Array, correct: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width."""
    total = 0.0
    for low in np.arange(bins) / bins:
        inside = (confidences >= low) & (confidences < low + 1 / bins)
        if inside.any():
            gap = float(confidences[inside].mean() - correct[inside].mean())
            total += float(inside.mean()) * abs(gap)
    return total
