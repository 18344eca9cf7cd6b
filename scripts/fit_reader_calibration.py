r"""Fits how the shipped reader's numbers become a certainty, and writes it into ``reader.json``.

    python scripts/fit_reader_calibration.py qa_bot/readers/weights --data squad11-train.json.gz --data ... \
        [--questions 200] [--write]

Encyclopedia questions share their words with the answer, questions to a help desk do not: a certainty
fitted on the first alone doubts nearly every one of the second. So beside the held-out articles of the
training files there are the development half of the sample questions, and small bases of made-up rules and
manuals with questions in other words than theirs: ``support_bases``, and in Chinese ``support_bases_zh``.
Prints, for each of these and in the mean, what a certainty that was fitted without it would answer at each
threshold.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from qa_bot.readers.network import ReaderModel
from qa_bot.training.calibrate import (
    Case,
    certainties,
    fit,
    fitted,
    held_out_cases,
    sample_cases,
    write,
)
from qa_bot.training.data import Question, hold_out, read_questions

SCRIPTS = Path(__file__).parent
EXAMPLES = Path(__file__).parents[1] / "examples"

PARAGRAPHS = 150
"""Paragraphs of a file's held-out articles, about: what is searched stays small."""

LEVELS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)

Shares = Mapping[str, float]
"""Of the questions that have an answer those answered right, those declined; of the others those declined."""


def held_out(files: Sequence[Path]) -> Mapping[str, Sequence[Question]]:
    """Return the held-out articles of the training files."""
    found: dict[str, Sequence[Question]] = {}
    for file in files:
        paragraphs: set[str] = set()
        for name, questions in sorted(hold_out(read_questions(file), 0.04, 7)[1].items()):
            if questions and len(paragraphs) < PARAGRAPHS:
                found[f"{file.name}:{name}"] = questions
                paragraphs |= {question.context for question in questions}
    return found


def help_desk(model: ReaderModel) -> dict[str, list[Case]]:
    """Return the cases of each made-up base, and of the sample, English and Chinese."""
    found: dict[str, list[Case]] = {}
    for language, folder in (("en", "support_bases"), ("zh", "support_bases_zh")):
        bases = [
            (one.name, one / "documents", one / "questions.jsonl")
            for one in sorted((SCRIPTS / folder).iterdir())
        ]
        bases.append(("sample", EXAMPLES / "support", EXAMPLES / "questions.jsonl"))
        if language == "zh":
            more = SCRIPTS / "similarity_questions_zh.jsonl"
            bases.append(("more of the sample", EXAMPLES / "support", more))
        for name, documents, questions in bases:
            cases = sample_cases(model, documents, questions, "dev", language)
            found[f"{language} {name}"] = list(cases)
    return found


def at_each_level(tested: Sequence[Case], others: Sequence[Case]) -> list[Shares]:
    """Return what a certainty fitted on the others answers of these, at each threshold."""
    certain, right = certainties(tested, *fitted(others))
    there = np.array([case.right.any() for case in tested])
    return [
        {
            "answered right": float((given & right)[there].mean()),
            "false abstention": float((~given)[there].mean()),
            "abstention": float((~given)[~there].mean()) if (~there).any() else float("nan"),
        }
        for given in (certain >= level for level in LEVELS)
    ]


def tell(name: str, levels: Sequence[Shares]) -> None:
    """Print a row a threshold."""
    for level, shares in zip(LEVELS, levels, strict=True):
        told = ", ".join(f"{what} {share:.3f}" for what, share in shares.items())
        sys.stdout.write(f"{name} from {level:.2f}: {told}\n")


def main() -> None:
    """Gather the cases, judge, fit, and write if told to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    model = ReaderModel(given.folder)
    support = help_desk(model)
    held = list(held_out_cases(model, held_out(given.data), given.questions, 7))
    random.Random(7).shuffle(held)
    asked = [case for some in support.values() for case in some]
    judged: list[list[Shares]] = []
    for base, tested in support.items():
        others = [case for other, some in support.items() if other != base for case in some]
        judged.append(at_each_level(tested, [*held, *others]))
        tell(base, judged[-1])
    rows = list(zip(*judged, strict=True))
    tell("mean", [{what: fmean(one[what] for one in row) for what in row[0]} for row in rows])
    tell("held-out articles", at_each_level(held[1::2], [*held[::2], *asked]))
    calibration = fit([*held, *asked])
    sys.stdout.write(json.dumps(calibration, indent=1) + "\n")
    if given.write:
        write(given.folder, calibration)


if __name__ == "__main__":
    main()
