"""The time the reader's network takes for eight passages, in int8 and in float32 in turn.

``python benchmarks/reading.py SQUAD_FILE [--questions 40] [--out FILE]`` has each question read beside eight
paragraphs of 150 to 170 tokens of the file; all eight are read, as if none settled the answer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import psutil

from knowledge_base.encoders.processor import cores, int8_instructions
from qa_bot.readers.network import ReaderModel
from qa_bot.training.data import read_questions

TOKENS, PASSAGES, WARM = (150, 170), 8, 5
"""Least and most tokens of a passage, passages of a question, questions asked before the clock runs."""

RUNTIMES = ("onnx-int8", "onnx-fp32")


def measured(file: Path, count: int) -> dict[str, Any]:
    """Return the figures of both runtimes."""
    questions = [q for some in read_questions(file).values() for q in some]
    models = {runtime: ReaderModel(runtime=runtime) for runtime in RUNTIMES}
    tokens = models[RUNTIMES[0]].tokens
    least, most = TOKENS
    every = dict.fromkeys(question.context for question in questions)
    fitting = [text for text in every if least <= tokens.count(text) <= most]
    wall: dict[str, list[float]] = {runtime: [] for runtime in RUNTIMES}
    cpu: dict[str, list[float]] = {runtime: [] for runtime in RUNTIMES}
    for number in range(count + WARM):
        passages = [fitting[(PASSAGES * number + n) % len(fitting)] for n in range(PASSAGES)]
        question = questions[7 * number % len(questions)].text
        for runtime, model in models.items():
            started, used = time.perf_counter(), time.process_time()
            model.score(question, passages)
            if number >= WARM:
                wall[runtime].append(1000 * (time.perf_counter() - started))
                cpu[runtime].append(1000 * (time.process_time() - used))
    return {
        runtime: {
            "p50_ms": round(statistics.median(wall[runtime]), 1),
            "fastest_tenth_ms": round(sorted(wall[runtime])[count // 10], 1),
            "cpu_p50_ms": round(statistics.median(cpu[runtime]), 1),
        }
        for runtime in RUNTIMES
    }


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    load = round(psutil.getloadavg()[0], 1)
    machine = {"cores": cores(), "int8": int8_instructions(), "load": load}
    text = json.dumps({**machine, **measured(given.file, given.questions)}, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
