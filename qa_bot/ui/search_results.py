"""What a search found as HTML: hits, the stages side by side, documents like one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from html import escape
from urllib.parse import urlencode

from knowledge_base.types import Passage, Retrieval, ScoredPassage, Similar, Stages
from qa_bot.ui.highlighting import marked, matched, query_terms, snippet
from qa_bot.ui.icons import icon
from qa_bot.ui.rendering import file_name, passage_url, place
from qa_bot.ui.search_explanations import number, said, why_html
from qa_bot.ui.texts import Texts

SHORT = 120
"""Characters of a snippet where there is little room."""


def hits_html(retrieval: Retrieval, kb: str, t: Texts, *, filtered: bool, auto: bool) -> str:
    """Return the hits of a query, best first.

    Args:
        retrieval: What was found.
        kb: Where.
        t: The reader's texts.
        filtered: Whether a filter restricted it, which may be why there is nothing.
        auto: Whether the query decided how much meaning and words count.
    """
    if not retrieval.hits:
        why = t("search_nothing_filtered" if filtered else "search_nothing_plain")
        return (
            f'<section class="seek-empty" data-told="{escape(t("search_nothing"))}">'
            f'<span class="mark">{icon("none")}</span>'
            f"<h2>{escape(t('search_nothing'))}</h2><p>{escape(why)}</p>{_notes_html(retrieval, t)}"
            "</section>"
        )
    weight = retrieval.hits[0].explain.dense_weight
    told = _told(retrieval, t)
    rows = "".join(
        hit_html(hit, place, retrieval.query, kb, t) for place, hit in enumerate(retrieval.hits, 1)
    )
    return (
        f'<div class="found" data-told="{escape(told)}"'
        f' data-weight="{"" if weight is None else f"{weight:.2f}"}">'
        f'<p class="found-line">{escape(told)}{_weight_html(weight, t, auto=auto)}</p>'
        f"{_notes_html(retrieval, t)}"
        f'<ol class="hits">{rows}</ol>'
        f'<p class="found-end"><button type="button" class="link" data-pane="trace">'
        f"{escape(t('search_missing'))}</button></p></div>"
    )


def hit_html(hit: ScoredPassage, place: int, query: str, kb: str, t: Texts) -> str:
    """Return one hit: where it stands, a snippet with what matched marked, how it was ranked."""
    passage, explain = hit.passage, hit.explain
    why = f"why-{place}"
    similar = escape(f"search/similar?{urlencode({'kb': kb, 'id': passage.id})}")
    ranks = t(
        "stage_ranks", dense=_rank(explain.dense_rank, t), lexical=_rank(explain.lexical_rank, t)
    )
    return (
        f'<li class="hit" data-id="{escape(passage.id)}"><span class="badge">{place}</span>'
        f'<div class="hit-body">{_title_html(passage, query, kb, t)}'
        f'<p class="snippet">{snippet_html(passage.text, explain.terms, query)}</p>'
        f"{_same_html(hit, query, kb, t)}"
        f'<div class="hit-tools"><button type="button" class="chip" data-why aria-expanded="false"'
        f' aria-controls="{why}">{icon("explain")}{escape(t("hit_explain"))}</button>'
        f'<button type="button" class="chip" data-similar="{similar}" aria-expanded="false">'
        f"{icon('similar')}{escape(t('hit_similar'))}</button>"
        f"<small>{escape(ranks)}</small></div>"
        f'<div class="why" id="{why}" hidden>{why_html(hit, place, query, kb, t)}</div>'
        '<div class="alike" hidden></div></div></li>'
    )


def snippet_html(text: str, terms: Collection[str], query: str) -> str:
    """Return the part of a passage where most of what matched stands, marked.

    Args:
        text: The passage's.
        terms: As an explanation names them; where it names none, the query's own.
        query: What was searched for.
    """
    spans = matched(text, terms or query_terms(query), query)
    return marked(text, spans, snippet(text, spans))


def stages_html(stages: Stages, query: str, kb: str, t: Texts) -> str:
    """Return what each stage brought, side by side."""
    columns = "".join(
        f'<section aria-label="{escape(t(f"stage_{name}"))}"><h3>{escape(t(f"stage_{name}"))}</h3>'
        f"{_column_html(hits, name, query, kb, t)}</section>"
        for name, hits in (
            ("dense", stages.dense),
            ("lexical", stages.lexical),
            ("fused", stages.fused),
        )
    )
    weight = stages.dense_weight
    mix = t("search_weight", dense=number(weight), lexical=number(1.0 - weight))
    return (
        f'<div class="found" data-weight="{weight:.2f}"><p class="found-line">'
        f"{escape(t('stage_hint'))} <span>{escape(mix)}</span></p>"
        f'<div class="stages">{columns}</div></div>'
    )


def similar_html(found: Sequence[Similar], title: str, kb: str, t: Texts) -> str:
    """Return documents like one, copies flagged."""
    if not found:
        none = f'<p class="hint">{escape(t("similar_none"))}</p>'
        return f"<section><h4>{escape(title)}</h4>{none}</section>"
    rows = "".join(_similar_row(one, kb, t) for one in found)
    return f'<section><h4>{escape(title)}</h4><ol class="alike-list">{rows}</ol></section>'


def notice_html(sentence: str, t: Texts) -> str:
    """Return what went wrong with a search."""
    return (
        f'<div class="notice failed" role="alert"><h3>{escape(t("search_failed"))}</h3>'
        f"<p>{escape(sentence)}</p></div>"
    )


def best_html(passage: Passage, query: str, kb: str, t: Texts) -> str:
    """Return a passage that is no hit: its title, its place and a snippet."""
    return (
        f'<div class="hit-body">{_title_html(passage, query, kb, t)}'
        f'<p class="snippet">{snippet_html(passage.text, (), query)}</p></div>'
    )


def _told(retrieval: Retrieval, t: Texts) -> str:
    count, ms = len(retrieval.hits), sum(retrieval.timings_ms.values())
    key = "search_hits_one" if count == 1 else "search_hits"
    return t(key, count=count, ms=f"{ms:.0f}")


def _weight_html(weight: float | None, t: Texts, *, auto: bool) -> str:
    if weight is None:
        return ""
    key = "search_weight_auto" if auto else "search_weight"
    return f" <span>{escape(t(key, dense=number(weight), lexical=number(1.0 - weight)))}</span>"


def _notes_html(retrieval: Retrieval, t: Texts) -> str:
    notes = [escape(said(note, t)) for note in retrieval.notes]
    if retrieval.read_as and retrieval.read_as != retrieval.query:
        notes.append(f"{escape(t('search_read_as'))} <q>{escape(retrieval.read_as)}</q>")
    return f'<p class="found-notes">{" · ".join(notes)}</p>' if notes else ""


def _title_html(passage: Passage, query: str, kb: str, t: Texts) -> str:
    name = file_name(passage.source)
    title = passage.title or name
    where = place(asdict(passage), t)
    where = " · ".join(part for part in (where, name if name != title else "") if part)
    url = escape(passage_url(kb, passage.id, query))
    label = escape(t("open_passage", title=title))
    return (
        f'<h3><button type="button" class="hit-title" data-source="{url}" title="{label}">'
        f"{escape(title)}</button></h3>"
        f'<p class="hit-place" title="{escape(passage.source)}">{escape(where)}</p>'
    )


def _same_html(hit: ScoredPassage, query: str, kb: str, t: Texts) -> str:
    if not hit.duplicates:
        return ""
    buttons = " ".join(
        f'<button type="button" class="link" title="{escape(same.source)}"'
        f' data-source="{escape(passage_url(kb, same.id, query))}">'
        f"{escape(file_name(same.source))}</button>"
        for same in hit.duplicates
    )
    return f'<p class="hit-same">{escape(t("hit_same"))} {buttons}</p>'


def _rank(rank: int | None, t: Texts) -> str:
    return t("stage_not_there") if rank is None else str(rank)


def _column_html(hits: Sequence[ScoredPassage], name: str, query: str, kb: str, t: Texts) -> str:
    if not hits:
        return f'<p class="hint">{escape(t("stage_none"))}</p>'
    rows = "".join(_column_row(hit, place, name, query, kb, t) for place, hit in enumerate(hits, 1))
    return f"<ol>{rows}</ol>"


def _column_row(hit: ScoredPassage, place: int, stage: str, query: str, kb: str, t: Texts) -> str:
    passage, explain = hit.passage, hit.explain
    spans = matched(passage.text, explain.terms or query_terms(query), query)
    part = snippet(passage.text, spans, SHORT)
    ranks = t(
        "stage_ranks", dense=_rank(explain.dense_rank, t), lexical=_rank(explain.lexical_rank, t)
    )
    facts = ranks if stage == "fused" else ""
    url = escape(passage_url(kb, passage.id, query))
    title = passage.title or file_name(passage.source)
    digits = 1 if stage == "lexical" else 2
    return (
        f'<li data-id="{escape(passage.id)}"><button type="button" data-source="{url}"'
        f' title="{escape(t("open_passage", title=title))}"><span class="badge">{place}</span>'
        f"<strong>{escape(title)}</strong><em>{number(hit.score, digits)}</em>"
        f'<span class="snippet">{marked(passage.text, spans, part)}</span>'
        f"{f'<small>{escape(facts)}</small>' if facts else ''}</button></li>"
    )


def _similar_row(one: Similar, kb: str, t: Texts) -> str:
    name = file_name(one.source)
    title = one.title or name
    same = f'<span class="same">{escape(t("similar_same"))}</span>' if one.near_duplicate else ""
    score = escape(t("similar_score", score=number(one.score)))
    text = one.passage.text
    return (
        f'<li><button type="button" class="hit-title" title="{escape(one.source)}"'
        f' data-source="{escape(passage_url(kb, one.passage.id))}">{escape(title)}</button>{same}'
        f"<small>{score}{'' if name == title else f' · {escape(name)}'}</small>"
        f'<p class="snippet">{marked(text, (), snippet(text, (), SHORT))}</p></li>'
    )
