"""Exchanges as HTML. Whatever comes from a document, a model or a user is escaped here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import PurePosixPath
from typing import Any, TypeAlias
from urllib.parse import urlencode

from markdown_it import MarkdownIt

from qa_bot.citations import mark, parse_marks
from qa_bot.types import Turn
from qa_bot.ui.generated import bracketed, export_html, marked, models_html, remarks_html
from qa_bot.ui.icons import icon
from qa_bot.ui.texts import Texts

Fields: TypeAlias = Mapping[str, Any]
"""A citation or passage in the form of ``ask --json``."""

# nothing that loads or leads elsewhere: no images, links or HTML of the text's own
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_MARKDOWN.disable(["image", "link", "autolink", "html_inline", "html_block", "reference"])

_WORD_END = re.compile(r"(?:[\x21-\x25\x27-\x3a\x3d\x3f-\x7e]{1,12}|[^\x00-\x7f]{1,2})$")
"""The end of a word, or two letters of a script without spaces; never part of a tag."""

_CODE = re.compile(r"(<code.*?</code>)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange as it is shown.

    ``state`` is ``searching``, ``reading``, ``done``, ``stopped`` or ``failed``. ``turn`` and
    ``conversation`` are None until it is stored. ``notice`` is the sentence of a failure, ``note`` a
    line on what went otherwise; ``support`` is that of a model's sentences, ``model`` its name.
    """

    question: str
    state: str = "done"
    rewritten: str = ""
    text: str = ""
    short_answer: str | None = None
    abstained: bool = False
    doubtful: bool = False
    reason: str = ""
    citations: Sequence[Fields] = ()
    passages: Sequence[Fields] = ()
    feedback: int | None = None
    turn: int | None = None
    conversation: str | None = None
    notice: str = ""
    quotable: Sequence[str] = field(default=())
    support: Sequence[Fields] = ()
    note: str = ""
    model: str = ""

    @staticmethod
    def of(turn: Turn, conversation: str) -> Exchange:
        """Return a stored exchange."""
        stored = turn.answer_json
        return Exchange(
            question=turn.question,
            rewritten=turn.rewritten,
            text=turn.answer,
            short_answer=stored.get("short_answer"),
            abstained=bool(stored.get("abstained")),
            doubtful=bool(stored.get("doubtful")),
            reason=stored.get("reason", ""),
            citations=stored.get("citations", ()),
            passages=stored.get("passages", ()),
            feedback=turn.feedback,
            turn=turn.id,
            conversation=conversation,
            quotable=[passage["text"] for passage in stored.get("passages", ())],
            support=stored.get("support", ()),
            note=stored.get("note", ""),
            model=stored.get("models", {}).get("generator", ""),
        )


def exchange_html(exchange: Exchange, t: Texts, *, last: bool, models: Sequence[str] = ()) -> str:
    """Return an exchange as HTML; only the last one can be asked again or edited.

    Args:
        exchange: What is shown.
        t: The page's texts.
        last: Whether it is the last of its conversation.
        models: Those that can be asked instead.
    """
    busy = exchange.state in ("searching", "reading")
    return (
        f'<article class="turn" data-state="{exchange.state}"'
        f' data-turn="{exchange.turn or ""}">'
        f"{_question_html(exchange, t, editable=last and not busy)}"
        f'<section class="reply" aria-label="{escape(t("answer"))}" aria-busy="{str(busy).lower()}">'
        f"{_searched_html(exchange, t)}{_body_html(exchange, t)}"
        f"{'' if busy else _actions_html(exchange, t, last=last, models=models)}"
        "</section></article>"
    )


def thread_html(
    turns: Sequence[Turn], conversation: str, kb: str, t: Texts, models: Sequence[str] = ()
) -> str:
    """Return a whole stored conversation as HTML; ``models`` can be asked for the last answer."""
    shown = "".join(
        exchange_html(Exchange.of(turn, conversation), t, last=turn is turns[-1], models=models)
        for turn in turns
    )
    return opened_thread(conversation, kb) + shown + "</div>"


def opened_thread(conversation: str | None, kb: str) -> str:
    """Return the thread's opening tag, which tells the script what the address bar should name."""
    return f'<div class="thread" data-conversation="{escape(conversation or "")}" data-kb="{escape(kb)}">'


def answer_html(exchange: Exchange, t: Texts) -> str:
    """Return an answer's text with its marks as buttons.

    Text that is quoted from the passages is shown as it stands; anything else is read as Markdown,
    without images, links or HTML, and its sentences without support are marked.
    """
    if not exchange.support and is_quoted(exchange.text, exchange.quotable):
        return _plain_html(exchange, t)
    html = _MARKDOWN.render(bracketed(exchange.text, exchange.support))
    parts = _CODE.split(html)
    return marked(
        "".join(
            part if at % 2 else _with_buttons(part, exchange, t) for at, part in enumerate(parts)
        ),
        t,
    )


