"""What always holds for citation marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_bot.citations import MOST, guard, mark, number_citations, parse_marks, strip_marks

NUMBERS = st.integers(1, MOST)
TEXTS = st.text(alphabet=st.sampled_from("ab 。.[]0123456789第\n")) | st.text()


@given(NUMBERS, TEXTS, TEXTS)
def test_a_mark_reads_back_as_its_number(number: int, before: str, after: str) -> None:
    """Whatever stands around it, a mark is found where it was written."""
    text = before + mark(number) + after
    assert (len(before), len(before) + len(mark(number)), number) in parse_marks(text)


@given(TEXTS, st.integers(0, MOST))
def test_a_number_out_of_range_never_appears(text: str, count: int) -> None:
    """Only numbers from 1 to the count given come back, each from its own place."""
    for start, end, number in parse_marks(text, count):
        assert 1 <= number <= count
        assert text[start:end] == mark(number)


@given(st.lists(st.tuples(TEXTS.map(guard), NUMBERS)))
def test_stripping_loses_nothing_but_marks(parts: list[tuple[str, int]]) -> None:
    """All that is not white space survives, in order."""
    text = "".join(words + mark(number) for words, number in parts)
    left = strip_marks(text)
    assert "".join(left.split()) == "".join("".join(words for words, _ in parts).split())


@given(TEXTS)
def test_text_without_marks_is_left_alone(text: str) -> None:
    """Guarded text has no marks, and stripping changes nothing in it."""
    guarded = guard(text)
    assert parse_marks(guarded) == []
    assert strip_marks(guarded) == guarded
    assert len(guarded) == len(text)


@given(TEXTS)
def test_marks_without_citations_are_taken_out(text: str) -> None:
    """No mark is left that points nowhere, however the text was written."""
    left, citations = number_citations(guard(text) + mark(7), [])
    assert citations == ()
    assert parse_marks(left) == []
