"""From a query to explained hits, over real stores and the real encoder."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from knowledge_base.encoders.processor import cores
from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.errors import InvalidFilter, SourceNotFound
from knowledge_base.home import Home
from knowledge_base.indexes.tantivy import TantivyIndex
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.types import Filter, Remark, Tuning


@pytest.fixture
def spoken(home: Home, minilm: TransformerEncoder, folder: Path) -> Iterator[KnowledgeBase]:
    """Return the small documents, one of them in a folder of its own, under the real encoder."""
    inner = folder / "staff"
    inner.mkdir()
    (inner / "leave.md").write_text("---\ndate: 2024-05-01\n---\n# Leave\n\nWe have 25 days off.\n")
    (inner / "copy of returns.md").write_text((folder / "returns.md").read_text())
    base = KnowledgeBase(home, home.create("spoken", minilm), minilm)
    base.sync([folder])
    yield base
    base.close()


def test_the_fused_score_is_the_sum_of_what_the_sides_add(spoken: KnowledgeBase) -> None:
    """And the lexical score that of its terms."""
    for hit in spoken.retrieve("what is deducted from a refund", 5).hits:
        why = hit.explain
        assert why.dense_share is not None
        assert why.lexical_share is not None
        assert why.dense_share + why.lexical_share == pytest.approx(why.fused_score)
        assert sum(why.terms.values()) == pytest.approx(why.lexical_score or 0.0, rel=1e-3)


def test_another_wording_brings_its_passages_beside_the_query_s_own(spoken: KnowledgeBase) -> None:
    """What each wording finds first comes before the rest, and the shares still sum to the score."""
    query, other = "what is deducted from a refund", "opening hours of the shop"
    alone = [spoken.retrieve(text, 1).hits[0].passage.id for text in (query, other)]
    hits = spoken.retrieve(query, 5, wordings=(other,)).hits
    assert {hit.passage.id for hit in hits[:2]} == set(alone)
    for hit in hits:
        why = hit.explain
        assert why.wordings_share is not None
        shares = (why.dense_share or 0.0) + (why.lexical_share or 0.0) + why.wordings_share
        assert shares == pytest.approx(why.fused_score)


def test_the_shares_of_the_tokens_sum_to_the_cosine(
    spoken: KnowledgeBase, minilm: TransformerEncoder
) -> None:
    """With special tokens; those of a passage stand in it, and the word asked about leads."""
    query, text = "what is the fee", "A fee of 4 EUR is deducted. The sun shines."
    shares = minilm.token_shares(query, text)
    cosine = float(minilm.encode_passages([text])[0] @ minilm.encode_queries([query])[0])
    assert sum(share.share for share in shares) == pytest.approx(cosine, abs=1e-4)
    strongest = max((s for s in shares if s.end > s.start), key=lambda share: share.share)
    assert text[strongest.start : strongest.end] == "fee"
    passage = spoken.retrieve("opening hours of the shop", 1).hits[0].passage
    inside = spoken.token_shares("opening hours of the shop", passage.id)
    assert all(0 <= share.start < share.end <= len(passage.text) for share in inside)


def test_the_weight_decides_which_side_counts(spoken: KnowledgeBase) -> None:
    """1 is meaning alone, 0 words alone."""
    alone = Tuning(dense_weight=0.0, feedback=False)
    worded = spoken.retrieve("EUR", 1, tuning=alone).hits[0].explain
    assert worded.dense_share == 0.0
    meant = spoken.retrieve("holidays of the staff", 1, tuning=Tuning(dense_weight=1.0)).hits[0]
    assert meant.passage.source.endswith("leave.md")
    assert meant.explain.lexical_share == 0.0


def test_a_copy_is_named_with_what_it_copies(spoken: KnowledgeBase) -> None:
    """And shown where nothing is to collapse."""
    hit = spoken.retrieve("what is deducted from a refund", 5).hits[0]
    assert len(hit.duplicates) == 1
    every = spoken.retrieve("what is deducted from a refund", 9, tuning=Tuning(collapse=False))
    assert sum(h.passage.text == hit.passage.text for h in every.hits) == 2


def test_a_folder_and_a_day_restrict(spoken: KnowledgeBase, folder: Path) -> None:
    """The document's own day counts before its file's."""
    found = spoken.retrieve("days", 9, Filter(folder="staff"), Tuning(collapse=False)).hits
    assert {Path(hit.passage.source).parent.name for hit in found} == {"staff"}
    assert spoken.retrieve("days", 9, Filter(folder=str(folder / "staff"))).hits
    before = spoken.retrieve("days", 9, Filter(until="2024-05-01")).hits
    assert {Path(hit.passage.source).name for hit in before} == {"leave.md"}
    since = spoken.retrieve("days", 9, Filter(since="2024-05-02")).hits
    assert "leave.md" not in {Path(hit.passage.source).name for hit in since}
    assert since


def test_a_day_that_is_none_is_refused(spoken: KnowledgeBase) -> None:
    """With what it should look like."""
    with pytest.raises(InvalidFilter, match=r"since must be a day such as 2026-11-24"):
        spoken.retrieve("days", 1, Filter(since="yesterday"))


def test_a_document_that_is_found_is_traced_to_its_rank(spoken: KnowledgeBase) -> None:
    """Every stage says how far it came."""
    trace = spoken.trace("what does express delivery cost", "delivery.txt")
    assert trace.dropped == ""
    assert [stage.name for stage in trace.stages] == [
        "indexed",
        "dense",
        "lexical",
        "fusion",
        "shown",
    ]
    assert all(stage.rank == 1 for stage in trace.stages[1:])
    assert trace.best is not None
    assert "Express" in trace.best.text


def test_a_document_that_is_not_found_is_told_why(spoken: KnowledgeBase) -> None:
    """Not indexed, filtered, or below k: each with a remedy."""
    gone = spoken.trace("anything", "warranty.pdf")
    assert (gone.dropped, gone.best) == ("indexed", None)
    assert "ingest" in gone.remedies[0]
    kept_out = spoken.trace("delivery", "delivery.txt", filter=Filter(folder="staff"))
    assert kept_out.dropped == "filter"
    below = spoken.trace("what does express delivery cost", "leave.md", 1)
    assert below.dropped in ("lexical", "below k")
    assert below.remedies
    missing = spoken.trace("zebra crossing", "leave.md", 1)
    assert "in no passage at all: zebra, cross" in missing.stages[2].found


def test_a_trace_is_of_the_ranking_that_was_used(spoken: KnowledgeBase) -> None:
    """Its sentences can be said in another language, and are plain text where they are stored."""
    words = spoken.trace("express delivery", "leave.md", 1, tuning=Tuning(0.0, rerank=False))
    assert words.best is not None
    found = [stage.found for stage in words.stages]
    said = {remark.key: remark.values for remark in found if isinstance(remark, Remark)}
    assert said["weight"] == {"weight": "0.00"}
    assert said["shown_plain"] == {"shown": 1, "k": 1}
    assert said["counted_one"]["passages"] == len(spoken.neighbours(words.best.id, 99, 99))
    assert all(isinstance(remedy, Remark) and remedy.key for remedy in words.remedies)
    plain = json.loads(json.dumps([asdict(stage) for stage in words.stages]))
    assert plain[3]["found"] == "dense weight 0.00"


def test_stages_stand_side_by_side(spoken: KnowledgeBase) -> None:
    """Each in its own order, with the ranks that the explanation of the hits has."""
    query = "what does express delivery cost"
    stages = spoken.stages(query, 3)
    assert [hit.explain.dense_rank for hit in stages.dense] == [1, 2, 3]
    assert [hit.explain.lexical_rank for hit in stages.lexical] == list(
        range(1, len(stages.lexical) + 1)
    )
    assert [hit.explain.fused_rank for hit in stages.fused] == [1, 2, 3]
    for column in (stages.dense, stages.lexical, stages.fused):
        assert [hit.score for hit in column] == sorted((h.score for h in column), reverse=True)
    shown = spoken.retrieve(query, 3, tuning=Tuning(rerank=False, collapse=False)).hits
    assert [hit.explain for hit in shown] == [hit.explain for hit in stages.fused]
    staff = spoken.stages(query, 3, Filter(folder="staff"))
    assert {hit.passage.source.split("/")[-2] for hit in staff.fused} == {"staff"}


def test_a_whole_source_names_its_document_alone(spoken: KnowledgeBase, tmp_path: Path) -> None:
    """Also where another's path ends with it."""
    source = spoken.documents()[0].source
    longer = tmp_path / "archive" / source.lstrip("/")
    longer.parent.mkdir(parents=True)
    longer.write_text("Something else.\n")
    spoken.sync([longer])
    assert spoken.similar(source, 50)
    assert spoken.remove(source) == [source]
    assert longer.as_posix() in {document.source for document in spoken.documents()}