def is_quoted(text: str, quotable: Sequence[str]) -> bool:
    """Return whether everything between the marks of a text stands in one of the passages."""
    flat = [_flat(passage) for passage in quotable]
    return all(
        not piece or any(piece in passage for passage in flat)
        for piece in map(_flat, _between_marks(text))
    )


def source_url(
    exchange_conversation: str, turn: int, kind: str, number: int, *, picture: bool = False
) -> str:
    """Return the address of a citation (``kind`` ``citation``) or passage (``passage``) of a turn."""
    query = urlencode({"conversation": exchange_conversation, "turn": turn, kind: number})
    return f"source/{'page.png' if picture else 'passage'}?{query}"


def passage_url(kb: str, passage: str, query: str = "", *, picture: bool = False) -> str:
    """Return the address of a passage that a knowledge base holds, with the query that found it."""
    query = urlencode({"kb": kb, "id": passage, "q": query})
    return f"source/{'page.png' if picture else 'passage'}?{query}"


def place(fields: Fields, t: Texts) -> str:
    """Return where a citation or passage stands, in words: heading path, page or sheet."""
    title = fields.get("title") or ""
    parts = [heading for heading in fields.get("headings") or () if heading != title]
    if fields.get("page") is not None:
        parts.append(t("page", page=fields["page"]))
    if fields.get("sheet"):
        parts.append(t("sheet", sheet=fields["sheet"]))
    return " › ".join(parts)


def file_name(source: str) -> str:
    """Return the file's own name of a source."""
    return PurePosixPath(source).name


def _question_html(exchange: Exchange, t: Texts, *, editable: bool) -> str:
    edit = form = ""
    if editable:
        edit = (
            f'<button type="button" class="tool" data-show="edit" title="{escape(t("edit"))}"'
            f' aria-label="{escape(t("edit"))}">{icon("edit")}</button>'
        )
        form = (
            f'<form class="edit" data-form="edit" data-event="again" data-turn="{exchange.turn or ""}"'
            f' hidden><textarea name="question" rows="3" maxlength="4000"'
            f' aria-label="{escape(t("edit"))}">{escape(exchange.question)}</textarea>'
            f'<span class="buttons"><button type="button" data-hide="edit">{escape(t("cancel"))}'
            f'</button><button type="submit" class="primary">{escape(t("send"))}</button></span>'
            "</form>"
        )
    return (
        f'<header class="question"><h2 class="asked">'
        f'<span class="visually-hidden">{escape(t("you"))}: </span>{escape(exchange.question)}</h2>'
        f"{edit}{form}</header>"
    )


def _searched_html(exchange: Exchange, t: Texts) -> str:
    if not exchange.rewritten or _flat(exchange.rewritten) == _flat(exchange.question):
        return ""
    return (
        f'<p class="searched">{icon("search")}<span>{escape(t("searched_for"))}: '
        f"<q>{escape(exchange.rewritten)}</q></span></p>"
    )


def _body_html(exchange: Exchange, t: Texts) -> str:
    if exchange.state == "searching":
        return f'<p class="working">{escape(t("searching"))}<i></i><i></i><i></i></p>'
    if exchange.state == "reading" and not exchange.text:
        words = t("reading", count=len(exchange.quotable))
        return f'<p class="working">{escape(words)}<i></i><i></i><i></i></p>'
    if exchange.state == "failed":
        return (
            f'<div class="notice failed" role="alert"><h3>{escape(t("failed"))}</h3>'
            f"<p>{escape(exchange.notice)}</p></div>"
        )
    if exchange.abstained:
        return _abstention_html(exchange, t)
    stopped = f'<p class="aside">{escape(t("stopped"))}</p>' if exchange.state == "stopped" else ""
    return (
        f'<div class="answer">{answer_html(exchange, t)}</div>{stopped}'
        f"{remarks_html(exchange.support, exchange.note, t)}{_sources_html(exchange, t)}"
    )


def _abstention_html(exchange: Exchange, t: Texts) -> str:
    rows = "".join(
        _source_row(exchange, "passage", number, passage, t)
        for number, passage in enumerate(exchange.passages[:3], 1)
    )
    nearest = f'<h4>{escape(t("nearest"))}</h4><ol class="source-list">{rows}</ol>' if rows else ""
    heading = t("doubtful" if exchange.doubtful else "abstained")
    return (
        f'<div class="notice abstained"><h3>{icon("none")}{escape(heading)}</h3>'
        f"<p>{escape(exchange.reason)}</p>{nearest}</div>"
    )


def _sources_html(exchange: Exchange, t: Texts) -> str:
    if exchange.turn is None or not exchange.citations:
        return ""
    rows = "".join(
        _source_row(exchange, "citation", citation["number"], citation, t)
        for citation in exchange.citations
    )
    return (
        f'<nav class="sources" aria-label="{escape(t("sources"))}"><h3 class="visually-hidden">'
        f'{escape(t("sources"))}</h3><ol class="source-list">{rows}</ol></nav>'
    )


