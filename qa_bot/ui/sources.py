"""The evidence behind an answer: a passage in its surroundings, or the page of a PDF.

A source is named by its conversation, turn and number, and found in what is stored there; a hit of a
search by its knowledge base and passage, and found in the registry. Nobody names a file; a
conversation's id is a secret of its reader.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

from knowledge_base.errors import SourceNotFound
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.loaders.sources import SourceFile, expand
from knowledge_base.types import Document, Passage, SectionKind, Span
from qa_bot.bootstrap import App
from qa_bot.errors import ConversationNotFound
from qa_bot.redaction import MASK, redacted
from qa_bot.ui.highlighting import matched, query_terms
from qa_bot.ui.icons import icon
from qa_bot.ui.pdf_page import PagePicture, draw_page
from qa_bot.ui.rendering import Fields, file_name, passage_url, place, source_url
from qa_bot.ui.texts import Texts
from qa_bot.ui.warning import warning_html

PDF = "application/pdf"

AROUND = 1
"""Passages shown before and after the one that is cited."""


@dataclass(frozen=True, slots=True)
class SourceName:
    """Names the ``number``-th citation or passage (``kind``) of a stored exchange, from 1."""

    conversation: str
    turn: int
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class PassageName:
    """Names a passage that a knowledge base holds now, and the query that found it, if any."""

    kb: str
    passage: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of evidence as it was stored, and the knowledge base that it came from.

    ``quote`` is None for a passage that was near but not cited. ``bold`` are the words that settle
    the question, or that a search found. All spans are in characters of the document.
    ``picture_url`` is where the picture of its page is, if it has one.
    """

    number: int
    picture_url: str
    fields: Fields
    passage_id: str
    explain: Mapping[str, Any]
    knowledge_base: KnowledgeBase
    quote: Span | None
    bold: tuple[Span, ...] = ()

    @property
    def source(self) -> str:
        """The document's source."""
        return str(self.fields["source"])

    @property
    def text(self) -> str:
        """The stored text: the quote, or the whole passage."""
        return str(self.fields["quote"] if self.quote else self.fields["text"])


def find_source(app: App, name: SourceName) -> Source:
    """Return a piece of evidence of a stored exchange.

    Raises:
        ConversationNotFound: If there is no such conversation, turn or number.
        KnowledgeBaseNotFound: If its knowledge base was deleted.
    """
    conversation = app.conversations.get(name.conversation)
    stored = next((turn.answer_json for turn in conversation.turns if turn.id == name.turn), None)
    if stored is None:
        raise ConversationNotFound(f"there is no turn {name.turn}; it may have been asked again")
    passages = stored.get("passages", [])
    if name.kind == "citation":
        fields = next((c for c in stored.get("citations", []) if c["number"] == name.number), None)
    else:
        fields = passages[name.number - 1] if 0 < name.number <= len(passages) else None
    if fields is None:
        raise ConversationNotFound(f"the answer has no {name.kind} {name.number}")
    cited = name.kind == "citation"
    short = _span(fields.get("span_start"), fields.get("span_end")) if cited else None
    passage_id = fields["passage_id"] if cited else fields["id"]
    return Source(
        number=name.number,
        picture_url=source_url(name.conversation, name.turn, name.kind, name.number, picture=True),
        fields=fields,
        passage_id=passage_id,
        explain=next((p["explain"] for p in passages if p["id"] == passage_id), {}),
        knowledge_base=app.bot(conversation.knowledge_base).knowledge_base,
        quote=Span(fields["start"], fields["end"]) if cited else None,
        bold=() if short is None else (short,),
    )


def find_passage(app: App, name: PassageName) -> Source:
    """Return a passage of a knowledge base as evidence, the query's words in bold.

    Raises:
        KnowledgeBaseNotFound: If there is no such knowledge base.
        SourceNotFound: If it holds no such passage, or no longer.
    """
    base = app.bot(name.kb).knowledge_base
    passage = base.passage(name.passage)
    found = matched(passage.text, query_terms(name.query), name.query)
    return Source(
        number=0,
        picture_url=passage_url(name.kb, name.passage, name.query, picture=True),
        fields=asdict(passage),
        passage_id=passage.id,
        explain={},
        knowledge_base=base,
        quote=None,
        bold=tuple(Span(passage.start + s.start, passage.start + s.end) for s in found),
    )


def source_html(source: Source, t: Texts) -> str:
    """Return the source panel: where it stands, the PDF page, the text with the quote marked."""
    try:
        document = source.knowledge_base.document(source.source)
        around = source.knowledge_base.neighbours(source.passage_id, AROUND, AROUND)
    except SourceNotFound:
        document, around = None, []
    masked = MASK in source.text  # the answer was stored without personal data
    if document is not None and masked:
        document = replace(document, text=redacted(document.text))
    if document is None or not _unchanged(document, source):
        body = (
            f'<p class="aside">{escape(t("changed"))}</p>'
            f'<div class="excerpt"><p><mark id="quote">{escape(source.text)}</mark></p></div>'
        )
        return _heading_html(source, t) + body
    body = excerpt_html(document, around, source)
    if document.media_type == PDF and source.fields.get("page") and not masked:
        body = _picture_html(source, t) + f"<h3>{escape(t('in_context'))}</h3>" + body
    suspicions = [s for p in around if p.id == source.passage_id for s in p.suspicions]
    return _heading_html(source, t) + warning_html(suspicions, t) + body


