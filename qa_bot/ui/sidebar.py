"""The sidebar and the empty states as HTML: conversations, knowledge bases, documents, progress."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import PurePosixPath

from knowledge_base.types import DocumentInfo, Failure, IngestProgress, IngestReport
from qa_bot.types import Conversation
from qa_bot.ui.icons import icon
from qa_bot.ui.rendering import file_name
from qa_bot.ui.texts import Texts
from qa_bot.ui.warning import warning_html

MOST_DOCUMENTS = 500
"""Documents listed; a browser gets slow with more, and the filter finds none of the rest."""

SAMPLE_FOLDER = "/examples/support/"
"""Where the sample knowledge base's files stand; the example questions are about them."""

DEFAULT_BASE = "default"


def frame_html(t: Texts) -> str:
    """Return the sidebar's head: the name, and the tabs."""
    label = escape(t("close_menu"))
    tabs = "".join(
        f'<button type="button" role="tab" data-tab="{name}" id="tab-{name}"'
        f' aria-selected="{str(name == "conversations").lower()}">{escape(t(name))}</button>'
        for name in ("conversations", "documents")
    )
    return (
        f'<div class="brand"><span class="mark">{icon("logo")}</span><strong>qa-bot</strong>'
        f'<button type="button" class="tool close-menu" data-menu="close" aria-label="{label}"'
        f' title="{label}">{icon("close")}</button></div>'
        f'<div class="tabs" role="tablist" lang="{escape(t("language"))}">{tabs}</div>'
    )


def bar_html(t: Texts, title: str) -> str:
    """Return the bar above the conversation: the sidebar's button and the title."""
    label = escape(t("menu"))
    return (
        f'<div class="bar"><button type="button" class="tool" data-menu="open" aria-label="{label}"'
        f' title="{label}">{icon("menu")}</button><h1>{escape(title)}</h1></div>'
    )


def note_html(t: Texts) -> str:
    """Return the line under the question box, with what the script names the box's buttons.

    Answers that come are told to screen readers in its second part.
    """
    return (
        f'<p data-send="{escape(t("send"))}" data-stop="{escape(t("stop"))}">{escape(t("note"))}</p>'
        '<div id="announce" class="visually-hidden" role="status"></div>'
    )


def panel_html(t: Texts) -> str:
    """Return the empty source panel, which the script fills."""
    label = escape(t("close_panel"))
    failed = escape(t("source_unavailable"))
    return (
        f'<aside class="panel" aria-label="{escape(t("panel"))}" data-failed="{failed}"'
        f' hidden tabindex="-1"><button type="button" class="tool close-panel" data-panel="close"'
        f' aria-label="{label}" title="{label}">{icon("close")}</button>'
        '<div class="panel-body" aria-live="polite"></div></aside>'
    )


def bases_html(names: Sequence[str], chosen: str, t: Texts, error: str = "") -> str:
    """Return the choice of knowledge base with the form that makes a new one."""
    options = "".join(
        f'<option value="{escape(name)}"{" selected" if name == chosen else ""}>'
        f"{escape(base_name(name, t))}</option>"
        for name in names
    )
    label, add = escape(t("base")), escape(t("new_base"))
    problem = f'<p class="problem" role="alert">{escape(error)}</p>' if error else ""
    return (
        f'<div class="bases"><label for="base">{label}</label><div class="row">'
        f'<select id="base" data-change="choose">{options}</select>'
        f'<button type="button" class="tool" data-show="base" title="{add}" aria-label="{add}">'
        f"{icon('plus')}</button></div>"
        f'<form data-form="base" data-event="create"{"" if error else " hidden"}>'
        f'<input name="name" maxlength="100" required aria-label="{escape(t("base_name"))}"'
        f' placeholder="{escape(t("base_name"))}">'
        f'<button type="submit" class="primary">{escape(t("create"))}</button></form>{problem}</div>'
    )


def base_name(name: str, t: Texts) -> str:
    """Return a knowledge base's name as it is shown."""
    return t("base_default") if name == DEFAULT_BASE else name