def _source_row(exchange: Exchange, kind: str, number: int, fields: Fields, t: Texts) -> str:
    name = file_name(fields["source"])
    title = fields.get("title") or name
    where = place(fields, t)
    if name != title:
        where = f"{where} · {name}" if where else name
    badge = f'<span class="badge">{number}</span>' if kind == "citation" else ""
    return (
        f'<li><button type="button" class="source-row" {_opens(exchange, kind, number)}>{badge}'
        f'<span class="source-title">{escape(title)}</span>'
        f'<span class="source-place">{escape(where)}</span></button></li>'
    )


def _opens(exchange: Exchange, kind: str, number: int) -> str:
    if exchange.turn is None or exchange.conversation is None:
        return "disabled"
    return f'data-source="{escape(source_url(exchange.conversation, exchange.turn, kind, number))}"'


def _actions_html(exchange: Exchange, t: Texts, *, last: bool, models: Sequence[str] = ()) -> str:
    tools = []
    if exchange.text and exchange.state == "done":
        tools.append(
            f'<button type="button" class="tool" data-copy="{escape(_copied(exchange, t))}"'
            f' data-done="{escape(t("copied"))}" title="{escape(t("copy"))}"'
            f' aria-label="{escape(t("copy"))}">{icon("copy")}</button>'
        )
    if last:
        tools.append(
            f'<button type="button" class="tool" data-event="again" data-turn="{exchange.turn or ""}"'
            f' data-question="{escape(exchange.question)}" title="{escape(t("retry"))}"'
            f' aria-label="{escape(t("retry"))}">{icon("retry")}</button>'
        )
        tools.append(models_html(models, exchange.turn, exchange.question, t))
    if exchange.turn is not None:
        for name, value in (("like", 1), ("dislike", -1)):
            on = exchange.feedback == value
            tools.append(
                f'<button type="button" class="tool" data-event="rate" data-turn="{exchange.turn}"'
                f' data-value="{0 if on else value}" aria-pressed="{str(on).lower()}"'
                f' title="{escape(t(name))}" aria-label="{escape(t(name))}">{icon(name)}</button>'
            )
    if last and exchange.turn is not None and exchange.conversation is not None:
        tools.append(export_html(exchange.conversation, t))
    if exchange.model and exchange.support:
        words = escape(t("written_by", model=exchange.model))
        tools.append(f'<small class="written-by">{words}</small>')
    return f'<footer class="tools">{"".join(tools)}</footer>' if tools else ""


def _copied(exchange: Exchange, t: Texts) -> str:
    lines = [exchange.text]
    for citation in exchange.citations:
        where = place(citation, t)
        named = citation.get("title") or file_name(citation["source"])
        lines.append(f"{mark(citation['number'])} {named}" + (f" · {where}" if where else ""))
    return "\n".join([lines[0], "", *lines[1:]]) if len(lines) > 1 else lines[0]


def _plain_html(exchange: Exchange, t: Texts) -> str:
    """Return quoted text with the short answer in bold, paragraph by paragraph."""
    short = exchange.short_answer or ""
    bold = not short
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", exchange.text.strip()):
        html = escape(paragraph)
        if not bold:
            html, found = _whole(escape(short)).subn(r"<strong>\g<0></strong>", html, count=1)
            bold = found > 0
        paragraphs.append(f"<p>{_with_buttons(html, exchange, t)}</p>")
    return "".join(paragraphs).replace("\n", "<br>")


def _whole(words: str) -> re.Pattern[str]:
    """Return a pattern that finds words but not inside a longer number or Latin word."""
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(words)}(?![A-Za-z0-9])")


def _with_buttons(html: str, exchange: Exchange, t: Texts) -> str:
    """Return escaped HTML with each mark that has a citation made a button."""
    cited = {citation["number"]: citation for citation in exchange.citations}
    out, done = [], 0
    for start, end, number in parse_marks(html):
        if number not in cited and exchange.state == "done":
            continue
        title = cited[number]["title"] if number in cited else ""
        label = t("source", number=number, title=title)
        before, word = _last_word(html[done:start].rstrip(" "))
        out.append(
            f'{before}<span class="word">{word}<button type="button" class="cite"'
            f' {_opens(exchange, "citation", number)} aria-label="{escape(label)}"'
            f' title="{escape(title)}">{number}</button></span>'
        )
        done = end
    return "".join(out) + html[done:]


def _last_word(html: str) -> tuple[str, str]:
    """Return a text in two: its end stays on one line with the mark that follows it."""
    end = _WORD_END.search(html)
    at = end.start() if end else len(html)
    return html[:at], html[at:]


def _between_marks(text: str) -> list[str]:
    pieces, done = [], 0
    for start, end, _ in parse_marks(text):
        pieces.append(text[done:start])
        done = end
    return [*pieces, text[done:]]


def _flat(text: str) -> str:
    return " ".join(text.split())