def source_picture(source: Source) -> PagePicture:
    """Return the PDF page of a source with its lines marked.

    Raises:
        SourceNotFound: If the document is gone, is no PDF or its file cannot be read.
        LoadError: If the page cannot be drawn.
    """
    document = source.knowledge_base.document(source.source)
    page = source.fields.get("page")
    if document.media_type != PDF or not page:
        raise SourceNotFound(f"{file_name(source.source)} has no page to draw; read its text")
    return draw_page(_file_bytes(source.source), int(page), source.text)


def excerpt_html(document: Document, around: list[Passage], source: Source) -> str:
    """Return the text around a passage, section by section, with what is quoted marked."""
    start, end = around[0].start, around[-1].end
    passage = next((p for p in around if p.id == source.passage_id), around[0])
    quote = source.quote or Span(passage.start, passage.end)
    pieces = []
    for section in document.sections:
        if section.end <= start or section.start >= end:
            continue  # elsewhere in the document
        tag = _TAGS.get(section.kind, "p")
        shown = Span(max(section.start, start), min(section.end, end))
        text = marked_html(document.text, shown, quote, source.bold)
        pieces.append(f'<{tag} class="{section.kind.value}">{text}</{tag}>')
    before = '<p class="cut" aria-hidden="true">…</p>' if _cut(document, end=start) else ""
    after = '<p class="cut" aria-hidden="true">…</p>' if _cut(document, start=end) else ""
    joined = "".join(pieces).replace("<mark>", '<mark id="quote">', 1)
    kind = "excerpt" if source.quote else "excerpt near"
    return f'<div class="{kind}">{before}{joined}{after}</div>'


def marked_html(text: str, shown: Span, quote: Span, bold: Sequence[Span] = ()) -> str:
    """Return a part of a text, escaped, with the quote marked and some of its words in bold."""
    cuts = {shown.start, shown.end}
    for span in (quote, *bold):
        cuts |= {min(max(at, shown.start), shown.end) for at in (span.start, span.end)}
    ordered = sorted(cuts)
    out, marking = [], False
    for start, end in itertools.pairwise(ordered):
        inside = _within(start, end, quote)
        if inside != marking:
            out.append("<mark>" if inside else "</mark>")
            marking = inside
        piece = escape(text[start:end])
        strong = any(_within(start, end, span) for span in bold)
        out.append(f"<strong>{piece}</strong>" if strong else piece)
    return "".join(out) + ("</mark>" if marking else "")


_TAGS: Mapping[SectionKind, str] = {SectionKind.HEADING: "h4", SectionKind.CODE: "pre"}


def _heading_html(source: Source, t: Texts) -> str:
    name = file_name(source.source)
    title = source.fields.get("title") or name
    facts = [fact for fact in (place(source.fields, t), _score(source, t)) if fact]
    badge = f'<span class="badge">{source.number}</span>' if source.quote else ""
    return (
        f'<header class="source-head"><p class="file" title="{escape(source.source)}">{badge}'
        f"{escape(name)}</p><h2>{escape(title)}</h2>"
        + "".join(f"<p>{escape(fact)}</p>" for fact in facts)
        + "</header>"
    )


def _score(source: Source, t: Texts) -> str:
    if "score" not in source.fields:
        return ""
    parts = [t("score", score=f"{source.fields['score']:.2f}")]
    for kind, digits in (("dense", 2), ("lexical", 1)):
        score, rank = source.explain.get(f"{kind}_score"), source.explain.get(f"{kind}_rank")
        if score is not None and rank is not None:
            parts.append(t(f"score_{kind}", score=f"{score:.{digits}f}", rank=rank))
    return " · ".join(parts)


def _picture_html(source: Source, t: Texts) -> str:
    url = escape(source.picture_url)
    title = source.fields.get("title") or file_name(source.source)
    alt = escape(t("page_picture", page=source.fields["page"], title=title))
    label = escape(t("enlarge"))
    return (
        f'<figure class="page"><img src="{url}" alt="{alt}" data-page>'
        f'<a class="tool" href="{url}" target="_blank" rel="noopener" title="{label}"'
        f' aria-label="{label}">{icon("enlarge")}</a></figure>'
    )


def _unchanged(document: Document, source: Source) -> bool:
    span = source.quote or Span(source.fields["start"], source.fields["end"])
    return document.text[span.start : span.end] == source.text


def _file_bytes(source: str) -> bytes:
    """Return the bytes of a file, or of a member of an archive."""
    path = PurePosixPath(source)
    for candidate in (path, *path.parents):
        for file in _files(candidate):
            if file.source == source:
                return _read(file)
    raise SourceNotFound(f"the file {path.name} is no longer where it was; take it in again")


def _read(file: SourceFile) -> bytes:
    try:
        return file.read()
    except OSError as error:
        raise SourceNotFound(
            f"the file {file.name} cannot be read: {error.strerror}; check its permissions"
        ) from error


def _files(candidate: PurePosixPath) -> list[SourceFile]:
    real = Path(candidate)
    if not real.is_file():
        return []
    return [file for file in expand(real) if isinstance(file, SourceFile)]


def _cut(document: Document, *, start: int | None = None, end: int | None = None) -> bool:
    """Return whether the document says more before or after."""
    return bool(document.text[start:end].strip())


def _within(start: int, end: int, span: Span) -> bool:
    return span.start <= start and end <= span.end


def _span(start: int | None, end: int | None) -> Span | None:
    return Span(start, end) if start is not None and end is not None else None
