"""Passages that say the same collapse; near ones make room."""

from __future__ import annotations

import itertools
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.retrieval.variety import SAME, collapse, diversify, overlap, same_text, shingles
from knowledge_base.types import Passage, ScoredPassage

TEXT = "Refunds are paid to the card within 5 working days after the parcel has been checked."


def hit(name: str, text: str, score: float = 1.0) -> ScoredPassage:
    """Return a hit of a passage with this id and text."""
    return ScoredPassage(Passage(name, f"/{name}.md", name, text, 0, len(text), 0, 9), score)


def test_copies_collapse_onto_the_better_one_which_keeps_them() -> None:
    """No source is lost."""
    other = "The store is open from nine to five on working days."
    found = collapse([hit("a", TEXT), hit("b", other), hit("c", TEXT + " "), hit("d", TEXT)])
    assert [one.passage.id for one in found] == ["a", "b"]
    assert [same.id for same in found[0].duplicates] == ["c", "d"]
    assert found[1].duplicates == ()


def test_of_copies_that_score_the_same_the_one_with_the_shortest_path_stays() -> None:
    """A rounding does not decide which, nor the order in which they were taken in."""
    other = "The store is open from nine to five on working days."
    copies = [hit("terms (1)", TEXT, 2.0000001), hit("terms", TEXT, 2.0), hit("words", TEXT, 2.0)]
    for order in itertools.permutations(copies):
        found = collapse([*order, hit("b", other)])
        assert [one.passage.id for one in found] == ["terms", "b"]
        assert {same.id for same in found[0].duplicates} == {"terms (1)", "words"}
    better = collapse([hit("terms (1)", TEXT, 2.1), hit("terms", TEXT, 2.0)])
    assert better[0].passage.id == "terms (1)"


def test_another_number_is_another_statement() -> None:
    """However alike the words are."""
    found = collapse([hit("a", TEXT), hit("b", TEXT.replace("5", "8"))])
    assert len(found) == 2


@given(st.lists(st.text("ab 1", max_size=12), max_size=6))
def test_nothing_is_lost_by_collapsing(texts: list[str]) -> None:
    """Every passage is shown or kept by one that is."""
    found = collapse([hit(str(number), text) for number, text in enumerate(texts)])
    names = [one.passage.id for one in found] + [d.id for one in found for d in one.duplicates]
    assert sorted(names) == sorted(str(number) for number in range(len(texts)))


@given(st.text(max_size=40), st.text(max_size=40))
def test_overlap_is_a_share_and_symmetric(first: str, second: str) -> None:
    """1 for a text with itself."""
    one, other = shingles(first), shingles(second)
    assert 0.0 <= overlap(one, other) == overlap(other, one) <= 1.0
    assert overlap(one, one) == 1.0


def test_a_far_passage_comes_before_a_second_near_one() -> None:
    """And without diversity the order stays."""
    hits = [hit("a", "x", 1.0), hit("b", "y", 0.9), hit("c", "z", 0.5)]
    near, far = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    vectors = {"a": near, "b": near, "c": far}
    order = [one.passage.id for one in diversify(hits, vectors, 0.6, 3)]
    assert order == ["a", "c", "b"]
    assert [one.passage.id for one in diversify(hits, vectors, 0.0, 2)] == ["a", "b"]


@given(st.text("ab 1一", max_size=40), st.text("ab 1一", max_size=40))
def test_two_texts_are_the_same_by_numbers_and_runs_alone(one: str, other: str) -> None:
    """However the comparison is shortened; and either way round."""
    passages = [hit(name, text).passage for name, text in (("a", one), ("b", other))]
    numbers = [set(re.findall(r"[\w.,-]*\d[\w.,-]*", text.lower())) for text in (one, other)]
    figures = [{found.strip(".,-") for found in some} for some in numbers]
    expected = figures[0] == figures[1] and overlap(shingles(one), shingles(other)) >= SAME
    assert same_text(*passages) == same_text(*passages[::-1]) == expected
