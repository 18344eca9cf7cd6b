"""Makes a retrieval data set of a SQuAD file: its held-out articles' questions among other paragraphs.

python benchmarks/squad_subset.py squad11-train.json.gz squad-2k.json [--paragraphs 2033]

The reader did not learn from the held-out articles, so that its part in the ranking is measured fairly.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa_bot.training.data import Question, hold_out, read_questions
from qa_bot.training.evaluate import HOLD_OUT, SEED


def article(title: str, questions: Sequence[Question], *, asked: bool) -> dict[str, Any]:
    """Return an article in SQuAD's form, with its questions or its paragraphs alone."""
    paragraphs: dict[str, list[dict[str, Any]]] = {question.context: [] for question in questions}
    for number, question in enumerate(questions if asked else ()):
        answers = [{"text": text, "answer_start": question.start} for text in question.answers]
        asking = {"id": f"{title}/{number}", "question": question.text, "answers": answers}
        paragraphs[question.context].append(asking)
    return {
        "title": title,
        "paragraphs": [{"context": text, "qas": qas} for text, qas in paragraphs.items()],
    }


def main() -> None:
    """Write the data set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--paragraphs", type=int, default=2033, help="at least so many")
    given = parser.parse_args()
    learned, held = hold_out(read_questions(given.file), HOLD_OUT, SEED)
    made = [article(name, questions, asked=True) for name, questions in held.items()]
    others = sorted(learned)
    random.Random(SEED).shuffle(others)
    while sum(len(one["paragraphs"]) for one in made) < given.paragraphs and others:
        name = others.pop()
        made.append(article(name, learned[name], asked=False))
    given.out.write_text(json.dumps({"data": made}), encoding="utf-8")


if __name__ == "__main__":
    main()
