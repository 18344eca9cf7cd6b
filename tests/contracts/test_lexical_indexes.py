"""What a lexical index must find, and survive."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge_base.errors import IndexMismatch
from knowledge_base.indexes.tantivy import NAMED, TantivyIndex
from knowledge_base.types import Passage


def passage(name: str, text: str, title: str = "", headings: tuple[str, ...] = ()) -> Passage:
    return Passage(name, f"/{name}", title, text, 0, len(text), 0, len(text.split()), headings)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[TantivyIndex]:
    opened = TantivyIndex(tmp_path / "tantivy")
    opened.upsert(
        [
            passage("warranty", "The warranty of the X-200 lasts 24 months."),
            passage("other", "The warranty of the X-300 lasts 36 months and 2 days."),
            passage("returns", "Goods are accepted within 30 days.", headings=("Returning goods",)),
            passage("zh", "退货须在签收后30天内办理，请保留发票。"),
            passage("zhtw", "臺灣的門市提供退換貨服務。"),
        ]
    )
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("how long do warranties last for x-200", "warranty"),
        ("X-300", "other"),
        ("return", "returns"),
        ("warrenty x-200", "warranty"),
        ("多久可以退货", "zh"),
        ("发票", "zh"),
        ("退換貨", "zhtw"),
        ('"24 months"', "warranty"),
    ],
)
def test_the_right_passage_comes_first(index: TantivyIndex, query: str, expected: str) -> None:
    """Stems, codes, headings, slips, Chinese words and characters, phrases."""
    assert index.search(query, 3)[0][0] == expected


def test_a_query_of_stop_words_alone_is_still_searched_for(index: TantivyIndex) -> None:
    """Nothing else is left of it."""
    assert index.search("what is the", 3)


@pytest.mark.parametrize("query", ["", "   ", "???", '"', "a" * 5000, "AND OR NOT ( [ ^ ~ * :"])
def test_no_query_fails(index: TantivyIndex, query: str) -> None:
    """Whatever is typed is text and never syntax."""
    index.search(query, 3)


def test_writing_again_replaces(index: TantivyIndex) -> None:
    """The former words are gone."""
    index.upsert([passage("warranty", "Nothing here.")])
    assert "warranty" not in {name for name, _ in index.search("x-200 months", 5)}
    assert len(index.ids()) == 5


def test_what_is_deleted_is_never_found(index: TantivyIndex) -> None:
    """Ids that are not there are passed over."""
    index.delete(["zh", "unknown"])
    assert "zh" not in {name for name, _ in index.search("发票", 5)}


def test_only_allowed_ids_are_found(index: TantivyIndex) -> None:
    """None allowed: nothing found."""
    found = index.search("warranty", 5, {"other"})
    assert [name for name, _ in found] == ["other"]
    assert index.search("warranty", 5, set()) == []


def test_the_shares_of_the_matched_terms_sum_to_the_score(index: TantivyIndex) -> None:
    """As the explanation shows them; a term that the passage has not is not among them."""
    query = "warranty 24 months of a spaceship?"
    scores = dict(index.search(query, 5))
    explained = index.explain(query, list(scores))
    assert set(explained) == set(scores)
    for name, score in scores.items():
        assert sum(explained[name].values()) == pytest.approx(score, rel=1e-3)
        assert "spaceship" not in explained[name]
    assert index.known(query)["spaceship"] == 0


def test_what_is_found_by_a_slip_is_explained_without_a_name(index: TantivyIndex) -> None:
    """What the slip stands for cannot be told; its share stands beside those of the known words."""
    query = "warrenty x-200"
    scores = dict(index.search(query, 5))
    explained = index.explain(query, list(scores))
    assert set(explained) == set(scores) >= {"warranty", "other"}
    for name, score in scores.items():
        assert sum(explained[name].values()) == pytest.approx(score, rel=1e-3)
    assert explained["other"][""] > 0
    assert set(index.explain("warrenty", ["other", "zh"])) == {"other"}


@pytest.mark.parametrize("count", [NAMED, NAMED + 1])
def test_however_many_are_allowed_only_they_are_found(tmp_path: Path, count: int) -> None:
    """Few are looked up one by one, many by a walk through all ids."""
    index = TantivyIndex(tmp_path / "many")
    index.upsert([passage(f"p{number}", "The same words.") for number in range(count + 5)])
    allowed = {f"p{number}" for number in range(count)}
    found = index.search("words", count + 5, allowed)
    assert {name for name, _ in found} == allowed
    index.close()


def test_a_passage_without_the_words_has_no_shares(index: TantivyIndex) -> None:
    """It is left out, as is one that is not there; the others are told."""
    explained = index.explain("warranty", ["zh", "other", "unknown"])
    assert set(explained) == {"other"}


def test_another_name_finds_a_passage_and_counts_less(index: TantivyIndex) -> None:
    """As the glossary gives it."""
    assert index.search("guarantee", 5) == []
    by_name = dict(index.search("guarantee", 5, names=["warranty"]))
    by_word = dict(index.search("warranty", 5))
    assert set(by_name) == set(by_word)
    assert all(by_name[name] < by_word[name] for name in by_word)


def test_an_index_is_there_after_reopening(tmp_path: Path, index: TantivyIndex) -> None:
    """Everything is on disk after each write."""
    index.close()
    again = TantivyIndex(tmp_path / "tantivy")
    assert len(again.ids()) == 5
    again.close()


def test_a_damaged_index_names_the_remedy(tmp_path: Path) -> None:
    """Instead of a traceback."""
    folder = tmp_path / "damaged"
    TantivyIndex(folder).close()
    (folder / "meta.json").write_text("{")
    with pytest.raises(IndexMismatch, match="doctor --repair"):
        TantivyIndex(folder)


@pytest.mark.slow
def test_a_killed_writer_leaves_an_index_that_opens(tmp_path: Path) -> None:
    """SIGKILL while it writes: no stale lock, no damage."""
    script = (
        "from tests.contracts.test_lexical_indexes import passage\n"
        "from knowledge_base.indexes.tantivy import NAMED, TantivyIndex\n"
        "from pathlib import Path\nimport sys\n"
        "index = TantivyIndex(Path(sys.argv[1]))\n"
        "for n in range(100000):\n"
        "    index.upsert([passage(str(n), 'some words ' * 20)])\n"
        "    print(n, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    while int(process.stdout.readline()) < 5:
        time.sleep(0.01)
    process.kill()
    process.wait()
    process.stdout.close()
    again = TantivyIndex(tmp_path)
    assert len(again.ids()) >= 5
    again.upsert([passage("new", "fresh")])
    assert again.search("fresh", 1)[0][0] == "new"
    again.close()


def test_traditional_and_simplified_characters_find_each_other(index: TantivyIndex) -> None:
    """Whichever the document and the query are written in."""
    text = "發票可以重新開立。"
    index.upsert([Passage("tw", "/tw.md", "說明", text, 0, len(text), 0, 9, language="zh")])
    assert index.search("发票重新开立", 1)[0][0] == "tw"
    assert index.search("發票重新開立", 1)[0][0] == "tw"


def test_an_index_of_an_older_analysis_says_so(tmp_path: Path, index: TantivyIndex) -> None:
    """Until it has been made anew."""
    index.close()
    (tmp_path / "tantivy" / "analysis").write_text("1")
    again = TantivyIndex(tmp_path / "tantivy")
    assert again.outdated
    again.renew()
    again.close()
    assert not TantivyIndex(tmp_path / "tantivy").outdated
