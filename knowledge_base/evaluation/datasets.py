"""Data sets that retrieval and answers are measured on: BEIR folders, SQuAD's form, own questions."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.loaders.language import language_of
from knowledge_base.types import Document, Section


class DataSetError(KnowledgeBaseError, ValueError):
    """A data set is missing, has another form, or does not fit the documents."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document of a data set; ``id`` is what judgements name."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question with what is known of its answer.

    ``judged`` gives the relevance of documents, more than 0 being relevant; ``answers`` are the
    accepted answers. ``answerable`` is False where the documents are known to hold no answer.
    """

    id: str
    text: str
    judged: Mapping[str, int] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class DataSet:
    """Questions and, unless they ask of the user's own documents, the texts they are asked of.

    ``form`` is ``beir``, ``squad`` or ``questions``; ``split`` is empty where there is none.
    """

    name: str
    form: str
    split: str
    queries: tuple[Query, ...]
    texts: tuple[Text, ...] = ()

    def digest(self) -> str:
        """Return 16 hexadecimal digits that change when a text does."""
        found = hashlib.sha256()
        for text in self.texts:
            found.update(json.dumps([text.id, text.title, text.text]).encode())
        return found.hexdigest()[:16]


def read_dataset(path: Path, split: str | None = None) -> DataSet:
    """Read a data set in the form that its path shows.

    Args:
        path: A BEIR folder; a file in SQuAD's JSON form (``.json``, ``.json.gz``); or questions, one
            JSON object a line (``.jsonl``, ``.jsonl.gz``).
        split: The judgements of a BEIR folder (``test`` where None), or the lines with this
            ``split`` of a file of questions (all where None). SQuAD's form has no splits.

    Raises:
        DataSetError: If it cannot be read, or holds no question.
    """
    name = path.name.removesuffix(".gz")
    try:
        if path.is_dir():
            found = _read_beir(path, split or "test")
        elif name.endswith(".jsonl"):
            found = _read_own(path, split)
        elif name.endswith(".json"):
            found = _read_squad(path)
        else:
            raise DataSetError(
                f"{path} is no data set known here; give a BEIR folder, a file in SQuAD's form "
                "(.json) or questions (.jsonl), plain or .gz"
            )
    except OSError as error:
        reason = error.strerror or error
        raise DataSetError(f"{path} cannot be read: {reason}; check the path") from error
    except (ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        if isinstance(error, DataSetError):
            raise
        raise DataSetError(
            f"{path} has another form than its name says ({error!r:.100}); "
            "docs/evaluation.md shows each form"
        ) from error
    if not found.queries:
        of_split = f" of split {split!r}" if split else ""
        raise DataSetError(f"{path} holds no question{of_split}; name another file or --split")
    return found


def limited(queries: Sequence[Query], most: int | None, seed: int) -> list[Query]:
    """Return the first ``most`` queries after a seeded shuffle; None keeps all, in their order."""
    if most is None or most >= len(queries):
        return list(queries)
    shuffled = list(queries)
    random.Random(seed).shuffle(shuffled)
    return shuffled[:most]


def without_some(dataset: DataSet, share: float, seed: int) -> DataSet:
    """Return the data set without the texts that a share of its queries needs.

    Those queries have no answer any more. Texts of one title leave together, so that a neighbour
    does not hold the answer after all.

    Args:
        dataset: With texts of its own.
        share: Of the answerable queries, 0 to 1, as near as whole titles allow.
        seed: Of the choice.
    """
    title = {text.id: text.title or text.id for text in dataset.texts}
    wanted = share * sum(query.answerable for query in dataset.queries)
    order = sorted(set(title.values()))
    random.Random(seed).shuffle(order)
    by_title: dict[str, list[str]] = {}
    for query in dataset.queries:
        for name in {title[text] for text in query.judged if text in title}:
            by_title.setdefault(name, []).append(query.id)
    gone: set[str] = set()
    lost: set[str] = set()
    for name in order:
        if len(lost) >= wanted:
            break
        if name in by_title:
            gone.add(name)
            lost.update(by_title[name])
    queries = [
        replace(query, answerable=False, answers=(), judged={}) if query.id in lost else query
        for query in dataset.queries
    ]
    texts = tuple(text for text in dataset.texts if title[text.id] not in gone)
    return replace(dataset, queries=tuple(queries), texts=texts)


def as_document(text: Text) -> Document:
    """Return a text as a document of one section under its title; its source is the text's id."""
    body = text.text.strip() or text.title.strip()
    headings = (text.title,) if text.title and text.text.strip() else ()
    section = Section(0, len(body), headings=headings)
    language = language_of(body)
    return Document(text.id, text.title or text.id, body, (section,), "text/plain", language)


