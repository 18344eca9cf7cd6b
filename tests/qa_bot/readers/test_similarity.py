"""The reader by similarity quotes what answers, and says when nothing does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.types import Explanation, Passage, ScoredPassage
from qa_bot.citations import parse_marks, strip_marks
from qa_bot.phrases import PHRASES
from qa_bot.protocols import Reader
from qa_bot.readers.similarity import MOST_ENCODED, THRESHOLDS, SimilarityReader
from qa_bot.types import Reading

RETURNS = (
    "Returns\n\nYou can send a product back within 45 days of delivery. The refund reaches your card "
    "within 5 working days. Used filters cannot be returned.\n\n"
    'To start a return:\n\n1. Open your orders.\n2. Press "Start a return".\n3. Print the label.\n'
)
STORES = (
    "Stores\n\nStore: Cork; Telephone: 021 555 0119; Sunday: closed\n"
    "Store: Galway; Telephone: 091 555 0137; Sunday: 12:00-18:00\n"
)
CHINESE = "保修\n\n整机保修 2 年，电机保修 5 年，滤网属于耗材，不在保修范围内。退货运费为 12 元，从退款中扣除。\n"


def hits(*texts: str, dense: float = 0.5) -> list[ScoredPassage]:
    """Return passages of these texts, each a whole document that begins with its title."""
    found = []
    for rank, text in enumerate(texts, 1):
        title = text.partition("\n")[0]
        passage = Passage(f"p{rank}", f"/{rank}.md", title, text, 0, len(text), 0, 50, (title,))
        explain = Explanation(dense_score=dense, dense_rank=rank, fused_rank=rank)
        found.append(ScoredPassage(passage, 1.0 / rank, explain))
    return found


@pytest.fixture(scope="module")
def reader(minilm: TransformerEncoder) -> SimilarityReader:
    """Return the reader over the bundled encoder."""
    return SimilarityReader(minilm)


def checked(reading: Reading, given: Sequence[ScoredPassage]) -> Reading:
    """Return an answer of which every sentence is a quote from its passage, marked in order."""
    by_id = {hit.passage.id: hit.passage for hit in given}
    assert not reading.abstained, reading.reason
    for citation in reading.citations:
        passage = by_id[citation.passage_id]
        begin, end = citation.start - passage.start, citation.end - passage.start
        assert citation.quote == passage.text[begin:end]
        assert " ".join(citation.quote.split()) in strip_marks(reading.answer)
    numbers = [number for _, _, number in parse_marks(reading.answer)]
    assert numbers == [citation.number for citation in reading.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 0.0 <= reading.confidence <= 1.0
    return reading


def test_it_is_a_reader(reader: SimilarityReader) -> None:
    """The class keeps the protocol."""
    assert isinstance(reader, Reader)


@pytest.mark.parametrize(
    ("question", "answer", "short"),
    [
        ("How many days do I have to send a product back?", "within 45 days", "45 days"),
        ("How long does the refund to my card take?", "within 5 working days", "5 working days"),
        ("What is the telephone number of the Cork store?", "021 555 0119", "021 555 0119"),
        ("电机的保修期是多长？", "电机保修 5 年", None),
        ("退货运费是多少钱？", "12 元", "12 元"),
    ],
)
def test_an_answer_quotes_the_sentence_that_holds_it(
    reader: SimilarityReader, question: str, answer: str, short: str | None
) -> None:
    """In English with the encoder's help, in Chinese by the words."""
    given = hits(RETURNS, STORES, CHINESE)
    reading = checked(reader.read(question, given), given)
    assert answer in reading.answer
    assert reading.short_answer == short
    if short is not None:
        first = reading.citations[0]
        assert first.span_start is not None
        assert first.span_end is not None
        quoted = first.quote[first.span_start - first.start : first.span_end - first.start]
        assert quoted == short


def test_a_yes_no_question_is_answered_so(reader: SimilarityReader) -> None:
    """The word stands before the quote that says it."""
    given = hits(RETURNS, STORES, CHINESE)
    reading = checked(reader.read("Can used filters be returned?", given), given)
    assert reading.answer == "No: Used filters cannot be returned. [1]"
    assert reading.short_answer == "No"


