"""The search view's requests: what was asked for, as fragments of HTML in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from knowledge_base.errors import (
    InvalidFilter,
    KnowledgeBaseError,
    KnowledgeBaseNotFound,
    SourceNotFound,
)
from knowledge_base.filters import check_day
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.types import Filter, Tuning
from qa_bot.bootstrap import DEFAULT_BASE, App
from qa_bot.errors import QABotError
from qa_bot.ui.search_explanations import shading_html
from qa_bot.ui.search_frame import choices_html, empty_html
from qa_bot.ui.search_results import hits_html, notice_html, similar_html, stages_html
from qa_bot.ui.search_trace import trace_html
from qa_bot.ui.session import sentence_of
from qa_bot.ui.texts import Texts, asked_language

NEVER_KEPT = {"Cache-Control": "no-store"}

ALIKE = 5
"""Documents recommended."""

BESIDE = 10
"""Hits of each stage, side by side."""


class Sought(BaseModel):
    """What the search view asks for: the query, its filters, its ranking. Empty means any."""

    kb: str = DEFAULT_BASE
    q: str = Field("", max_length=1000)
    k: int = Field(10, ge=1, le=100)
    weight: float | None = Field(None, ge=0, le=1)
    diversity: float = Field(0.0, ge=0, le=1)
    reader: bool = False
    source: str = Field("", max_length=1000)
    folder: str = Field("", max_length=1000)
    language: str = Field("", max_length=100)
    since: str = Field("", max_length=100)
    until: str = Field("", max_length=100)
    where: str = Field("", max_length=1000)

    @property
    def tuning(self) -> Tuning:
        """How to rank."""
        return Tuning(self.weight, rerank=self.reader, diversity=self.diversity)

    def filter(self, t: Texts) -> Filter:
        """Return what to restrict the search to.

        Raises:
            InvalidFilter: In the reader's language, if a day is none or the metadata no pairs.
        """
        for day in filter(None, (self.since.strip(), self.until.strip())):
            try:
                check_day("since", day)
            except InvalidFilter as error:
                raise InvalidFilter(t("said_day", day=day)) from error
        where = _pairs(self.where, t)
        if self.language.strip():
            where["language"] = self.language.strip()
        named = (self.source, self.folder, self.since, self.until)
        source, folder, since, until = (text.strip() or None for text in named)
        return Filter(source, where, folder, since, until)


class Hit(Sought):
    """One passage of a search."""

    id: str = Field(max_length=100)


class Expected(Sought):
    """The document that a search was expected to find."""

    document: str = Field("", max_length=1000)


class Alike(BaseModel):
    """What documents are wanted that are like it: one passage and its document, or a document."""

    kb: str = DEFAULT_BASE
    id: str = Field("", max_length=100)
    source: str = Field("", max_length=4000)


class Named(BaseModel):
    """What was typed so far where a document is named."""

    kb: str = DEFAULT_BASE
    named: str = Field("", max_length=1000)


def router(app: App) -> APIRouter:
    """Return the search view's routes over an app; each gives a fragment of the page."""
    routes = APIRouter(prefix="/search")

    @routes.get("/hits")
    def hits(sought: Annotated[Sought, Query()], request: Request) -> Response:
        """Return the hits of a query, each explained."""
        return _answered(request, lambda t: _hits(app, sought, t))

    @routes.get("/stages")
    def stages(sought: Annotated[Sought, Query()], request: Request) -> Response:
        """Return what meaning alone, words alone and their fusion bring."""
        return _answered(request, lambda t: _stages(app, sought, t))

    @routes.get("/trace")
    def trace(expected: Annotated[Expected, Query()], request: Request) -> Response:
        """Return how far an expected document came."""
        return _answered(request, lambda t: _trace(app, expected, t))

    @routes.get("/shading")
    def shading(hit: Annotated[Hit, Query()], request: Request) -> Response:
        """Return a passage with what each token adds to its cosine with the query."""
        return _answered(request, lambda t: _shading(app, hit, t))

    @routes.get("/similar")
    def similar(alike: Annotated[Alike, Query()], request: Request) -> Response:
        """Return documents like one."""
        return _answered(request, lambda t: _similar(app, alike, t))

    @routes.get("/choices")
    def choices(named: Annotated[Named, Query()], request: Request) -> Response:
        """Return documents, folders and languages to choose from."""
        return _answered(
            request, lambda _: choices_html(app.documents(named.kb), named.named.strip())
        )

    return routes


