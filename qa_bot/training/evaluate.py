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

from knowledge_base.chunking.context import encoded_text
from knowledge_base.chunking.sentences import sentence_spans
from qa_bot.evaluation.scores import auroc, exact_match, f1
from qa_bot.readers.network import ReaderModel
from qa_bot.training.data import Question, hold_out, read_questions

HOLD_OUT, SEED = 0.04, 7
"""As ``TrainConfig`` has them: what it held out is what is measured on."""


def evaluate(model: ReaderModel, questions: Sequence[Question]) -> dict[str, float]:
    """Return EM, F1 and sentence accuracy over the answerable, AUROC over all questions."""
    exact, overlap, sentences, scores = [], [], [], []
    for question in questions:
        text = encoded_text((question.title,), question.context)
        score = model.score(question.text, [text])[0]
        scores.append(score.answerable + score.best.margin)
        span = score.best
        if question.answerable:
            found = text[span.start : span.end]
            exact.append(exact_match(found, question.answers))
            overlap.append(f1(found, question.answers))
            before = len(text) - len(question.context)
            middle = (span.start + span.end) / 2 - before
            holding = [
                question.context[a:b]
                for a, b in sentence_spans(question.context)
                if a <= middle < b
            ]
            sentences.append(any(a in s for a in question.answers for s in holding))
    return {
        "questions": len(questions),
        "EM": round(100 * float(np.mean(exact)), 1) if exact else float("nan"),
        "F1": round(100 * float(np.mean(overlap)), 1) if overlap else float("nan"),
        "sentence": round(float(np.mean(sentences)), 3) if sentences else float("nan"),
        "AUROC": round(auroc(scores, [q.answerable for q in questions]), 3),
    }


def main(arguments: Sequence[str]) -> None:
    """Measure on the held-out articles of files and write one JSON line for each."""
    model = ReaderModel(Path(arguments[0]))
    for path in map(Path, arguments[1:]):
        _, held = hold_out(read_questions(path), HOLD_OUT, SEED)
        questions = [question for some in held.values() for question in some]
        sys.stdout.write(json.dumps({"file": path.name, **evaluate(model, questions)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
