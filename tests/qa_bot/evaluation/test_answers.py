"""Whole answers, judged: what is right, what is cited, what is withheld."""

from __future__ import annotations

import math

import pytest

from knowledge_base.evaluation.datasets import DataSetError, Query
from qa_bot.evaluation.answers import judgeable, judged, measure_answers, record, supporting
from qa_bot.types import Answer, Citation

ASKED = Query("q", "How long does a refund take?", {"returns.md": 1}, ("5 days",))


def citation(quote: str, source: str = "/docs/returns.md") -> Citation:
    return Citation(1, "p", source, "Returns", None, 0, len(quote), quote)


def answer(
    text: str = "", *quotes: str, short: str | None = None, confidence: float = 0.9
) -> Answer:
    return Answer(
        question="",
        rewritten="",
        text=text or "This is not in these documents.",
        short_answer=short,
        abstained=not text,
        confidence=confidence,
        citations=tuple(map(citation, quotes)),
        passages=(),
        timings_ms={"total": 10.0},
        models={},
    )


def test_a_quote_supports_where_it_holds_an_accepted_answer() -> None:
    """Or is a part of a longer one."""
    assert supporting(ASKED, [citation("It takes 5 days.")]) == (True,)
    assert supporting(ASKED, [citation("It takes 15 days.")]) == (False,)
    long = Query("q", "?", {}, ("First wash it. Then dry it in the sun. Then fold it.",))
    assert supporting(long, [citation("Then dry it in the sun.")]) == (True,)
    assert supporting(long, [citation("it")]) == (False,)


def test_a_second_quote_supports_beside_one_that_does() -> None:
    """If it comes from the judged source; alone it does not."""
    more = citation("It goes to your card.")
    elsewhere = citation("It goes to your card.", "/docs/hours.md")
    right = citation("It takes 5 days.")
    assert supporting(ASKED, [right, more, elsewhere]) == (True, True, False)
    assert supporting(ASKED, [more]) == (False,)


def test_without_an_accepted_answer_the_source_tells() -> None:
    """And an answer is right if it cites it."""
    asked = Query("q", "?", {"returns.md": 1})
    assert judged(asked, answer("So. [1]", "So.")).right
    other = Query("q", "?", {"hours.md": 1})
    assert not judged(other, answer("So. [1]", "So.")).right


def test_an_answer_to_what_is_not_there_is_never_right() -> None:
    """Whatever it says."""
    asked = Query("q", "?", {}, ("5 days",), answerable=False)
    assert not judged(asked, answer("It takes 5 days. [1]", "It takes 5 days.")).right


def test_each_measure_is_taken_over_its_own_questions() -> None:
    """An abstention counts 0 in EM and F1, and is not in the citations' measures."""
    absent = Query("n", "Who reigns?", answerable=False)
    asked = [ASKED, Query("r", "What is deducted?", {}, ("4 EUR",)), absent]
    given = {
        ASKED.text: answer("It takes 5 days. [1]", "It takes 5 days.", short="5 days"),
        "What is deducted?": answer(confidence=0.1),
        "Who reigns?": answer("A king. [1]", "A king.", confidence=0.3),
    }
    measured, found = measure_answers(given.__getitem__, judgeable(asked))
    assert measured.values == {
        "EM": {"q": 1.0, "r": 0.0},
        "F1": {"q": 1.0, "r": 0.0},
        "answer inside": {"q": 1.0, "r": 0.0},
        "citation precision": {"q": 1.0},
        "citation recall": {"q": 1.0},
        "false abstention": {"q": 0.0, "r": 1.0},
        "abstention": {"n": 0.0},
    }
    assert measured.figures["AUROC"] == 0.5
    assert measured.figures["coverage"] == pytest.approx(2 / 3)
    assert measured.figures["risk"] == 0.5
    assert measured.risk_coverage == [(pytest.approx(1 / 3), 0.0), (pytest.approx(2 / 3), 0.5)]
    assert measured.timings_ms == {"p50": 10.0, "p95": 10.0}
    assert record(found[0])["citations"][0]["supports"] is True


def test_a_missing_short_answer_leaves_the_whole_one() -> None:
    """Without its marks."""
    assert judged(ASKED, answer("It takes 5 days. [1]", "It takes 5 days.")).short == (
        "It takes 5 days."
    )


def test_a_bot_that_never_answers_has_no_risk() -> None:
    """Nor citations to measure."""
    measured, _ = measure_answers(lambda _: answer(), [ASKED])
    assert measured.figures["coverage"] == 0.0
    assert math.isnan(measured.figures["risk"])
    assert "citation precision" not in measured.values


def test_questions_of_which_nothing_is_known_are_left_out() -> None:
    """And refused where no other is there."""
    unknown = Query("u", "Why?")
    assert judgeable([ASKED, unknown]) == [ASKED]
    with pytest.raises(DataSetError, match="add some"):
        judgeable([unknown])
