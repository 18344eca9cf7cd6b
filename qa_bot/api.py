"""The server: the web page, the sources behind its answers, and a small JSON API.

Endpoints are plain functions, so that FastAPI runs them in threads: nothing below knows asyncio.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from knowledge_base.errors import (
    GlossaryError,
    HomeLocked,
    IndexMismatch,
    InvalidFilter,
    InvalidName,
    KnowledgeBaseError,
    KnowledgeBaseNotFound,
    LoadError,
    Overloaded,
    SourceNotFound,
    UnknownComponent,
)
from knowledge_base.types import Filter, Tuning
from prompts.errors import PromptError
from qa_bot.bootstrap import DEFAULT_BASE, App
from qa_bot.errors import ConversationNotFound, InvalidQuestion, QABotError
from qa_bot.exporting import conversation_markdown
from qa_bot.faces import answer_json, retrieval_json, similar_json, trace_json
from qa_bot.guard import Guard, is_loopback
from qa_bot.ui import page, search
from qa_bot.ui.library import incoming_folder
from qa_bot.ui.sources import (
    PassageName,
    Source,
    SourceName,
    find_passage,
    find_source,
    source_html,
    source_picture,
)
from qa_bot.ui.texts import Texts, asked_language

STATUS: Mapping[type[Exception], int] = {
    InvalidQuestion: 422,
    InvalidName: 422,
    InvalidFilter: 422,
    GlossaryError: 422,
    LoadError: 422,
    UnknownComponent: 422,
    ConversationNotFound: 404,
    KnowledgeBaseNotFound: 404,
    SourceNotFound: 404,
    IndexMismatch: 409,
    HomeLocked: 409,
    Overloaded: 503,
    KnowledgeBaseError: 500,
    QABotError: 500,
    PromptError: 500,
}
"""The HTTP status of each error; the nearest of its ancestors counts."""

NEVER_KEPT = {"Cache-Control": "no-store"}

log = logging.getLogger(__name__)


class _Restricted(BaseModel):
    """What restricts a search, as ``knowledge_base.types.Filter`` has it."""

    source: str | None = None
    where: dict[str, str] = Field(default_factory=dict)
    folder: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def filter(self) -> Filter:
        return Filter(self.source, self.where, self.folder, self.since, self.until)


class Asked(_Restricted):
    """What ``POST /api/ask`` takes."""

    question: str
    kb: str = DEFAULT_BASE
    conversation_id: str | None = None
    model: str | None = None
    k: int = Field(5, ge=1, le=100)


class _Ranked(_Restricted):
    """What changes the order of hits, as ``knowledge_base.types.Tuning`` has it."""

    weight: float | None = Field(None, ge=0, le=1)
    rerank: bool = True
    diversity: float = Field(0.0, ge=0, le=1)
    collapse: bool = True

    @property
    def tuning(self) -> Tuning:
        return Tuning(
            self.weight, rerank=self.rerank, diversity=self.diversity, collapse=self.collapse
        )


class Searched(_Ranked):
    """What ``POST /api/search`` takes."""

    query: str
    kb: str = DEFAULT_BASE
    k: int = Field(5, ge=1, le=100)


class Explained(_Ranked):
    """What ``POST /api/explain`` takes: the document to explain is ``document``."""

    question: str
    document: str
    kb: str = DEFAULT_BASE
    k: int = Field(5, ge=1, le=1000)


def create_app(app: App, *, local: bool = True, max_file_mb: float = 100.0) -> FastAPI:
    """Return the server over an app.

    Args:
        app: What it serves.
        local: Whether only this machine's own names are answered to. A page elsewhere that makes
            its name point here (DNS rebinding) is then refused.
        max_file_mb: Larger uploads are refused; in units of 1,000,000 bytes.
    """
    # Gradio keeps what is being sent in this folder; it reads the variable when a file comes
    incoming = incoming_folder(app)
    shutil.rmtree(incoming, ignore_errors=True)  # what an earlier run left half sent
    os.environ["GRADIO_TEMP_DIR"] = str(incoming)
    server = FastAPI(title="qa-bot", docs_url=None, redoc_url=None)
    for kind in STATUS:
        server.add_exception_handler(kind, _refused)
    _add_api(server, app)
    _add_conversations(server, app)
    _add_sources(server, app)
    server.include_router(search.router(app))
    page.mount(server, app, max_file_mb)
    server.add_middleware(Guard, local=local)
    return server


def serve(app: App, host: str, port: int) -> None:
    """Serve until Ctrl-C; open connections get a second to end."""
    # a page that is open listens for ever: that it is cut off at the end is no error to tell
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: "graceful shutdown exceeded" not in record.getMessage()
    )
    uvicorn.run(
        create_app(app, local=is_loopback(host)),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


def _add_api(server: FastAPI, app: App) -> None:
    @server.post("/api/ask")
    def ask(asked: Asked) -> dict[str, Any]:
        """Answer a question; the answer has the form of ``qa-bot ask --json``."""
        answer = app.bot(asked.kb, asked.model).ask(
            asked.question,
            conversation_id=asked.conversation_id,
            k=asked.k,
            filter=asked.filter,
        )
        return answer_json(answer)

    @server.post("/api/search")
    def search(searched: Searched) -> dict[str, Any]:
        """Find passages; the result has the form of ``qa-bot search --json``."""
        base = app.bot(searched.kb).knowledge_base
        return retrieval_json(
            base.retrieve(searched.query, searched.k, searched.filter, searched.tuning)
        )

    @server.post("/api/explain")
    def explain(asked: Explained) -> dict[str, Any]:
        """Tell why a document was, or was not, found; in the form of ``qa-bot explain --json``."""
        base = app.bot(asked.kb).knowledge_base
        trace = base.trace(asked.question, asked.document, asked.k, asked.filter, asked.tuning)
        return trace_json(trace)

    @server.get("/api/similar")
    def similar(source: str, kb: str = DEFAULT_BASE, k: int = 5) -> dict[str, Any]:
        """Return documents like one; in the form of ``qa-bot similar --json``."""
        found = app.bot(kb).knowledge_base.similar(source, max(1, min(k, 100)))
        return {"source": source, "passage": None, "similar": [similar_json(one) for one in found]}

    @server.get("/api/status")
    def status() -> dict[str, Any]:
        """Return the knowledge bases and their sizes, the models, and how often they answered or failed."""
        return {
            "home": str(app.home),
            "models": app.models(),
            "generated": app.generated(),
            "health": [asdict(one) for one in app.health()],
            "knowledge_bases": [
                {"name": name, "documents": len(app.documents(name)), "passages": app.count(name)}
                for name in app.knowledge_bases()
            ],
        }

    @server.get("/api/documents")
    def documents(kb: str = DEFAULT_BASE) -> dict[str, Any]:
        """Return the documents of a knowledge base."""
        return {"kb": kb, "documents": [asdict(info) for info in app.documents(kb)]}


def _add_conversations(server: FastAPI, app: App) -> None:
    @server.get("/api/follow-ups")
    def follow_ups(conversation: str, model: str | None = None) -> dict[str, Any]:
        """Return questions that may be asked next; the documents answer each of them."""
        kb = app.conversations.get(conversation).knowledge_base
        return {"conversation": conversation, "questions": app.bot(kb, model).suggest(conversation)}

    @server.get("/conversation.md")
    def exported(conversation: str) -> Response:
        """Return a conversation as Markdown with its sources, to be kept as a file."""
        text = conversation_markdown(app.conversations.get(conversation))
        headers = {**NEVER_KEPT, "Content-Disposition": 'attachment; filename="conversation.md"'}
        return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)


class Shown(BaseModel):
    """Names evidence to show: of a stored answer, or a passage that a search found (``id``)."""

    conversation: str = ""
    turn: int = 0
    citation: int | None = None
    passage: int | None = None
    kb: str = DEFAULT_BASE
    id: str = ""
    q: str = ""


def _add_sources(server: FastAPI, app: App) -> None:
    def found(shown: Shown) -> Source:
        if shown.id:
            return find_passage(app, PassageName(shown.kb, shown.id, shown.q))
        kind, number = ("passage", shown.passage or 0)
        if shown.citation is not None:
            kind, number = ("citation", shown.citation)
        return find_source(app, SourceName(shown.conversation, shown.turn, kind, number))

    @server.get("/source/passage")
    def passage(request: Request, shown: Annotated[Shown, Query()]) -> Response:
        """Return the evidence panel of a stored answer or of a hit, as HTML."""
        t = Texts(asked_language(request.headers.get("accept-language", "")))
        try:
            html, status = source_html(found(shown), t), 200
        except (ConversationNotFound, KnowledgeBaseNotFound):
            html, status = f'<p class="aside">{t("source_missing")}</p>', 404
        except SourceNotFound:
            html, status = f'<p class="aside">{t("said_no_passage")}</p>', 404
        return HTMLResponse(html, status, headers=NEVER_KEPT)

    @server.get("/source/page.png")
    def picture(shown: Annotated[Shown, Query()]) -> Response:
        """Return the PDF page behind a stored answer or a hit, with its lines marked."""
        drawn = source_picture(found(shown))
        headers = {**NEVER_KEPT, "X-Marked-Lines": str(drawn.marked)}
        return Response(drawn.png, media_type="image/png", headers=headers)


def _refused(request: Request, error: Exception) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if status >= 500:
        log.error("%s failed: %s", request.url.path, error)
    later = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse({"error": str(error)}, status, later)
