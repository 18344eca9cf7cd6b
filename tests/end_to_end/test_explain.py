"""Explaining, recommending and the glossary, as a user and as a program calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from qa_bot.cli import group

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the options of a home folder with three documents, two of them nearly the same."""
    folder = tmp_path_factory.mktemp("documents")
    leave = "# Leave\n\nFull-time staff have 25 days of annual leave. Ask your manager first.\n"
    (folder / "leave.md").write_text(leave)
    (folder / "leave-copy.md").write_text(leave)
    (folder / "parking.md").write_text("# Parking\n\nVisitors park behind the store for 2 EUR.\n")
    options = ["--home", str(tmp_path_factory.mktemp("home"))]
    assert call("ingest", str(folder), *options).exit_code == 0
    return options


def call(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments, catch_exceptions=True)


def read(*arguments: str) -> dict[str, Any]:
    done = call(*arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_why_a_document_was_not_found_is_told(ready: list[str]) -> None:
    """The stage that lost it, and the remedy."""
    trace = read("explain", "how many days off", "--source", "parking.md", "-k", "1", *ready)
    assert not trace["found"]
    assert trace["dropped"] in ("lexical", "below k")
    assert trace["remedies"]
    assert trace["best"]["source"].endswith("parking.md")
    plain = call("explain", "annual leave", "--source", "leave.md", *ready)
    assert "leave.md: found" in plain.output
    assert "rank 1" in plain.output


def test_the_ranking_that_is_explained_can_be_chosen(ready: list[str]) -> None:
    """By its words a document is lost that is found by its meaning."""
    ask = ("explain", "ask where guests put the car", "--source", "parking.md", "-k", "1", *ready)
    assert read(*ask, "--weight", "1")["found"]
    words = read(*ask, "--weight", "0", "--no-rerank")
    assert words["dropped"] == "lexical"
    assert words["stages"][3]["found"] == "dense weight 0.00"


def test_explaining_needs_a_document(ready: list[str]) -> None:
    """And says how to name it."""
    done = call("explain", "annual leave", *ready)
    assert done.exit_code == 2
    assert "--source FILE" in done.output


def test_similar_documents_come_with_copies_flagged(ready: list[str]) -> None:
    """For a document and for a passage."""
    found = read("similar", "leave.md", *ready)["similar"]
    assert found[0]["source"].endswith("leave-copy.md")
    assert found[0]["near_duplicate"]
    passage = read("search", "annual leave", *ready)["passages"][0]["id"]
    assert read("similar", "--passage", passage, *ready)["similar"][0]["near_duplicate"]
    assert "nearly the same" in call("similar", "leave.md", *ready).output


def test_a_glossary_is_set_shown_and_cleared(ready: list[str], tmp_path: Path) -> None:
    """A bad one is refused, and the former one stays."""
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("PTO = annual leave\n")
    bad.write_text("PTO\n")
    assert read("glossary", str(good), *ready)["terms"] == 2
    refused = call("glossary", str(bad), *ready)
    assert "line 1 of the glossary is 'PTO'" in str(refused.exception)
    assert call("glossary", *ready).output.strip() == "PTO = annual leave"
    hit = read("search", "PTO", "-k", "1", *ready)
    assert "25 days" in hit["passages"][0]["text"]
    assert any("PTO" in note for note in hit["notes"])
    assert read("glossary", "--clear", *ready)["terms"] == 0


def test_a_search_can_be_tuned(ready: list[str]) -> None:
    """By weight, without the reader, with every copy, within a folder and a time."""
    found = read("search", "annual leave", "--weight", "0", "--no-rerank", "--no-collapse", *ready)
    explain = found["passages"][0]["explain"]
    assert explain["dense_weight"] == 0.0
    assert explain["relevance"] is None
    assert len(found["passages"]) == 3
    assert read("search", "annual leave", *ready)["passages"][0]["explain"]["relevance"] is not None
    assert read("search", "leave", "--until", "2001-01-01", *ready)["passages"] == []
    assert call("search", "leave", "--since", "soon", *ready).exit_code != 0
