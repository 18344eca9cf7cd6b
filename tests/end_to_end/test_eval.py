"""``qa-bot eval`` as a researcher and as a CI calls it."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

from qa_bot.cli import main

pytestmark = pytest.mark.slow

THINGS = ["kettle", "lamp", "chair", "printer"]
PLACES = ["Cork", "Galway", "Derry"]


def squad_file(folder: Path) -> Path:
    articles = []
    for number, thing in enumerate(THINGS):
        paragraphs = []
        for at, place in enumerate(PLACES):
            price = f"{100 * number + 7 * at + 31} EUR"
            context = f"The {thing} that is sold in {place} costs {price}. It is made of oak."
            qas = [
                {
                    "id": f"{thing}-{place}",
                    "question": f"What does the {thing} cost in {place}?",
                    "answers": [{"text": price, "answer_start": context.index(price)}],
                }
            ]
            paragraphs.append({"context": context, "qas": qas})
        articles.append({"title": thing, "paragraphs": paragraphs})
    path = folder / "shop.json"
    path.write_text(json.dumps({"data": articles}))
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["eval", *arguments])
    said = capsys.readouterr()
    assert (stopped.value.code or 0) == status, said.err
    return said.out, said.err


def read(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call(capsys, *arguments, "--json", status=status)[0])
    return found


def test_retrieval_over_a_file_in_squads_form(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every method in one table, files where asked, and nothing left behind."""
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(rooms))
    out = tmp_path / "out"
    report = read(capsys, "retrieval", str(squad_file(tmp_path)), "--out", str(out))
    assert list(report["methods"]) == [
        "tf-idf", "lsa", "bm25", "dense", "rrf", "fusion", "fusion+reader",
    ]  # fmt: skip
    fusion = report["methods"]["fusion"]["measures"]
    assert fusion["nDCG@10"]["mean"] > 0.9
    assert fusion["Top-5"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "queries": 12}
    assert "per_query" not in report["methods"]["fusion"]
    assert report["settings"]["documents"] == 12
    whole = json.loads((out / "report.json").read_text())
    assert whole["methods"]["fusion"]["per_query"]["lamp-Cork"]["Success@5"] == 1.0
    assert (out / "latency.png").stat().st_size > 1000
    assert "| fusion |" in (out / "report.md").read_text()
    assert list(rooms.iterdir()) == []
    assert not (tmp_path / "default-home").exists()


def test_a_floor_that_is_missed_ends_with_status_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each miss named; what cannot be understood is refused before anything runs."""
    file = str(squad_file(tmp_path))
    base = ("retrieval", file, "--only", "bm25,dense", "--cache", str(tmp_path / "cache"))
    call(capsys, *base, "--fail-under", "R@5=0.5", "--fail-under", "bm25:RR@10=0.5")
    _, said = call(
        capsys, *base, "--fail-under", "nDCG@10=1.01", "--fail-under", "bm25:R@5=1.5", status=1
    )
    assert "Missed: nDCG@10 of dense is " in said
    assert "Missed: R@5 of bm25 is 1.0000, 1.5 was asked for" in said
    for wrong in ("nDCG@10", "nDCG@7=0.3", "nDCG@10=high"):
        _, said = call(capsys, *base, "--fail-under", wrong, status=2)
        assert "--fail-under wants MEASURE=NUMBER" in said
    _, said = call(capsys, "retrieval", file, "--only", "magic", status=2)
    assert "no method 'magic'" in said


def test_a_cached_base_is_used_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is encoded a second time."""
    from knowledge_base.knowledge_base import KnowledgeBase

    base = ("retrieval", str(squad_file(tmp_path)), "--only", "fusion", "--limit", "3")
    first = read(capsys, *base, "--cache", str(tmp_path / "cache"))

    def refused(*_: object) -> None:
        raise AssertionError("it was there")

    monkeypatch.setattr(KnowledgeBase, "add", refused)
    second = read(capsys, *base, "--cache", str(tmp_path / "cache"))
    measures = [run["methods"]["fusion"]["measures"] for run in (first, second)]
    assert measures[0] == measures[1]
    assert first["dataset"]["queries"] == 3


