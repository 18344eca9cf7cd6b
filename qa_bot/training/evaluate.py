"""Measures a reader on questions it did not learn from: EM, F1, sentence accuracy, AUROC.

``python -m qa_bot.training.evaluate READER_FOLDER SQUAD_FILE...`` measures on the held-out articles
of each file, the right paragraph given.
"""

from __future__ import annotations

import json
import re
import string
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge_base.chunking.context import encoded_text
from knowledge_base.chunking.sentences import sentence_spans
from qa_bot.readers.network import ReaderModel
from qa_bot.training.data import Question, hold_out, read_questions

HOLD_OUT, SEED = 0.04, 7
"""As ``TrainConfig`` has them: what it held out is what is measured on."""


def normalised(text: str) -> str:
    """Return an answer as SQuAD compares it: lower case, no marks, no articles, single spaces."""
    lowered = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", lowered).split())


def exact_match(found: str, accepted: Sequence[str]) -> float:
    """Return 1 where an accepted answer is found exactly, else 0."""
    return float(any(normalised(found) == normalised(answer) for answer in accepted))


def f1(found: str, accepted: Sequence[str]) -> float:
    """Return the best overlap of words with an accepted answer (Rajpurkar et al., 2016)."""
    return max(
        (_f1(normalised(found).split(), normalised(a).split()) for a in accepted), default=0.0
    )


def _f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    shared = sum((Counter(found) & Counter(wanted)).values())
    if not shared:
        return float(not found and not wanted)
    return 2 * shared / (len(found) + len(wanted))


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return the chance that a positive scores above a negative (ties count half)."""
    values, truth = np.asarray(scores, float), np.asarray(positive, bool)
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable") + 1.0
    for value in np.unique(values):
        same = values == value
        order[same] = order[same].mean()
    count = int(truth.sum())
    others = len(truth) - count
    if not count or not others:
        return float("nan")
    return float((order[truth].sum() - count * (count + 1) / 2) / (count * others))


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
