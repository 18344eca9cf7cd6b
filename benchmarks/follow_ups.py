"""Measures how follow-up questions are understood: against people's rewrites, and by what is found.

``python benchmarks/follow_ups.py --cast CAST.jsonl.gz --documents DOCUMENTS.jsonl.gz --turns TURNS.jsonl.gz``

TREC CAsT: each turn's search terms against those of the rewrite that a person wrote (precision, recall
and F1 over terms, averaged over the turns that have something before them). doc2dial: the share of turns
for which one of the first five passages is of the right document, and overlaps the span that answers; and
the latter for first questions of a conversation that are asked after turns of another one: the matter has
changed. Each for the question as it stands, for the question after the whole history, and for the project's
rewriter.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from knowledge_base.evaluation.datasets import Text, as_document
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import Tuning
from qa_bot.readers.terms import terms
from qa_bot.rewriting import RuleRewriter
from qa_bot.training.calibrate import opened
from qa_bot.types import Conversation, Rewrite, Turn

Exchange = tuple[str, str]
"""What a user said, and what was answered."""

Method = Callable[[str, Sequence[Exchange]], Rewrite]
"""Makes a query of a question and what came before it, oldest first."""

DEEP = 5
"""Passages that are looked at."""


def as_it_stands(question: str, before: Sequence[Exchange]) -> Rewrite:  # noqa: ARG001
    """Return the question."""
    return Rewrite(question)


def whole_history(question: str, before: Sequence[Exchange]) -> Rewrite:
    """Return the question after everything that the user said before."""
    return Rewrite(" ".join([*(asked for asked, _ in before), question]))


def rewritten(question: str, before: Sequence[Exchange]) -> Rewrite:
    """Return what the project searches for."""
    turns = tuple(
        Turn(number, asked, asked, answered, {}, None, 0.0)
        for number, (asked, answered) in enumerate(before)
    )
    conversation = Conversation("measured", "", "", 0.0, 0.0, turns)
    return RuleRewriter().rewrite(question, conversation)


METHODS: Mapping[str, Method] = {
    "as it stands": as_it_stands,
    "whole history": whole_history,
    "rewriter": rewritten,
}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Give the records of a compressed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def against_people(file: Path) -> dict[str, dict[str, float]]:
    """Return mean precision, recall and F1 of the search terms against the human rewrite's."""
    records = [record for record in lines(file) if record["history"]]
    found: dict[str, dict[str, float]] = {}
    for name, method in METHODS.items():
        sums = [0.0, 0.0, 0.0]
        for record in records:
            answers = [""] * (len(record["history"]) - 1) + [record["last_response"]]
            query = method(record["utterance"], list(zip(record["history"], answers, strict=True)))
            ours, theirs = set(terms(query.query)), set(terms(record["rewrite"]))
            common = len(ours & theirs)
            precision, recall = common / max(1, len(ours)), common / max(1, len(theirs))
            both = 2 * precision * recall / (precision + recall) if common else 0.0
            sums = [a + b for a, b in zip(sums, (precision, recall, both), strict=True)]
        found[name] = {
            measure: round(total / len(records), 3)
            for measure, total in zip(("precision", "recall", "F1"), sums, strict=True)
        }
    return {"turns": {"count": len(records)}, **found}


def by_passages(documents: Path, turns: Path, most: int, seed: int) -> dict[str, Any]:
    """Return the share of turns whose first passages hold the right document, and the right span."""

    def fill(base: KnowledgeBase) -> None:
        for record in lines(documents):
            text = Text(record["doc_id"], record["title"], record["text"])
            leading[text.id] = len(text.text) - len(text.text.lstrip())
            base.add(as_document(text), Stamp(len(text.text), 0, text.id, PENDING))
        base.settle()

    leading: dict[str, int] = {}
    chosen = [record for record in lines(turns) if record["history"]]
    draw = random.Random(seed)
    draw.shuffle(chosen)
    # first questions, asked as if the conversation had been about something else until then
    elsewhere = [
        {**record, "history": draw.choice(chosen)["history"]}
        for record in lines(turns)
        if not record["history"]
    ]
    draw.shuffle(elsewhere)
    chosen, elsewhere = chosen[:most], elsewhere[:most]
    found: dict[str, Any] = {"turns": {"count": len(chosen)}}
    with opened(fill) as base:
        for name, method in METHODS.items():
            right = [_found(base, method, record, leading) for record in chosen]
            turned = [_found(base, method, record, leading) for record in elsewhere]
            found[name] = {
                f"document R@{DEEP}": round(sum(d for d, _ in right) / len(right), 3),
                f"passage R@{DEEP}": round(sum(p for _, p in right) / len(right), 3),
                f"passage R@{DEEP}, another matter": round(
                    sum(p for _, p in turned) / len(turned), 3
                ),
            }
    return found


def _found(
    base: KnowledgeBase, method: Method, record: Mapping[str, Any], leading: Mapping[str, int]
) -> tuple[bool, bool]:
    """Tell whether the right document is among the first passages, and whether its right passage is.

    ``leading`` counts the white space that a document lost at its beginning.
    """
    before: list[Exchange] = []
    for said in record["history"]:
        if said["role"] == "user":
            before.append((said["text"], ""))
        elif before:
            asked, answered = before[-1]
            before[-1] = (asked, f"{answered} {said['text']}".strip())
    query = method(record["question"], before)
    hits = base.retrieve(
        query.query, DEEP, tuning=Tuning(rerank=False), wordings=query.wordings
    ).hits
    mine = [hit.passage for hit in hits if hit.passage.source == record["doc_id"]]
    start = record["answer_start"] - leading[record["doc_id"]]
    end = start + len(record["answer"])
    return bool(mine), any(passage.start < end and passage.end > start for passage in mine)


def main() -> None:
    """Measure and write one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cast", type=Path)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--turns", type=Path)
    parser.add_argument("--limit", type=int, default=600, help="turns of doc2dial")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    report: dict[str, Any] = {}
    if given.cast:
        report["CAsT"] = against_people(given.cast)
    if given.documents and given.turns:
        report["doc2dial"] = by_passages(given.documents, given.turns, given.limit, given.seed)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