def test_own_questions_over_a_folder_and_over_a_knowledge_base(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path
) -> None:
    """The same files give the same figures either way."""
    questions = tmp_path / "mine.jsonl"
    records = [
        {"question": "How long may goods be returned?", "answers": ["30 days"], "source": "returns.md"},
        {"question": "What does express delivery cost?", "answers": ["9 EUR"], "source": "delivery.txt"},
        {"question": "When is the shop open?", "source": "hours.html"},
        {"question": "Who won the world cup in 1998?", "answers": []},
    ]  # fmt: skip
    questions.write_text("\n".join(map(json.dumps, records)))
    base = ("retrieval", str(questions), "--only", "bm25")
    beside = read(capsys, *base, "--documents", str(folder))
    assert beside["methods"]["bm25"]["measures"]["Success@1"]["mean"] == 1.0
    assert beside["dataset"]["queries"] == 3
    assert beside["notes"] == ["1 questions without a known answer or source were left out"]
    home = ("--home", str(tmp_path / "home"))
    _, said = call(capsys, *base, *home, status=2)
    assert "has no documents" in said
    with pytest.raises(SystemExit):
        main(["ingest", str(folder), *home])
    capsys.readouterr()
    within = read(capsys, *base, *home)
    assert within["methods"]["bm25"]["measures"] == beside["methods"]["bm25"]["measures"]


def test_answers_are_measured_and_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With texts left out for abstention; the comparison names the questions that changed."""
    base = ("answers", str(squad_file(tmp_path)), "--absent", "0.25")
    one, two = tmp_path / "one", tmp_path / "two"
    report = read(capsys, *base, "--out", str(one))
    method = report["methods"]["qa-bot"]
    assert method["measures"]["EM"]["queries"] == 9
    assert method["measures"]["abstention"]["queries"] == 3
    assert method["measures"]["answer inside"]["mean"] > 0.5
    assert method["measures"]["citation recall"]["mean"] > 0.5
    assert 0.5 < method["figures"]["AUROC"] <= 1.0
    assert (one / "risk-coverage.png").is_file()
    whole = json.loads((one / "report.json").read_text())
    assert whole["answers"]["lamp-Cork"].keys() >= {"answer", "confidence", "citations"}
    call(capsys, *base, "--caution", "strict", "--out", str(two))
    paths = str(one / "report.json"), str(two / "report.json")
    table, _ = call(capsys, "compare", *paths, "--measure", "answer inside")
    assert "| qa-bot | EM |" in table
    assert call(capsys, "--compare", *paths)[0].startswith("| method |")
    found = read(capsys, "answers", "--compare", *paths)
    assert {one["measure"] for one in found["differences"]} >= {"EM", "F1", "false abstention"}
    _, said = call(capsys, "compare", *paths, "--measure", "magic", status=2)
    assert "no measure 'magic'" in said


def test_what_is_missing_is_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A data set, or documents of its own."""
    assert "DATASET" in call(capsys, "retrieval", status=2)[1]
    file = str(squad_file(tmp_path))
    assert "texts of its own" in call(
        capsys, "retrieval", file, "--documents", str(tmp_path), status=2
    )[1]  # fmt: skip
    assert "cannot be read" in call(capsys, "retrieval", str(tmp_path / "no.json"), status=2)[1]
    assert "retrieval" in call(capsys)[0]


def test_nfcorpus_is_searched_better_by_both_sides_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shared_data: Path
) -> None:
    """Forty test queries of few judgements, over what is judged for them and 150 others."""
    source = shared_data / "tune" / "nfcorpus"
    head, *rows = (source / "qrels" / "test.tsv").read_text().splitlines()
    judged: dict[str, list[str]] = {}
    for row in rows:
        judged.setdefault(row.split("\t")[0], []).append(row.split("\t")[1])
    few = sorted(query for query, documents in judged.items() if len(documents) <= 8)
    queries = random.Random(3).sample(few, 40)
    lines = gzip.decompress((source / "corpus.jsonl.gz").read_bytes()).decode().splitlines()
    wanted = {document for query in queries for document in judged[query]}
    relevant = [line for line in lines if json.loads(line)["_id"] in wanted]
    others = [line for line in lines if json.loads(line)["_id"] not in wanted][:150]
    small = tmp_path / "nfcorpus"
    (small / "qrels").mkdir(parents=True)
    kept = [row for row in rows if row.split("\t")[0] in queries]
    (small / "qrels" / "test.tsv").write_text("\n".join([head, *kept]))
    (small / "corpus.jsonl").write_text("\n".join([*others, *relevant]))
    (small / "queries.jsonl.gz").write_bytes((source / "queries.jsonl.gz").read_bytes())
    report = read(capsys, "retrieval", str(small), "--only", "tf-idf,dense,bm25,fusion")
    means = {
        name: method["measures"]["nDCG@10"]["mean"] for name, method in report["methods"].items()
    }
    assert report["dataset"]["queries"] == 40
    assert min(means.values()) > 0.3, means
    assert means["fusion"] >= max(means["dense"], means["bm25"]) - 0.03, means