def conversations_html(conversations: Sequence[Conversation], current: str | None, t: Texts) -> str:
    """Return the list of conversations, each with what can be done with it."""
    if not conversations:
        return f'<p class="empty">{escape(t("no_conversations"))}</p>'
    rows = "".join(_conversation_row(c, c.id == current, t) for c in conversations)
    return f'<ul class="list conversations">{rows}</ul>'


def _conversation_row(conversation: Conversation, current: bool, t: Texts) -> str:
    title = conversation.title or t("untitled")
    name = escape(conversation.id)
    named = escape(title)
    mark = ' aria-current="page"' if current else ""
    rename, delete = escape(t("rename")), escape(t("delete"))
    return (
        f'<li><button type="button" class="item" data-event="open" data-id="{name}" title="{named}"'
        f"{mark}>{escape(title)}</button>"
        f'<button type="button" class="tool" data-show="{name}" aria-label="{rename}: {named}"'
        f' title="{rename}">{icon("edit")}</button>'
        f'<button type="button" class="tool danger" data-event="delete" data-id="{name}"'
        f' data-confirm="{escape(t("sure"))}" aria-label="{delete}: {named}"'
        f' title="{delete}">{icon("trash")}</button>'
        f'<form data-form="{name}" data-event="rename" data-id="{name}" hidden>'
        f'<input name="title" value="{named}" maxlength="200" required'
        f' aria-label="{escape(t("title"))}">'
        f'<button type="submit" class="primary">{escape(t("save"))}</button></form></li>'
    )


def counted(documents: int, t: Texts) -> str:
    """Return a number of documents in words."""
    return t("count_one" if documents == 1 else "count", count=f"{documents:,}")


def documents_html(documents: Sequence[DocumentInfo], t: Texts) -> str:
    """Return the list of documents, each with its removal."""
    if not documents:
        return f'<p class="empty">{escape(t("no_documents"))}</p>'
    find = ""
    if len(documents) > 8:
        label = escape(t("filter"))
        find = f'<input type="search" data-filter aria-label="{label}" placeholder="{label}">'
    rows = "".join(_document_row(document, t) for document in documents[:MOST_DOCUMENTS])
    hidden = len(documents) - MOST_DOCUMENTS
    more = f'<p class="empty">{escape(t("more", count=hidden))}</p>' if hidden > 0 else ""
    return f'{find}<ul class="list documents">{rows}</ul>{more}'


def _document_row(document: DocumentInfo, t: Texts) -> str:
    name = file_name(document.source)
    kind = PurePosixPath(name).suffix.lstrip(".")[:5] or "txt"
    title = document.title or name
    key = "passages_one" if document.passages == 1 else "passages"
    facts = " · ".join([name, t(key, count=document.passages)])
    source = escape(document.source)
    remove, similar = escape(t("remove", title=title)), escape(t("similar_to", title=title))
    return (
        f'<li><span class="kind">{escape(kind)}</span>'
        f'<span class="item" title="{source}"><span class="name">{escape(title)}</span>'
        f"<small>{escape(facts)}</small>{warning_html(document.suspicions, t)}</span>"
        f'<button type="button" class="tool" data-alike="{source}" aria-label="{similar}"'
        f' title="{similar}">{icon("similar")}</button>'
        f'<button type="button" class="tool danger" data-event="remove" data-source-id="{source}"'
        f' data-confirm="{escape(t("sure_remove"))}" aria-label="{remove}"'
        f' title="{remove}">{icon("trash")}</button></li>'
    )