def test_documents_like_one_come_with_their_copies_flagged(spoken: KnowledgeBase) -> None:
    """The nearest first; the document itself is not among them."""
    found = spoken.similar("staff/copy of returns.md", 3)
    assert found[0].source.endswith("/returns.md")
    assert found[0].near_duplicate
    assert not any(one.near_duplicate for one in found[1:])
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    passage = spoken.retrieve("what is deducted from a refund", 1).hits[0].passage
    assert spoken.similar_to_passage(passage.id, 1)[0].near_duplicate


def test_a_name_of_no_or_several_documents_is_refused(spoken: KnowledgeBase) -> None:
    """The message says how many it names."""
    with pytest.raises(SourceNotFound, match=r"no document matches 'nothing\.md'"):
        spoken.similar("nothing.md")
    with pytest.raises(SourceNotFound, match="documents match"):
        spoken.similar("*.md")


def test_variety_puts_another_document_second(spoken: KnowledgeBase) -> None:
    """Where copies are not collapsed already."""
    query = "what is deducted from a refund"
    plain = spoken.retrieve(query, 2, tuning=Tuning(collapse=False)).hits
    varied = spoken.retrieve(query, 2, tuning=Tuning(collapse=False, diversity=0.7)).hits
    assert plain[0].passage.text == plain[1].passage.text
    assert varied[0].passage.text != varied[1].passage.text


