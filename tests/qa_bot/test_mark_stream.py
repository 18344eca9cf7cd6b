"""Marks are read as they stream."""

from __future__ import annotations

import pytest

from qa_bot.mark_stream import Mark, MarkStream, Piece, numbers_of


def read(text: str, count: int = 5) -> tuple[list[Piece], int]:
    stream = MarkStream(count)
    return [*stream.feed(text), *stream.finish()], stream.dropped


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("[1]", [1]),
        ("[1, 2]", [1, 2]),
        ("[1][2]", [1, 2]),
        ("［1］", [1]),
        ("【2】", [2]),
        ("[1，3]", [1, 3]),
        ("[1、2]", [1, 2]),
        ("[Passage 2]", [2]),
        ("[段落 3]", [3]),
        ("[2-4]", [2, 3, 4]),
        ("[1 and 2]", [1, 2]),
        ("【１】", [1]),
        ("【1†source】", [1]),
    ],
)
def test_every_way_of_writing_a_mark_is_read(written: str, numbers: list[int]) -> None:
    """Also in full-width brackets, as lists and as ranges."""
    pieces, dropped = read(f"Five days {written}.")
    assert [piece.number for piece in pieces if isinstance(piece, Mark)] == numbers
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == "Five days."
    assert dropped == 0


def test_a_number_that_does_not_exist_is_dropped_and_counted() -> None:
    """The space before it goes too; what exists beside it stays."""
    pieces, dropped = read("Five days [9]. Two [1, 7] [0].", count=3)
    assert pieces == ["Five days. Two", Mark(1, " "), "."]
    assert dropped == 3


@pytest.mark.parametrize(
    "text", ["[2024]", "[a]", "[]", "[3-1]", "[1", "a [b [c", "[1\n]", "[" + "1, " * 30 + "1]"]
)
def test_what_is_no_mark_stays_text(text: str) -> None:
    """Years, words, empty or open brackets."""
    pieces, dropped = read(text)
    assert "".join(map(str, pieces)) == text
    assert dropped == 0


def test_a_bracket_in_a_bracket_is_still_found() -> None:
    """The outer one is text."""
    assert read("[see [2]")[0] == ["[see", Mark(2, " ")]


def test_nothing_certain_is_held_back() -> None:
    """Words are shown at once; only what may become a mark waits."""
    stream = MarkStream(2)
    assert stream.feed("Five days") == ["Five days"]
    assert stream.feed(" [") == []
    assert stream.feed("2") == []
    assert stream.feed("].") == [Mark(2, " "), "."]


def test_ranges_are_narrow() -> None:
    """A range of tens is a range of something else."""
    assert numbers_of("1-30") is None
