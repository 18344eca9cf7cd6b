"""Measures a reader on questions it did not learn from: EM, F1, sentence accuracy, AUROC.

``python -m qa_bot.training.evaluate READER_FOLDER SQUAD_FILE...`` measures on the held-out articles
of each file, the right paragraph given.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.types import Explanation, Passage, ScoredPassage
from qa_bot.evaluation.scores import auroc, exact_match, f1
from qa_bot.readers.network import ReaderModel, read_as
from qa_bot.readers.similarity import SimilarityReader
from qa_bot.readers.trained import TrainedReader
from qa_bot.training.data import Question, hold_out, read_questions

HOLD_OUT, SEED = 0.04, 7
"""As ``TrainConfig`` has them: what it held out is what is measured on."""


def evaluate(model: ReaderModel, questions: Sequence[Question]) -> dict[str, float]:
    """Return EM, F1 and sentence accuracy over the answerable, AUROC over all questions.

    The first two are of the short answer and the third of its sentence, as the whole reader gives them where
    it never abstains; AUROC is of the network's own score.
    """
    encoder = bundled_encoder()
    reader = TrainedReader(model, SimilarityReader(encoder), threshold=0.0)
    unanswerable = not all(question.answerable for question in questions)
    exact, overlap, sentences, scores = [], [], [], []
    for question in questions:
        hit = _right_paragraph(question)
        if unanswerable:
            score = model.score(question.text, [read_as(hit)])[0]
            scores.append(score.answerable + score.best.margin)
        if question.answerable:
            reading = reader.read(question.text, [hit])
            found = reading.short_answer or ""
            exact.append(exact_match(found, question.answers))
            overlap.append(f1(found, question.answers))
            held = next((c for c in reading.citations if c.span_start is not None), None)
            sentences.append(held is not None and any(a in held.quote for a in question.answers))
    return {
        "questions": len(questions),
        "EM": round(100 * float(np.mean(exact)), 1) if exact else float("nan"),
        "F1": round(100 * float(np.mean(overlap)), 1) if overlap else float("nan"),
        "sentence": round(float(np.mean(sentences)), 3) if sentences else float("nan"),
        "AUROC": round(auroc(scores, [q.answerable for q in questions]), 3)
        if unanswerable
        else float("nan"),
    }


def _right_paragraph(question: Question) -> ScoredPassage:
    text = question.context
    passage = Passage("right", question.title, question.title, text, 0, len(text), 0, 0)
    return ScoredPassage(passage, 1.0, Explanation())


def main(arguments: Sequence[str]) -> None:
    """Measure on the held-out articles of files and write one JSON line for each."""
    model = ReaderModel(Path(arguments[0]))
    for path in map(Path, arguments[1:]):
        _, held = hold_out(read_questions(path), HOLD_OUT, SEED)
        questions = [question for some in held.values() for question in some]
        sys.stdout.write(json.dumps({"file": path.name, **evaluate(model, questions)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
