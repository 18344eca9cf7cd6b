"""An explanation as HTML: numbers, bars, the shading of tokens."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from knowledge_base.types import Explanation, Passage, Remark, ScoredPassage, TokenShare
from qa_bot.ui.search_explanations import number, said, shading_html, why_html
from qa_bot.ui.texts import Texts

EN, ZH = Texts("en"), Texts("zh")


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(1.234, 2, "1.23"), (-0.5, 1, "−0.5"), (-0.001, 2, "0.00"), (0.0, 2, "0.00"), (12, 0, "12")],
)
def test_numbers_have_a_real_minus_and_no_negative_nothing(
    value: float, digits: int, shown: str
) -> None:
    """As a reader writes them."""
    assert number(value, digits) == shown


def test_each_token_is_shaded_by_its_share() -> None:
    """The strongest most, those that take away in the other colour; the text stays as it is."""
    text = "a <b> & refund paid"
    shares = [
        TokenShare(0, 1, 0.001),
        TokenShare(2, 5, -0.05),
        TokenShare(8, 14, 0.2),
        TokenShare(15, 19, 0.1),
    ]
    tree = LexborHTMLParser(shading_html(text, shares, EN))
    assert tree.css_first(".tokens").text() == text
    shaded = {node.text(): node.attributes for node in tree.css(".tokens .more, .tokens .less")}
    assert shaded["refund"] == {"class": "more", "style": "--depth:1.00", "title": "0.2000"}
    assert shaded["<b>"] == {"class": "less", "style": "--depth:0.25", "title": "−0.0500"}
    assert set(shaded) == {"<b>", "refund", "paid"}
    assert "add 0.251 in all" in tree.css_first(".hint").text()


def test_a_hit_found_by_meaning_alone_is_explained() -> None:
    """What it was not among is said, and that it shares no term."""
    passage = Passage("id", "/a.md", "A", "text", 0, 4, 0, 1)
    explain = Explanation(
        dense_score=0.4, dense_rank=7, dense_weight=0.5, dense_share=1.5, lexical_share=-0.25,
        fused_score=1.25, fused_rank=3,
    )  # fmt: skip
    tree = LexborHTMLParser(why_html(ScoredPassage(passage, 1.25, explain), 2, "q", "default", EN))
    assert [node.text() for node in tree.css(".missing")] == [
        "not among its candidates",
        "not looked at",
    ]
    assert "It shares no term with the query." in tree.text()
    bars = tree.css(".sum i")
    assert [bar.attributes["class"] for bar in bars] == ["more", "less", "more"]


def test_a_sentence_is_said_in_the_reader_s_language() -> None:
    """One without a key is told as it is."""
    remark = Remark("3 of its 4 passages pass the filter", "passes", passing=3, total=4)
    assert said(remark, ZH) == "4 个段落中有 3 个符合筛选条件"
    assert said(remark, EN) == "3 of its 4 passages pass the filter"
    assert said("as it is", ZH) == "as it is"