def progress_html(progress: IngestProgress | None, t: Texts) -> str:
    """Return how far taking in files has come; the time left is told once a file is done."""
    if progress is None:
        return f'<div class="progress" role="status"><p>{escape(t("working"))}</p><i></i></div>'
    total = max(progress.files_total, 1)
    facts = [t("progress", done=progress.files_done, total=total, passages=progress.passages)]
    if progress.seconds > 0.5 and progress.passages:
        facts.append(t("rate", rate=f"{progress.passages / progress.seconds:.0f}"))
    if progress.files_done and progress.files_done < total:
        seconds = progress.seconds / progress.files_done * (total - progress.files_done)
        facts.append(_left(seconds, t))
    share = round(100 * progress.files_done / total)
    return (
        f'<div class="progress" role="status"><p>{escape(t("working"))}</p>'
        f'<progress max="100" value="{share}"></progress>'
        f"<p>{escape(' · '.join(facts))}</p>"
        f'<p class="current">{escape(file_name(progress.current))}</p></div>'
    )


def _left(seconds: float, t: Texts) -> str:
    if seconds < 90:
        return t("left_seconds", count=max(1, round(seconds)))
    return t("left_minutes", count=round(seconds / 60))


def report_html(report: IngestReport, t: Texts) -> str:
    """Return what taking in files came to, with each failure by its file's name."""
    done = t(
        "finished",
        added=report.added,
        updated=report.updated,
        unchanged=report.unchanged,
        passages=report.passages,
        seconds=f"{report.seconds:.1f}",
    )
    failed = "".join(
        f"<li><strong>{escape(file_name(failure.path))}</strong> {escape(_sentence(failure))}</li>"
        for failure in report.failed
    )
    failures = f"<p>{escape(t('failures'))}</p><ul>{failed}</ul>" if failed else ""
    suspected = "".join(
        f"<li><strong>{escape(file_name(one.path))}</strong> <q>{escape(one.quote)}</q></li>"
        for one in report.suspicious
    )
    if suspected:
        failures += f"<p>{escape(t('suspected'))}</p><ul>{suspected}</ul>"
    return _message(escape(done), failures, t, failed=bool(failed))


def _sentence(failure: Failure) -> str:
    """Return why a file failed, without its name, which stands above it."""
    return failure.error.removeprefix(f"{file_name(failure.path)}: ")


def problem_html(sentence: str, t: Texts) -> str:
    """Return a sentence about what went wrong with the documents."""
    return _message(escape(sentence), "", t, failed=True)


def _message(first: str, rest: str, t: Texts, *, failed: bool) -> str:
    label = escape(t("dismiss"))
    kind = "report failed" if failed else "report"
    return (
        f'<div class="{kind}" role="status"><button type="button" class="tool" data-dismiss'
        f' aria-label="{label}" title="{label}">{icon("close")}</button><p>{first}</p>{rest}</div>'
    )


def welcome_html(documents: Sequence[DocumentInfo], kb: str, t: Texts) -> str:
    """Return what stands where a conversation will be: what to do first."""
    if not documents:
        command = "qa-bot ingest FOLDER" + ("" if kb == DEFAULT_BASE else f' --kb "{kb}"')
        return (
            f'<section class="welcome"><span class="mark">{icon("logo")}</span>'
            f"<h2>{escape(t('empty_title'))}</h2><p>{escape(t('empty_text'))}</p>"
            f"<pre><code>{escape(command)}</code></pre>"
            f'<button type="button" class="primary" data-tab="documents" data-menu="open">'
            f"{escape(t('empty_action'))}</button></section>"
        )
    text = (
        t("hero_text_one")
        if len(documents) == 1
        else t("hero_text", documents=f"{len(documents):,}")
    )
    return (
        f'<section class="welcome"><span class="mark">{icon("logo")}</span>'
        f"<h2>{escape(t('hero_title'))}</h2><p>{escape(text)}</p>"
        f"{_examples_html(documents, t)}</section>"
    )


def _examples_html(documents: Sequence[DocumentInfo], t: Texts) -> str:
    if not any(SAMPLE_FOLDER in document.source for document in documents):
        return ""
    cards = "".join(
        f'<li><button type="button" data-event="again" data-question="{escape(question)}">'
        f"{escape(question)}</button></li>"
        for question in (t(f"example_{number}") for number in range(1, 5))
    )
    return f'<h3>{escape(t("examples"))}</h3><ul class="examples">{cards}</ul>'
