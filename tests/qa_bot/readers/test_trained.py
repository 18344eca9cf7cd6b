"""The bundled reader over small passages of our own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.types import Explanation, Passage, ScoredPassage
from qa_bot.errors import ReaderError
from qa_bot.phrases import phrase
from qa_bot.readers.calibration import Calibration
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.passage_reading import read_passages
from qa_bot.readers.similarity import SimilarityReader
from qa_bot.readers.trained import TrainedReader, bundled_reader, candidates

TEXTS = [
    "The kettle costs 44.90 EUR. It holds 1.7 litres. The lid can be ordered alone.",
    "To descale it:\n1. Fill the kettle with vinegar.\n2. Let it stand for an hour.\n3. Rinse it.",
    "Our stores are closed on 25 December. On other holidays only the Dublin store opens.",
]


def hit(number: int, text: str) -> ScoredPassage:
    passage = Passage(
        f"p{number}", f"/doc{number}.md", "Kettle T7", text, 100, 100 + len(text), number, 40
    )
    return ScoredPassage(
        passage, 1.0 - 0.3 * number, Explanation(dense_score=0.5, dense_rank=number + 1)
    )


@pytest.fixture(scope="module")
def reader(minilm: TransformerEncoder) -> TrainedReader:
    return bundled_reader(minilm)


HITS = [hit(number, text) for number, text in enumerate(TEXTS)]


def test_an_answer_is_a_whole_sentence_with_its_span(reader: TrainedReader) -> None:
    """The quote is the document's text, the short answer is inside."""
    reading = reader.read("What does the kettle cost?", HITS)
    assert not reading.abstained
    assert reading.answer.startswith("The kettle costs 44.90 EUR.")
    citation = reading.citations[0]
    assert citation.quote == TEXTS[0][citation.start - 100 : citation.end - 100]
    assert reading.short_answer is not None
    assert "44.90" in reading.short_answer


def test_how_to_questions_get_the_steps_in_order(reader: TrainedReader) -> None:
    """With a citation each."""
    reading = reader.read("How do I descale the kettle?", HITS)
    assert [c.quote[:2] for c in reading.citations if c.quote[0].isdigit()] == ["1.", "2.", "3."]


@pytest.mark.parametrize("question", ["What does the X900 cost?", "Who wrote Hamlet?"])
def test_what_is_not_there_is_declined_with_a_reason(reader: TrainedReader, question: str) -> None:
    """Another model, or another world."""
    reading = reader.read(question, HITS)
    assert reading.abstained
    assert reading.reason
    assert reading.citations == ()


@pytest.mark.parametrize(
    ("question", "doubtful"),
    [
        ("What does the kettle cost?", True),
        ("What does the X900 cost?", False),
        ("Who wrote Hamlet?", False),
    ],
)
def test_what_is_found_but_not_surely_is_not_said_to_be_absent(
    minilm: TransformerEncoder, question: str, doubtful: bool
) -> None:
    """Of such questions half have their answer in the documents; of another thing's and a stranger's none."""
    never = TrainedReader(ReaderModel(), SimilarityReader(minilm), threshold=1.0)
    reading = never.read(question, HITS)
    assert reading.abstained
    assert (reading.answer, reading.citations) == ("", ())
    assert reading.doubtful == doubtful
    assert (reading.reason == phrase("doubtful", question)) == doubtful


def test_no_passages_are_no_answer(reader: TrainedReader) -> None:
    """And no error."""
    assert reader.read("What does it cost?", []).abstained


def test_chinese_is_read_by_the_network_with_its_span_in_chinese(reader: TrainedReader) -> None:
    """Word by word in English; the quote and the short answer are the document's own characters."""
    text = "水壶的价格是 299 元。容量为 1.7 升。机身保修 2 年，滤网不在保修范围内。"
    reading = reader.read("水壶多少钱？", [hit(0, text)])
    assert reading.explain["read_by"] == "qa-bot-reader"
    assert reading.explain["read_as"] == "kettle how much money?"
    assert reading.answer.startswith("水壶的价格是 299 元。")
    assert reading.short_answer is not None
    assert "299" in reading.short_answer
    assert reading.citations[0].quote in text


def test_where_the_network_doubts_a_chinese_question_its_words_may_settle_it(
    minilm: TransformerEncoder,
) -> None:
    """The similarity reader answers by its own certainty, and is named; an English question is declined."""
    never = TrainedReader(ReaderModel(), SimilarityReader(minilm), threshold=1.0)
    reading = never.read("水壶的价格是多少？", [hit(0, "水壶的价格是 299 元。容量为 1.7 升。")])
    assert not reading.abstained
    assert reading.explain["read_by"] == "similarity"
    assert "299 元" in reading.answer
    assert never.read("火星上有水吗？", [hit(0, "水壶的价格是 299 元。")]).abstained
    assert never.read("What does the kettle cost?", HITS).abstained


