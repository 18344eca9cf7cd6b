"""Measures this project beside the default pipelines of four others, over the same documents in one run.

``python benchmarks/run.py DOCUMENTS... [--bytes 300000] [--rounds 2]`` takes text files, PDFs, folders or zip
archives of them (up to ``--bytes`` of text), or one file in SQuAD's form, whose paragraphs are then the
documents and whose questions are asked; of other documents pieces of sentences are asked. Every
contestant runs in a process of its own, one after the other, in every round; the best of the rounds
counts, as the machine may do other work. No question is asked twice, so that nothing is remembered. The
others need ``pip install .[peers]``.

Figures: text bytes indexed a second (and a second of processor time); the milliseconds to encode a
question, and to find five passages; questions a second of 64 threads; resident memory while 10,000
passages are searched; and DPR's top-5 accuracy where answers are known.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parent))

from contestants import CONTESTANTS, Contestant

from knowledge_base.encoders.processor import cores, int8_instructions
from knowledge_base.loaders.pdf import load_pdf

EACH, THREADS, CONCURRENT, SERVED = 50, 64, 128, 10_000
"""Questions of each figure, threads and questions of the concurrent one, passages that are served."""

Asked = tuple[str, tuple[str, ...]]
"""A question and its accepted answers."""


def texts_of(path: Path) -> Iterator[str]:
    """Give the texts of a file, a folder or an archive; a PDF's is what the project's own loader reads."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                yield from text_of(name, archive.read(name))
        return
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            yield from text_of(file.name, file.read_bytes())


def text_of(name: str, data: bytes) -> Iterator[str]:
    """Give the text of one file, if it is one that is read here."""
    if name.endswith((".md", ".txt")):
        yield data.decode("utf-8", "replace")
    elif name.endswith(".pdf"):
        yield load_pdf(data, name).text


def squad(path: Path, most: int) -> tuple[list[str], list[Asked]]:
    """Return articles in SQuAD's form as texts, and their answerable questions."""
    raw = path.read_bytes()
    articles = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)["data"]
    random.Random(5).shuffle(articles)
    texts: list[str] = []
    asked: list[Asked] = []
    for article in articles:
        if sum(map(len, texts)) < most:
            texts.append("\n\n".join(p["context"] for p in article["paragraphs"]))
            for question in (q for p in article["paragraphs"] for q in p["qas"] if q["answers"]):
                answers = tuple(answer["text"] for answer in question["answers"])
                asked.append((question["question"], answers))
    random.Random(6).shuffle(asked)
    return texts, asked


def pieces(texts: Sequence[str], count: int) -> list[Asked]:
    """Return pieces of sentences, all different, to be asked where no questions are known."""
    draw = random.Random(7)
    words = [re.findall(r"\w[\w'-]*", text) for text in texts]
    words = [some for some in words if len(some) > 20]
    found: dict[str, None] = {}
    while len(found) < count:
        some = draw.choice(words)
        start, size = draw.randrange(len(some) - 12), draw.randint(5, 12)
        found[" ".join(some[start : start + size])] = None
    return [(question, ()) for question in found]


def material(paths: Sequence[Path], most: int) -> tuple[list[str], list[Asked]]:
    """Return the texts, up to so many bytes, and the questions."""
    if len(paths) == 1 and paths[0].name.endswith((".json", ".json.gz")):
        return squad(paths[0], most)
    # a little of every source, and no file so long that it is all there is
    every = ((text[:30_000] for text in texts_of(path)) for path in paths)
    chosen = [text for texts in every for text in taken(texts, most // len(paths))]
    return chosen, pieces(chosen, 2 * EACH + CONCURRENT + 30)


def taken(texts: Iterable[str], most: int) -> list[str]:
    """Return the first texts, each once, up to so many bytes."""
    found: dict[str, None] = {}
    size = 0
    for text in texts:
        if size >= most:
            break
        size += 0 if text in found else len(text.encode())
        found[text] = None
    return list(found)


def timed(questions: Sequence[Asked], ask: Callable[[str], Any]) -> dict[str, float]:
    """Return the median and the 99th percentile in milliseconds."""
    times = []
    for question, _ in questions:
        started = time.perf_counter()
        ask(question)
        times.append(1000 * (time.perf_counter() - started))
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(times), 2),
        "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
    }


