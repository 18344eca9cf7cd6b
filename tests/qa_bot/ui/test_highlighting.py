"""Marks of what a query matched, and the part of a text that is shown."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.types import Span
from qa_bot.ui.highlighting import SNIPPET, marked, matched, query_terms, snippet

TEXTS = st.text(st.sampled_from("ab <>&\"'\n退款账。.refund K300-"), max_size=400)


def found(text: str, terms: set[str], query: str = "") -> list[str]:
    return [text[span.start : span.end] for span in matched(text, terms, query)]


@pytest.mark.parametrize(
    ("text", "terms", "query", "words"),
    [
        (
            "Refunds are paid; a refund, refunded.",
            {"refund"},
            "",
            ["Refunds", "refund", "refunded"],
        ),
        ("The K300-E and the K300.", {"k300-e"}, "", ["K300-E"]),
        ("微信退款三日到账", {"退款", "到账"}, "", ["退款", "到账"]),
        ("微信退款", {"微信", "信退", "退款"}, "", ["微信退款"]),
        ("微信退款", {"退款"}, "", ["退款"]),
        ("臺灣的退貨", {"退货"}, "", ["退貨"]),
        ("The waranty ends.", {""}, "warranty", ["waranty"]),
        ("a phrase kept whole", {"phrase kept"}, "", ["phrase kept"]),
        ("nothing here", set(), "anything", []),
    ],
)
def test_what_an_explanation_names_is_found(
    text: str, terms: set[str], query: str, words: list[str]
) -> None:
    """Inflected, as a code, in both ways of writing Chinese, or spelt alike."""
    assert found(text, terms, query) == words


def test_a_query_gives_its_own_terms() -> None:
    """Stems and codes, Chinese words and pairs; no filler words."""
    terms = query_terms("What are the refunds of the K300-E? 退款几天到账")
    assert {"refund", "k300-e", "退款", "到账"} <= terms
    assert not terms & {"what", "the", "of", "几"}


@given(TEXTS, st.sets(st.sampled_from(["refund", "退款", "k300", "a", ""]), max_size=4))
def test_marks_stand_apart_and_in_order(text: str, terms: set[str]) -> None:
    """No two overlap, so that the HTML is whole."""
    spans = matched(text, terms, "refunt")
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(first.end < second.start for first, second in zip(spans, spans[1:], strict=False))


@given(TEXTS, st.sets(st.sampled_from(["refund", "退款", "k300", "a", ""]), max_size=4))
def test_a_marked_text_is_escaped_and_says_what_the_text_says(text: str, terms: set[str]) -> None:
    """Without the marks, and apart from line breaks, it is the same text."""
    html = marked(text, matched(text, terms, "refunt"))
    plain = re.sub(r"</?mark>", "", html)
    assert "<" not in plain
    assert ">" not in plain
    without_breaks = unescape(plain).replace("·", "").split()
    assert "".join(without_breaks) == "".join(text.replace("·", "").split())


@given(TEXTS, st.integers(20, 400))
def test_a_snippet_is_a_part_of_its_text(text: str, most: int) -> None:
    """And no longer than was asked for, but for what is left of a short text."""
    part = snippet(text, matched(text, {"refund", "退款"}), most)
    assert 0 <= part.start <= part.end <= len(text)
    assert part.end - part.start <= most * 1.15


def test_a_snippet_stands_where_most_matches_are() -> None:
    """Beginning with the sentence, cut between words."""
    filler = "Something else is told at length here, and nothing of it matters. " * 12
    text = f"{filler}The refund is paid by card. A refund in cash is a refund too. {filler}"
    part = snippet(text, matched(text, {"refund"}))
    shown = text[part.start : part.end]
    assert shown.startswith("The refund is paid")
    assert shown.count("refund") == 3
    assert text[part.end] == " "
    assert len(shown) <= SNIPPET
    html = marked(text, matched(text, {"refund"}), part)
    assert html.startswith("… The <mark>refund</mark>")
    assert html.endswith(" …")


def test_marks_beyond_what_is_shown_are_left_out() -> None:
    """One that reaches over the edge is marked as far as it is shown."""
    html = marked("abcdef", [Span(0, 2), Span(3, 6)], Span(1, 4))
    assert html == "… <mark>b</mark>c<mark>d</mark> …"
