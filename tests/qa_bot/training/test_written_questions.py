"""The questions that the project writes for its reader to learn from."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qa_bot.training.data import read_questions

SCRIPTS = Path(__file__).parents[3] / "scripts"
EXAMPLES = SCRIPTS.parent / "examples"


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
    """What the certainty is fitted on, and the sample's, would otherwise be known by heart."""
    files = [SCRIPTS / "support_facts.txt", *SCRIPTS.glob("support_texts*/*.txt")]
    lines = [line for file in files for line in file.read_text().splitlines()]
    asked = {_bare(line[2:].partition("|")[0]) for line in lines if line.startswith("Q ")}
    assert len(asked) > 13_000
    bases = [
        *SCRIPTS.glob("support_bases*/*/questions.jsonl"),
        *SCRIPTS.glob("unseen_bases/*/questions.jsonl"),
        SCRIPTS / "similarity_questions_zh.jsonl",
        EXAMPLES / "questions.jsonl",
    ]
    for base in bases:
        told = [_bare(json.loads(line)["question"]) for line in base.read_text().splitlines()]
        assert not asked & set(told), base


def _bare(question: str) -> str:
    return "".join(filter(str.isalnum, question.lower()))


def test_chinese_is_written_as_the_network_reads_it(tmp_path: Path) -> None:
    """Word by word in English: nothing of a question or a text stays in Chinese but unknown names."""
    command = [
        sys.executable,
        str(SCRIPTS / "write_support_questions.py"),
        str(tmp_path / "o.json"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    told = json.loads((tmp_path / "o.json").read_text())["data"]
    document = next(one for one in told if "induction cooktop" in one["title"])
    asked = [q for p in document["paragraphs"] for q in p["qas"]]
    chinese = sum("\u4e00" <= c <= "\u9fff" for q in asked for c in q["question"])
    assert chinese < 0.01 * sum(len(q["question"]) for q in asked)


def test_an_answer_that_is_not_in_its_section_is_refused(tmp_path: Path) -> None:
    """A slip of who writes the texts is named by file and line."""
    scripts = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, scripts)
    slip = "== A house\n## Hours\nWe open at nine.\nQ When do you open? | ten\n"
    (scripts / "support_texts" / "slip.txt").write_text(slip)
    command = [sys.executable, str(scripts / "write_support_questions.py"), str(tmp_path / "o")]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode != 0
    assert "slip.txt:4: 'ten' is not in the text above" in ran.stderr
