"""Sentences of a model, held to their passages while they come."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.types import Passage, ScoredPassage
from qa_bot.citations import parse_marks
from qa_bot.readers.composition import Composition
from qa_bot.readers.terms import terms
from qa_bot.types import Support

QUESTION = "How do returns work?"


def hit(number: int, text: str) -> ScoredPassage:
    passage = Passage(f"p{number}", f"/d{number}.md", "Shop", text, 9, 9 + len(text), number, 20)
    return ScoredPassage(passage, 1.0)


HITS = [
    hit(0, "The refund is paid within five days. Parcels are free. Keep the receipt."),
    hit(1, "Goods may be returned within 30 days. The shop opens at nine."),
    hit(2, "退款将在五天内到账。运费由买家承担。"),
]


class Words:
    """A checker that counts words: supported where a passage has eight in ten and every number."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def check(self, sentence: str, passages: Sequence[str]) -> Support:
        self.asked.append((sentence, len(passages)))
        wanted = set(terms(sentence))
        shares = [len(wanted & set(terms(text))) / max(1, len(wanted)) for text in passages]
        best = max(range(len(passages)), key=lambda number: shares[number])
        missing = tuple(set(re.findall(r"\d+", sentence)) - set(re.findall(r"\d+", passages[best])))
        return Support(shares[best], shares[best] >= 0.8 and not missing, best, missing)


def composed(text: str, *, strict: bool = False, step: int = 0) -> tuple[Composition, str]:
    composition = Composition(QUESTION, HITS, Words(), strict=strict)
    size = step or max(1, len(text))
    shown = "".join(composition.add(text[at : at + size]) for at in range(0, len(text), size))
    return composition, shown + composition.finish()


def test_a_supported_sentence_keeps_its_mark_and_quotes_its_passage() -> None:
    """The quote is the sentence that it goes back to, in characters of the document."""
    made = composed("The refund is paid within five days [1].")[0].composed()
    assert made.text == "The refund is paid within five days [1]."
    (citation,) = made.citations
    assert citation.quote == "The refund is paid within five days."
    text = HITS[0].passage.text
    assert text[citation.start - 9 : citation.end - 9] == citation.quote
    (claim,) = made.claims
    assert claim.citations == (1,)
    assert claim.support is not None
    assert claim.support.supported
    assert claim.support.passage == 0


def test_an_unsupported_sentence_is_marked_with_what_conflicts() -> None:
    """It stays in the answer with its mark: the reader can see what it was said to rest on."""
    made = composed("The refund is paid within five days. [1] Goods may be returned within 90 days. [2]")[0].composed()  # fmt: skip
    first, second = made.claims
    assert first.support is not None
    assert second.support is not None
    assert (first.support.supported, second.support.supported) == (True, False)
    assert second.support.conflicts == ("90",)
    assert made.text[second.start : second.end] == "Goods may be returned within 90 days. [2]"
    assert made.supported


def test_in_strict_mode_what_is_unsupported_is_neither_kept_nor_shown() -> None:
    """Numbers go on without a gap."""
    text = "Goods may be returned within 90 days. [2] The refund is paid within five days. [1]"
    composition, shown = composed(text, strict=True, step=5)
    made = composition.composed()
    assert shown.strip() == made.text == "The refund is paid within five days. [1]"
    assert composition.counts.removed == 1


def test_a_sentence_without_a_mark_gets_that_of_the_passage_that_supports_it() -> None:
    """Behind its full stop; it is counted."""
    composition, _ = composed(
        "The refund is paid within five days. Goods may be returned within 30 days."
    )
    made = composition.composed()
    assert made.text == (
        "The refund is paid within five days. [1] Goods may be returned within 30 days. [2]"
    )
    assert [c.passage_id for c in made.citations] == ["p0", "p1"]
    assert composition.counts.added == 2


def test_a_mark_of_the_wrong_passage_is_replaced() -> None:
    """By that of the passage that supports the sentence."""
    composition, _ = composed("Goods may be returned within 30 days [1].")
    made = composition.composed()
    assert made.text == "Goods may be returned within 30 days. [1]"
    assert [c.passage_id for c in made.citations] == ["p1"]
    assert composition.counts.replaced == 1


