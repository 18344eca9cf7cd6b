"""From chosen places to an answer."""

from __future__ import annotations

import pytest

from knowledge_base.types import Explanation, Passage, ScoredPassage
from qa_bot.readers.evidence import Evidence, compose, reads_as_steps, with_list

TEXT = (
    "To return a product:\n"
    "1. Log in and open Orders.\n"
    "2. Choose Return.\n"
    "3. Print the label.\n\nNot all goods are taken back:\n"
    "- Opened software is not taken back."
)


@pytest.fixture
def hit() -> ScoredPassage:
    passage = Passage(
        id="p", source="returns.md", title="Returns", text=TEXT, start=100,
        end=100 + len(TEXT), ordinal=0, tokens=40,
    )  # fmt: skip
    return ScoredPassage(passage, 1.0, Explanation())


def quote(hit: ScoredPassage, text: str) -> Evidence:
    start = 100 + TEXT.index(text)
    return Evidence(hit, start, start + len(text))


def test_an_item_of_a_list_that_is_quoted_alone_loses_its_mark(hit: ScoredPassage) -> None:
    reading = compose([quote(hit, "- Opened software is not taken back.")], 0.9, None, {})
    assert reading.answer == "Opened software is not taken back. [1]"
    (citation,) = reading.citations
    assert citation.quote == "Opened software is not taken back."
    assert TEXT[citation.start - 100 : citation.end - 100] == citation.quote


def test_neighbouring_items_stand_below_each_other_with_their_marks(hit: ScoredPassage) -> None:
    chosen = with_list("How do I return a product?", quote(hit, "2. Choose Return."))
    assert compose(chosen, 0.9, None, {}).answer.split("\n") == [
        "To return a product: [1]",
        "1. Log in and open Orders. [2]",
        "2. Choose Return. [3]",
        "3. Print the label. [4]",
    ]


def test_items_from_different_places_are_sentences_of_one_paragraph(hit: ScoredPassage) -> None:
    chosen = [quote(hit, "1. Log in and open Orders."), quote(hit, "3. Print the label.")]
    assert compose(chosen, 0.9, None, {}).answer == (
        "Log in and open Orders. [1] Print the label. [2]"
    )


BLOCKING = (
    "Block a number\n\nCalls from a blocked number go to your voicemail.\n\n"
    "- From Phone, tap Recents.\n"
    "- Tap the caller.\n"
    "- Tap Details > Block, and confirm.\n\n"
    "Calls can be shown in three ways.\n\n"
    "- Full screen: over everything.\n"
    "- Pop-up: above what you do."
)


def blocking(text: str) -> Evidence:
    passage = Passage(
        id="b", source="phone.md", title="Phone", text=BLOCKING, start=0,
        end=len(BLOCKING), ordinal=0, tokens=60,
    )  # fmt: skip
    start = BLOCKING.index(text)
    return Evidence(ScoredPassage(passage, 1.0, Explanation()), start, start + len(text))


def test_steps_below_what_was_chosen_join_it_with_or_without_numbers() -> None:
    """Manuals mark their steps with dots as often as with numbers."""
    chosen = with_list(
        "How do I block a caller?", blocking("Calls from a blocked number go to your voicemail.")
    )
    assert compose(chosen, 0.9, None, {}).answer.split("\n") == [
        "Calls from a blocked number go to your voicemail. [1]",
        "- From Phone, tap Recents. [2]",
        "- Tap the caller. [3]",
        "- Tap Details > Block, and confirm. [4]",
    ]
    assert reads_as_steps(chosen)


def test_a_list_that_tells_nothing_to_do_is_no_steps() -> None:
    """It does not join a sentence above it, and does not vouch for itself."""
    above = blocking("Calls can be shown in three ways.")
    assert with_list("How do I show a call?", above) == [above]
    run = with_list("How do I show a call?", blocking("- Pop-up: above what you do."))
    assert len(run) == 2
    assert not reads_as_steps(run)