def test_a_file_time_is_the_day_where_a_document_has_none(
    spoken: KnowledgeBase, folder: Path
) -> None:
    """As the file system has it when it is taken in."""
    os.utime(folder / "delivery.txt", (0, 86_400 * 365))
    (folder / "delivery.txt").write_text("Delivery by ship takes weeks.\n")
    os.utime(folder / "delivery.txt", (0, 86_400 * 365))
    spoken.sync([folder])
    old = spoken.retrieve("delivery", 9, Filter(until="1971-12-31")).hits
    assert {Path(hit.passage.source).name for hit in old} == {"delivery.txt"}


@pytest.mark.parametrize("question", ["坏了能免费弄好多久", "How long is the warranty?"])
def test_chinese_is_found_by_its_meaning(
    home: Home, minilm: TransformerEncoder, tmp_path: Path, question: str
) -> None:
    """A question that shares no word with its passage, in either language."""
    told = {
        "质保.md": "整机质保二十四个月，电机五年。",
        "发票.md": "开具票据请在系统里填写税号。",
        "营业.md": "门店每日十点营业，周日休息。",
    }
    for name, text in told.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    base = KnowledgeBase(home, home.create("chinese", minilm), minilm)
    base.sync([tmp_path])
    hit = base.retrieve(question, 3).hits[0]
    base.close()
    assert hit.passage.source.endswith("质保.md")
    assert (hit.explain.dense_share or 0.0) > 0.0


def test_as_many_searches_run_at_once_as_there_are_cores(
    spoken: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait for their turn, and all get what they would get alone."""
    most, at_once, lock, search = 0, 0, threading.Lock(), TantivyIndex.search

    def counted(*given: object, **named: object) -> object:
        nonlocal most, at_once
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            time.sleep(0.01)
            return search(*given, **named)  # type: ignore[arg-type]
        finally:
            with lock:
                at_once -= 1

    monkeypatch.setattr(TantivyIndex, "search", counted)
    asked = [f"what is deducted from a refund of {n} EUR" for n in range(24)]
    alone = [spoken.retrieve(text, 3).hits for text in asked]
    with ThreadPoolExecutor(12) as threads:
        together = list(threads.map(lambda text: spoken.retrieve(text, 3).hits, asked))
    assert 1 <= most <= cores()
    assert [[hit.passage.id for hit in hits] for hits in together] == [
        [hit.passage.id for hit in hits] for hits in alone
    ]