def test_cited_passages_are_asked_first_and_the_others_only_if_they_fail() -> None:
    """One check where the model cited well."""
    checker = Words()
    composition = Composition(QUESTION, HITS, checker)
    composition.add("Within five days the refund is paid [1]. At nine opens the shop [1].")
    composition.finish()
    assert [count for _, count in checker.asked] == [1, 1, 2]
    assert checker.asked[0][0] == "Within five days the refund is paid."


def test_what_a_passage_says_word_for_word_is_not_checked() -> None:
    """A quoted sentence is supported by what it quotes; a part of one may mean something else."""
    checker = Words()
    composition = Composition(QUESTION, HITS, checker)
    composition.add("- **The refund** is paid within five days [1].\nParcels are [1].")
    composition.finish()
    assert [sentence for sentence, _ in checker.asked] == ["Parcels are."]
    assert composition.composed().claims[0].support == Support(1.0, True, 0)


def test_one_sentence_with_two_marks_quotes_for_each_what_stands_before_it() -> None:
    """And two sentences of one passage have two citations."""
    made = composed("The refund is paid within five days [1] and goods may be returned within 30 days [2]. Keep the receipt [1].")[0].composed()  # fmt: skip
    assert [c.quote for c in made.citations] == [
        "The refund is paid within five days.",
        "Goods may be returned within 30 days.",
        "Keep the receipt.",
    ]
    assert made.claims[0].citations == (1, 2)
    assert made.claims[1].citations == (3,)


def test_a_lead_in_claims_nothing() -> None:
    """It is not checked and needs no mark, unless it says something new."""
    made = composed("Returns work like this:\n- Keep the receipt. [1]\n- The parcel office is in Oslo:")[0].composed()  # fmt: skip
    assert [c.support is None for c in made.claims] == [True, False, False]
    assert made.text.splitlines()[1] == "- Keep the receipt. [1]"


def test_chinese_sentences_are_cut_and_cited() -> None:
    """There is no space between a stop and the next sentence."""
    made = composed("退款将在五天内到账。[3]运费由买家承担【3】。")[0].composed()
    assert made.text == "退款将在五天内到账。[1]运费由买家承担[2]。"
    assert [c.quote for c in made.citations] == ["退款将在五天内到账。", "运费由买家承担。"]


def test_what_is_shown_while_streaming_is_what_stands_in_the_end() -> None:
    """Where no mark had to be replaced."""
    text = "Goods may be returned within 30 days [2]. The refund is paid within five days [1] [9]."
    for step in (1, 3, 7, 0):
        composition, shown = composed(text, step=step)
        assert shown == composition.composed().text
        assert composition.counts.dropped == 1


ANSWERS = st.lists(
    st.sampled_from(
        [
            "The refund is paid within five days",
            "Goods may be returned within 90 days",
            "e.g. at 9.30 a.m.",
            "退款将在五天内到账。",
            "[1]", " [2, 3]", "【9】", ".", ". ", "\n- ", "**", ": ", " ", "",
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@settings(deadline=None)
@given(ANSWERS, st.data(), st.booleans())
def test_any_way_of_cutting_the_text_gives_the_same_answer(
    text: str, data: st.DataObject, strict: bool
) -> None:
    """However a model's tokens fall; and every mark has its citation, every claim its place."""
    whole = composed(text, strict=strict)[0].composed()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    composition = Composition(QUESTION, HITS, Words(), strict=strict)
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        composition.add(text[start:end])
    composition.finish()
    made = composition.composed()
    assert made == whole
    numbers = {citation.number for citation in made.citations}
    assert {number for _, _, number in parse_marks(made.text)} == numbers
    assert numbers == set(range(1, len(numbers) + 1))
    for claim in made.claims:
        within = {n for _, _, n in parse_marks(made.text[claim.start : claim.end])}
        assert set(claim.citations) == within
    for citation in made.citations:
        (text_of,) = [h.passage.text for h in HITS if h.passage.id == citation.passage_id]
        assert text_of[citation.start - 9 : citation.end - 9] == citation.quote


@pytest.mark.parametrize("text", ["", " \n ", "[1]", "[9]"])
def test_nothing_is_no_answer(text: str) -> None:
    """Nor is a mark alone."""
    made = composed(text)[0].composed()
    assert not made.supported
    assert made.citations == ()
