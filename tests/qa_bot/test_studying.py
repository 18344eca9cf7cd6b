"""Claims held to the documents, and documents in brief."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge_base.errors import SourceNotFound
from prompts.render import Prompts
from qa_bot.bootstrap import App, open_app
from qa_bot.components import open_checker
from qa_bot.config import Config
from qa_bot.errors import ConfigError, InvalidQuestion
from qa_bot.faces import summary_json, verdict_json
from qa_bot.readers.generative import GenerativeReader
from qa_bot.studying import summarise, verify

TRUE = "The refund is paid within five working days."
FALSE = "The refund is paid within nine working days."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("documents")
    sections = "\n\n".join(
        f"## Shelf {n}\n\nShelf {n} of the archive holds the letters of the year {1900 + n}, "
        f"in {n} boxes of grey cardboard that were made in Antwerp."
        for n in range(2, 40)
    )
    (folder / "returns.md").write_text(
        f"# Returns\n\nGoods may be returned within 30 days. {TRUE} A fee of 4 EUR is deducted.\n"
    )
    (folder / "archive.md").write_text(f"# Archive\n\n{sections}\n")
    opened = open_app(Config(home=str(tmp_path_factory.mktemp("home"))))
    opened.bot().knowledge_base.sync([folder])
    yield opened
    opened.close()


@pytest.fixture
def written(app: App, replaying: Any) -> Iterator[Callable[..., Any]]:
    """Return what gives the bot a model that writes these texts."""
    bot = app.bot()
    extractive = bot.reader

    def write(*texts: str, **options: Any) -> Any:
        generator = replaying(*texts, **options)
        checker = open_checker(app.encoder, extractive)
        bot.reader = GenerativeReader(generator, extractive, checker, Prompts())
        return generator

    yield write
    bot.reader = extractive


def test_a_claim_is_held_to_the_documents(app: App) -> None:
    """With the quote that it goes back to, and what differs."""
    right, wrong = verify(app, TRUE), verify(app, FALSE)
    assert right.supported
    assert not wrong.supported
    assert wrong.support.conflicts
    for verdict in (right, wrong):
        assert verdict.citation is not None
        assert verdict.citation.quote == TRUE
    assert verdict_json(right)["model"] is None


def test_a_model_can_deny_but_not_grant(app: App, written: Callable[..., Any]) -> None:
    """Numbers are compared exactly, whatever a model says."""
    written("UNSUPPORTED", "**SUPPORTED**.")
    denied, granted = verify(app, TRUE), verify(app, FALSE)
    assert (denied.by_model, denied.supported) == (False, False)
    assert (granted.by_model, granted.supported) == (True, False)
    assert verdict_json(denied)["model"] == {"name": "replaying", "supported": False}


@pytest.mark.parametrize(("text", "options"), [("Maybe", {}), ("x", {"breaks_after": 0})])
def test_a_model_without_a_verdict_changes_nothing(
    app: App, written: Callable[..., Any], text: str, options: dict[str, int]
) -> None:
    """A line says why."""
    written(text, **options)
    verdict = verify(app, TRUE)
    assert verdict.supported
    assert verdict.by_model is None
    assert verdict.note


def test_no_claim_is_refused(app: App) -> None:
    """As no question is."""
    with pytest.raises(InvalidQuestion, match="there is no claim"):
        verify(app, " ?! ")


def test_a_document_is_summarised_with_citations(app: App, written: Callable[..., Any]) -> None:
    """Each sentence is checked."""
    written("Refunds are paid within five working days [1]. They are paid in gold [1].")
    summary = summarise(app, "returns.md")
    assert [c.support.supported for c in summary.claims if c.support] == [True, False]
    assert summary.citations[0].quote == TRUE
    assert (summary.read, summary.passages) == (1, 1)
    assert summary_json(summary)["support"][1]["supported"] is False


def test_a_document_that_does_not_fit_is_read_all_over(
    app: App, written: Callable[..., Any]
) -> None:
    """Not only at its beginning; how much was read is said."""
    generator = written("The archive holds letters [1].", window=1100)
    summary = summarise(app, "archive.md")
    assert 1 < summary.read < summary.passages
    assert "Shelf 2" in generator.prompts[0][-1].content
    assert "Shelf 3" in generator.prompts[0][-1].content[-900:]
    assert generator.count(generator.prompts[0]) + 512 <= 1100


def test_a_summary_needs_a_model_and_a_document(app: App, written: Callable[..., Any]) -> None:
    """Both are named in the message."""
    with pytest.raises(ConfigError, match="--model"):
        summarise(app, "returns.md")
    written("x")
    with pytest.raises(SourceNotFound, match="no document matches"):
        summarise(app, str(Path("none.md")))
