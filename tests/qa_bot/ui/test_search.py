"""What the search view asks the server for: filters, errors, and fragments of real searches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser

from knowledge_base.errors import InvalidFilter
from knowledge_base.types import Filter
from qa_bot.bootstrap import App, open_app
from qa_bot.config import Config
from qa_bot.ui import search
from qa_bot.ui.search import Sought
from qa_bot.ui.texts import Texts

EN, ZH = Texts("en"), Texts("zh")
HOSTILE = '<img src=x onerror="alert(1)">'
CHINESE = {"accept-language": "zh-CN"}


@pytest.fixture
def app(tmp_path: Path, folder: Path) -> Iterator[App]:
    """Return an app over the small documents, one of them hostile; no model is loaded."""
    (folder / f"night {HOSTILE.replace('/', '')}.txt").write_text(
        f"Night shift\n\nThe alarm code is 4711. {HOSTILE}\n"
    )
    opened = open_app(Config(home=str(tmp_path / "home"), encoder="hashing"))
    opened.bot().knowledge_base.sync([folder])
    yield opened
    opened.close()


@pytest.fixture
def client(app: App) -> TestClient:
    """Return a client of the search view's routes alone."""
    server = FastAPI()
    server.include_router(search.router(app))
    return TestClient(server)


def tree(client: TestClient, path: str, **params: str | int) -> LexborHTMLParser:
    answer = client.get(f"/search/{path}", params=params)
    assert answer.headers["cache-control"] == "no-store"
    return LexborHTMLParser(answer.text)


def test_a_filter_is_read_from_its_fields() -> None:
    """Empty ones restrict nothing; Chinese semicolons serve as well."""
    assert Sought().filter(EN).is_empty
    asked = Sought(
        source=" *.md ", folder="shop", language="zh", since="2026-01-02", where="a=1；b = x=y;"
    )
    assert asked.filter(EN) == Filter(
        "*.md", {"a": "1", "b": "x=y", "language": "zh"}, "shop", "2026-01-02", None
    )


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Sought(until="24.11.2026"), "“24.11.2026”不是日期"),
        (Sought(where="author"), "“author”不是元数据"),
        (Sought(where="=x"), "“=x”不是元数据"),
    ],
)
def test_a_filter_that_is_none_is_refused_in_the_reader_s_language(
    asked: Sought, sentence: str
) -> None:
    """With how to write it."""
    with pytest.raises(InvalidFilter, match=sentence):
        asked.filter(ZH)


def test_hits_are_explained(client: TestClient) -> None:
    """Rank, place, marks, and an explanation whose sum is right."""
    found = tree(client, "hits", q="refund fee", k=3)
    assert found.css_first(".found-line").text().startswith("3 hits in ")
    first = found.css_first(".hit")
    assert first.css_first(".hit-title").text() == "Returns"
    assert "refund" in {mark.text().lower() for mark in first.css("mark")}
    rows = {
        row.css_first("th").text(): row.css_first("td").text() for row in first.css(".why tr")[1:]
    }
    assert rows["Words (BM25)"] > "0"
    sums = {row.css_first("th").text(): row.css_first("td").text() for row in first.css(".sum tr")}
    parts = [float(sums[name].replace("−", "-")) for name in ("meaning", "words", "fused")]
    assert parts[0] + parts[1] == pytest.approx(parts[2], abs=0.011)
    assert first.css_first("[data-load]").attributes["data-load"].startswith("search/shading?")


def test_stages_have_each_its_own_order(client: TestClient) -> None:
    """Words alone bring only what has them."""
    columns = tree(client, "stages", q="express delivery").css(".stages section")
    assert [column.css_first("h3").text() for column in columns] == [
        "Meaning alone",
        "Words alone",
        "Fused",
    ]
    assert len(columns[1].css("li")) < len(columns[0].css("li"))
    assert "meaning " in columns[2].css_first("small").text()
    nothing = tree(client, "stages", q="zebra").css(".stages section")[1]
    assert nothing.css_first(".hint").text() == "No passage has these words."


def test_a_trace_speaks_the_reader_s_language(client: TestClient) -> None:
    """Every sentence of the knowledge base is said in it."""
    params = {"q": "zebra delivery", "document": "hours.html", "k": 1}
    english = client.get("/search/trace", params=params).text
    assert "Not among the first 1 hits" in english
    assert "in no passage at all: zebra" in english
    chinese = LexborHTMLParser(client.get("/search/trace", params=params, headers=CHINESE).text)
    said = chinese.css_first(".steps").text() + chinese.css_first(".remedies").text()
    assert "任何段落中都没有：zebra" in said
    assert not any(word in said for word in ("rank", "query", "passages", "hits", "glossary."))


