"""Measures whole answers: what is said, what is cited for it, and when nothing is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge_base.evaluation.datasets import DataSetError, Query
from knowledge_base.evaluation.measures import percentile
from knowledge_base.evaluation.normalisation import holds
from knowledge_base.evaluation.report import Measured
from knowledge_base.filters import source_matches
from qa_bot.evaluation.scores import area_under_risk, auroc, exact_match, f1, risk_coverage
from qa_bot.types import Answer, Citation

Progress = Callable[[Iterable[Query], str], Iterable[Query]]
"""Wraps the questions to show how far it is."""

MEASURES = (
    "EM",
    "F1",
    "answer inside",
    "citation precision",
    "citation recall",
    "false abstention",
    "abstention",
)
"""Means over questions; see ``Judged``."""

FIGURES = ("AUROC", "coverage", "risk", "AURC")
"""Figures of all questions together; see ``measure_answers``."""

_MARK = re.compile(r"\s*\[\d+\]")

PART = 4
"""Words that a quote must have, at least, to count as a part of a longer accepted answer."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One question's answer beside what is known of it.

    ``supports`` tells of each citation whether it supports the answer (see ``supporting``);
    ``right`` whether the answer holds an accepted answer or, where only a source is known, cites it.
    """

    query: Query
    answer: Answer
    supports: tuple[bool, ...]
    right: bool

    @property
    def short(self) -> str:
        """What EM and F1 look at: the short answer, the whole one without it, or nothing."""
        if self.answer.abstained:
            return ""
        return self.answer.short_answer or _MARK.sub("", self.answer.text)


def judged(query: Query, answer: Answer) -> Judged:
    """Judge one answer."""
    supports = supporting(query, answer.citations)
    text = "" if answer.abstained else _MARK.sub("", answer.text)
    right = holds(text, query.answers) if query.answers else any(supports)
    return Judged(query, answer, supports, query.answerable and right)


def supporting(query: Query, citations: Sequence[Citation]) -> tuple[bool, ...]:
    """Tell of each citation whether its quote supports an accepted answer.

    A quote does where it holds an accepted answer, or is itself a part (of four words or more) of a
    longer one. In an answer of several quotes of which one does, the others support it too where they
    come from a judged source: they are the rest of what was asked for. Where no accepted answer is
    known, a quote supports where it comes from a judged source.
    """
    sources = [
        any(source_matches(citation.source, source) for source in query.judged)
        for citation in citations
    ]
    if not query.answers:
        return tuple(sources)
    quotes = [
        holds(citation.quote, query.answers)
        or (
            len(citation.quote.split()) >= PART
            and any(holds(a, [citation.quote]) for a in query.answers)
        )
        for citation in citations
    ]
    return tuple(
        quote or (any(quotes) and source) for quote, source in zip(quotes, sources, strict=True)
    )


def judgeable(queries: Sequence[Query]) -> list[Query]:
    """Return the queries of which an answer, a source, or that there is none is known.

    Raises:
        DataSetError: If there is no such query, or none that has an answer or a source.
    """
    known = [q for q in queries if q.answers or q.judged or not q.answerable]
    if not any(query.answerable for query in known):
        raise DataSetError(
            f"none of the {len(queries):,} questions has an accepted answer or a source; add some"
        )
    return known


def measure_answers(
    ask: Callable[[str], Answer],
    queries: Sequence[Query],
    progress: Progress = lambda queries, _: queries,
) -> tuple[Measured, list[Judged]]:
    """Ask every question and measure the answers.

    Over the answerable questions with accepted answers: ``EM`` and ``F1`` of the short answer, by
    SQuAD's normalisation, Chinese by the character, and ``answer inside``, whether the answer holds
    an accepted one; an abstention counts 0. Over the answered ones among the answerable:
    ``citation precision``, the share of an answer's quotes that support it, and ``citation recall``,
    whether at least one does. ``false abstention`` is the share of the answerable questions that were
    not answered, ``abstention`` that of the unanswerable ones.

    Of all questions: ``AUROC``, the chance that an answerable question has the higher confidence;
    ``coverage``, the share that was answered at the threshold in force, and ``risk``, the share of
    those answers that is wrong (one to an unanswerable question always is); ``AURC``, the mean risk
    over the coverages up to that one: what the bot would have said below its threshold is not known.

    Args:
        ask: Answers one question on its own.
        queries: From ``judgeable``.
        progress: See ``Progress``.
    """
    found = [judged(query, ask(query.text)) for query in progress(queries, "qa-bot")]
    answered = [one for one in found if not one.answer.abstained]
    curve = risk_coverage(
        [one.answer.confidence for one in answered], [not one.right for one in answered], len(found)
    )
    coverage, risk = curve[-1] if curve else (0.0, float("nan"))
    confidences = [one.answer.confidence for one in found]
    figures = {
        "AUROC": auroc(confidences, [one.query.answerable for one in found]),
        "coverage": coverage,
        "risk": risk,
        "AURC": area_under_risk(curve),
    }
    times = [one.answer.timings_ms["total"] for one in found]
    timings = {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95)}
    return Measured(_values(found), timings, figures=figures, risk_coverage=curve), found


def record(one: Judged) -> dict[str, Any]:
    """Return one question's answer as the report keeps it."""
    return {
        "accepted": list(one.query.answers),
        "answerable": one.query.answerable,
        "answer": one.answer.text,
        "short_answer": one.answer.short_answer,
        "abstained": one.answer.abstained,
        "confidence": round(one.answer.confidence, 4),
        "right": one.right,
        "citations": [
            {"source": citation.source, "quote": citation.quote, "supports": supports}
            for citation, supports in zip(one.answer.citations, one.supports, strict=True)
        ],
    }


def _values(found: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Return each measure for each question that it is defined for; empty ones are left out."""
    values: dict[str, dict[str, float]] = {name: {} for name in MEASURES}
    for one in found:
        name, accepted = one.query.id, one.query.answers
        abstained = float(one.answer.abstained)
        if not one.query.answerable:
            values["abstention"][name] = abstained
            continue
        values["false abstention"][name] = abstained
        if accepted:
            values["EM"][name] = exact_match(one.short, accepted)
            values["F1"][name] = round(f1(one.short, accepted), 6)
            values["answer inside"][name] = float(one.right)
        if one.supports and not one.answer.abstained:
            values["citation precision"][name] = round(sum(one.supports) / len(one.supports), 6)
            values["citation recall"][name] = float(any(one.supports))
    return {name: by_query for name, by_query in values.items() if by_query}
