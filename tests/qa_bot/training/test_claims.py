"""Claims for the support checker: true ones stay true, changed ones are changed, none leaks."""

from __future__ import annotations

import random

import pytest

from qa_bot.support.facts import FactKind, facts_of
from qa_bot.training.claims import (
    CHANGED_KINDS,
    ELSEWHERE_KINDS,
    TRUE_KINDS,
    ClaimMaker,
    exchanged,
    negated,
    reversed_word,
    wrong_answer,
)
from qa_bot.training.data import Question
from qa_bot.training.statements import reworded, statement

CONTEXTS = [
    "The museum was founded by Jane Miller in Hamburg in 1998. It is open on six days a week. "
    "Her brother Tom Baker joined in 2003. In 2010, the museum moved to a larger house (the old mill).",
    "The mill was built in 1802 by Karl Brandt. It is not open in winter. The first wheel broke in 1850.",
    "Visitors can buy a card that costs 40 euros. The card is valid for twelve months in every house.",
    "A guide leads visitors through the house at noon. Groups of more than ten people should write first.",
    "The cafe serves cake from local bakers. It does not accept credit cards, and it closes at five.",
    "The archive holds letters of the Brandt family. Scholars may read them in the reading room.",
    "The garden has roses from Persia and tulips from Holland. Children have a playground behind it.",
]


def question(context: str, text: str, answer: str) -> Question:
    return Question(text, "Museum", context, context.index(answer), (answer,))


ARTICLES = {
    "museum": [
        question(CONTEXTS[0], "Who founded the museum?", "Jane Miller"),
        question(CONTEXTS[0], "Who joined the museum later?", "Tom Baker"),
        question(CONTEXTS[0], "When did Tom Baker join?", "2003"),
        *(question(c, "What is said here?", c.split(".")[0]) for c in CONTEXTS[1:]),
    ],
    "river": [
        question(c, "What is said?", c.split(".")[0])
        for c in (
            "The river Aller rises in the hills of the north. It is 263 kilometres long.",
            "Ships carried salt down the river until 1900. Today there are only canoes on it.",
        )
    ],
}


def claims() -> list[object]:
    return list(ClaimMaker(ARTICLES, "a seed").claims(200))


def test_the_seed_alone_decides() -> None:
    assert claims() == claims()
    assert list(ClaimMaker(ARTICLES, "other").claims(200)) != claims()


def test_every_claim_is_of_its_kind() -> None:
    made = [c for seed in range(40) for c in ClaimMaker(ARTICLES, str(seed)).claims(60)]
    assert {c.kind for c in made} == {*TRUE_KINDS, *CHANGED_KINDS, *ELSEWHERE_KINDS}
    for claim in made:
        shown = " ".join(claim.passages)
        assert claim.supported == (claim.kind in TRUE_KINDS)
        assert claim.sentence != claim.base
        if claim.kind == "verbatim":
            assert claim.sentence in shown
        if claim.kind in (*CHANGED_KINDS, *ELSEWHERE_KINDS):
            assert claim.sentence not in shown


def test_another_number_date_or_name_of_the_same_kind_takes_the_place() -> None:
    draw = random.Random(1)
    sentence = "The museum was founded by Jane Miller in 1998."
    for kind, gone in ((FactKind.DATE, "1998"), (FactKind.NAME, "Jane Miller")):
        made = exchanged(sentence, kind, (CONTEXTS[0],), draw)
        assert made is not None
        assert gone not in made
        assert len(facts_of(made)) == len(facts_of(sentence))
    assert exchanged("No number here.", FactKind.NUMBER, (CONTEXTS[0],), draw) is None


@pytest.mark.parametrize(
    ("sentence", "denied"),
    [
        ("The shop is open.", "The shop is not open."),
        ("It does not accept cards.", "It does accept cards."),
        ("周日可以送货。", "周日不可以送货。"),
        ("周日不能送货。", "周日能送货。"),
        ("They left early.", None),
    ],
)
def test_a_statement_is_denied_or_a_denial_taken_away(sentence: str, denied: str | None) -> None:
    assert negated(sentence) == denied


def test_one_word_is_turned_into_its_opposite() -> None:
    draw = random.Random(1)
    assert reversed_word("It closes before noon.", draw) in (
        "It closes after noon.",
        "It closes since noon.",
    )
    assert reversed_word("Roses grow here.", draw) is None


def test_a_wrong_answer_is_of_the_same_kind_and_not_a_right_one() -> None:
    questions = ARTICLES["museum"]
    assert wrong_answer(questions[0], questions[:3], random.Random(1)) == "Tom Baker"
    assert wrong_answer(questions[2], questions[:3], random.Random(1)) is None


@pytest.mark.parametrize(
    ("asked", "answer", "said"),
    [
        ("Who founded the museum?", "Jane Miller", "Jane Miller founded the museum."),
        ("When did the old mill open?", "1998", "The old mill open in 1998."),
        ("What is the capital of France?", "Paris", "The capital of France is Paris."),
        ("How many rooms are there in it?", "40", "There are 40 rooms in it."),
        ("Why?", "because", None),
    ],
)
def test_a_question_and_its_answer_become_a_statement(
    asked: str, answer: str, said: str | None
) -> None:
    assert statement(asked, answer) == said


def test_a_sentence_is_reworded_without_anything_new() -> None:
    draw = random.Random(3)
    sentence = "In 2010, the museum moved to a larger house (the old mill)."
    made = {reworded(sentence, draw) for _ in range(20)}
    assert "The museum moved to a larger house in 2010." in made
    assert reworded("Roses grow here.", draw) is None
