"""Answers and passages keep the documented JSON form."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from knowledge_base.types import (
    Explanation,
    Failure,
    IngestReport,
    Passage,
    Retrieval,
    ScoredPassage,
    Span,
)
from qa_bot.citations import cite
from qa_bot.faces import answer_json, ingest_json, retrieval_json
from qa_bot.types import Answer

PASSAGE = Passage("p1", "/d.md", "保修", "两年。", 4, 7, 0, 5, ("保修", "X200"), None)
HIT = ScoredPassage(
    PASSAGE, float(np.float32(0.5)), Explanation(dense_score=0.4, terms={"两年": 2.5})
)


def there_and_back(value: dict[str, Any]) -> Any:
    """Write strict JSON and read it."""
    return json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False))


def test_an_answer_has_the_documented_keys() -> None:
    """The keys of the design are there and the whole is plain JSON."""
    answer = Answer(
        question="多久？",
        rewritten="X200 多久？",
        text="两年。[1]",
        short_answer="两年",
        abstained=False,
        confidence=0.8,
        citations=(cite(HIT, 4, 7, 1, span=Span(4, 6)),),
        passages=(HIT,),
        timings_ms={"total": 1.5},
        models={"reader": "similarity"},
        explain={"scores": np.array([0.25, 0.5]), "best": np.float32(0.5), "bad": float("nan")},
    )
    written = answer_json(answer)
    assert there_and_back(written) == written
    assert {
        "question", "rewritten", "answer", "short_answer", "abstained", "confidence", "citations",
        "passages", "timings_ms", "models", "reason", "conversation_id", "turn_id",
    } <= written.keys()  # fmt: skip
    assert {"number", "source", "title", "page", "start", "end", "quote"} <= written["citations"][
        0
    ].keys()
    assert {
        "id", "source", "title", "page", "headings", "start", "end", "text", "score", "explain",
    } <= written["passages"][0].keys()  # fmt: skip
    assert written["explain"] == {"scores": [0.25, 0.5], "best": 0.5, "bad": None}
    assert written["passages"][0]["explain"]["terms"] == {"两年": 2.5}


def test_a_retrieval_has_the_documented_keys() -> None:
    """``search --json`` prints the same passages as ``ask --json``."""
    written = retrieval_json(Retrieval("q", (HIT,), {"dense": 1.0}, ("a note",)))
    assert there_and_back(written) == written
    assert written["query"] == "q"
    assert written["passages"][0]["id"] == "p1"
    assert written["timings_ms"] == {"dense": 1.0}


def test_an_ingestion_has_the_documented_keys() -> None:
    """Each failure is named with its path and one sentence."""
    report = IngestReport(1, 2, 3, 4, (Failure("/x.pdf", "it is encrypted"),), 9, 0.5)
    assert there_and_back(ingest_json(report)) == {
        "added": 1, "updated": 2, "unchanged": 3, "removed": 4,
        "failed": [{"path": "/x.pdf", "error": "it is encrypted"}],
        "passages": 9, "seconds": 0.5, "suspicious": [], "stages": [],
    }  # fmt: skip