def test_a_document_is_explained_with_the_filter_that_kept_it_out(client: TestClient) -> None:
    """And a passage that is found has its rank."""
    lost = tree(client, "trace", q="delivery", document="delivery.txt", source="hours.html")
    assert lost.css_first(".lost strong").text() == "Filter"
    found = tree(client, "trace", q="express delivery", document="delivery.txt")
    assert found.css_first(".trace > h3").text() == "Found: number 1 of the hits"
    assert not found.css(".lost")


def test_tokens_cannot_be_shaded_by_every_encoder(client: TestClient, app: App) -> None:
    """The hashing encoder cannot tell; that is said."""
    id = app.bot().knowledge_base.retrieve("delivery", 1).hits[0].passage.id
    shown = tree(client, "shading", q="delivery", id=id)
    assert (
        shown.css_first(".hint").text() == "This encoder cannot split its similarity into tokens."
    )


def test_copies_of_a_document_are_flagged(client: TestClient, app: App, folder: Path) -> None:
    """Asked for by passage, with what is like its document, or by document."""
    (folder / "copy.txt").write_text((folder / "delivery.txt").read_text())
    base = app.bot().knowledge_base
    base.sync([folder])
    source = (folder / "delivery.txt").as_posix()
    alike = tree(client, "similar", source=source)
    assert alike.css_first("li .same").text() == "Nearly the same"
    passage = base.retrieve("express delivery", 1).hits[0].passage
    both = tree(client, "similar", id=passage.id).css("h4")
    assert [title.text() for title in both] == [
        f"Documents like {passage.title}",
        "Documents with a passage like this one",
    ]


def test_documents_are_offered_by_what_was_typed(client: TestClient) -> None:
    """By their file's name where no other has it."""
    offered = tree(client, "choices", named="HOURS").css("#seek-documents option")
    assert [option.attributes["value"] for option in offered] == ["hours.html"]


@pytest.mark.parametrize(
    ("path", "params", "status", "sentence"),
    [
        ("hits", {"q": "a", "kb": "none"}, 404, "This knowledge base no longer exists"),
        ("hits", {"q": "a", "since": "soon"}, 422, "“soon” is no day"),
        ("shading", {"q": "a", "id": "0" * 32}, 404, "This passage is no longer there"),
        ("similar", {"source": "/etc/passwd"}, 404, "no longer there"),
    ],
)
def test_what_cannot_be_searched_is_told(
    client: TestClient, path: str, params: dict[str, str], status: int, sentence: str
) -> None:
    """In a sentence in the place of the results, not as a traceback."""
    answer = client.get(f"/search/{path}", params=params)
    assert answer.status_code == status
    told = LexborHTMLParser(answer.text)
    assert told.css_first(".notice h3").text() == "The search did not work"
    assert sentence in told.css_first(".notice p").text()


def test_too_much_is_refused(client: TestClient) -> None:
    """Queries, counts and weights have their limits."""
    for params in ({"q": "a" * 1001}, {"q": "a", "k": "1000"}, {"q": "a", "weight": "2"}):
        assert client.get("/search/hits", params=params).status_code == 422


def test_nothing_found_says_what_to_do(client: TestClient, app: App) -> None:
    """Which is something else with a filter than without one, and before any document."""
    kept_out = tree(client, "hits", q="delivery", folder="nowhere")
    assert kept_out.css_first("p").text().startswith("No passage passes these filters")
    app.create("empty")
    for path in ("hits", "stages"):
        empty = tree(client, path, q="delivery", kb="empty")
        assert empty.css_first("p").text().startswith("Add documents first")
    unasked = tree(client, "hits", q="  ")
    assert unasked.css_first("h2").text() == "Search the documents themselves"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("hits", {"q": f"alarm {HOSTILE}"}),
        ("stages", {"q": f"alarm {HOSTILE}"}),
        ("trace", {"q": f"alarm {HOSTILE}", "document": "night*"}),
        ("choices", {"named": ""}),
        ("hits", {"q": "alarm", "since": HOSTILE}),
    ],
)
def test_markup_is_always_text(client: TestClient, path: str, params: dict[str, str]) -> None:
    """Of documents, of their names, of queries and of filters."""
    answer = client.get(f"/search/{path}", params=params)
    shown = LexborHTMLParser(answer.text)
    assert not shown.css("img, script")
    assert "onerror" in answer.text
    assert not any(name.startswith("on") for node in shown.css("*") for name in node.attributes)