def _read_beir(folder: Path, split: str) -> DataSet:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/SPLIT.tsv``, plain or ``.gz``."""
    judged: dict[str, dict[str, int]] = {}
    qrels = _one_of(folder / "qrels", f"{split}.tsv")
    for row in csv.reader(io.StringIO(_text(qrels)), delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) < 3 or row[-1] == "score":
            continue
        judged.setdefault(row[0], {})[row[-2]] = int(row[-1])
    queries = [
        Query(str(record["_id"]), str(record["text"]), judged[str(record["_id"])])
        for record in _lines(_one_of(folder, "queries.jsonl"))
        if str(record["_id"]) in judged
    ]
    texts = (
        Text(str(record["_id"]), str(record.get("title") or ""), str(record.get("text") or ""))
        for record in _lines(_one_of(folder, "corpus.jsonl"))
    )
    kept = tuple(text for text in texts if (text.title + text.text).strip())
    return DataSet(folder.resolve().name, "beir", split, tuple(queries), kept)


def _read_squad(path: Path) -> DataSet:
    """Read SQuAD's JSON form: each paragraph is a text, judged right for its questions."""
    texts: dict[tuple[str, str], Text] = {}
    queries: list[Query] = []
    for article in json.loads(_text(path))["data"]:
        title = str(article.get("title") or "").replace("_", " ")
        for paragraph in article["paragraphs"]:
            context = str(paragraph["context"])
            known = Text(f"paragraph-{len(texts)}", title, context)
            text = texts.setdefault((title, context), known)
            for asked in paragraph["qas"]:
                given = [] if asked.get("is_impossible") else asked.get("answers") or []
                answers = tuple(dict.fromkeys(str(answer["text"]) for answer in given))
                queries.append(
                    Query(
                        _unique(str(asked.get("id") or ""), len(queries)),
                        str(asked["question"]).strip(),
                        {text.id: 1} if answers else {},
                        answers,
                        bool(answers),
                    )
                )
    return DataSet(_stem(path), "squad", "", tuple(queries), tuple(texts.values()))


def _read_own(path: Path, split: str | None) -> DataSet:
    """Read a user's questions: ``question`` and, where known, ``answers`` and ``source``."""
    queries: list[Query] = []
    for number, record in enumerate(_lines(path), 1):
        if split is not None and record.get("split") != split:
            continue
        if not isinstance(record.get("question"), str) or not record["question"].strip():
            raise DataSetError(f'{path}, line {number} has no "question"; add one')
        answers = _strings(record.get("answers", record.get("answer")))
        sources = _strings(record.get("source", record.get("sources")))
        answerable = bool(record.get("answerable", answers or sources))
        judged = dict.fromkeys(sources, 1) if answerable else {}
        name = _unique(str(record.get("id") or ""), number)
        queries.append(Query(name, record["question"].strip(), judged, answers, answerable))
    return DataSet(_stem(path), "questions", split or "", tuple(queries))


def _unique(id: str, number: int) -> str:
    return id or f"q{number}"


def _strings(value: Any) -> tuple[str, ...]:
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    return tuple(str(one) for one in values if one is not None and str(one).strip())


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[0]


def _one_of(folder: Path, name: str) -> Path:
    """Return a file of a folder, plain or compressed."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    there = ", ".join(sorted(path.name for path in folder.glob("*"))[:8]) or "nothing"
    raise DataSetError(
        f"{folder} has no {name} or {name}.gz (it has: {there}); "
        "a BEIR folder has corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv"
    )


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise DataSetError(
                    f"{path}, line {number} is not valid JSON: {error}; mend it"
                ) from error
            if not isinstance(record, dict):
                raise DataSetError(f"{path}, line {number} is no JSON object; make it one")
            yield record
