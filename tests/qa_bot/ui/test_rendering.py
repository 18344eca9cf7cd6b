"""Exchanges as HTML: what is escaped, what is marked, what can be pressed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from qa_bot.ui.rendering import Exchange, answer_html, exchange_html, is_quoted, place, source_url
from qa_bot.ui.texts import Texts

EN = Texts("en")
HOSTILE = '<img src=x onerror="alert(1)"> <script>alert(2)</script>'


def citation(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "passage_id": "p",
        "source": "/docs/returns.md",
        "title": "Returns",
        "page": None,
        "sheet": None,
        "headings": ["Returns", "Refunds"],
        **more,
    }


def exchange(text: str = "Refunds take five days. [1]", **more: Any) -> Exchange:
    values: dict[str, Any] = {
        "question": "How long do refunds take?",
        "text": text,
        "citations": [citation()],
        "quotable": ["Refunds take five days. Then they arrive."],
        "turn": 7,
        "conversation": "secret",
    }
    return Exchange(**{**values, **more})


def parsed(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def only(tree: LexborHTMLParser, selector: str) -> LexborNode:
    found = tree.css(selector)
    assert len(found) == 1, f"{selector}: {len(found)}"
    return found[0]


def test_a_mark_becomes_a_button_that_names_its_source() -> None:
    """The button can be reached by keyboard and says which source it opens."""
    button = only(parsed(answer_html(exchange(), EN)), "button.cite")
    assert button.text() == "1"
    assert button.attributes["aria-label"] == "Source 1: Returns"
    assert button.attributes["data-source"] == source_url("secret", 7, "citation", 1)


def test_a_mark_without_a_citation_stays_text() -> None:
    """A number that no evidence stands behind cannot be pressed."""
    tree = parsed(answer_html(exchange("Refunds take five days. [4]"), EN))
    assert not tree.css("button")
    assert "[4]" in tree.text()


def test_a_mark_cannot_be_pressed_before_the_answer_is_stored() -> None:
    """While an answer is being written its sources have no address yet."""
    html = answer_html(exchange(turn=None, state="reading", citations=()), EN)
    assert "disabled" in only(parsed(html), "button.cite").attributes


@pytest.mark.parametrize("quotable", [[HOSTILE + " costs 5"], ["something else"]])
def test_html_of_a_document_is_shown_and_not_obeyed(quotable: list[str]) -> None:
    """Quoted or generated, markup in an answer is text."""
    shown = exchange(HOSTILE + " costs 5 [1]", quotable=quotable, question=HOSTILE)
    shown = replace(shown, rewritten=HOSTILE + " again", citations=[citation(title=HOSTILE)])
    tree = parsed(exchange_html(shown, EN, last=True))
    assert not tree.css("img, script")
    assert not [n for n in tree.css("*") for name in n.attributes if name.startswith("on")]
    assert 'onerror="alert(1)"' in tree.text()


@pytest.mark.parametrize(
    "text",
    [
        "![pixel](https://example.org/pixel.png)",
        "[press](javascript:alert(1))",
        "[press](https://example.org/)",
        "<https://example.org/>",
        "[a]: https://example.org/\n\n[a]",
    ],
)
def test_markdown_of_an_answer_loads_and_links_nothing(text: str) -> None:
    """A generated answer cannot reach out of the page."""
    tree = parsed(answer_html(exchange(text, quotable=[], citations=()), EN))
    assert not tree.css("img, a, [src], [href]")


def test_generated_text_is_read_as_markdown() -> None:
    """Lists, bold and code are drawn; a mark in code is code."""
    text = "- **First** [1]\n- second\n\n`list[1]`"
    tree = parsed(answer_html(exchange(text, quotable=["nothing of it"]), EN))
    assert len(tree.css("li")) == 2
    assert only(tree, "strong").text() == "First"
    assert only(tree, "code").text() == "list[1]"
    assert len(tree.css("button.cite")) == 1


def test_quoted_text_is_not_read_as_markdown() -> None:
    """A quote stays as the document has it, stars and signs included."""
    tree = parsed(answer_html(exchange("2 * 3 * 4 # sum [1]", quotable=["2 * 3 * 4 # sum"]), EN))
    assert not tree.css("em, h1")
    assert "2 * 3 * 4 # sum" in tree.text()


def test_quotes_of_several_passages_count_as_quoted() -> None:
    """Each part between marks may come from another passage; line ends do not matter."""
    assert is_quoted("One a. [1] Two\nb. [2]", ["One a.", "x Two b. y"])
    assert not is_quoted("One a. [1] Three. [2]", ["One a.", "x Two b. y"])


def test_the_short_answer_is_bold_once_and_whole() -> None:
    """It is not found inside a longer number."""
    text = "In 2014 we had 14 shops. [1]"
    tree = parsed(answer_html(exchange(text, short_answer="14", quotable=[text[:-4]]), EN))
    bold = only(tree, "strong")
    assert bold.text() == "14"
    assert only(tree, "p").text().startswith("In 2014 we had 14 shops.")


def test_an_abstention_is_no_error_and_shows_the_nearest_passages() -> None:
    """It says so, says why, and offers the passages to look at."""
    near = {"source": "/docs/a.pdf", "title": "A", "page": 2, "headings": [], "sheet": None}
    shown = exchange("", abstained=True, reason="No passage mentions: Japan.", passages=[near] * 5)
    tree = parsed(exchange_html(shown, EN, last=True))
    assert "Not in these documents" in only(tree, ".abstained h3").text()
    assert "Japan" in only(tree, ".abstained > p").text()
    assert len(tree.css(".source-row")) == 3
    assert not tree.css(".failed, [role=alert]")


def test_a_doubt_is_not_shown_as_an_absence() -> None:
    """What may be there is not said to be missing."""
    shown = exchange("", abstained=True, doubtful=True, reason="It may be.")
    tree = parsed(exchange_html(shown, EN, last=True))
    assert "No sure answer" in only(tree, ".abstained h3").text()
    assert "Not in these documents" not in only(tree, ".abstained").text()


def test_what_was_searched_for_is_shown_when_it_differs() -> None:
    """A question that was searched for as it stands needs no remark."""
    assert "Searched for" in exchange_html(exchange(rewritten="refunds of gifts"), EN, last=False)
    same = exchange(rewritten="How long  do refunds take?")
    assert "Searched for" not in exchange_html(same, EN, last=False)


def test_only_the_last_exchange_can_be_asked_again() -> None:
    """Earlier ones can still be copied and rated."""
    last = parsed(exchange_html(exchange(), EN, last=True))
    earlier = parsed(exchange_html(exchange(), EN, last=False))
    assert last.css("[data-event=again]")
    assert last.css("form.edit")
    assert not earlier.css("[data-event=again]")
    assert earlier.css("[data-copy]")
    assert len(earlier.css("[data-event=rate]")) == 2


def test_a_pressed_rating_is_taken_back_by_pressing_again() -> None:
    """The pressed button asks for no rating."""
    tree = parsed(exchange_html(exchange(feedback=1), EN, last=False))
    values = [
        (n.attributes["aria-pressed"], n.attributes["data-value"])
        for n in tree.css("[data-event=rate]")
    ]
    assert values == [("true", "0"), ("false", "-1")]


def test_a_copied_answer_carries_its_sources() -> None:
    """What is pasted elsewhere says where it comes from."""
    copied = only(parsed(exchange_html(exchange(), EN, last=False)), "[data-copy]")
    text = copied.attributes["data-copy"] or ""
    assert text.splitlines() == ["Refunds take five days. [1]", "", "[1] Returns · Refunds"]


def test_a_failure_says_what_happened_in_a_sentence() -> None:
    """It is announced, and the question can be asked again."""
    shown = exchange(
        "", state="failed", notice="the index is gone; run `x`", turn=None, citations=()
    )
    tree = parsed(exchange_html(shown, EN, last=True))
    assert "the index is gone" in only(tree, "[role=alert]").text()
    assert tree.css("[data-event=again]")
    assert not tree.css("[data-event=rate]")


def test_a_place_names_headings_page_and_sheet() -> None:
    """The title is not repeated as a heading."""
    assert place(citation(page=3), EN) == "Refunds › Page 3"
    assert place(citation(headings=(), sheet="Prices"), EN) == "Sheet Prices"
