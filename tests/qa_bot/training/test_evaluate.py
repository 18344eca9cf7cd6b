"""A reader is measured on questions with the right paragraph given."""

from __future__ import annotations

from qa_bot.readers.network import ReaderModel
from qa_bot.training.data import Question
from qa_bot.training.evaluate import evaluate

PARAGRAPH = (
    "The Kestrel lighthouse was built in 1861 by the engineer Ada Thorne. Its lamp is lit at dusk. "
    "Since 1994 it has been a museum."
)


def question(text: str, answer: str = "") -> Question:
    start = PARAGRAPH.index(answer) if answer else -1
    return Question(text, "Kestrel", PARAGRAPH, start, (answer,) if answer else (), False)


def test_what_the_whole_reader_says_is_measured() -> None:
    asked = [
        question("Who built the Kestrel lighthouse?", "Ada Thorne"),
        question("When was the lighthouse built?", "1861"),
        question("How many people visit the museum on a Sunday?"),
    ]
    found = evaluate(ReaderModel(), asked)
    assert found["questions"] == 3
    assert (found["F1"], found["sentence"], found["AUROC"]) == (100.0, 1.0, 1.0)


def test_a_wrong_answer_counts_as_one() -> None:
    wrong = question("Who built the Kestrel lighthouse?", "dusk")
    found = evaluate(ReaderModel(), [wrong])
    assert (found["EM"], found["F1"], found["sentence"]) == (0.0, 0.0, 0.0)
