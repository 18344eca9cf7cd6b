"""How dense and lexical scores are joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.retrieval.fusion import DENSE_WEIGHT, dense_weight, foremost, fuse, pooled

scores = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), max_size=8)


@given(scores, scores, st.floats(0, 1))
def test_every_candidate_comes_back_once_best_first(
    dense: dict[str, float], lexical: dict[str, float], weight: float
) -> None:
    """Nothing is added and nothing lost."""
    fused = fuse(dense, lexical, weight)
    assert sorted(one.name for one in fused) == sorted({*dense, *lexical})
    assert [one.score for one in fused] == sorted((one.score for one in fused), reverse=True)
    for one in fused:
        assert one.dense + one.lexical == pytest.approx(one.score)


@given(scores, scores)
def test_the_order_does_not_depend_on_the_scale_of_bm25(
    dense: dict[str, float], lexical: dict[str, float]
) -> None:
    """Standard scores are free of scale."""
    rounded = {name: round(value, 3) for name, value in lexical.items()}
    first = fuse(dense, rounded, 0.5)
    scaled = fuse(dense, {name: 8 * value for name, value in rounded.items()}, 0.5)
    for one, other in zip(first, scaled, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-6)


def test_a_single_lexical_hit_counts() -> None:
    """It stands above those without the words, however many the dense side brought."""
    dense = {name: 0.5 - 0.001 * at for at, name in enumerate("abcdefgh")}
    assert fuse(dense, {"e": 3.2}, 0.5)[0].name == "e"


def test_what_has_none_of_the_words_is_ordered_by_meaning() -> None:
    """Also where meaning does not count: something must come first."""
    dense = {"a": 0.1, "b": 0.3, "c": 0.2}
    assert [one.name for one in fuse(dense, {"d": 3.0, "a": 1.0}, 0.0)] == ["d", "a", "b", "c"]


def test_an_unreadable_question_is_searched_by_its_words() -> None:
    """The dense share falls to nothing at half of the tokens unknown."""
    assert dense_weight(0.0) == DENSE_WEIGHT
    assert dense_weight(0.25) == pytest.approx(DENSE_WEIGHT / 2)
    assert dense_weight(0.6) == 0.0


@given(scores, scores)
def test_pooling_keeps_what_a_wording_brings_and_never_lowers_it(
    first: dict[str, float], other: dict[str, float]
) -> None:
    """A candidate of both scores more than in either; one wording alone stays as it is."""
    ours, theirs = fuse(first, {}, 0.5), fuse(other, {}, 0.5)
    both = pooled(ours, [theirs])
    found = {one.name: one.score for one in both}
    assert set(found) == {*first, *other}
    for one in (*ours, *theirs):
        assert found[one.name] >= one.score - 1e-9
    assert [one.score for one in both] == sorted(found.values(), reverse=True)
    assert [one.score for one in pooled(ours, [])] == pytest.approx([one.score for one in ours])


@given(scores, scores, st.floats(0, 1))
def test_the_foremost_are_the_first_of_the_fusion(
    dense: dict[str, float], lexical: dict[str, float], weight: float
) -> None:
    """In their order."""
    fused = fuse(dense, lexical, weight)
    assert foremost(dense, lexical, weight, 3) == [one.name for one in fused[:3]]