def test_a_question_how_something_is_done_gets_all_steps_in_order(reader: SimilarityReader) -> None:
    """Each step is cited on its own."""
    given = hits(RETURNS, STORES)
    reading = checked(reader.read("How do I start a return?", given), given)
    steps = ["Open your orders", 'Press "Start a return"', "Print the label"]
    places = [reading.answer.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("How many days do I have to send the X900 back?", "X900"),
        ("What is the telephone number of the Waterford store?", "Waterford"),
        ("成都的门店在哪里？", "成都"),
    ],
)
def test_what_no_passage_names_is_not_answered(
    reader: SimilarityReader, question: str, named: str
) -> None:
    """Evidence about another product or town is no evidence; the reason says what is missing."""
    reading = reader.read(question, hits(RETURNS, STORES, CHINESE))
    assert reading.abstained
    assert (reading.answer, reading.citations, reading.short_answer) == ("", (), None)
    assert named in reading.reason


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Who won the football match in the evening?", "en"),
        ("明天会下雨吗？", "zh"),
    ],
)
def test_what_the_passages_are_not_about_is_not_answered(
    reader: SimilarityReader, question: str, language: str
) -> None:
    """The reason is a plain sentence in the question's language."""
    reading = reader.read(question, hits(RETURNS, STORES, CHINESE, dense=0.1))
    assert reading.abstained
    assert reading.reason == PHRASES["weak_evidence"][language]
    assert reading.confidence < THRESHOLDS["balanced"]


def test_without_passages_it_abstains(reader: SimilarityReader) -> None:
    """Also where the passages hold nothing that could be quoted."""
    for nothing in ([], hits("\n\n")):
        reading = reader.read("How long is the warranty?", nothing)
        assert reading.abstained
        assert reading.confidence == 0.0
        assert reading.reason == PHRASES["no_passages"]["en"]


def test_a_stream_gives_the_answer_in_pieces_and_then_the_reading(reader: SimilarityReader) -> None:
    """The pieces together are the answer's text."""
    given = hits(RETURNS)
    question = "How long does the refund to my card take?"
    *pieces, last = reader.stream(question, given)
    assert last == reader.read(question, given)
    assert isinstance(last, Reading)
    assert len(pieces) > 1
    assert "".join(str(piece) for piece in pieces) == last.answer


def test_a_stream_of_an_abstention_is_the_reading_alone(reader: SimilarityReader) -> None:
    """There is no text to show before it."""
    assert [type(item) for item in reader.stream("Why?", [])] == [Reading]


def test_marks_in_a_source_are_not_taken_for_the_answers_own(reader: SimilarityReader) -> None:
    """A source that numbers its notes does not confuse the citations."""
    given = hits(
        "Delivery\n\nStandard delivery to Ireland takes 3 days [7]. Express takes a day [8].\n"
    )
    reading = reader.read("How long does standard delivery to Ireland take?", given)
    numbers = {number for _, _, number in parse_marks(reading.answer)}
    assert numbers == {citation.number for citation in reading.citations}


def test_more_caution_never_answers_more(minilm: TransformerEncoder) -> None:
    """Strict abstains where balanced does, balanced where eager does."""
    questions = ["How soon is the refund there?", "Is Cork open on Sundays?", "Why?", "保修多久？"]
    for question in questions:
        given = hits(RETURNS, STORES, CHINESE)
        abstained = [
            SimilarityReader(minilm, caution=caution).read(question, given).abstained
            for caution in ("strict", "balanced", "eager")
        ]
        assert abstained == sorted(abstained, reverse=True)


def test_long_passages_are_read_within_limits(minilm: TransformerEncoder) -> None:
    """Hundreds of sentences, some very long: the answer near the top is still found."""
    filler = "The shop sells many things to many people in many towns. " * 40
    long = f"Filler\n\n{filler}\n\n{'word ' * 3000}\n"
    given = hits(RETURNS, *[long] * 7)
    reading = SimilarityReader(minilm).read("How long does the refund to my card take?", given)
    assert "5 working days" in reading.answer
    assert MOST_ENCODED < 40


@pytest.mark.parametrize("question", ["?", "🔋", "a" * 4000, "的" * 500, "what", "[1]"])
def test_odd_questions_are_survived(reader: SimilarityReader, question: str) -> None:
    """An answer or an abstention, never an error."""
    assert 0.0 <= reader.read(question, hits(RETURNS, CHINESE)).confidence <= 1.0


def test_any_encoder_serves() -> None:
    """The reader asks no more of an encoder than its protocol gives."""
    given = hits(RETURNS, STORES)
    reading = SimilarityReader(HashingEncoder()).read("Can used filters be returned?", given)
    assert "Used filters" in checked(reading, given).answer


def test_a_quote_that_points_back_comes_with_the_sentence_before(reader: SimilarityReader) -> None:
    """Otherwise nobody could tell who "he" is; traditional characters are read as well."""
    given = hits(
        "法國歷史\n\n拿破崙於1798年遠征埃及。他准許穆斯林教徒加入政府機構。遠征在三年後結束。\n"
    )
    reading = checked(reader.read("誰准許穆斯林教徒加入政府機構？", given), given)
    assert reading.answer.startswith(
        "拿破崙於1798年遠征埃及。 [1] 他准許穆斯林教徒加入政府機構。 [2]"
    )
