"""What a question names that no passage mentions."""

from __future__ import annotations

import pytest

from knowledge_base.types import Explanation, Passage, ScoredPassage
from qa_bot.readers.mentions import unmentioned

TEXT = "质量问题的退货运费由我们承担。寄往新疆另收 20 元。"


def hit(text: str) -> ScoredPassage:
    return ScoredPassage(Passage("p", "a.md", "", text, 0, len(text), 0, 9), 1.0, Explanation())


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("东西坏了寄回去谁付邮费", ()),
        ("上门维修要多少钱", ()),
        ("寄到新疆多少钱", ()),
        ("寄到上海多少钱", ("上海",)),
        ("罗冈站能取货吗", ("罗冈站",)),
    ],
)
def test_of_chinese_only_names_of_places_are_missed(
    question: str, missing: tuple[str, ...]
) -> None:
    """Ordinary words that the tagger takes for places are none: such questions were all declined."""
    assert unmentioned(question, [hit(TEXT)]).all == missing


ENGLISH = (
    "The Mill Lane car park costs £9 a day. X-ray images are kept for 12 years. Error SSO-104 means that "
    "a clock is wrong. An SEV2 is answered within 25 minutes. Version 2 of the interface ends in January."
)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("What's the most I'd pay for a day in the Mill Lane car park?", ()),
        ("My picture is old and I've lost it, and I'm sure they'll say so", ()),
        ("How long do you hang on to X-rays?", ()),
        ("Error SSO-104 when signing in, what's wrong?", ()),
        ("How quickly do we react to a SEV2?", ()),
        ("when does api v2 end", ()),
        ("What does error SSO-125 mean?", ("SSO-125",)),
        ("when does api v3 end", ("V3",)),
        ("What does a day in the Brook Lane car park cost?", ("Brook",)),
        ("What did O'Brien's car cost?", ("O'Brien",)),
    ],
)
def test_what_is_shortened_or_part_of_a_code_is_no_name(
    question: str, missing: tuple[str, ...]
) -> None:
    """X-rays, "SSO" of SSO-104, "I'd": each was taken for a name that no passage has, and declined."""
    assert unmentioned(question, [hit(ENGLISH)]).all == missing


MIXERS = "The bowl of the Torva 500 and 700 is of steel. After 30 days the Torva 500 is oiled, from April 2025 on."


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("What is the bowl of the Torva 900 made of?", ("Torva 900",)),
        ("torva 900 bowl material", ("torva 900",)),
        ("What is the bowl of the Torva 700 made of?", ()),
        ("When is it oiled after 900 hours?", ()),
        ("Is it oiled in April 2026?", ()),
        ("How many bowls fit into 900 boxes?", ()),
    ],
)
def test_another_number_of_the_same_name_is_another_thing(
    question: str, missing: tuple[str, ...]
) -> None:
    """The row of one model answered what was asked of a model that the documents do not have."""
    assert unmentioned(question, [hit(MIXERS)]).all == missing


def test_a_version_is_not_named_by_a_longer_one() -> None:
    """Version 20 and version 2.5 say nothing of v2; the end of a sentence is no part of the number."""
    for text in ("Version 20 ends in May.", "It is version 2.5 now."):
        assert unmentioned("when does api v2 end", [hit(text)]).all == ("V2",)
    assert not unmentioned("when does api v2 end", [hit("May is the end of version 2.")])
