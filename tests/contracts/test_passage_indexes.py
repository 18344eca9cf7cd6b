"""One suite for every index of vectors."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.errors import IndexMismatch
from knowledge_base.indexes.chroma import ChromaIndex
from knowledge_base.indexes.exact import ExactIndex
from knowledge_base.protocols import PassageIndex
from knowledge_base.types import Vectors

WIDTH = 24


def clustered(count: int, seed: int = 0) -> Vectors:
    draw = np.random.default_rng(seed)
    centres = draw.standard_normal((40, WIDTH))
    vectors = centres[draw.integers(0, 40, count)] + 0.5 * draw.standard_normal((count, WIDTH))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def names(count: int) -> list[str]:
    return [f"p{number:05d}" for number in range(count)]


@pytest.fixture(params=["exact", "chroma"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PassageIndex]:
    if request.param == "exact":
        yield ExactIndex(WIDTH)
        return
    opened = ChromaIndex(tmp_path / "chroma", "test", WIDTH, "cosine", "f1")
    yield opened
    opened.close()


def test_an_empty_index_finds_nothing(index: PassageIndex) -> None:
    """And does not fail."""
    assert index.search(clustered(1)[0], 5) == []
    assert len(index) == 0
    assert index.ids() == set()


def test_writing_twice_is_writing_once(index: PassageIndex) -> None:
    """The later vector counts."""
    vectors = clustered(20)
    index.upsert(names(20), vectors)
    index.upsert(names(20), vectors[::-1])
    assert len(index) == 20
    assert index.search(vectors[0], 1)[0][0] == "p00019"


def test_what_is_deleted_is_never_found(index: PassageIndex) -> None:
    """Ids that are not there are passed over."""
    vectors = clustered(30)
    index.upsert(names(30), vectors)
    index.delete(["p00003", "unknown"])
    assert "p00003" not in {name for name, _ in index.search(vectors[3], 30)}
    assert index.ids() == set(names(30)) - {"p00003"}


def test_a_cleared_index_is_empty_and_takes_new_vectors(index: PassageIndex) -> None:
    """As after it was made."""
    index.upsert(names(5), clustered(5))
    index.clear()
    assert len(index) == 0
    index.upsert(names(2), clustered(2))
    assert index.ids() == set(names(2))


def test_the_best_k_begin_the_best_k_and_one(index: PassageIndex) -> None:
    """Scores fall, and asking for more changes nothing before."""
    vectors = clustered(60)
    index.upsert(names(60), vectors)
    more = index.search(vectors[7], 11)
    assert index.search(vectors[7], 10) == more[:10]
    assert [score for _, score in more] == sorted((s for _, s in more), reverse=True)
    assert more[0][0] == "p00007"
    assert more[0][1] == pytest.approx(1, abs=1e-4)


def test_only_allowed_ids_are_found(index: PassageIndex) -> None:
    """None allowed: nothing found."""
    vectors = clustered(40)
    index.upsert(names(40), vectors)
    found = index.search(vectors[0], 10, {"p00002", "p00009", "unknown"})
    assert {name for name, _ in found} == {"p00002", "p00009"}
    assert index.search(vectors[0], 10, set()) == []


def test_another_width_is_refused_with_both_numbers(index: PassageIndex) -> None:
    """On writing and on searching."""
    with pytest.raises(IndexMismatch, match="24"):
        index.upsert(["a"], np.zeros((1, 7), np.float32))
    index.upsert(names(3), clustered(3))
    with pytest.raises(IndexMismatch, match="24-wide"):
        index.search(np.zeros(7, np.float32), 1)


def test_many_threads_search_while_one_writes(index: PassageIndex) -> None:
    """Nothing is lost and nothing fails."""
    vectors = clustered(200)
    index.upsert(names(100), vectors[:100])
    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(index.search, vectors[n % 100], 5) for n in range(40)]
        index.upsert(names(200)[100:], vectors[100:])
        assert all(len(search.result()) == 5 for search in searches)
    assert len(index) == 200


def test_chroma_finds_what_the_exact_scorer_finds(tmp_path: Path) -> None:
    """Recall@10 of at least 0.99 over 2,000 clustered vectors."""
    vectors = clustered(2000)
    exact, chroma = ExactIndex(WIDTH), ChromaIndex(tmp_path, "test", WIDTH, "cosine", "f1")
    for index in (exact, chroma):
        index.upsert(names(2000), vectors)
    shares = [
        len({n for n, _ in chroma.search(v, 10)} & {n for n, _ in exact.search(v, 10)}) / 10
        for v in vectors[:100]
    ]
    chroma.close()
    assert np.mean(shares) >= 0.99


def test_chroma_keeps_its_vectors_and_refuses_another_encoder(tmp_path: Path) -> None:
    """Reopened with the same facts it answers; with others it names the remedy."""
    vectors = clustered(10)
    first = ChromaIndex(tmp_path, "test", WIDTH, "cosine", "f1")
    first.upsert(names(10), vectors)
    first.close()
    again = ChromaIndex(tmp_path, "test", WIDTH, "cosine", "f1")
    assert len(again) == 10
    again.close()
    with pytest.raises(IndexMismatch, match="qa-bot reindex"):
        ChromaIndex(tmp_path, "test", WIDTH, "cosine", "f2")
    with pytest.raises(IndexMismatch, match="qa-bot reindex"):
        ChromaIndex(tmp_path, "test", WIDTH, "ip", "f1")


@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_similarities_are_those_of_the_metric(tmp_path: Path, metric: str) -> None:
    """The cosine, or the plain dot product."""
    vectors = clustered(30) * (1 if metric == "cosine" else 3)
    chroma = ChromaIndex(tmp_path, "test", WIDTH, metric, "f1")
    chroma.upsert(names(30), vectors)
    best = chroma.search(vectors[4], 1)[0][1]
    chroma.close()
    assert best == pytest.approx(float((vectors @ vectors[4]).max()), rel=1e-3)


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "drop"]), st.integers(0, 9), st.integers(0, 99)),
        max_size=40,
    )
)
@settings(max_examples=50, deadline=None)
def test_the_exact_index_is_a_dictionary_of_vectors(steps: list[tuple[str, int, int]]) -> None:
    """Any series of writes and deletes leaves what a dictionary would hold."""
    vectors = clustered(100)
    index, model = ExactIndex(WIDTH), dict[str, int]()
    for action, name, row in steps:
        if action == "put":
            index.upsert([str(name)], vectors[row : row + 1])
            model[str(name)] = row
        else:
            index.delete([str(name)])
            model.pop(str(name), None)
    assert index.ids() == set(model)
    found = dict(index.search(vectors[0], 20))
    for name, row in model.items():
        assert found[name] == pytest.approx(float(vectors[row] @ vectors[0]), abs=1e-5)
