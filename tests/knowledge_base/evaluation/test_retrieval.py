"""Methods over one base, and what a report makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge_base.evaluation.baselines import METHODS, passages_of, searches
from knowledge_base.evaluation.comparison import compare
from knowledge_base.evaluation.datasets import DataSet, DataSetError, Query, Text, as_document
from knowledge_base.evaluation.report import (
    Measured,
    Report,
    make_report,
    markdown,
    read_report,
    summary,
    write_report,
)
from knowledge_base.evaluation.retrieval import NAMES, judged_queries, measure_retrieval
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING

THINGS = ["kettle", "lamp", "chair", "printer", "heater", "camera", "radio", "mixer"]
TEXTS = [
    Text(f"d{n}", thing.title(), f"The {thing} weighs {n + 2} kilograms and is made in Cork.")
    for n, thing in enumerate(THINGS)
]
QUERIES = [
    Query(thing, f"How heavy is the {thing}?", {f"d{n}": 1}, (f"{n + 2} kilograms",))
    for n, thing in enumerate(THINGS)
]
DATA = DataSet("things", "squad", "", tuple(QUERIES), tuple(TEXTS))
SETTINGS = {"encoder": "hashing", "documents": 8, "passages": 8, "seed": 7}


@pytest.fixture
def filled(base: KnowledgeBase) -> KnowledgeBase:
    """Return a base of eight short documents."""
    for text in TEXTS:
        base.add(as_document(text), Stamp(1, 0, text.id, PENDING))
    base.settle()
    return base


def reported(values: dict[str, float], name: str = "bm25", measure: str = "RR@10") -> Report:
    queries = [Query(query, f"{query}?") for query in values]
    measured = {name: Measured({measure: values}, {"p50": 1.0, "p95": 2.0})}
    return make_report("retrieval", DATA, queries, measured, SETTINGS)


def test_the_passages_of_a_base_are_those_it_holds(filled: KnowledgeBase) -> None:
    """With the same ids, so that every method is judged on the same."""
    passages = passages_of(filled)
    assert len(passages) == filled.count() == len(TEXTS)
    assert all(filled.passage(passage.id).text == passage.text for passage in passages)


def test_every_method_finds_what_shares_the_rare_word(filled: KnowledgeBase) -> None:
    """Best first, and never more than asked for."""
    for name, search in searches(filled):
        found = search("How heavy is the printer?", 3)
        assert found[0].source == "d3", name
        assert len(found) <= 3
        assert len({passage.id for passage in found}) == len(found)


def test_one_side_alone_brings_only_its_own(filled: KnowledgeBase) -> None:
    """Words that no passage has find nothing by words."""
    found = {name: search("zzz qqq", 5) for name, search in searches(filled, ["bm25", "tf-idf"])}
    assert found == {"bm25": [], "tf-idf": []}


def test_every_method_is_measured_on_every_query(filled: KnowledgeBase) -> None:
    """Documents and answers; the bars are told the method's name."""
    seen = []

    def progress(queries: object, name: str) -> object:
        seen.append(name)
        return queries

    queries = judged_queries(filled, QUERIES)
    found = measure_retrieval(filled, queries, (), progress)  # type: ignore[arg-type]
    assert tuple(found) == METHODS == tuple(seen)
    for measured in found.values():
        assert set(measured.values) == set(NAMES)
        assert all(len(values) == len(QUERIES) for values in measured.values.values())
        assert set(measured.timings_ms) == {"p50", "p95"}
    assert set(found["bm25"].values["Success@1"].values()) == {1.0}
    assert set(found["bm25"].values["Top-1"].values()) == {1.0}


def test_a_judged_source_is_named_by_its_ending(filled: KnowledgeBase, folder: Path) -> None:
    """As filters name it; a question without an answer is not asked."""
    filled.sync([folder])
    asked = [
        Query("a", "When is the shop open?", {"hours.html": 1}),
        Query("b", "Who is it?", answerable=False),
    ]
    (query,) = judged_queries(filled, asked)
    assert query.judged == {(folder / "hours.html").as_posix(): 1}
    found = measure_retrieval(filled, [query], ["bm25"])["bm25"]
    assert found.values["Success@1"] == {"a": 1.0}
    assert "Top-1" not in found.values


