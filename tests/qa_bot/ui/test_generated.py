"""A model's answer as the page shows it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from qa_bot.ui.generated import bracketed, export_html, follow_ups_html, marked, models_html
from qa_bot.ui.rendering import Exchange, answer_html, exchange_html
from qa_bot.ui.texts import Texts

EN = Texts("en")


def claim(text: str, sentence: str, supported: bool | None = False) -> dict[str, Any]:
    start = text.index(sentence)
    return {"start": start, "end": start + len(sentence), "text": sentence, "supported": supported}


def exchange(text: str, *claims: dict[str, Any], **more: Any) -> Exchange:
    citation = {"number": 1, "source": "/d.md", "title": "D", "headings": [], "page": None}
    values = {"citations": [citation], "turn": 7, "conversation": "secret", "support": claims}
    return Exchange("How long?", text=text, **{**values, **more})


def marks(shown: Exchange) -> list[str]:
    tree = LexborHTMLParser(answer_html(shown, EN))
    return [
        (node.text() or "").replace(" (Not supported by the documents)", "")
        for node in tree.css("mark.unsupported")
    ]


def test_only_the_sentence_without_support_is_marked() -> None:
    """With its mark inside, an explanation as its title and one for screen readers."""
    text = "Five days. [1] It is **always** free. [1] So:"
    shown = exchange(
        text,
        claim(text, "Five days. [1]", True),
        claim(text, "It is **always** free. [1]"),
        claim(text, "So:", None),
    )
    assert marks(shown) == ["It is always free.1"]
    html = answer_html(shown, EN)
    assert 'title="Not supported by the documents"' in html
    assert "<strong>always</strong>" in html
    assert LexborHTMLParser(html).css_first("mark button.cite") is not None


@pytest.mark.parametrize(
    ("text", "sentence", "element"),
    [
        ("- One is free.\n- Two costs.", "- Two costs.", "ul > li > mark"),
        ("1. One is free.\n2. Two costs.", "2. Two costs.", "ol > li > mark"),
        ("# Two costs.", "# Two costs.", "h1 > mark"),
        ("**Two costs.** Three.", "**Two costs.**", "p > mark > strong"),
    ],
)
def test_a_list_stays_a_list(text: str, sentence: str, element: str) -> None:
    """Marking does not break the Markdown around a sentence."""
    tree = LexborHTMLParser(answer_html(exchange(text, claim(text, sentence)), EN))
    assert tree.css_first(element) is not None
    assert "Two costs." in (tree.css_first("mark").text() or "")  # type: ignore[union-attr]


def test_a_sentence_that_begins_inside_emphasis_is_marked_at_its_end() -> None:
    """Half an element cannot be wrapped."""
    text = "**One is free. Two** costs much."
    assert marks(exchange(text, claim(text, "Two** costs much."))) == ["?"]


@given(
    st.lists(
        st.sampled_from(
            [
                "One is. ",
                "**Two",
                "** is. ",
                "\n- ",
                "`x. ",
                "`",
                "\n\n",
                "> ",
                "⸨",
                "⸩. ",
                "<b>. ",
                "[1] ",
            ]
        ),
        min_size=1,
        max_size=10,
    ).map("".join),
    st.data(),
)
def test_whatever_is_marked_the_html_is_whole(text: str, data: st.DataObject) -> None:
    """Every element that opens closes, in order, and no bracket of ours is left."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    html = answer_html(
        exchange(text, {"start": start, "end": end, "supported": False}, state="done"), EN
    )
    assert "⸨" not in html
    assert "⸩" not in html
    open_tags: list[str] = []
    for part in html.split("<")[1:]:
        name = part.split(">")[0].split(" ")[0].rstrip("/")
        if name.startswith("/"):
            assert open_tags.pop() == name[1:]
        elif name not in ("br", "hr"):
            open_tags.append(name)
    assert open_tags == []


def test_what_lacks_support_and_what_failed_is_said_below() -> None:
    """In words, not by colour alone."""
    text = "Five days. [1] Free."
    claims = (claim(text, "Five days. [1]", True), claim(text, "Free."))
    shown = exchange(text, *claims, note="The model did not finish: <gone>", model="gpt")
    tree = LexborHTMLParser(exchange_html(shown, EN, last=True))
    remarks = [node.text() for node in tree.css(".remark")]
    assert remarks[0].startswith("1 of 2 sentences: no support was found")
    assert remarks[1] == "The model did not finish: <gone>"
    assert "Written by gpt" in tree.text()


def test_another_model_can_be_asked_for_the_last_answer() -> None:
    """Where there is one; names are data."""
    assert models_html(["one"], 7, "How?", EN) == ""
    tree = LexborHTMLParser(models_html(["a<b>", "quote"], 7, 'How "long"?', EN))
    buttons = tree.css("button[data-event=again]")
    assert [b.attributes["data-model"] for b in buttons] == ["a<b>", "quote"]
    assert buttons[0].attributes["data-question"] == 'How "long"?'
    assert buttons[1].text() == "No model: quote the documents"


def test_follow_ups_are_buttons_that_ask() -> None:
    """None: nothing."""
    assert follow_ups_html([], EN) == ""
    tree = LexborHTMLParser(follow_ups_html(["Is it <free>?"], EN))
    (button,) = tree.css("button[data-event=again]")
    assert button.attributes["data-question"] == button.text() == "Is it <free>?"


def test_a_conversation_can_be_saved() -> None:
    """By an address that a browser keeps as a file."""
    link = LexborHTMLParser(export_html("a&b", EN)).css_first("a[download]")
    assert link is not None
    assert link.attributes["href"] == "conversation.md?conversation=a%26b"


def test_brackets_of_a_text_are_not_ours() -> None:
    """They are shown as round ones, at the same places."""
    assert bracketed("a⸨b⸩", []) == "a(b)"
    assert marked("<p>x⸨y</p>", EN) == "<p>xy</p>"
