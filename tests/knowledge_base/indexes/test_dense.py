"""The exact scorer in memory and Chroma on disk, one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from knowledge_base.home import Home
from knowledge_base.indexes.chroma import ChromaIndex
from knowledge_base.indexes.dense import DenseIndex
from knowledge_base.indexes.exact import ExactIndex
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.tables import INDEXED
from knowledge_base.types import Passage, Vector, Vectors

WIDTH = 8


class Counted:
    """A base whose passages can be counted, and which remembers how often that was asked."""

    def __init__(self) -> None:
        self.vectors: dict[str, Vector] = {}
        self.asked = 0

    def count(self) -> int:
        self.asked += 1
        return len(self.vectors)

    def load(self) -> Iterator[tuple[Sequence[str], Vectors]]:
        if self.vectors:
            yield list(self.vectors), np.stack(list(self.vectors.values()))

    def look_up(self, ids: Iterable[str]) -> Mapping[str, Vector]:
        return {name: self.vectors[name] for name in ids}


def test_a_large_base_is_counted_once_and_again_after_a_removal(tmp_path: Path) -> None:
    """Counting a hundred thousand rows costs more than searching them."""
    counted = Counted()
    stored = ChromaIndex(tmp_path, "test", WIDTH, "cosine", "f")
    dense = DenseIndex(
        lambda: stored, counted.load, counted.look_up, counted.count, WIDTH, "cosine", exact_limit=3
    )
    vectors = np.eye(WIDTH, dtype=np.float32)
    names = [f"p{number}" for number in range(5)]
    counted.vectors = dict(zip(names, vectors, strict=False))
    dense.upsert(names, vectors[:5])
    for row in range(5):
        assert dense.search(vectors[row], 1)[0][0] == f"p{row}"
    assert counted.asked == 1
    for name in ("p3", "p4"):
        del counted.vectors[name]
    dense.delete(["p3", "p4"])
    assert {name for name, _ in dense.search(vectors[4], 5)} == {"p0", "p1", "p2"}
    assert counted.asked == 2
    assert isinstance(dense._exact, ExactIndex)
    stored.close()


def test_what_is_being_written_while_the_first_question_comes_is_found_later(
    base: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vectors are read into memory between a passage's writing and its being marked as written."""
    write = base._lexical.upsert

    def asked_meanwhile(passages: Sequence[Passage]) -> None:
        base.retrieve("parcels", 1)
        write(passages)

    monkeypatch.setattr(base._lexical, "upsert", asked_meanwhile)
    file = tmp_path / "parcels.txt"
    file.write_text("Parcels are brought by bicycle.\n")
    base.sync([file])
    (hit,) = base.retrieve("parcels by bicycle", 1).hits
    assert hit.explain.dense_rank == 1


@contextmanager
def plans(home: Home) -> Iterator[list[str]]:
    """Collect how SQLite goes about what is selected of passages meanwhile."""
    found: list[str] = []

    def explain(
        connection: object, cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if statement.startswith("SELECT") and "passages" in statement:
            raw = home.engine.raw_connection()
            rows = raw.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            found.extend(str(row[-1]) for row in rows.fetchall())
            raw.close()

    event.listen(home.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(home.engine, "before_cursor_execute", explain)


def test_passages_named_by_id_are_not_looked_for_among_all_of_their_state(
    base: KnowledgeBase, home: Home, folder: Path
) -> None:
    """SQLite takes the index of ids, for the passages and for their vectors, and reads no document's text."""
    base.sync([folder])
    ids = [hit.passage.id for hit in base.retrieve("return", 3).hits]
    with plans(home) as found:
        assert len(base._registry.passages(ids)) == len(ids)
        assert len(base._cache.of_passages(base._registry.base_id, ids)) == len(ids)
    assert any("(base_id=? AND id=?)" in plan for plan in found)
    assert not any("ix_passages_state" in plan or "texts" in plan for plan in found), found


def test_what_waits_to_be_indexed_is_taken_in_its_order_without_sorting_all_of_it(
    base: KnowledgeBase, home: Home, folder: Path
) -> None:
    """A million passages that wait were sorted anew for each batch of them."""
    base.sync([folder])
    with plans(home) as found:
        taken = [passage for passage, _ in base._registry.in_state(INDEXED, 512)]
    places: dict[str, list[int]] = {}
    for passage in taken:
        places.setdefault(passage.source, []).append(passage.ordinal)
    assert any("ix_passages_state" in plan for plan in found)
    assert not any("TEMP B-TREE" in plan for plan in found), found
    assert len(places) > 1
    assert all(ordinals == sorted(ordinals) for ordinals in places.values())
