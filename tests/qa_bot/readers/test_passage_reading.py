"""Passages are read whole, and a sentence once more by itself."""

from __future__ import annotations

import pytest

from knowledge_base.types import Explanation, Passage, ScoredPassage
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.passage_reading import distinct, read_again, read_passages

TEXT = (
    "The mill stands by the Oder. It was built of brick in 1874. Its wheel turned until 1931. "
    "Today a baker has his shop there. On Sundays it is closed."
)
QUESTION = "When was the mill built?"


@pytest.fixture(scope="module")
def model() -> ReaderModel:
    return ReaderModel()


def hit(start: int, end: int) -> ScoredPassage:
    passage = Passage(f"p{start}-{end}", "/mill.md", "The mill", TEXT[start:end], start, end, 0, 20)
    return ScoredPassage(passage, 1.0, Explanation())


def test_every_sentence_is_read_but_questions(model: ReaderModel) -> None:
    read = read_passages(model, QUESTION, [hit(0, len(TEXT))])
    assert " ".join(one.sentence.text for one in read) == TEXT


def test_the_span_of_a_second_reading_is_where_the_words_are(model: ReaderModel) -> None:
    """The passage begins inside its document and is read below its title."""
    start = TEXT.index("It was built")
    one = hit(start, TEXT.index("Its wheel"))
    (first,) = read_passages(model, QUESTION, [one])
    again = read_again(model, QUESTION, first)
    part = again.part
    assert part.text[again.span.start : again.span.end] == "1874"
    assert TEXT[start:].startswith(part.text[part.start : part.end])


def test_a_sentence_that_two_windows_share_is_there_once(model: ReaderModel) -> None:
    windows = [hit(0, len(TEXT)), hit(0, TEXT.index("Today"))]
    read = read_passages(model, QUESTION, windows)
    assert len(read) == 8
    assert " ".join(one.sentence.text for one in distinct(read)) == TEXT
    best = max(read, key=lambda one: one.span.margin)
    assert best in distinct(read)
