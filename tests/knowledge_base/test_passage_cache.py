"""Passages are read once, and never out of date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.passage_cache import PassageCache
from knowledge_base.types import Passage


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
