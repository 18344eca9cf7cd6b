"""The HTTP API and the sources, over a real app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from fpdf import FPDF

from knowledge_base.encoders import shared
from knowledge_base.errors import KnowledgeBaseError
from qa_bot import api
from qa_bot.bootstrap import App, open_app
from qa_bot.config import Config
from qa_bot.errors import QABotError
from qa_bot.ui.library import incoming_folder

pytestmark = pytest.mark.slow

SENTENCE = "The guarantee on the blue lantern lasts seven years."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return an app with the bundled encoder over two documents."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "returns.md").write_text(
        "# Returns\n\nGoods may be returned within 30 days. The refund is paid within five days.\n"
    )
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    pdf.multi_cell(0, 7, f"About our lanterns. {SENTENCE} It is made of brass.")
    (folder / "lantern.pdf").write_bytes(bytes(pdf.output()))
    opened = open_app(Config(home=str(tmp_path_factory.mktemp("home")), caution="eager"))
    opened.bot().knowledge_base.sync([folder])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[TestClient]:
    """Return a client that speaks to the server as a browser on this machine would."""
    with TestClient(api.create_app(app), base_url="http://127.0.0.1:7860") as opened:
        yield opened


def asked(client: TestClient, question: str, **more: Any) -> dict[str, Any]:
    """Return the answer to a question."""
    response = client.post("/api/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_a_question_is_answered_with_its_evidence(client: TestClient) -> None:
    """The form is that of ``ask --json``."""
    answer = asked(client, "How long does the guarantee on the blue lantern last?")
    assert "seven years" in answer["answer"]
    assert answer["citations"][0]["quote"] in SENTENCE
    assert answer["citations"][0]["page"] == 1
    assert answer["turn_id"] is None


def test_passages_are_found(client: TestClient) -> None:
    """The form is that of ``search --json``; a filter restricts it."""
    found = client.post("/api/search", json={"query": "refund", "source": "returns.md"}).json()
    assert {Path(p["source"]).name for p in found["passages"]} == {"returns.md"}


def test_status_and_documents_are_listed(client: TestClient) -> None:
    """Each knowledge base with its counts, each document with its facts."""
    bases = client.get("/api/status").json()["knowledge_bases"]
    assert bases[0]["name"] == "default"
    assert bases[0]["documents"] == 2
    assert bases[0]["passages"] >= 2
    documents = client.get("/api/documents").json()["documents"]
    assert {Path(d["source"]).name for d in documents} == {"returns.md", "lantern.pdf"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": "  ?"}, 422),
        ({"question": "x" * 5000}, 422),
        ({"question": "Refund?", "kb": "nowhere"}, 404),
        ({"question": "Refund?", "conversation_id": "guess"}, 404),
        ({"question": "Refund?", "k": 0}, 422),
        ({}, 422),
    ],
)
def test_a_wrong_request_gets_a_sentence(
    client: TestClient, body: dict[str, Any], status: int
) -> None:
    """Each error has its status and says what was found."""
    response = client.post("/api/ask", json=body)
    assert response.status_code == status
    assert response.json().get("error") or response.json().get("detail")


def test_a_request_in_disguise_is_not_read(client: TestClient) -> None:
    """A form of another site could send plain text without asking; it is no question here."""
    body = '{"question": "How long is the guarantee?"}'
    plain = client.post("/api/ask", content=body, headers={"content-type": "text/plain"})
    assert plain.status_code == 422
    strange = client.post("/api/ask", content=body, headers={"sec-fetch-site": "cross-site"})
    assert strange.status_code == 403


@pytest.mark.parametrize("path", ["/api/status", "/search/hits?q=refund", "/source/passage?id=x"])
def test_another_site_cannot_make_the_server_work(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get(path, headers={"sec-fetch-site": "same-origin"}).status_code != 403


def test_a_source_needs_its_conversation(client: TestClient, app: App) -> None:
    """The panel and the page are shown to who knows the conversation, and to nobody else."""
    conversation = app.conversations.start("default").id
    question = "How long does the guarantee on the blue lantern last?"
    turn = asked(client, question, conversation_id=conversation)["turn_id"]
    name = {"conversation": conversation, "turn": turn, "citation": 1}
    panel = client.get("/source/passage", params=name)
    assert panel.status_code == 200
    assert "<mark" in panel.text
    assert panel.headers["cache-control"] == "no-store"
    picture = client.get("/source/page.png", params=name)
    assert picture.headers["content-type"] == "image/png"
    assert int(picture.headers["x-marked-lines"]) >= 1
    for wrong in ({"conversation": "guess"}, {"turn": turn + 1}, {"citation": 9}):
        assert client.get("/source/passage", params={**name, **wrong}).status_code == 404
        assert client.get("/source/page.png", params={**name, **wrong}).status_code == 404


def test_a_hit_of_a_search_opens_in_the_same_panel(client: TestClient) -> None:
    """It is named by its passage; one that is no longer there is told in the reader's language."""
    found = client.post("/api/search", json={"query": "guarantee lantern", "k": 1}).json()
    name = {"kb": "default", "id": found["passages"][0]["id"], "q": "guarantee <i>"}
    panel = client.get("/source/passage", params=name)
    assert "<strong>guarantee</strong>" in panel.text
    assert "<i>" not in panel.text
    picture = client.get("/source/page.png", params=name)
    assert picture.headers["content-type"] == "image/png"
    for wrong in ({"id": "0" * 32}, {"id": found["passages"][0]["source"]}, {"kb": "none"}):
        gone = client.get(
            "/source/passage", params={**name, **wrong}, headers={"accept-language": "zh"}
        )
        assert gone.status_code == 404
        assert "不存在" in gone.text
    hits = client.get("/search/hits", params={"q": "guarantee"})
    assert 'class="hit"' in hits.text
    assert hits.headers["x-content-type-options"] == "nosniff"


