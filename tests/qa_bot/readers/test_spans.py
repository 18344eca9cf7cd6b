"""The best span over tokens, and what two readings agree on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.chunking.sentences import sentence_spans
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.spans import LONGEST_SPAN, NO_SPAN, Part, SpanScore, agreed, best_span

SCORES = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=60)


def tokens(scores: list[tuple[int, int]]) -> dict[tuple[int, int], np.ndarray]:
    return {(3 * n, 3 * n + 2): np.array(pair, np.float32) for n, pair in enumerate(scores)}


@given(SCORES)
def test_the_best_span_is_the_best_of_all_that_are_short_enough(
    scores: list[tuple[int, int]],
) -> None:
    found = best_span(tokens(scores))
    every = [
        (scores[left][0] + scores[right][1])
        for left in range(len(scores))
        for right in range(left, min(len(scores), left + LONGEST_SPAN))
    ]
    assert found.margin == max(every)
    first, last = found.start // 3, (found.end - 2) // 3
    assert 0 <= last - first < LONGEST_SPAN
    assert scores[first][0] + scores[last][1] == found.margin


def test_without_tokens_there_is_no_span() -> None:
    assert best_span({}) == NO_SPAN


def test_two_readings_agree_on_the_span_with_the_best_mean() -> None:
    first = best_span(tokens([(4, 0), (0, 4), (3, 3)]))
    part = Part("x" * 20, 0, 0, 20, first)
    alone = best_span(tokens([(-4, 0), (0, -4), (3, 3)]))
    found = agreed(part, alone)
    assert (found.start, found.end, found.margin) == (6, 8, 6.0)


def test_the_second_reading_is_found_again_below_headings_and_behind_other_sentences() -> None:
    first = SpanScore(2.0, 40, 45, {(40, 45): np.array([1, 1], np.float32)})
    part = Part("x" * 60, 10, 35, 55, first)  # alone, the sentence begins at 10 instead of 35
    alone = SpanScore(4.0, 15, 20, {(15, 20): np.array([2, 2], np.float32)})
    found = agreed(part, alone)
    assert (found.start, found.end, found.margin) == (40, 45, 3.0)


def test_where_the_readings_share_no_token_the_first_stands() -> None:
    first = best_span(tokens([(4, 4)]))
    assert agreed(Part("x" * 20, 0, 0, 20, first), NO_SPAN) == first


def test_a_sentence_that_is_read_again_keeps_its_answer_inside_itself() -> None:
    text = (
        "Bolton kettles\nThe kettle holds two litres. It was first sold in 1987 in Leeds. "
        "It was sold again in 2004, in Hull, with a longer cable."
    )
    before = len("Bolton kettles\n")
    parts = [(a + before, b + before) for a, b in sentence_spans(text[before:])]
    question = "In which year did the first kettles come to the shops?"
    model = ReaderModel()
    score = model.score(question, [text], [parts])[0]
    read = [Part(text, before, *part, span) for part, span in zip(parts, score.spans, strict=True)]
    again = [model.read_again(question, part) for part in read]
    for part, span in zip(read, again, strict=True):
        assert part.start <= span.start < span.end <= part.end
    best = max(again, key=lambda span: span.margin)
    assert text[best.start : best.end] == "1987"
