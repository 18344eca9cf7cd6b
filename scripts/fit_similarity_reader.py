r"""Fit how sure the similarity reader is, and print what goes into ``COEFFICIENTS``.

    python scripts/fit_similarity_reader.py --documents examples/support \
        --questions examples/questions.jsonl scripts/similarity_questions_zh.jsonl \
        [--bases scripts/support_bases_zh/*] [--squad FILE...]

``--questions`` are lines of JSON with "question" and "answers" (none: unanswerable) over the
documents; lines whose "split" is not "dev" are left out. ``--bases`` are folders
that each have such documents and questions. ``--squad`` files, in SQuAD's form, are
public questions over their own paragraphs; for half of those that have an answer a second example
is made without the passages that hold it. English and Chinese are fitted apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge_base.components import open_encoder
from knowledge_base.home import Home
from knowledge_base.indexes.analysis import has_cjk
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.protocols import Encoder
from knowledge_base.types import ScoredPassage
from qa_bot.readers.similarity import THRESHOLDS, Features, SimilarityReader
from qa_bot.training.regressions import logistic

PASSAGES = 8
"""Passages read for a question, as the bot does by default."""

SIZE = 100.0
"""Examples of each language, as the fit counts them: how much its penalty is beside them."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question as the reader sees it; ``weight`` says how much it counts in the fit."""

    question: str
    features: Features
    answerable: bool
    weight: float


def main() -> None:
    """Read the data, fit both languages, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--bases", type=Path, nargs="*", default=[])
    parser.add_argument("--squad", type=Path, nargs="*", default=[])
    parser.add_argument("--limit", type=int, default=700, help="questions of a SQuAD file")
    parser.add_argument("--weight", type=float, default=8.0, help="of the own questions' share")
    given = parser.parse_args()
    encoder = open_encoder("minilm")
    reader = SimilarityReader(encoder)
    examples = list(own_examples(given.documents, given.questions, encoder, reader, given.weight))
    for base in given.bases:
        asked = [base / "questions.jsonl"]
        examples += own_examples(base / "documents", asked, encoder, reader, given.weight)
    for file in given.squad:
        examples += squad_examples(file, encoder, reader, given.limit)
    for chinese in (False, True):
        report([e for e in examples if has_cjk(e.question) == chinese], chinese)


def own_examples(
    documents: Path, files: list[Path], encoder: Encoder, reader: SimilarityReader, weight: float
) -> Iterator[Example]:
    """Give the development questions over the folder of documents."""
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    dev = [line for line in lines if line.get("split", "dev") == "dev"]
    with tempfile.TemporaryDirectory() as folder:
        base = indexed(Path(folder), documents, encoder)
        for line in dev:
            hits = base.retrieve(line["question"], PASSAGES).hits
            yield example(reader, line["question"], hits, bool(line["answers"]), weight)
        base.close()


def squad_examples(
    file: Path, encoder: Encoder, reader: SimilarityReader, limit: int
) -> Iterator[Example]:
    """Give examples of a file in SQuAD's form, each article a document."""
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    random.seed(3)
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        questions: list[tuple[str, list[str]]] = []
        for number, article in enumerate(json.loads(raw)["data"]):
            contexts = [" ".join(p["context"].split()) for p in article["paragraphs"]]
            (documents / f"{number}.txt").write_text("\n\n".join(contexts), encoding="utf-8")
            questions += [
                (qa["question"], [answer["text"] for answer in qa.get("answers", [])])
                for paragraph in article["paragraphs"]
                for qa in paragraph["qas"]
            ]
        random.shuffle(questions)
        base = indexed(Path(folder) / "home", documents, encoder)
        for question, answers in questions[:limit]:
            found = base.retrieve(question, 2 * PASSAGES).hits
            yield example(reader, question, found[:PASSAGES], bool(answers))
            without = [hit for hit in found if not holds(hit, answers)][:PASSAGES]
            if answers and without and random.random() < 0.5:
                yield example(reader, question, without, False)
        base.close()


def example(
    reader: SimilarityReader,
    question: str,
    hits: Sequence[ScoredPassage],
    answerable: bool,
    weight: float = 1.0,
) -> Example:
    """Return what the reader measures for a question with these passages."""
    features = reader.read(question, hits).explain["features"]
    return Example(question, Features(**features), answerable, weight)


def indexed(home: Path, documents: Path, encoder: Encoder) -> KnowledgeBase:
    """Return a knowledge base of the documents in a new home folder."""
    opened = Home(home)
    base = KnowledgeBase(opened, opened.create("fit", encoder), encoder)
    base.sync([documents])
    return base


def holds(hit: ScoredPassage, answers: list[str]) -> bool:
    """Tell whether a passage has one of the answers."""
    return any(answer in hit.passage.text for answer in answers)


def report(examples: list[Example], chinese: bool) -> None:
    """Fit one language and print the coefficients, and what the thresholds then do."""
    if not examples:
        return
    rows = np.array([[getattr(e.features, n) for n in Features.__slots__] for e in examples])
    truth = np.array([e.answerable for e in examples], float)
    weight = np.array([e.weight for e in examples])
    for kind in (0.0, 1.0):  # both kinds count the same, whatever their number
        weight[truth == kind] /= max(1e-9, weight[truth == kind].sum())
    coefficients = logistic(rows, truth == 1, SIZE * weight / weight.sum())
    print("Chinese" if chinese else "English", tuple(round(float(c), 1) for c in coefficients))
    confidence = 1 / (1 + np.exp(-(coefficients[0] + rows @ coefficients[1:])))
    for name, threshold in THRESHOLDS.items():
        refused = confidence < threshold
        print(
            f"  {name}: abstains on {refused[truth == 0].mean():.2f} of the unanswerable, "
            f"{refused[truth == 1].mean():.2f} of the answerable ({len(truth)} examples)"
        )


if __name__ == "__main__":
    main()
