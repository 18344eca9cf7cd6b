"""Data sets: each form is read as its authors mean it, and what is wrong is said in one sentence."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from knowledge_base.evaluation.datasets import (
    DataSetError,
    Query,
    as_document,
    limited,
    read_dataset,
    without_some,
)

CORPUS = [
    {"_id": "d1", "title": "Kettle", "text": "The kettle holds two litres."},
    {"_id": "d2", "title": "", "text": "A lamp without a title."},
    {"_id": "d3", "title": "", "text": ""},
]
QUERIES = [
    {"_id": "q1", "text": "How much does the kettle hold?"},
    {"_id": "q2", "text": "Nobody judged this one."},
]


def lines(records: list[dict[str, object]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def beir(folder: Path, *, compressed: bool) -> Path:
    (folder / "qrels").mkdir(parents=True)
    files = {
        "corpus.jsonl": lines(CORPUS),
        "queries.jsonl": lines(QUERIES),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n",
    }
    for name, text in files.items():
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text)
    return folder


def squad(path: Path) -> Path:
    def asked(id: str, question: str, *answers: str) -> dict[str, object]:
        given = [{"text": answer, "answer_start": 0} for answer in answers]
        return {"id": id, "question": question, "answers": given, "is_impossible": not answers}

    articles = [
        {
            "title": "Oil_crisis",
            "paragraphs": [
                {
                    "context": "It began in 1973.",
                    "qas": [asked("a", "When?", "1973", "in 1973", "1973")],
                },
                {"context": "The price was $12.", "qas": [asked("b", "Who was it?")]},
            ],
        },
        {
            "title": "Lamp",
            "paragraphs": [{"context": "Oak.", "qas": [asked("c", "Of what?", "Oak")]}],
        },
    ]
    text = json.dumps({"data": articles})
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("compressed", [False, True])
def test_a_beir_folder_gives_its_corpus_and_the_judged_queries(
    tmp_path: Path, compressed: bool
) -> None:
    """Plain or compressed; a row without any text is no document."""
    found = read_dataset(beir(tmp_path / "set", compressed=compressed))
    assert (found.name, found.form, found.split) == ("set", "beir", "test")
    assert [query.id for query in found.queries] == ["q1"]
    assert found.queries[0].judged == {"d1": 2, "d2": 0}
    assert [text.id for text in found.texts] == ["d1", "d2"]


@pytest.mark.parametrize("name", ["crisis.json", "crisis.json.gz"])
def test_squads_form_gives_a_text_a_paragraph(tmp_path: Path, name: str) -> None:
    """Judged right for its questions; an impossible question has no answer."""
    found = read_dataset(squad(tmp_path / name))
    assert (found.name, found.form) == ("crisis", "squad")
    assert [text.text for text in found.texts] == [
        "It began in 1973.",
        "The price was $12.",
        "Oak.",
    ]
    assert found.texts[0].title == "Oil crisis"
    first, second, _ = found.queries
    assert first.answers == ("1973", "in 1973")
    assert first.judged == {found.texts[0].id: 1}
    assert not second.answerable
    assert second.judged == {}


def test_own_questions_take_answers_sources_or_both(tmp_path: Path) -> None:
    """One or several, and a line may say that there is no answer."""
    path = tmp_path / "mine.jsonl"
    records: list[dict[str, object]] = [
        {"question": "one?", "answers": ["1"], "source": "a.md", "split": "test"},
        {"question": "two?", "answer": "2", "split": "test"},
        {"question": "three?", "sources": ["a.md", "b.md"], "split": "test"},
        {"question": "four?", "answers": [], "source": None, "split": "test"},
        {"question": "five?", "answers": ["5"], "split": "dev"},
    ]
    path.write_text("\ufeff" + lines(records) + "\n\n", encoding="utf-8")
    found = read_dataset(path, "test")
    assert [query.answers for query in found.queries] == [("1",), ("2",), (), ()]
    assert [dict(query.judged) for query in found.queries] == [
        {"a.md": 1}, {}, {"a.md": 1, "b.md": 1}, {},
    ]  # fmt: skip
    assert [query.answerable for query in found.queries] == [True, True, True, False]
    assert len(read_dataset(path).queries) == 5
    assert found.texts == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("notes.txt", "x", "is no data set known here"),
        ("a.json", '{"version": 1}', "has another form"),
        ("a.json", "[", "has another form"),
        ("a.jsonl", "{}\n", 'line 1 has no "question"'),
        ("a.jsonl", '{"question": "a"}\n[1]\n', "line 2 is no JSON object"),
        ("a.jsonl", '{"question": "a"}\n{\n', "line 2 is not valid JSON"),
        ("a.jsonl", "\n", "holds no question"),
        ("a.json.gz", "not compressed", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    """With its path."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DataSetError, match=said) as caught:
        read_dataset(path)
    assert str(path) in str(caught.value)


def test_a_missing_part_of_a_beir_folder_is_named(tmp_path: Path) -> None:
    """With what is there instead."""
    folder = beir(tmp_path / "set", compressed=False)
    with pytest.raises(DataSetError, match=r"no dev\.tsv or dev\.tsv\.gz \(it has: test\.tsv\)"):
        read_dataset(folder, "dev")
    with pytest.raises(DataSetError, match="cannot be read"):
        read_dataset(tmp_path / "gone.json")


def test_a_limit_draws_the_same_queries_each_time() -> None:
    """And not simply the first ones."""
    queries = [Query(str(number), "?") for number in range(50)]
    drawn = limited(queries, 10, 7)
    assert drawn == limited(queries, 10, 7)
    assert drawn != queries[:10]
    assert limited(queries, 10, 8) != drawn
    assert limited(queries, None, 7) == queries


def test_leaving_texts_out_leaves_their_questions_without_an_answer(tmp_path: Path) -> None:
    """Whole titles leave."""
    found = read_dataset(squad(tmp_path / "a.json"))
    less = without_some(found, 0.4, 7)
    assert len({text.title for text in less.texts}) == 1
    kept = {text.id for text in less.texts}
    for before, after in zip(found.queries, less.queries, strict=True):
        assert after.answerable == (before.answerable and before.judged.keys() <= kept)
    assert found.digest() != less.digest()


def test_a_text_becomes_a_document_under_its_title(tmp_path: Path) -> None:
    """A text that is only a title is read itself."""
    texts = read_dataset(beir(tmp_path / "set", compressed=False)).texts
    document = as_document(texts[0])
    assert (document.source, document.title) == ("d1", "Kettle")
    assert document.sections[0].headings == ("Kettle",)
    assert document.text[document.sections[0].start : document.sections[0].end] == texts[0].text