def test_the_panel_speaks_the_browsers_language(client: TestClient) -> None:
    """A source that is gone is told in Chinese to a Chinese browser."""
    params = {"conversation": "guess", "turn": 1, "citation": 1}
    gone = client.get("/source/passage", params=params, headers={"accept-language": "zh-CN"})
    assert "该出处已不存在" in gone.text


def test_a_conversation_can_be_taken_away_and_gone_on_with(client: TestClient, app: App) -> None:
    """As Markdown with its sources; and with questions that the documents answer."""
    conversation = app.conversations.start("default").id
    question = "How long does the guarantee on the blue lantern last?"
    client.post("/api/ask", json={"question": question, "conversation_id": conversation})
    exported = client.get("/conversation.md", params={"conversation": conversation})
    assert exported.headers["content-type"] == "text/markdown; charset=utf-8"
    assert f"## {question}" in exported.text
    assert "### Sources" in exported.text
    suggested = client.get("/api/follow-ups", params={"conversation": conversation})
    assert suggested.json() == {"conversation": conversation, "questions": []}
    for path in ("/conversation.md", "/api/follow-ups"):
        assert client.get(path, params={"conversation": "unknown"}).status_code == 404


def test_only_models_of_the_settings_can_be_asked(client: TestClient) -> None:
    """A stranger cannot make the server load or call another."""
    asked = client.post("/api/ask", json={"question": "How long?", "model": "openai:gpt"})
    assert asked.status_code == 422
    assert client.get("/api/status").json()["models"] == []


def test_no_file_is_served_by_the_page(client: TestClient, app: App) -> None:
    """Neither an upload, nor what is in the home folder, nor another host's page comes through."""
    sent = client.post("/gradio_api/upload", files={"files": ("secret.txt", b"a secret")})
    assert sent.status_code == 200
    path = sent.json()[0]
    assert Path(path).is_relative_to(incoming_folder(app))
    for wanted in (path, str(app.home / "qa-bot.sqlite"), "/etc/hostname", "http://localhost:1/"):
        assert client.get(f"/gradio_api/file={wanted}").status_code == 404
        assert client.get(f"/gradio_api/proxy={wanted}").status_code == 404


def test_too_many_at_once_are_told_to_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the status and the header that clients know."""
    monkeypatch.setattr(shared, "WAITING", 0)
    response = client.post("/api/search", json={"query": "a lantern nobody asked about yet"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert "ask again" in response.json()["error"]


def test_other_names_for_this_machine_are_refused(app: App) -> None:
    """A page elsewhere whose name points here is not answered."""
    with TestClient(api.create_app(app), base_url="http://rebound.example") as strange:
        assert strange.get("/api/status").status_code == 421
    with TestClient(api.create_app(app, local=False), base_url="http://qa.example") as known:
        assert known.get("/api/status").status_code == 200


def test_the_browser_is_told_to_load_nothing_from_elsewhere(client: TestClient) -> None:
    """Every answer carries the policy; the page names no other host for fonts or scripts."""
    page = client.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "fonts.googleapis" not in page.text


def test_every_error_has_a_status() -> None:
    """A new error is at least its root's."""
    assert {KnowledgeBaseError, QABotError} <= api.STATUS.keys()


def test_a_search_is_explained_and_recommends(client: TestClient) -> None:
    """The forms are those of the command line; a bad day is refused with what it should be."""
    asked_for = {"question": "what is made of brass", "document": "returns.md", "k": 1}
    trace = client.post("/api/explain", json=asked_for).json()
    assert not trace["found"]
    assert trace["remedies"]
    similar = client.get("/api/similar", params={"source": "returns.md"}).json()["similar"]
    assert similar[0]["source"].endswith("lantern.pdf")
    assert not similar[0]["near_duplicate"]
    bad = client.post("/api/search", json={"query": "refund", "since": "yesterday"})
    assert bad.status_code == 422
    assert "2026-11-24" in bad.json()["error"]
    plain = client.post("/api/search", json={"query": "refund", "weight": 0, "rerank": False})
    assert plain.json()["passages"][0]["explain"]["dense_weight"] == 0