def measured(contestant: Contestant, folder: Path, asked: Sequence[Asked]) -> dict[str, Any]:
    """Return the figures of one contestant, but for memory."""
    size = sum(file.stat().st_size for file in folder.iterdir())
    warm, rest = asked[:15], asked[15:]
    for question, _ in warm:
        contestant.encode(question)
    with tempfile.TemporaryDirectory() as home:
        wall, cpu = time.perf_counter(), time.process_time()
        passages = contestant.index(folder, Path(home))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        for question, _ in rest[:15]:
            contestant.search(question)
        rest = rest[15:]
        encoded = timed(rest[:EACH], contestant.encode)
        searched = timed(rest[EACH : 2 * EACH], contestant.search)
        many = [question for question, _ in rest[2 * EACH : 2 * EACH + CONCURRENT]]
        with ThreadPoolExecutor(THREADS) as pool:
            started = time.perf_counter()
            list(pool.map(contestant.search, many))
            together = time.perf_counter() - started
        answered = [(q, answers) for q, answers in rest[: 3 * EACH] if answers]
        right = [
            any(a in hit for hit in contestant.search(q) for a in answers)
            for q, answers in answered
        ]
        contestant.close()
    return {
        "bytes_per_s": round(size / wall),
        "bytes_per_cpu_s": round(size / cpu),
        "passages": passages,
        "encode": encoded,
        "search": searched,
        "concurrent_per_s": round(len(many) / together, 1),
        "top5": round(float(np.mean(right)), 4) if right else None,
        "stages": getattr(contestant, "stages", None),
    }


def memory(contestant: Contestant, asked: Sequence[Asked]) -> dict[str, Any]:
    """Return the resident memory while passages with made-up vectors are searched."""
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(SERVED, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = [question for question, _ in asked]
    texts = [f"Passage {n}. " + ". ".join(draw.choice(words, 15)) for n in range(SERVED)]
    with tempfile.TemporaryDirectory() as home:
        contestant.fill(texts, vectors, Path(home))
        del vectors, texts
        for question, _ in asked[:EACH]:
            contestant.search(question)
        found = round(psutil.Process().memory_info().rss / 1e6)
        contestant.close()
    return {"resident_mb": found}


def child(name: str, folder: Path) -> dict[str, Any]:
    """Measure one contestant in this process."""
    asked = [(q, tuple(a)) for q, a in json.loads((folder / "asked.json").read_text())]
    step, _, contestant = name.partition(":")
    if step == "memory":
        return memory(CONTESTANTS[contestant](), asked)
    return measured(CONTESTANTS[contestant](), folder / "texts", asked)


def run(name: str, folder: Path) -> dict[str, Any]:
    """Measure one contestant in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", name, str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "Error" in line] or ["no word"]
        return {"failed": lines[-1][:200]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def best(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the best of each figure over the rounds."""
    whole = [one for one in rounds if "failed" not in one]
    if not whole:
        return dict(rounds[0])
    found = dict(whole[0])
    for key in ("bytes_per_s", "bytes_per_cpu_s", "concurrent_per_s"):
        found[key] = max(one[key] for one in whole)
    for key in ("encode", "search"):
        found[key] = min((one[key] for one in whole), key=lambda figures: figures["p50_ms"])
    return found


def rows(folder: Path, rounds: int, names: Sequence[str]) -> dict[str, Any]:
    """Return every contestant's figures."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(run(f"speed:{name}", folder))
            print(name, json.dumps(found[name][-1]), file=sys.stderr, flush=True)
    return {name: {**best(some), **run(f"memory:{name}", folder)} for name, some in found.items()}


def main() -> None:
    """Run the contestants and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--bytes", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--child")
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.child, given.documents[0])))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "texts").mkdir()
        texts, asked = material(given.documents, given.bytes)
        for number, text in enumerate(texts):
            (folder / "texts" / f"{number:03d}.md").write_text(text, encoding="utf-8")
        (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
        result = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{platform.machine()}, {cores()} cores, int8 by {int8_instructions()}",
            "load_before": round(psutil.getloadavg()[0], 1),
            "documents": [path.name for path in given.documents],
            "bytes": sum(len(text.encode()) for text in texts),
            "rounds": given.rounds,
            "rows": rows(folder, given.rounds, given.only),
        }
    text = json.dumps(result, indent=1)
    print(text)
    if given.out is not None:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
