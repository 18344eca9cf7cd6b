"""The reader that composes: gate, checks, abstention, and what happens when the model fails."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.types import Explanation, Passage, ScoredPassage
from prompts.render import Prompts
from qa_bot.protocols import Conversing, Generating, Generator, Reader
from qa_bot.readers.generative import GenerativeReader
from qa_bot.readers.trained import TrainedReader, bundled_reader
from qa_bot.types import Conversation, Reading, Support, Turn

TEXTS = [
    "The kettle costs 44.90 EUR. It holds 1.7 litres. The lid can be ordered alone.",
    "Our stores are closed on 25 December. On other holidays only the Dublin store opens.",
]
QUESTION = "What does the kettle cost?"


def hit(number: int, text: str) -> ScoredPassage:
    passage = Passage(
        f"p{number}", f"/doc{number}.md", "Kettle T7", text, 100, 100 + len(text), number, 40
    )
    return ScoredPassage(
        passage, 1.0 - 0.3 * number, Explanation(dense_score=0.5, dense_rank=number + 1)
    )


HITS = [hit(number, text) for number, text in enumerate(TEXTS)]


class Literal:
    """A checker that supports what a passage says word for word."""

    def check(self, sentence: str, passages: Sequence[str]) -> Support:
        for number, text in enumerate(passages):
            if sentence.rstrip(".") in text:
                return Support(1.0, True, number)
        return Support(0.1, False, 0, ("x",))


@pytest.fixture(scope="module")
def extractive(minilm: TransformerEncoder) -> TrainedReader:
    return bundled_reader(minilm)


def reader(generator: Generator, extractive: Reader, **options: Any) -> GenerativeReader:
    return GenerativeReader(generator, extractive, Literal(), Prompts(), **options)


def test_an_answer_is_streamed_checked_and_cited(extractive: TrainedReader, replaying: Any) -> None:
    """What comes in pieces is the answer; the model's name and its numbers are explained."""
    generator = replaying("The kettle costs 44.90 EUR [1].")
    made = reader(generator, extractive)
    *shown, reading = made.stream(QUESTION, HITS)
    assert isinstance(reading, Reading)
    assert "".join(map(str, shown)) == reading.answer == "The kettle costs 44.90 EUR [1]."
    (citation,) = reading.citations
    assert citation.quote == "The kettle costs 44.90 EUR."
    assert citation.span_start is not None
    assert reading.short_answer is not None
    assert "44.90" in reading.short_answer
    explained = reading.explain["generator"]
    assert explained["prompt_tokens"] == generator.count(generator.prompts[0])
    assert [p["id"] for p in explained["passages"]] == ["p0", "p1"]
    assert explained["first_token_ms"] <= explained["total_ms"]
    assert made.counts == {"answered": 1, "declined": 0, "failed": 0}
    assert isinstance(made, Reader)
    assert isinstance(made, Conversing)
    assert isinstance(made, Generating)


def test_weak_evidence_is_not_sent_to_the_model(extractive: TrainedReader, replaying: Any) -> None:
    """Abstention comes before generation."""
    generator = replaying("Shakespeare.")
    reading = reader(generator, extractive).read("Who wrote Hamlet?", HITS)
    assert reading.abstained
    assert generator.prompts == []
    assert reading.explain["generator"] == {"asked": False}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The kettle is made in Norway. [1]", "was not supported"),
        ("The passages do not answer this question.", "found no answer"),
        ("这些段落没有回答这个问题。", "found no answer"),
        ("[7]", "was not supported"),
    ],
)
def test_an_answer_without_support_becomes_an_abstention(
    text: str, reason: str, extractive: TrainedReader, replaying: Any
) -> None:
    """With its reason; what the model wrote can be looked up."""
    made = reader(replaying(text), extractive)
    reading = made.read(QUESTION, HITS)
    assert reading.abstained
    assert reading.answer == ""
    assert reading.citations == ()
    assert reason in reading.reason
    assert made.counts["declined"] == 1


