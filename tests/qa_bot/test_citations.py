"""Citations quote their document exactly."""

from __future__ import annotations

import pytest

from knowledge_base.types import Passage, ScoredPassage, Span
from qa_bot.citations import cite, guard, mark, number_citations, parse_marks, strip_marks

DOCUMENT = "Opening words. The X200 has a warranty of two years. The X300 has three."
START, END = 15, len(DOCUMENT)


def hit() -> ScoredPassage:
    """Return a passage that begins in the middle of its document."""
    passage = Passage(
        "p1", "/d.md", "D", DOCUMENT[START:END], START, END, 0, 20, ("Warranty",), 3, "Sheet"
    )
    return ScoredPassage(passage, 1.5)


def test_a_citation_quotes_the_document_at_its_offsets() -> None:
    """Offsets count from the document's beginning, not the passage's."""
    begin, end = DOCUMENT.index("The X300"), END
    citation = cite(hit(), begin, end, 2, span=Span(end - 6, end - 1))
    assert citation.quote == DOCUMENT[citation.start : citation.end] == "The X300 has three."
    assert citation.span_start is not None
    assert DOCUMENT[citation.span_start : citation.span_end] == "three"
    assert (citation.number, citation.page, citation.headings) == (2, 3, ("Warranty",))
    assert (citation.passage_id, citation.source, citation.sheet) == ("p1", "/d.md", "Sheet")


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (0, 30, None),
        (20, END + 1, None),
        (20, 20, None),
        (20, 30, Span(25, 31)),
        (20, 30, Span(25, 25)),
    ],
)
def test_a_quote_outside_its_passage_is_refused(start: int, end: int, span: Span | None) -> None:
    """The message names what was given."""
    with pytest.raises(ValueError, match="is not inside"):
        cite(hit(), start, end, 1, span)


@pytest.mark.parametrize("number", [-1, 0, 100])
def test_a_number_that_no_mark_can_carry_is_refused(number: int) -> None:
    """Writing such a mark would be unreadable."""
    with pytest.raises(ValueError, match="1 to 99"):
        mark(number)


def test_years_and_notes_of_a_source_are_not_marks() -> None:
    """Only one or two digits without a leading zero are."""
    assert parse_marks("[2024] [0] [01] [a] [1]") == [(20, 23, 1)]
    assert parse_marks("[1] [7]", count=6) == [(0, 3, 1)]
    assert parse_marks(guard("as shown [3], see [2024]")) == []


def test_citations_are_numbered_by_first_use() -> None:
    """A mark without a citation goes, as does a citation without a mark."""
    known = [cite(hit(), START, START + 5, number) for number in (4, 7, 9)]
    text, citations = number_citations("One [7]. Two [4][5]. Three [7].", known)
    assert text == "One [1]. Two [2]. Three [1]."
    assert [citation.number for citation in citations] == [1, 2]


def test_stripping_takes_the_space_before_a_mark() -> None:
    """What is left reads as if no mark had been there."""
    assert strip_marks("Two years. [1] Three. [2]") == "Two years. Three."
    assert strip_marks("两年。[1]三年。[2]") == "两年。三年。"
