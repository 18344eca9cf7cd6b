"""Measures how follow-up questions are understood: against people's rewrites, and by what is found.

``python benchmarks/follow_ups.py --cast CAST.jsonl.gz --documents DOCUMENTS.jsonl.gz --turns TURNS.jsonl.gz``

TREC CAsT: each turn's search terms against those of the rewrite that a person wrote (precision, recall
and F1 over terms, averaged over the turns that have something before them). doc2dial: the share of turns
for which one of the first five passages is of the right document, and overlaps the span that answers; and
the latter for first questions of a conversation that are asked after turns of another one: the matter has
changed. Each for the question as it stands, for the question after the whole history, and for the project's
rewriter. Last, what the bundled reader quotes for such turns: how many it answers, and how often a quoted
sentence overlaps the span that answers.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from knowledge_base.evaluation.datasets import Text, as_document
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import Tuning
from qa_bot.readers.terms import terms
from qa_bot.readers.trained import bundled_reader
from qa_bot.rewriting import RuleRewriter
from qa_bot.training.calibrate import READ, opened
from qa_bot.types import Conversation, Rewrite, Turn

Exchange = tuple[str, str]
"""What a user said, and what was answered."""

Method = Callable[[str, Sequence[Exchange]], Rewrite]
"""Makes a query of a question and what came before it, oldest first."""

DEEP = 5
"""Passages that are looked at."""

PLAIN = Tuning(rerank=False)
"""As passages are searched for that the reader reads next."""


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


@contextmanager
def indexed(documents: Path) -> Iterator[tuple[KnowledgeBase, dict[str, int]]]:
    """Give a knowledge base of doc2dial's documents, and the white space each lost at its beginning."""
    leading: dict[str, int] = {}

    def fill(base: KnowledgeBase) -> None:
        for record in lines(documents):
            text = Text(record["doc_id"], record["title"], record["text"])
            leading[text.id] = len(text.text) - len(text.text.lstrip())
            base.add(as_document(text), Stamp(len(text.text), 0, text.id, PENDING))
        base.settle()

    with opened(fill) as base:
        yield base, leading


def by_passages(documents: Path, turns: Path, most: int, seed: int) -> dict[str, Any]:
    """Return the share of turns whose first passages hold the right document, and the right span."""
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
    with indexed(documents) as (base, leading):
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


def by_answers(documents: Path, turns: Path, most: int, seed: int) -> dict[str, float]:
    """Return what the reader makes of turns, first ones and later ones, each as it is searched for."""
    chosen = list(lines(turns))
    random.Random(seed).shuffle(chosen)
    chosen = chosen[:most]
    answered = document = right = 0
    with indexed(documents) as (base, leading):
        reader = bundled_reader(base.encoder)
        for record in chosen:
            query = rewritten(record["question"], _exchanges(record))
            found = base.retrieve(query.query, READ, tuning=PLAIN, wordings=query.wordings)
            reading = reader.read(query.query, base.widened(found.hits))
            answered += not reading.abstained
            mine = [c for c in reading.citations if c.source == record["doc_id"]]
            start, end = _span(record, leading)
            document += bool(mine)
            right += any(quote.start < end and quote.end > start for quote in mine)
    return {
        "turns": len(chosen),
        "answered": round(answered / len(chosen), 3),
        "of these from the right document": round(document / max(1, answered), 3),
        "of these with the right sentence": round(right / max(1, answered), 3),
    }


def _exchanges(record: Mapping[str, Any]) -> list[Exchange]:
    """Return what was said before a turn of doc2dial."""
    before: list[Exchange] = []
    for said in record["history"]:
        if said["role"] == "user":
            before.append((said["text"], ""))
        elif before:
            asked, answered = before[-1]
            before[-1] = (asked, f"{answered} {said['text']}".strip())
    return before


def _span(record: Mapping[str, Any], leading: Mapping[str, int]) -> tuple[int, int]:
    """Return the characters of a document that answer a turn."""
    start = record["answer_start"] - leading[record["doc_id"]]
    return start, start + len(record["answer"])


def _found(
    base: KnowledgeBase, method: Method, record: Mapping[str, Any], leading: Mapping[str, int]
) -> tuple[bool, bool]:
    """Tell whether the right document is among the first passages, and whether its right passage is.

    ``leading`` counts the white space that a document lost at its beginning.
    """
    query = method(record["question"], _exchanges(record))
    hits = base.retrieve(query.query, DEEP, tuning=PLAIN, wordings=query.wordings).hits
    mine = [hit.passage for hit in hits if hit.passage.source == record["doc_id"]]
    start, end = _span(record, leading)
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
        files = given.documents, given.turns, given.limit, given.seed
        report["doc2dial"] = by_passages(*files)
        report["doc2dial, answers"] = by_answers(*files)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