def test_a_refusal_is_not_shown_before_it_is_one(extractive: TrainedReader, replaying: Any) -> None:
    """The bot says in its own words that there is no answer."""
    *shown, _reading = reader(
        replaying("The passages do not answer this question."), extractive
    ).stream(QUESTION, HITS)
    assert "".join(map(str, shown)) == ""
    *shown, _reading = reader(
        replaying("The passages do not name a shop. The kettle costs 44.90 EUR. [1]"), extractive
    ).stream(QUESTION, HITS)
    assert "".join(map(str, shown)).startswith("The passages do not name a shop.")


def test_unsupported_sentences_are_marked_or_in_strict_mode_removed(
    extractive: TrainedReader,
    replaying: Any,
) -> None:
    """The confidence falls with the share of what is supported."""
    text = "The kettle costs 44.90 EUR. [1] It is made in Norway. [1]"
    marked = reader(replaying(text), extractive).read(QUESTION, HITS)
    strict = reader(replaying(text), extractive, strict=True).read(QUESTION, HITS)
    assert [c.support.supported for c in marked.claims if c.support] == [True, False]
    assert marked.answer == text
    assert strict.answer == "The kettle costs 44.90 EUR. [1]"
    assert marked.confidence == pytest.approx(strict.confidence / 2)


@pytest.mark.parametrize("breaks_after", [0, 3])
def test_a_model_that_fails_leaves_the_extractive_answer(
    breaks_after: int, extractive: TrainedReader, replaying: Any
) -> None:
    """Before or in the middle of its answer; one line says why, and it is counted."""
    made = reader(replaying("The kettle costs 99 EUR [1].", breaks_after=breaks_after), extractive)
    *shown, reading = made.stream(QUESTION, HITS)
    expected = extractive.read(QUESTION, HITS)
    assert isinstance(reading, Reading)
    assert (reading.answer, reading.citations) == (expected.answer, expected.citations)
    assert "closed the connection" in reading.note
    assert "\n" not in reading.note
    assert made.counts == {"answered": 0, "declined": 0, "failed": 1}
    if breaks_after == 0:
        assert "".join(map(str, shown)) == expected.answer


def test_a_model_that_writes_nothing_has_failed(extractive: TrainedReader, replaying: Any) -> None:
    """An empty answer is none."""
    reading = reader(replaying(""), extractive).read(QUESTION, HITS)
    assert not reading.abstained
    assert "wrote nothing" in reading.note


def test_a_window_that_is_too_small_leaves_the_extractive_answer(
    extractive: TrainedReader, replaying: Any
) -> None:
    """The line names the remedy."""
    generator = replaying("x")
    generator.window = 100
    reading = reader(generator, extractive).read(QUESTION, HITS)
    assert "larger window" in reading.note
    assert generator.prompts == []


def test_who_stops_reading_stops_the_model(extractive: TrainedReader, replaying: Any) -> None:
    """Closing the stream closes the model's."""
    generator = replaying("The kettle costs 44.90 EUR [1]. It holds 1.7 litres [1].")
    stream = reader(generator, extractive).stream(QUESTION, HITS)
    assert next(piece for piece in stream if piece) == "The kettle"
    assert generator.closed == 0
    stream.close()  # type: ignore[attr-defined]
    assert generator.closed == 1


def test_the_model_reads_the_conversation(extractive: TrainedReader, replaying: Any) -> None:
    """As messages before the question."""
    turns = tuple(Turn(n, f"Question {n}?", "", f"Answer {n}. [1]", {}, None, 0.0) for n in (1, 2))
    generator = replaying("The kettle costs 44.90 EUR [1].")
    made = reader(generator, extractive)
    *_, reading = made.stream_in(QUESTION, HITS, Conversation("c", "", "default", 0, 0, turns))
    assert [m.content for m in generator.prompts[0][1:5]] == [
        "Question 1?", "Answer 1.", "Question 2?", "Answer 2.",
    ]  # fmt: skip
    assert isinstance(reading, Reading)
    assert reading.explain["generator"]["turns"] == 2


def test_many_threads_share_a_reader(extractive: TrainedReader, replaying: Any) -> None:
    """Each gets its own answer, and every one is counted."""
    made = reader(replaying("The kettle costs 44.90 EUR [1]."), extractive)
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(made.read(QUESTION, HITS).answer))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {"The kettle costs 44.90 EUR [1]."}
    assert made.counts["answered"] == 8
