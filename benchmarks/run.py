"""Measures this project beside LangChain's default pipeline, over the same articles in one run.

``python benchmarks/run.py SQUAD_FILE [--articles 18] [--questions 500]`` takes a file in SQuAD's form
(plain or gzip); its paragraphs are written as text files and indexed by each contestant, and the
questions ask for the top five passages. Top-5 accuracy is DPR's: one of five holds an accepted answer.
LangChain's default: recursive splitter of 1,000 characters with 200 overlap, HuggingFaceEmbeddings with the
same MiniLM weights, langchain-chroma. It needs the optional packages: ``pip install .[peers]``.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from knowledge_base.encoders.bundled import bundled_folder
from qa_bot.bootstrap import open_app
from qa_bot.config import Config
from qa_bot.training.data import Question, read_questions

Search = Callable[[str], list[str]]


def write_articles(file: Path, articles: int, folder: Path) -> tuple[int, list[Question]]:
    """Write articles as text files; return their bytes and their answerable questions."""
    total, questions = 0, []
    chosen = sorted(read_questions(file).items())
    random.Random(5).shuffle(chosen)
    for number, (_, asked) in enumerate(chosen[:articles]):
        text = "\n\n".join(dict.fromkeys(question.context for question in asked))
        (folder / f"{number:03d}.txt").write_text(text, encoding="utf-8")
        total += len(text.encode())
        questions += [question for question in asked if question.answerable]
    random.Random(6).shuffle(questions)
    return total, questions


def ours(folder: Path, home: Path) -> tuple[float, int, Search, Callable[[], None]]:
    """Index with this project; return seconds, passages, the search, and what closes it."""
    app = open_app(Config(home=str(home)))
    base = app.bot().knowledge_base
    started = time.perf_counter()
    base.sync([folder])
    seconds = time.perf_counter() - started
    return (
        seconds,
        base.count(),
        lambda q: [hit.passage.text for hit in base.retrieve(q, 5).hits],
        app.close,
    )


def langchain(folder: Path, home: Path) -> tuple[float, int, Search, Callable[[], None]]:
    """Index with LangChain's default pipeline."""
    from langchain_chroma import Chroma
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    embeddings = HuggingFaceEmbeddings(model_name=str(bundled_folder()))
    embeddings.embed_query("warm")
    store = Chroma("peer", embeddings, persist_directory=str(home))
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    started = time.perf_counter()
    chunks = [
        chunk
        for file in sorted(folder.iterdir())
        for chunk in splitter.split_text(file.read_text())
    ]
    for start in range(0, len(chunks), 500):
        store.add_texts(chunks[start : start + 500])
    seconds = time.perf_counter() - started
    return (
        seconds,
        len(chunks),
        lambda q: [document.page_content for document in store.similarity_search(q, k=5)],
        lambda: None,
    )


def measured(
    name: str, index: Any, folder: Path, size: int, questions: Sequence[Question]
) -> dict[str, Any]:
    """Return the figures of one contestant."""
    home = Path(tempfile.mkdtemp())
    seconds, passages, search, close = index(folder, home)
    for question in questions[:10]:
        search(question.text)
    times, found = [], 0
    for question in questions:
        started = time.perf_counter()
        hits = search(question.text)
        times.append(1000 * (time.perf_counter() - started))
        found += any(answer in hit for answer in question.answers for hit in hits)
    close()
    shutil.rmtree(home, ignore_errors=True)
    ordered = sorted(times)
    return {
        "name": name,
        "ingest_bytes_per_s": round(size / seconds),
        "passages": passages,
        "top5": round(found / len(questions), 4),
        "p50_ms": round(statistics.median(times), 2),
        "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
    }


def main() -> None:
    """Run the contestants and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--articles", type=int, default=18)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size, questions = write_articles(given.file, given.articles, folder)
        questions = questions[: given.questions]
        rows = [
            measured("qa-bot", ours, folder, size, questions),
            measured("LangChain default", langchain, folder, size, questions),
        ]
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.python_version()}",
        "bytes": size,
        "questions": len(questions),
        "rows": rows,
    }
    print(json.dumps(result, indent=1))
    if given.out is not None:
        given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
