"""The command line, as a user and as a program calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def run(home: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "qa_bot.cli", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


def read(home: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(home, *arguments, "--json", status=status).stdout)
    return found


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ready")
    report = read(home, "ingest", "examples/support")
    assert report["added"] == len(list((ROOT / "examples" / "support").iterdir()))
    assert report["failed"] == []
    return home


pytestmark = pytest.mark.slow


def test_an_answer_is_one_json_document_with_its_evidence(ready: Path) -> None:
    """Every quote equals the document's text at its place."""
    answer = read(ready, "ask", "How long does a full charge of the K300 take?")
    assert not answer["abstained"]
    assert "4 hours" in answer["answer"]
    assert {
        "question",
        "rewritten",
        "short_answer",
        "confidence",
        "passages",
        "timings_ms",
        "models",
    } <= set(answer)
    texts = {
        record["source"]: record["text"]
        for record in map(json.loads, run(ready, "export").stdout.splitlines())
    }
    for number, citation in enumerate(answer["citations"], 1):
        assert citation["number"] == number
        assert citation["quote"] == texts[citation["source"]][citation["start"] : citation["end"]]
        assert f"[{number}]" in answer["answer"]
    assert answer["citations"][0]["page"] >= 1


def test_what_is_not_there_is_said(ready: Path) -> None:
    """In the language of the question, with the nearest passages."""
    answer = read(ready, "ask", "Who won the football world cup in 1998?")
    assert answer["abstained"]
    assert answer["citations"] == []
    assert answer["answer"] == "This is not in these documents."
    assert answer["passages"]
    assert "文档" in read(ready, "ask", "月球离地球有多远？")["answer"]


def test_an_empty_base_is_said_and_where_documents_are(tmp_path: Path) -> None:
    """Who forgot --kb is told which bases there are; no claim is made on documents that are not there."""
    note = tmp_path / "note.md"
    note.write_text("The gate opens at 7:30.")
    run(tmp_path / "home", "ingest", str(note), "--kb", "gates")
    asked = read(tmp_path / "home", "ask", "When does the gate open?")
    assert asked["abstained"]
    assert asked["reason"] == "There are no documents yet."
    # a common option may stand before the command too
    before = [sys.executable, "-m", "qa_bot.cli", "--home", str(tmp_path / "home"), "documents"]
    done = subprocess.run(
        [*before, "--kb", "gates"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert "note.md" in done.stdout, done.stderr
    for command in ("ask", "search"):
        told = run(tmp_path / "home", command, "When does the gate open?")
        assert "other knowledge bases (--kb): gates" in told.stdout + told.stderr


def test_a_file_of_questions_gives_a_line_each_in_order(ready: Path, tmp_path: Path) -> None:
    """Plain text, JSON with an id, and JSON with a history."""
    lines = [
        "How much is a repair estimate?",
        '{"question": "What does the O50 soundbar cost?", "id": 7}',
        '{"question": "and for the K300?", "id": "f", "history": [{"question": "How heavy is the K200?", "answer": "2.4 kg"}]}',
    ]
    (tmp_path / "questions.txt").write_text("\n".join(lines) + "\n\n")
    done = run(ready, "ask", "--file", str(tmp_path / "questions.txt"))
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert "29 EUR" in first["answer"]
    assert second["id"] == 7
    assert "K300" in third["rewritten"]
    assert third["rewritten"] != third["question"]
    found = run(ready, "search", "--file", str(tmp_path / "questions.txt"), "-k", "3")
    assert [len(json.loads(line)["passages"]) for line in found.stdout.splitlines()] == [3, 3, 3]


def test_filters_hold_on_the_command_line(ready: Path) -> None:
    """By the ending of a source."""
    found = read(ready, "search", "price of delivery", "--source", "returns.md")
    assert {Path(p["source"]).name for p in found["passages"]} == {"returns.md"}


def test_status_documents_and_doctor_agree(ready: Path) -> None:
    """And nothing is wrong."""
    status = read(ready, "status")["knowledge_bases"][0]
    listed = read(ready, "documents")["documents"]
    assert status["documents"] == len(listed)
    assert status["passages"] == sum(d["passages"] for d in listed)
    assert read(ready, "doctor")["ok"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask"], "give one question"),
        (["ask", "  "], "the question is empty"),
        (["ask", "why", "--kb", "nope"], "no knowledge base 'nope'"),
        (["ask", "why", "--where", "novalue"], "wants KEY=VALUE"),
        (["search", "x", "--config", "missing.toml"], "cannot be read"),
        (["remove", "nothing.md"], "no document matches"),
        (["ingest"], "Missing argument"),
        (["frobnicate"], "No such command"),
        (["ask", "why", "--encoder", "nope"], "no encoder is called 'nope'"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_two(
    ready: Path, arguments: list[str], said: str
) -> None:
    """What was found, and the remedy; never a traceback."""
    done = run(ready, *arguments, status=2)
    assert said in done.stderr
    assert done.stdout == ""


def test_a_partial_failure_is_status_one(tmp_path: Path) -> None:
    """The good file is there, the bad one is named."""
    (tmp_path / "good.md").write_text("Parking is free.")
    (tmp_path / "bad.pdf").write_text("no pdf")
    report = read(
        tmp_path / "home", "ingest", str(tmp_path / "good.md"), str(tmp_path / "bad.pdf"),
        "--encoder", "hashing", status=1,
    )  # fmt: skip
    assert report["added"] == 1
    assert report["failed"][0]["path"].endswith("bad.pdf")
    assert "not that of a .pdf file" in report["failed"][0]["error"]


def test_a_second_process_is_told_who_owns_the_home(tmp_path: Path) -> None:
    """One line, status 2."""
    from knowledge_base.home import Home

    home = Home(tmp_path)
    done = run(tmp_path, "ask", "why", status=2)
    home.close()
    assert "is in use by process" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
