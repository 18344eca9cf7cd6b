"""The search view's fixed parts as HTML: the switch between the views, the query, its settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from knowledge_base.types import DocumentInfo
from qa_bot.ui.icons import icon
from qa_bot.ui.rendering import file_name
from qa_bot.ui.texts import Texts

COUNTS = (10, 20, 50, 100)
"""How many hits can be asked for, the usual number first."""

OFFERED = 60
"""Documents and folders that are offered while one is being named."""


def views_html(t: Texts) -> str:
    """Return the switch between asking and searching."""
    buttons = "".join(
        f'<button type="button" data-view="{name}" aria-pressed="{str(name == "ask").lower()}">'
        f"{icon(drawn)}<span>{escape(t(f'view_{name}'))}</span></button>"
        for name, drawn in (("ask", "ask"), ("search", "search"))
    )
    return f'<nav class="views" aria-label="{escape(t("views"))}">{buttons}</nav>'


def seek_html(t: Texts) -> str:
    """Return the search view, with nothing searched for yet; its script does the rest."""
    return (
        f'<div class="seek" data-failed="{escape(t("search_unreachable"))}"'
        f' data-loading="{escape(t("why_loading"))}" data-reading="{escape(t("search_reading"))}">'
        f'<form class="seek-card" role="search">{_query_html(t)}{_filters_html(t)}'
        f"{_ranking_html(t)}</form>"
        '<div id="seek-choices" hidden></div>'
        f"{_panes_html(t)}</div>"
    )


def empty_html(t: Texts, *, documents: bool) -> str:
    """Return what stands where hits will be."""
    text = t("search_empty_text") if documents else t("search_no_documents")
    return (
        f'<section class="seek-empty"><span class="mark">{icon("search")}</span>'
        f"<h2>{escape(t('search_empty_title'))}</h2><p>{escape(text)}</p></section>"
    )


def choices_html(documents: Sequence[DocumentInfo], named: str) -> str:
    """Return lists of documents, folders and languages for the fields that name one.

    Args:
        documents: Those of the knowledge base.
        named: What was typed; only documents and folders that have it are listed.
    """
    wanted = named.strip().lower()
    names = Counter(file_name(document.source) for document in documents)
    offered = []
    for document in documents:
        name = file_name(document.source)
        if wanted in document.title.lower() or wanted in document.source.lower():
            # a file's name is enough where no other document has it
            offered.append((name if names[name] == 1 else document.source, document.title))
    folders = {document.source.rpartition("/")[0] for document in documents}
    languages = {document.language for document in documents}
    return (
        _list("seek-documents", offered[:OFFERED])
        + _list("seek-folders", [(folder, "") for folder in sorted(folders)[:OFFERED]])
        + _list("seek-languages", [(language, "") for language in sorted(languages)])
    )


def _list(id: str, values: Sequence[tuple[str, str]]) -> str:
    options = "".join(
        f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in values
    )
    return f'<datalist id="{id}">{options}</datalist>'


def _query_html(t: Texts) -> str:
    counts = "".join(f'<option value="{count}">{count}</option>' for count in COUNTS)
    folds = "".join(
        f'<button type="button" class="chip" data-fold="{name}" aria-expanded="false"'
        f' aria-controls="seek-{name}">{icon(name)}{escape(t(f"find_{name}"))}<b></b></button>'
        for name in ("filters", "ranking")
    )
    return (
        f'<div class="seek-query">{icon("search")}<input type="search" name="q" maxlength="1000"'
        f' autocomplete="off" aria-label="{escape(t("find"))}"'
        f' placeholder="{escape(t("find_placeholder"))}">'
        f'<button type="submit" class="primary">{escape(t("find_go"))}</button></div>'
        f'<div class="seek-bar">{folds}<label class="seek-count">{escape(t("rank_count"))}'
        f'<select name="k">{counts}</select></label></div>'
    )


def _filters_html(t: Texts) -> str:
    language = escape(t("filter_language_any"))
    fields = (
        _field("source", t, 'list="seek-documents"', escape(t("filter_source_hint"))),
        _field("folder", t, 'list="seek-folders"', escape(t("filter_folder_hint"))),
        _field("language", t, 'list="seek-languages"', language),
        _field("since", t, 'type="date"'),
        _field("until", t, 'type="date"'),
        _field("where", t, "", escape(t("filter_where_hint"))),
    )
    return (
        f'<fieldset id="seek-filters" class="seek-fields" hidden>'
        f'<legend class="visually-hidden">{escape(t("find_filters"))}</legend>{"".join(fields)}'
        f'<button type="button" class="link" data-clear>{escape(t("find_clear"))}</button>'
        "</fieldset>"
    )


def _field(name: str, t: Texts, attributes: str, hint: str = "") -> str:
    return (
        f"<label><span>{escape(t(f'filter_{name}'))}</span>"
        f'<input name="{name}" maxlength="500" autocomplete="off" placeholder="{hint}"'
        f" {attributes}></label>"
    )


def _ranking_html(t: Texts) -> str:
    weight = _slider("weight", "rank_weight", ("rank_words", "rank_meaning"), 0.05, 0.5, t)
    auto = (
        '<label class="switch"><input type="checkbox" name="auto" checked>'
        f"<span>{escape(t('rank_auto'))}</span></label>"
    )
    diversity = _slider("diversity", "rank_diversity", ("rank_close", "rank_varied"), 0.1, 0.0, t)
    hint = escape(t("rank_reader_hint"))
    reader = (
        f'<label class="switch" title="{hint}"><input type="checkbox" name="reader" checked>'
        f"<span>{escape(t('rank_reader'))}</span></label><small>{hint}</small>"
    )
    return (
        f'<fieldset id="seek-ranking" class="seek-sliders" hidden>'
        f'<legend class="visually-hidden">{escape(t("find_ranking"))}</legend>'
        f"<div>{weight}{auto}</div><div>{diversity}</div><div>{reader}</div></fieldset>"
    )


def _slider(
    name: str, label: str, ends: tuple[str, str], step: float, value: float, t: Texts
) -> str:
    low, high = (escape(t(end)) for end in ends)
    return (
        f'<label class="slider"><span>{escape(t(label))}<output>{value:.2f}</output></span>'
        f'<input type="range" name="{name}" min="0" max="1" step="{step}" value="{value}">'
        f"<small><i>{low}</i><i>{high}</i></small></label>"
    )


def _panes_html(t: Texts) -> str:
    tabs = "".join(
        f'<button type="button" role="tab" data-pane="{name}" id="seek-tab-{name}"'
        f' aria-controls="seek-{name}" aria-selected="{str(name == "hits").lower()}">'
        f"{escape(t(f'tab_{name}'))}</button>"
        for name in ("hits", "stages", "trace")
    )
    label = escape(t("trace_document"))
    trace = (
        f'<form class="trace-form"><label><span>{label}</span>'
        f'<input name="document" list="seek-documents" autocomplete="off" maxlength="1000"'
        f' placeholder="{escape(t("trace_document_hint"))}"></label>'
        f'<button type="submit" class="primary">{escape(t("trace_go"))}</button></form>'
        f'<div class="results"><p class="hint">{escape(t("trace_empty"))}</p></div>'
    )
    panes = "".join(
        f'<div id="seek-{name}" role="tabpanel" aria-labelledby="seek-tab-{name}"'
        f"{'' if name == 'hits' else ' hidden'}>{inside}</div>"
        for name, inside in (
            ("hits", f'<div class="results">{empty_html(t, documents=True)}</div>'),
            ("stages", f'<div class="results">{empty_html(t, documents=True)}</div>'),
            ("trace", trace),
        )
    )
    return (
        f'<div class="tabs seek-tabs" role="tablist" aria-label="{escape(t("found"))}">{tabs}</div>'
        f'{panes}<div id="seek-status" class="visually-hidden" role="status"></div>'
    )
