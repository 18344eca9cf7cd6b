"""What holding answers to their source costs: the gate, the packing, and each sentence's check.

Run it with: python benchmarks/compose.py [--questions 40] [--sentences 4]

The sample questions are asked over the sample documents. In place of a model each question's best
passages are read out, sentence by sentence, so that what is measured is everything but the model.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from prompts.render import Prompts
from qa_bot.bootstrap import REACH, open_app
from qa_bot.components import open_checker
from qa_bot.config import Config
from qa_bot.context import Packer
from qa_bot.models.echo import EchoGenerator
from qa_bot.readers.composition import Composition
from qa_bot.readers.evidence import sentences_of
from qa_bot.readers.network import read_as

EXAMPLES = Path(__file__).parents[1] / "examples"


def questions(count: int) -> Iterator[str]:
    """Give answerable sample questions."""
    lines = (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [record["question"] for record in map(json.loads, lines) if record["answerable"]]
    yield from asked[:count]


def main() -> None:
    """Measure and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--sentences", type=int, default=4)
    options = parser.parse_args()
    gate: list[float] = []
    packing: list[float] = []
    checks: list[float] = []
    marks: list[float] = []
    supported: list[bool] = []
    with tempfile.TemporaryDirectory() as home:
        app = open_app(Config(home=home))
        bot = app.bot()
        base = bot.knowledge_base
        base.sync([EXAMPLES / "support"])
        packer = Packer(
            EchoGenerator(),
            Prompts(),
            reach=lambda hit, without: base.reaching(hit, REACH, without),
        )
        checker = open_checker(app.encoder, bot.reader)
        for question in questions(options.questions):
            hits = base.widened(base.retrieve(question, 8).hits)
            started = time.perf_counter()
            bot.reader.read(question, hits)
            read = time.perf_counter()
            packed = packer.pack(question, hits)
            gate.append(1000 * (read - started))
            packing.append(1000 * (time.perf_counter() - read))
            said = [s.text for s in sentences_of(packed.passages[0])][: options.sentences]
            source = read_as(packed.passages[0])
            for sentence in said:
                begun = time.perf_counter()
                supported.append(checker.check(sentence, [source]).supported)
                checks.append(1000 * (time.perf_counter() - begun))
            composition = Composition(question, packed.passages, checker)
            begun = time.perf_counter()
            for sentence in said:  # word for word: nothing is checked here
                composition.add(f"{' '.join(sentence.split())} [1]\n")
            composition.finish()
            marks.append(1000 * (time.perf_counter() - begun) / max(1, len(said)))
        app.close()
    print(json.dumps({
        "questions": len(gate),
        "gate_ms": _spread(gate),
        "packing_ms": _spread(packing),
        "check_ms_a_sentence": _spread(checks),
        "marks_and_quotes_ms_a_sentence": _spread(marks),
        "quoted_sentences_supported": round(statistics.mean(supported), 3),
    }, indent=2))  # fmt: skip


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "p50": round(statistics.median(values), 2),
        "p95": round(statistics.quantiles(values, n=20)[-1], 2),
    }


if __name__ == "__main__":
    main()
