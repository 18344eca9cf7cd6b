"""The questions that the project writes for its reader to learn from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qa_bot.training.data import read_questions

SCRIPTS = Path(__file__).parents[3] / "scripts"


@pytest.mark.parametrize(
    ("script", "count"),
    [("write_support_questions.py", "--documents"), ("write_table_questions.py", "--tables")],
)
def test_every_answer_stands_where_it_is_said_to(script: str, count: str, tmp_path: Path) -> None:
    """In SQuAD's form, the same at every run, and some questions have no answer."""
    texts = []
    for name in ("one.json", "two.json"):
        command = [sys.executable, str(SCRIPTS / script), str(tmp_path / name), count, "12"]
        subprocess.run(command, check=True, capture_output=True)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    questions = [q for some in read_questions(tmp_path / "one.json").values() for q in some]
    answered = [question for question in questions if question.answerable]
    assert 0.6 < len(answered) / len(questions) < 0.95
    for question in answered:
        assert question.context[question.start :].startswith(question.answers[0])
        assert "{" not in question.context
        assert "[" not in question.context


def test_no_question_of_the_bases_is_learned_from() -> None:
    """What the certainty is fitted on would otherwise be known by heart."""
    facts = (SCRIPTS / "support_facts.txt").read_text().lower()
    asked = [line[2:] for line in facts.splitlines() if line.startswith("q ")]
    for base in (SCRIPTS / "support_bases").glob("*/questions.jsonl"):
        text = base.read_text().lower()
        assert not [question for question in asked if f'"{question}"' in text]
