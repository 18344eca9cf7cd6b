"""Results as plain JSON values, the same on the command line, over HTTP and in the database."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from knowledge_base.types import IngestReport, Passage, Retrieval, ScoredPassage, Similar, Trace
from qa_bot.types import Answer, Citation, Claim, Summary, Verdict


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer in the form of ``ask --json``."""
    return {
        "question": answer.question,
        "rewritten": answer.rewritten,
        "answer": answer.text,
        "short_answer": answer.short_answer,
        "abstained": answer.abstained,
        "doubtful": answer.doubtful,
        "confidence": round(answer.confidence, 4),
        "reason": answer.reason,
        "note": answer.note,
        "support_rate": _rounded(answer.support_rate),
        "support": [_claim(claim, answer.text) for claim in answer.claims],
        "citations": [_citation(citation) for citation in answer.citations],
        "passages": [_passage(hit) for hit in answer.passages],
        "timings_ms": dict(answer.timings_ms),
        "models": dict(answer.models),
        "explain": _plain(answer.explain),
        "conversation_id": answer.conversation_id,
        "turn_id": answer.turn_id,
    }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict in the form of ``verify --json``."""
    return {
        "claim": verdict.claim,
        "supported": verdict.supported,
        "score": _rounded(verdict.support.score),
        "conflicts": list(verdict.support.conflicts),
        "citation": None if verdict.citation is None else _citation(verdict.citation),
        "model": {"name": verdict.model, "supported": verdict.by_model} if verdict.model else None,
        "note": verdict.note,
    }


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return a summary in the form of ``summarise --json``."""
    return {
        "source": summary.source,
        "title": summary.title,
        "summary": summary.text,
        "citations": [_citation(citation) for citation in summary.citations],
        "support": [_claim(claim, summary.text) for claim in summary.claims],
        "model": summary.model,
        "passages_read": summary.read,
        "passages": summary.passages,
    }


def retrieval_json(retrieval: Retrieval) -> dict[str, Any]:
    """Return a retrieval in the form of ``search --json``."""
    return {
        "query": retrieval.query,
        "passages": [_passage(hit) for hit in retrieval.hits],
        "timings_ms": dict(retrieval.timings_ms),
        "notes": list(retrieval.notes),
    }


def ingest_json(report: IngestReport) -> dict[str, Any]:
    """Return a report in the form of ``ingest --json``."""
    return {**asdict(report), "failed": [asdict(failure) for failure in report.failed]}


def trace_json(trace: Trace) -> dict[str, Any]:
    """Return a trace in the form of ``explain --json``."""
    return {
        "query": trace.query,
        "source": trace.source,
        "found": not trace.dropped,
        "dropped": trace.dropped,
        "best": None if trace.best is None else _place(trace.best),
        "stages": [asdict(stage) for stage in trace.stages],
        "remedies": list(trace.remedies),
    }


def similar_json(one: Similar) -> dict[str, Any]:
    """Return a recommendation in the form of ``similar --json``."""
    return {
        "source": one.source,
        "title": one.title,
        "score": round(one.score, 6),
        "near_duplicate": one.near_duplicate,
        "passage": _place(one.passage),
    }


def _place(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "source": passage.source,
        "title": passage.title,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {**asdict(citation), "headings": list(citation.headings)}


def _claim(claim: Claim, text: str) -> dict[str, Any]:
    """Return a sentence of an answer with its support; ``supported`` is None where it claims nothing."""
    support = claim.support
    return {
        "start": claim.start,
        "end": claim.end,
        "text": text[claim.start : claim.end],
        "citations": list(claim.citations),
        "supported": None if support is None else support.supported,
        "score": None if support is None else _rounded(support.score),
        "conflicts": [] if support is None else list(support.conflicts),
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _passage(hit: ScoredPassage) -> dict[str, Any]:
    passage = hit.passage
    return {
        "id": passage.id,
        "source": passage.source,
        "title": passage.title,
        "page": passage.page,
        "sheet": passage.sheet,
        "headings": list(passage.headings),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": round(hit.score, 6),
        "suspicions": [{"kind": one.kind, "quote": one.quote} for one in passage.suspicions],
        "explain": {**asdict(hit.explain), "terms": dict(hit.explain.terms)},
        "duplicates": [
            {"id": same.id, "source": same.source, "title": same.title, "page": same.page}
            for same in hit.duplicates
        ],
    }


def _plain(value: Any) -> Any:
    """Return a value of plain JSON types; a number that JSON cannot write (NaN) becomes None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if hasattr(value, "tolist"):  # a number or an array of numpy
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
