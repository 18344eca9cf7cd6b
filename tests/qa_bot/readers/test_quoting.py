"""The words that a sentence goes back to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.types import Passage, ScoredPassage
from qa_bot.readers.quoting import best_quote

TEXT = (
    "Returns are free. Goods may be sent back within 30 days. The refund is paid within five days. "
    "A fee of 4 EUR is deducted for a change of mind."
)


def hit(text: str, start: int = 40) -> ScoredPassage:
    return ScoredPassage(Passage("p", "/d.md", "D", text, start, start + len(text), 0, 9), 1.0)


def quoted(claim: str, text: str = TEXT) -> str:
    span = best_quote(claim, hit(text))
    return text[span.start - 40 : span.end - 40]


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("You get your refund within five days.", "The refund is paid within five days."),
        ("4 EUR are deducted", "A fee of 4 EUR is deducted for a change of mind."),
        (
            "Send goods back within 30 days and the refund is paid within five days.",
            "Goods may be sent back within 30 days. The refund is paid within five days.",
        ),
        ("Nothing of the kind.", "Returns are free."),
    ],
)
def test_the_sentences_that_a_claim_goes_back_to_are_quoted(claim: str, quote: str) -> None:
    """One, or several where each adds something."""
    assert quoted(claim) == quote


def test_chinese_is_quoted_by_its_words() -> None:
    """As by its characters."""
    text = "退货免费。退款将在五天内到账。运费由买家承担。"
    assert quoted("五天内退款到账。", text) == "退款将在五天内到账。"


@given(st.text(max_size=60), st.text(max_size=200).filter(str.strip), st.integers(0, 50))
def test_a_quote_lies_in_its_passage(claim: str, text: str, start: int) -> None:
    """Whatever is claimed, whatever the passage."""
    span = best_quote(claim, hit(text, start))
    assert start <= span.start < span.end <= start + len(text)
