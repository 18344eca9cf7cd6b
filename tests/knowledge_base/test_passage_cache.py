"""Passages are read once, and never out of date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.passage_cache import PassageCache
from knowledge_base.registry import Registry, Stamp
from knowledge_base.types import Document, Passage, Section


def passage(name: str, text: str = "words") -> Passage:
    return Passage(name, "/a", "", text, 0, len(text), 0, 1)


def test_what_is_known_is_not_read_again() -> None:
    """Only what is missing is asked for, and what is not there is asked for each time."""
    cache, asked = PassageCache(), list[list[str]]()

    def read(ids: Sequence[str]) -> dict[str, Passage]:
        asked.append(list(ids))
        return {name: passage(name) for name in ids if name != "gone"}

    assert set(cache.of(["a", "b", "gone"], read)) == {"a", "b"}
    assert set(cache.of(["b", "c", "gone"], read)) == {"b", "c"}
    assert cache.of(["a", "c"], read) == {"a": passage("a"), "c": passage("c")}
    assert asked == [["a", "b", "gone"], ["c", "gone"]]


def test_what_was_read_before_a_write_is_not_kept_after_it() -> None:
    """A search that reads while another thread writes may hold the former text; nobody else gets it."""
    cache = PassageCache()

    def overtaken(ids: Sequence[str]) -> dict[str, Passage]:
        found = {name: passage(name, "former") for name in ids}
        cache.clear()
        return found

    assert cache.of(["a"], overtaken)["a"].text == "former"
    assert cache.of(["a"], lambda ids: {name: passage(name) for name in ids})["a"].text == "words"


@given(
    st.lists(
        st.one_of(st.none(), st.lists(st.sampled_from("abcdef"), min_size=1, unique=True)),
        max_size=30,
    ),
    st.integers(1, 4),
)
def test_it_gives_what_is_written_now_whatever_was_asked(
    steps: list[list[str] | None], most: int
) -> None:
    """Between any two writes, and with room for few; None is a write."""
    cache, version = PassageCache(most), 0

    def read(ids: Sequence[str]) -> dict[str, Passage]:
        assert ids
        return {name: passage(name, f"{name}{version}") for name in ids}

    for step in steps:
        if step is None:
            version += 1
            cache.clear()
            continue
        found = cache.of(step, read)
        assert {name: one.text for name, one in found.items()} == {
            name: f"{name}{version}" for name in step
        }


def test_what_the_registry_gives_is_what_was_written_last(home: Home) -> None:
    """A passage keeps its id where another before it grew: it begins elsewhere, under another title."""
    registry = Registry(home.engine, home.create("moved", HashingEncoder()).id)
    stamp = Stamp(1, 1, "hash", "pending")

    def written(before: str, title: str) -> Passage:
        text = f"{before}\n\nVisitors are let in from nine."
        document = Document("/a", title, text, (Section(0, len(text)),), "text/plain")
        one = Passage("visits", "/a", title, text[-35:], len(text) - 35, len(text), 0, 7)
        registry.put(document, [(one, "hash")], stamp)
        registry.mark(["visits"], "indexed")
        return replace(one, language=document.language)

    for before, title in (
        ("Hours", "Visits"),
        ("Hours of the house", "Visits"),
        ("Hours", "Guests"),
    ):
        expected = written(before, title)
        for _ in range(2):
            assert registry.passages(["visits"]) == {"visits": expected}
    registry.mark_removing(["/a"])
    assert registry.passages(["visits"]) == {}


def test_a_search_sees_every_change_of_the_base(base: KnowledgeBase, folder: Path) -> None:
    """After the passages were read: a new title, new words, a removed file."""
    page = folder / "visits.md"

    def found() -> list[tuple[str, str]]:
        hits = base.retrieve("when are visitors let in", 10).hits
        own = [hit.passage for hit in hits if hit.passage.source.endswith("visits.md")]
        return [(one.title, one.text.splitlines()[-1]) for one in own]

    for title, hour in (("Visits", "nine"), ("Guests", "nine"), ("Guests", "ten")):
        page.write_text(f"# {title}\n\nVisitors are let in from {hour}.\n")
        base.sync([folder])
        assert found() == found() == [(title, f"Visitors are let in from {hour}.")]
    page.unlink()
    base.sync([folder], prune=True)
    assert found() == []
