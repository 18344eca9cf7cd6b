"""Measures retrieval over 100,000 passages: time by stage, memory, filters, nearness to exact search.

``python benchmarks/scale.py SQUAD_FILE... [--passages 100000] [--home DIR]`` takes every sentence of the
files' paragraphs as a document of its own, asks the first file's questions, and writes JSON. With ``--home``
the base is kept, and a second run measures at once.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
from tqdm import tqdm

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import Document, Filter, Section, Tuning
from qa_bot.training.data import read_questions

QUESTIONS = 300
PLAIN = Tuning(rerank=False, collapse=False)
"""Dense, lexical and fusion; the reader has figures of its own."""


def sentences(files: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    """Give source, title and text of every sentence once."""
    seen: set[str] = set()
    articles = (article for file in files for article in sorted(read_questions(file).items()))
    for number, (_, asked) in enumerate(articles):
        for paragraph in dict.fromkeys(question.context for question in asked):
            for start, end in sentence_spans(paragraph):
                text = paragraph[start:end].strip()
                if len(text) > 20 and text not in seen:
                    seen.add(text)
                    yield f"/a{number:03d}/s{len(seen)}.txt", asked[0].title, text


def filled(files: Sequence[Path], home: Home, passages: int) -> KnowledgeBase:
    """Return the base, filled as far as it is not yet."""
    encoder = bundled_encoder()
    base = KnowledgeBase(home, home.create("scale", encoder), encoder)
    missing = passages - base.count()
    if missing > 0:
        known = {info.source for info in base.documents()}
        for source, title, text in tqdm(sentences(files), total=passages):
            if source not in known:
                section = Section(0, len(text))
                document = Document(source, title, text, (section,), "text/plain", "en")
                base.add(document, Stamp(1, 1, source, PENDING))
                missing -= 1
                if missing == 0:
                    break
        base.settle()
    return base


def timed(questions: Sequence[str], ask: Callable[[str], Any]) -> dict[str, float]:
    """Return p50 and p99 in milliseconds, after ten questions to warm up."""
    for question in questions[:10]:
        ask(question)
    times = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        times.append(1000 * (time.perf_counter() - started))
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(times), 2),
        "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
    }


def stages(questions: Sequence[str], base: KnowledgeBase) -> dict[str, float]:
    """Return the median milliseconds of each stage."""
    laps = [base.retrieve(question, 5, tuning=PLAIN).timings_ms for question in questions]
    return {name: round(statistics.median(lap[name] for lap in laps), 2) for name in laps[0]}


def measured(files: Sequence[Path], home: Home, passages: int) -> dict[str, Any]:
    """Return every figure."""
    base = filled(files, home, passages)
    base.close()
    # as a server opens it: what filling held in memory is not counted
    base = KnowledgeBase(home, home.base("scale"), base.encoder)
    asked = [q.text for qs in read_questions(files[0]).values() for q in qs]
    questions = random.Random(3).sample(asked, QUESTIONS)
    found: dict[str, Any] = {"passages": base.count()}
    found["fusion"] = timed(questions, lambda q: base.retrieve(q, 5, tuning=PLAIN))
    found["stages_ms"] = stages(questions, base)
    found["resident_mb"] = round(psutil.Process().memory_info().rss / 1e6)
    for name, restricted in (
        ("folder of 0.3 %", Filter(folder="/a007")),
        ("title", Filter(where={"title": "Beyoncé"})),
        ("language, all", Filter(where={"language": "en"})),
    ):
        ask = filtered(base, restricted)
        found[name] = timed(questions[:60], ask)
    chroma = base._dense.stored._collection  # type: ignore[attr-defined]  # the way not taken
    vectors = base.encoder.encode_queries(questions[:60])
    rows = iter([*vectors[:10], *vectors])
    found["Chroma's own where"] = timed(
        questions[:60],
        lambda _: chroma.query(
            query_embeddings=[next(rows)], n_results=100, ids=sorted(some_ids(base))
        ),
    )
    found["checks"] = {check.name: check.found for check in base.doctor()}
    base.close()
    return found


def filtered(base: KnowledgeBase, restricted: Filter) -> Callable[[str], Any]:
    """Return a search under a filter."""
    return lambda question: base.retrieve(question, 5, restricted, PLAIN)


def some_ids(base: KnowledgeBase) -> set[str]:
    """Return the ids below one folder."""
    return base._registry.allowed(Filter(folder="/a007"))


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(given.home or Path(folder))
        found = measured(given.files, home, given.passages)
        home.close()
    text = json.dumps(found, indent=1)
    if given.out:
        given.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