def _answered(request: Request, draw: Callable[[Texts], str]) -> Response:
    """Return what a handler draws; what went wrong becomes a sentence in its place."""
    t = Texts(asked_language(request.headers.get("accept-language", "")))
    try:
        html, status = draw(t), 200
    except (KnowledgeBaseError, QABotError) as error:
        html, status = notice_html(_sentence(error, t), t), _status(error)
    return HTMLResponse(html, status, headers=NEVER_KEPT)


def _hits(app: App, sought: Sought, t: Texts) -> str:
    base = _base(app, sought)
    if not sought.q.strip() or not base.count():
        return empty_html(t, documents=base.count() > 0)
    restricted = sought.filter(t)
    found = base.retrieve(sought.q.strip(), sought.k, restricted, sought.tuning)
    return hits_html(
        found,
        sought.kb,
        t,
        filtered=not restricted.is_empty,
        auto=sought.weight is None,
    )


def _stages(app: App, sought: Sought, t: Texts) -> str:
    base = _base(app, sought)
    query = sought.q.strip()
    if not query or not base.count():
        return empty_html(t, documents=base.count() > 0)
    found = base.stages(query, BESIDE, sought.filter(t), sought.tuning)
    return stages_html(found, query, sought.kb, t)


def _trace(app: App, expected: Expected, t: Texts) -> str:
    base = _base(app, expected)
    if not expected.q.strip() or not expected.document.strip():
        return f'<p class="hint">{t("trace_empty")}</p>'
    trace = base.trace(
        expected.q.strip(),
        expected.document.strip(),
        expected.k,
        expected.filter(t),
        expected.tuning,
    )
    return trace_html(trace, expected.k, expected.kb, t)


def _shading(app: App, hit: Hit, t: Texts) -> str:
    base = _base(app, hit)
    shares = base.token_shares(hit.q.strip(), hit.id)
    return shading_html(base.passage(hit.id).text, shares, t)


def _similar(app: App, alike: Alike, t: Texts) -> str:
    base = _base(app, alike)
    if not alike.id:
        title = base.document(alike.source).title
        return similar_html(
            base.similar(alike.source, ALIKE), t("similar_to", title=title), alike.kb, t
        )
    passage = base.passage(alike.id)
    like = base.similar(passage.source, ALIKE)
    near = base.similar_to_passage(passage.id, ALIKE)
    return similar_html(like, t("similar_to", title=passage.title), alike.kb, t) + similar_html(
        near, t("similar_passage"), alike.kb, t
    )


def _base(app: App, asked: Sought | Alike) -> KnowledgeBase:
    return app.bot(asked.kb).knowledge_base


def _pairs(text: str, t: Texts) -> dict[str, str]:
    """Return the pairs of ``author=Marlow; page=2``."""
    pairs = {}
    for part in filter(None, map(str.strip, text.replace("；", ";").split(";"))):
        key, sign, value = part.partition("=")
        if not sign or not key.strip():
            raise InvalidFilter(t("said_pair", pair=part))
        pairs[key.strip()] = value.strip()
    return pairs


def _sentence(error: KnowledgeBaseError | QABotError, t: Texts) -> str:
    for kind, key in _SAID.items():
        if isinstance(error, kind):
            return t(key)
    return sentence_of(error, t)


def _status(error: KnowledgeBaseError | QABotError) -> int:
    if isinstance(error, (KnowledgeBaseNotFound, SourceNotFound)):
        return 404
    return 422 if isinstance(error, InvalidFilter) else 500


_SAID: Mapping[type[Exception], str] = {
    KnowledgeBaseNotFound: "said_no_base",
    SourceNotFound: "said_no_passage",
}
"""What is told of an error in the reader's language; others are told as they are."""
