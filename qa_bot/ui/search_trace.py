"""Why an expected document was, or was not, found, as HTML: how far it came, stage by stage."""

from __future__ import annotations

from html import escape

from knowledge_base.types import Stage, Trace
from qa_bot.ui.icons import icon
from qa_bot.ui.search_explanations import number, said
from qa_bot.ui.search_results import best_html
from qa_bot.ui.texts import Texts

LOST_AT = {"dense and lexical": ("dense", "lexical"), "below k": ("shown",)}
"""The stages at which a document was lost, where the reason has another name than they."""


UNRANKED = ("indexed", "filter")
"""Stages that a document passes or not, without a rank."""


def trace_html(trace: Trace, k: int, kb: str, t: Texts) -> str:
    """Return a trace.

    Args:
        trace: Of a search for ``trace.query``.
        k: How many hits were asked for.
        kb: The knowledge base.
        t: The reader's texts.
    """
    lost = LOST_AT.get(trace.dropped, (trace.dropped,)) if trace.dropped else ()
    steps = "".join(_step_html(stage, t, lost=stage.name in lost) for stage in trace.stages)
    best = ""
    if trace.best is not None:
        best = (
            f"<h4>{escape(t('trace_best'))}</h4>"
            f'<div class="best">{best_html(trace.best, trace.query, kb, t)}</div>'
        )
    remedies = "".join(f"<li>{escape(said(remedy, t))}</li>" for remedy in trace.remedies)
    if remedies:
        remedies = f"<h4>{escape(t('trace_remedies'))}</h4><ul class='remedies'>{remedies}</ul>"
    return (
        f'<section class="trace" data-state="{"lost" if trace.dropped else "found"}">'
        f"{_verdict_html(trace, k, t)}"
        f'<ol class="steps">{steps}</ol>{remedies}{best}'
        f'<p class="hint">{escape(t("trace_default"))}</p></section>'
    )


def _verdict_html(trace: Trace, k: int, t: Texts) -> str:
    if not trace.dropped:
        verdict = escape(t("trace_found", rank=trace.stages[-1].rank))
        return f'<h3 data-told="{verdict}">{icon("yes")}{verdict}</h3>'
    verdict = escape(t("trace_lost", k=k))
    stage = t(f"trace_{trace.dropped.replace(' ', '_')}")
    return (
        f'<h3 data-told="{verdict}">{icon("none")}{verdict}</h3>'
        f"<p>{escape(t('trace_lost_at', stage=stage))}</p>"
    )


def _step_html(stage: Stage, t: Texts, *, lost: bool) -> str:
    facts = []
    if stage.rank is not None:
        facts.append(t("trace_rank", rank=stage.rank))
    elif stage.name not in UNRANKED:
        facts.append(t("stage_not_there" if stage.name == "shown" else "trace_absent"))
    if stage.score is not None:
        facts.append(t("trace_score", score=number(stage.score)))
    kind = "lost" if lost else "passed" if _is_passed(stage) else "absent"
    state = t(_STATES[kind])
    return (
        f'<li class="{kind}"><span class="step-mark" title="{escape(state)}">'
        f'{icon(_MARKS[kind])}<span class="visually-hidden">{escape(state)}</span></span>'
        f"<strong>{escape(t(f'trace_{stage.name}'))}</strong>"
        f"{_facts_html(facts, said(stage.found, t))}</li>"
    )


def _facts_html(facts: list[str], found: str) -> str:
    if not facts:
        return f"<span>{escape(found)}</span>"
    return f"<span>{escape(' · '.join(facts))}</span><small>{escape(found)}</small>"


def _is_passed(stage: Stage) -> bool:
    return stage.rank is not None or stage.name in UNRANKED


_STATES = {"lost": "trace_dropped", "passed": "trace_ok", "absent": "trace_absent"}
_MARKS = {"lost": "close", "passed": "yes", "absent": "none"}
