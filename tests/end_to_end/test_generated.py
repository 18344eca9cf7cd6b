"""Answers by a model, from the command line and in one process: the echo, which repeats its prompt."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge_base.errors import UnknownComponent
from qa_bot.bootstrap import App, open_app
from qa_bot.config import Config
from qa_bot.faces import answer_json
from qa_bot.named_models import QUOTING
from qa_bot.readers.generative import GenerativeReader
from qa_bot.types import Answer, Finished, Searched, Token

ROOT = Path(__file__).parents[2]
QUESTION = "Within how many working days is the refund paid?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = tmp_path_factory.mktemp("documents")
    (documents / "returns.md").write_text(
        "# Returns\n\nGoods may be returned within 30 days of the delivery.\n\n"
        "## Refunds\n\nThe refund is paid within five working days. A fee of 4 EUR is deducted.\n"
    )
    (documents / "hours.md").write_text("# Hours\n\nThe shop opens at nine and closes at five.\n")
    return documents


@pytest.fixture(scope="module")
def app(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("home")
    opened = open_app(
        Config(home=str(home), model="echo", other_models="echo:loud, gone@http://127.0.0.1:9/v1")
    )
    opened.bot().knowledge_base.sync([folder])
    yield opened
    opened.close()


def test_every_sentence_that_a_model_writes_is_held_to_its_source(app: App) -> None:
    """The sentences that the echo repeats are supported and cited; the frame around them is not."""
    answer = app.bot().ask(QUESTION)
    found = answer_json(answer)
    assert found["models"]["generator"] == "echo"
    assert found["models"]["reader"] == "qa-bot-reader"
    by_text = {claim["text"].split(" [")[0]: claim for claim in found["support"]}
    assert by_text["The refund is paid within five working days."]["supported"]
    assert by_text["A fee of 4 EUR is deducted."]["supported"]
    assert not by_text["</passage>"]["supported"]
    checked = [c["supported"] for c in found["support"] if c["supported"] is not None]
    assert found["support_rate"] == round(sum(checked) / len(checked), 4) < 1
    held(app, answer)


def held(app: App, answer: Answer) -> None:
    """Each quote stands in its document, each mark has its citation."""
    for citation in answer.citations:
        text = app.document("default", citation.source).text
        assert text[citation.start : citation.end] == citation.quote
        assert f"[{citation.number}]" in answer.text
    passages = {hit.passage.id: hit.passage for hit in answer.passages}
    for citation in answer.citations:
        passage = passages[citation.passage_id]
        assert passage.start <= citation.start < citation.end <= passage.end


def test_an_answer_streams_and_ends_as_it_was_shown(app: App) -> None:
    """First what was searched, then pieces, then the whole."""
    first, *pieces, last = app.bot().stream(QUESTION)
    assert isinstance(first, Searched)
    assert isinstance(last, Finished)
    assert len(pieces) > 5
    assert all(isinstance(piece, Token) for piece in pieces)


def test_weak_evidence_is_declined_without_the_model(app: App) -> None:
    """As without a model."""
    answer = app.bot().ask("Who wrote Hamlet?")
    assert answer.abstained
    assert answer_json(answer)["support_rate"] is None
    assert answer.explain["generator"] == {"asked": False}


def test_a_question_can_be_answered_by_another_model_or_by_none(app: App) -> None:
    """Only by those that the settings name; one that cannot be opened is said to be so."""
    assert app.models() == ["echo", "echo:loud", "gone@http://127.0.0.1:9/v1", QUOTING]
    quoted = app.bot(model=QUOTING).ask(QUESTION)
    assert "generator" not in quoted.models
    assert quoted.support_rate == 1.0
    assert quoted.text == "The refund is paid within five working days. [1]"
    assert app.bot(model="echo") is app.bot()
    assert app.bot(model=QUOTING) is app.bot(model=QUOTING)
    with pytest.raises(UnknownComponent, match="the settings name no model 'gpt'"):
        app.bot(model="gpt")


def test_what_models_did_is_counted(app: App) -> None:
    """Over all bases and models; asking none counts nothing."""
    before = app.generated()
    app.bot().ask(QUESTION)
    app.bot(model=QUOTING).ask(QUESTION)
    missing = app.bot(model="gone@http://127.0.0.1:9/v1").ask(QUESTION)
    assert missing.text.startswith("The refund is paid within five working days.")
    assert missing.note.startswith("The model did not finish, so the passages are quoted instead:")
    after = app.generated()
    assert {name: after[name] - before[name] for name in after} == {
        "answered": 1, "declined": 0, "failed": 1,
    }  # fmt: skip


def test_whoever_leaves_stops_a_model_that_has_shown_nothing(app: App, replaying: Any) -> None:
    """What is not supported is not shown in strict mode; the stream can be left all the same."""
    bot = app.bot()
    reader = bot.reader
    assert isinstance(reader, GenerativeReader)
    generator = replaying("The mayor of Oslo eats herring. " * 50)
    bot.reader = GenerativeReader(
        generator, reader.extractive, reader.checker, reader.prompts, strict=True
    )
    try:
        events = bot.stream(QUESTION)
        assert isinstance(next(events), Searched)
        assert [next(events) for _ in range(5)] == [Token("")] * 5
        assert generator.closed == 0
        del events
        assert generator.closed == 1
    finally:
        bot.reader = reader


def test_without_a_model_there_is_nothing_to_choose(tmp_path: Path) -> None:
    """The bundled reader answers."""
    app = open_app(Config(home=str(tmp_path)))
    assert app.models() == []
    assert type(app.bot().reader).__name__ == "TrainedReader"
    app.close()


@pytest.mark.slow
def test_the_command_line_prints_one_document_with_support(folder: Path, tmp_path: Path) -> None:
    """In strict mode what is not supported is not there."""

    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "qa_bot.cli", *arguments, "--home", str(tmp_path), "--json"],
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        return json.loads(done.stdout)

    run("ingest", str(folder))
    talk = run("ask", QUESTION, "--conversation", "new")["conversation_id"]
    command = [sys.executable, "-m", "qa_bot.cli", "export", "--home", str(tmp_path)]
    exported = subprocess.run(
        [*command, "--conversation", talk], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert f"## {QUESTION}" in exported
    assert "> The refund is paid within five working days." in exported
    marked = run("ask", QUESTION, "--model", "echo")
    strict = run("ask", QUESTION, "--model", "echo", "--unsupported", "remove")
    assert marked["support_rate"] < 1
    assert strict["support_rate"] == 1
    assert "</passage>" in marked["answer"]
    assert "</passage>" not in strict["answer"]
    assert strict["explain"]["generator"]["marks"]["removed"] > 0


@pytest.mark.slow
def test_a_claim_and_a_document_from_the_command_line(folder: Path, tmp_path: Path) -> None:
    """The exit status tells whether the claim is supported."""

    def run(*arguments: str) -> Any:
        command = [
            sys.executable,
            "-m",
            "qa_bot.cli",
            *arguments,
            "--home",
            str(tmp_path),
            "--json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        return done.returncode, json.loads(done.stdout)

    run("ingest", str(folder))
    status, found = run("verify", "The refund is paid within five working days.")
    assert (status, found["supported"]) == (0, True)
    status, found = run(
        "verify", "The refund is paid within seven working days.", "--model", "echo"
    )
    assert (status, found["supported"]) == (1, False)
    assert found["model"] == {"name": "echo", "supported": None}
    status, found = run("summarise", "hours.md", "--model", "echo")
    assert status == 0
    assert "The shop opens at nine and closes at five." in found["summary"]