def test_questions_about_other_documents_are_refused(filled: KnowledgeBase) -> None:
    """With what to do."""
    with pytest.raises(DataSetError, match="ingest the documents"):
        judged_queries(filled, [Query("a", "a?", {"elsewhere.md": 1})])


def test_a_report_is_written_and_read_as_it_was(filled: KnowledgeBase, tmp_path: Path) -> None:
    """With a table and plots that are pictures."""
    queries = judged_queries(filled, QUERIES)
    measured = measure_retrieval(filled, queries, ["bm25", "fusion"])
    report = make_report("retrieval", DATA, queries, measured, SETTINGS, ["A note."])
    written = write_report(report, tmp_path / "out")
    assert read_report(tmp_path / "out") == json.loads(json.dumps(report))
    names = {path.name for path in written}
    assert {"report.json", "report.md", "latency.png"} < names
    pictures = [path for path in written if path.suffix == ".png"]
    assert len(pictures) == 3
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    table = (tmp_path / "out" / "report.md").read_text()
    assert "| bm25 | 1.000 [1.000, 1.000] |" in table
    assert "- A note." in table
    assert "per_query" not in json.dumps(summary(report))


def test_a_single_method_is_tabled_downwards() -> None:
    """A measure a line."""
    assert "| RR@10 | 0.500 [" in markdown(reported({"a": 0.0, "b": 1.0}))


def test_two_reports_are_compared_query_by_query() -> None:
    """With the questions that got better and worse, the largest change first."""
    before = reported({"a": 0.0, "b": 0.5, "c": 1.0, "d": 0.3, "only-a": 1.0})
    after = reported({"a": 1.0, "b": 0.75, "c": 0.5, "d": 0.3})
    (found,) = compare(before, after)
    assert (found.method, found.measure) == ("bm25", "RR@10")
    assert [change.id for change in found.better] == ["a", "b"]
    assert [change.text for change in found.worse] == ["c?"]
    assert found.difference.mean == pytest.approx(0.1875)
    assert found.difference.queries == 4
    assert 0.0 < found.p <= 1.0


def test_less_of_a_bad_thing_is_better() -> None:
    """A question that is answered now got better."""
    before = reported({"a": 1.0, "b": 0.0}, "qa-bot", "false abstention")
    after = reported({"a": 0.0, "b": 1.0}, "qa-bot", "false abstention")
    (found,) = compare(before, after)
    assert [change.id for change in found.better] == ["a"]
    assert [change.id for change in found.worse] == ["b"]


def test_methods_of_two_names_are_compared_when_asked() -> None:
    """And only then."""
    before, after = reported({"a": 0.0}), reported({"a": 1.0}, "dense")
    with pytest.raises(DataSetError, match="--method"):
        compare(before, after)
    with pytest.raises(DataSetError, match="no method 'lsa'"):
        compare(before, after, "bm25", "lsa")
    (found,) = compare(before, after, "bm25", "dense")
    assert found.method == "bm25 → dense"


def test_another_question_of_the_same_number_is_not_compared() -> None:
    """Data sets count from the same numbers."""
    before, after = reported({"a": 0.0}), reported({"a": 1.0})
    after["queries"]["a"] = "Another question?"
    with pytest.raises(DataSetError, match="same data set"):
        compare(before, after)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not valid JSON"), ("[]", "no report"), ('{"form": 0}', "no report")],
)
def test_what_is_no_report_is_said(tmp_path: Path, text: str, said: str) -> None:
    """In one sentence with its path."""
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(DataSetError, match=said):
        read_report(path)
    with pytest.raises(DataSetError, match="cannot be read"):
        read_report(tmp_path / "none.json")


def test_copies_are_found_with_their_original(base: KnowledgeBase) -> None:
    """A copy that is folded into another hit still counts as found."""
    text = "The warranty of the kettle runs for twenty-four months from the day of the purchase."
    for name in ("one", "two"):
        base.add(as_document(Text(name, "", text)), Stamp(1, 0, name, PENDING))
    base.settle()
    for name, search in searches(base, ["fusion", "bm25"]):
        found = search("How long is the warranty of the kettle?", 10)
        assert {passage.source for passage in found} == {"one", "two"}, name


def test_a_digest_knows_its_texts() -> None:
    """A changed text is another base."""
    other = replace(DATA, texts=(*TEXTS[:-1], replace(TEXTS[-1], text="Another.")))
    assert DATA.digest() == replace(DATA, name="renamed").digest() != other.digest()
