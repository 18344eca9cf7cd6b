"""How search behaves as a base grows: time, memory and disk at 1,000 to 1,000,000 passages.

``python benchmarks/growth.py SQUAD_FILE [--sizes 1000 10000 100000] [--home DIR] [--out FILE] [--plot FILE]``
makes passages of five sentences drawn from the file's, and their vectors of real sentences' vectors with
noise, so that no hour is spent on encoding; the registry, Chroma and the lexical index are filled as an
ingestion fills them. Then the file's questions are asked, each once, without the reader. Memory is that
of a process that has just opened the base. A million passages take most of an hour to fill: with
``--home`` the base is kept, a later run goes on filling where this one was stopped, and measures the
sizes that are still to come; the rows of other sizes in ``--out`` stay.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from tqdm import tqdm

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import Document, Passage, Section, Tuning
from qa_bot.training.data import read_questions

PLAIN = Tuning(rerank=False)
"""Dense, lexical, fusion and the collapse of copies; the reader has figures of its own."""

QUESTIONS, EACH, NOISE = 200, 50, 0.6
"""Questions asked at a size, passages of one document, noise beside a sentence's vector of length 1."""

SETTLED = 500
"""After so many passages they are written to the indexes, as an ingestion does."""


def sentences(file: Path) -> list[str]:
    """Return the sentences of a file's paragraphs."""
    paragraphs = dict.fromkeys(q.context for some in read_questions(file).values() for q in some)
    found = [p[a:b].strip() for p in paragraphs for a, b in sentence_spans(p)]
    return [text for text in dict.fromkeys(found) if 40 < len(text) < 300]


class Filler:
    """Adds made-up documents of real sentences to a base."""

    def __init__(self, base: KnowledgeBase, known: Sequence[str]) -> None:
        """Take the base and the sentences."""
        self.base, self.known = base, known
        self.draw, self.noise = random.Random(1), np.random.default_rng(1)
        self.centres = base.encoder.encode_passages(list(known[:256]))
        base.settle()  # what a killed run left waiting
        self.passages = base.count()

    def fill(self, size: int) -> dict[str, float]:
        """Fill up to so many passages; return the seconds by the clock and of the processor, and the rate."""
        started, cpu, before = time.perf_counter(), time.process_time(), self.passages
        with tqdm(total=size, initial=before) as bar:
            while self.passages < size:
                self.add(min(EACH, size - self.passages))
                if self.passages % SETTLED == 0:
                    self.base.settle()
                    bar.update(self.passages - bar.n)
        self.base.settle()
        seconds = time.perf_counter() - started
        cpu = time.process_time() - cpu
        rate = (size - before) / seconds
        return {
            "fill_s": round(seconds, 1), "fill_cpu_s": round(cpu, 1), "passages_per_s": round(rate)
        }  # fmt: skip

    def add(self, count: int) -> None:
        """Write one document with its passages, their vectors known."""
        source = f"/{self.passages:07d}.txt"
        texts = [" ".join(self.draw.sample(self.known, 5)) for _ in range(count)]
        parts, at = [], 0
        for number, text in enumerate(texts):
            name = hashlib.sha256(f"{source} {number}".encode()).hexdigest()[:32]
            passage = Passage(
                id=name, source=source, title="", text=text, start=at, end=at + len(text),
                ordinal=number, tokens=len(text) // 4, language="en",
            )  # fmt: skip
            parts.append((passage, hashlib.sha256(text.encode()).hexdigest()))
            at += len(text) + 2
        vectors = self.centres[self.noise.integers(0, len(self.centres), count)]
        vectors = vectors + self.noise.normal(size=vectors.shape) * NOISE / vectors.shape[1] ** 0.5
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        named = zip((text_hash for _, text_hash in parts), vectors.astype(np.float32), strict=True)
        self.base._cache.put(dict(named))
        whole = "\n\n".join(texts)
        document = Document(source, "", whole, (Section(0, len(whole)),), "text/plain", "en")
        self.base._registry.put(document, parts, Stamp(1, 1, source, PENDING))
        self.passages += count


def asked(file: Path, home: Path) -> dict[str, Any]:
    """Open the base as a server does, ask, and return the figures; runs in a process of its own."""
    opened = Home(home)
    encoder = bundled_encoder()
    base = KnowledgeBase(opened, opened.base("growth"), encoder)
    questions = [q.text for some in read_questions(file).values() for q in some]
    chosen = random.Random(3).sample(questions, QUESTIONS + 10)
    for question in chosen[:10]:
        base.retrieve(question, 5, tuning=PLAIN)
    times, cpu, laps = [], time.process_time(), []
    for question in chosen[10:]:
        started = time.perf_counter()
        laps.append(base.retrieve(question, 5, tuning=PLAIN).timings_ms)
        times.append(1000 * (time.perf_counter() - started))
    cpu = 1000 * (time.process_time() - cpu) / QUESTIONS
    memory = psutil.Process().memory_info().rss
    base.close()
    opened.close()
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(times), 2),
        "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
        "fastest_tenth_ms": round(ordered[len(ordered) // 10], 2),
        "cpu_ms": round(cpu, 2),
        "stages_p50_ms": {
            name: round(statistics.median(lap[name] for lap in laps), 2) for name in laps[0]
        },
        "resident_mb": round(memory / 1e6),
        "disk_mb": round(sum(f.stat().st_size for f in home.rglob("*") if f.is_file()) / 1e6),
    }


def measured(file: Path, home: Path, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Return the figures at every size."""
    known, rows = sentences(file), []
    encoder = bundled_encoder()
    filler: Filler | None = None
    for size in sorted(sizes):
        opened = Home(home)
        base = KnowledgeBase(opened, opened.create("growth", encoder), encoder)
        filler = filler or Filler(base, known)
        if filler.passages >= size:  # an earlier run measured it
            base.close()
            opened.close()
            continue
        filler.base = base
        figures = filler.fill(size)
        base.close()
        opened.close()
        done = subprocess.run(
            [sys.executable, __file__, str(file), "--ask", str(home)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        load = round(psutil.getloadavg()[0], 1)
        rows.append({"passages": size, "load": load, **figures, **json.loads(done.stdout)})
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def plot(rows: Sequence[dict[str, Any]], target: Path) -> None:
    """Draw time, memory and disk against the number of passages."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    sizes = [row["passages"] for row in rows]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.4))
    for key in ("p50_ms", "p99_ms", "cpu_ms"):
        left.plot(sizes, [row[key] for row in rows], marker="o", label=key)
    for key in ("resident_mb", "disk_mb"):
        right.plot(sizes, [row[key] for row in rows], marker="o", label=key)
    for axes in (left, right):
        axes.set(xscale="log", xlabel="passages", ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(target, dpi=110)


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--home", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--ask", type=Path)
    given = parser.parse_args()
    if given.ask:
        print(json.dumps(asked(given.file, given.ask)))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(given.file, given.home or Path(folder), given.sizes)
    if given.out and given.out.is_file():
        known = {row["passages"] for row in rows}
        kept = json.loads(given.out.read_text(encoding="utf-8"))["rows"]
        rows = [*(row for row in kept if row["passages"] not in known), *rows]
        rows.sort(key=lambda row: row["passages"])
    text = json.dumps({"rows": rows}, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    if given.plot:
        plot(rows, given.plot)


if __name__ == "__main__":
    main()
