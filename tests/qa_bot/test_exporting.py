"""Conversations as Markdown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from qa_bot.exporting import conversation_markdown, escaped
from qa_bot.types import Conversation, Turn

CITATION = {
    "number": 1,
    "source": "/docs/returns.md",
    "title": "Returns",
    "headings": ["Returns", "Refunds"],
    "page": 3,
    "sheet": None,
    "quote": "Refunds take\nfive days.",
}


def conversation(*turns: Turn) -> Conversation:
    return Conversation("c", "Refunds & <b>money</b>", "default", 0, 0, turns)


def turn(
    answer: str, question: str = "How long?", rewritten: str = "How long?", **stored: object
) -> Turn:
    return Turn(1, question, rewritten, answer, stored, None, 0.0)


def test_every_answer_stands_with_its_sources() -> None:
    """The quote, the place, the file."""
    text = conversation_markdown(
        conversation(
            turn("Five days. [1]", "And it?", "How long do refunds take?", citations=[CITATION])
        )
    )
    assert text.startswith("# Refunds & \\<b\\>money\\</b\\>\n")
    assert "## And it?\n\nSearched for: How long do refunds take?\n\nFive days. [1]\n" in text
    assert "[1] Returns › Refunds › page 3 (`/docs/returns.md`)" in text
    assert "> Refunds take\n> five days." in text


def test_what_is_not_supported_is_listed() -> None:
    """And the line that says why the model did not answer."""
    support = [
        {"text": "Five days.", "supported": True},
        {"text": "It is **free**.", "supported": False},
        {"text": "So:", "supported": None},
    ]
    text = conversation_markdown(
        conversation(turn("Five days. It is **free**.", support=support, note="The model failed."))
    )
    assert "Five days. It is **free**." in text
    assert "Not supported by the documents:\n\n- It is \\*\\*free\\*\\*." in text
    assert "The model failed." in text


def test_an_abstention_says_why() -> None:
    """In place of sources."""
    text = conversation_markdown(
        conversation(turn("Not in these documents.", abstained=True, reason="Nothing was near."))
    )
    assert "Not in these documents.\n\nNothing was near." in text
    assert "Sources" not in text


@given(st.text(alphabet=st.sampled_from("ab #*_`[]<>()!-+=|~1.\n\\&")).filter(str.strip))
def test_escaped_text_reads_as_it_was_written(text: str) -> None:
    """No part of it becomes a heading, a list, a link, emphasis or HTML."""
    tree = LexborHTMLParser(MarkdownIt("commonmark").enable("table").render(escaped(text.strip())))
    names = {node.tag for node in tree.css("*")} - {"html", "head", "body", "p"}
    assert names <= {"br"}