def test_the_network_finds_a_span_of_chinese_in_its_own_characters() -> None:
    """It is read word by word in English."""
    text = "水壶的价格是 299 元。容量为 1.7 升。机身保修 2 年，滤网不在保修范围内。"
    best = ReaderModel().score("水壶多少钱？", [text])[0].best
    assert "299" in text[best.start : best.end]


def test_what_no_dictionary_knows_is_read_by_similarity_and_said_so(reader: TrainedReader) -> None:
    """Neither the vocabulary nor the glosses read Japanese."""
    reading = reader.read("やかんはいくらですか", [hit(0, "やかんの値段は 299 円です。")])
    assert reading.explain["read_by"] == "similarity"


def test_long_passages_are_read_in_strides() -> None:
    """An answer far behind the window is found."""
    filler = "The garden has many flowers of several colours and sizes. " * 60
    text = f"{filler}The code of the safe is 7741. {filler}"
    score = ReaderModel().score("What is the code of the safe?", [text])[0]
    assert "7741" in text[score.best.start : score.best.end]


def test_the_stream_ends_with_the_reading(reader: TrainedReader) -> None:
    """Its pieces are the answer's text."""
    *pieces, reading = reader.stream("What does the kettle cost?", HITS)
    assert "".join(map(str, pieces)) == reading.answer  # type: ignore[union-attr]


def test_of_a_table_the_row_and_the_cell_that_were_asked_for_are_given(
    reader: TrainedReader,
) -> None:
    """Rows of one table are alike to the network; the question's own words tell them apart."""
    table = (
        "Service: Standard; Destination: Ireland; Time: 2 working days; Price: 3.90 EUR\n"
        "Service: Express; Destination: Ireland; Time: next working day; Price: 9.50 EUR\n"
        "Service: Standard; Destination: Spain; Time: 5 working days; Price: 6.90 EUR"
    )
    plain = hit(0, table)
    listed = replace(plain, passage=replace(plain.passage, title="Delivery prices"))
    reading = reader.read("What is the price of the express service to Ireland?", [listed])
    assert [c.quote.split("; ")[0] for c in reading.citations] == ["Service: Express"]
    assert reading.short_answer == "9.50 EUR"


def test_a_question_in_a_document_is_not_quoted_as_the_answer(reader: TrainedReader) -> None:
    """It is nearer to what is asked than anything that answers it."""
    question = "How long should the receipt be kept?"
    text = f"{question}\n\nThe receipt should be kept for two years."
    reading = reader.read(question, [hit(0, text)])
    assert "two years" in reading.answer
    assert "?" not in reading.answer


def test_a_calibration_for_other_features_is_refused() -> None:
    """A reader trained by an earlier version says what to do."""
    with pytest.raises(ReaderError, match="calibrate it again"):
        Calibration.from_settings({"calibration": {"rank": [0.0] * 9, "sure": [0.0] * 3}})


def test_manuals_that_agree_are_quoted_once(reader: TrainedReader) -> None:
    """Of a product's two manuals each has the sentence: that is no doubt, and nothing to repeat."""
    one = "To take a screenshot, press and hold the power and volume keys at once."
    two = "To take a screenshot press and hold the volume and the power keys at once."
    question = "How is a screenshot taken?"
    alone = reader.read(question, [hit(0, one), HITS[2]])
    both = reader.read(question, [hit(0, one), hit(1, two), HITS[2]])
    assert len(both.citations) == 1
    assert both.confidence >= alone.confidence - 0.05


def test_a_sentence_that_two_windows_share_is_weighed_once(
    reader: TrainedReader, minilm: TransformerEncoder
) -> None:
    """Short passages are read with their neighbours, so that windows overlap."""
    text = "The gate opens at 7:30. The tower is closed in winter. Dogs stay outside."
    cut = text.index("The tower")

    def window(number: int, start: int, end: int) -> ScoredPassage:
        passage = Passage(
            f"w{number}", "/gate.md", "Visits", text[start:end], start, end, number, 20
        )  # fmt: skip
        return ScoredPassage(passage, 1.0, Explanation(dense_score=0.5, dense_rank=number + 1))

    question = "When does the gate open?"
    both = [window(0, 0, len(text)), window(1, 0, cut)]
    read = read_passages(reader.network, question, both)
    found, values = candidates(SimilarityReader(minilm), question, read, both)
    assert [candidate.sentence.text for candidate in found] == [
        "The gate opens at 7:30.",
        "The tower is closed in winter.",
        "Dogs stay outside.",
    ]
    assert len(values) == 3


def test_a_copy_is_scored_as_the_first_of_it() -> None:
    """However many passages stand between the two: they are not read in calls of their own."""
    model = ReaderModel()
    others = [" ".join([TEXTS[0]] * number) for number in range(2, 9)]
    scores = model.score("What does the kettle cost?", [TEXTS[0], *others, TEXTS[0]])
    assert len(scores) == len(others) + 2
    assert scores[0] == scores[-1]
    alone = model.score("What does the kettle cost?", [TEXTS[0], TEXTS[0]])
    assert alone[0] == alone[1]
    assert alone[0].relevant == pytest.approx(scores[0].relevant, abs=0.5)
