"""The test half of the sample questions, asked of the sample documents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from qa_bot.bootstrap import open_app
from qa_bot.config import Config
from qa_bot.types import Answer

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = pytest.mark.slow


def plain(text: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"\[\d+\]", "", text)).lower()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], Answer]]:
    app = open_app(Config(home=str(tmp_path_factory.mktemp("home"))))
    bot = app.bot()
    bot.knowledge_base.sync([EXAMPLES / "support"])
    lines = (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [q for q in map(json.loads, lines) if q["split"] == "test"]
    found = [(question, bot.ask(question["question"])) for question in questions]
    app.close()
    return found


def share(values: list[bool]) -> float:
    return sum(values) / len(values)


def test_the_right_source_is_among_the_first_five(
    asked: list[tuple[dict[str, Any], Answer]],
) -> None:
    """For at least 95 of 100 answerable questions."""
    found = [
        any(hit.passage.source.endswith("/" + q["source"]) for hit in answer.passages[:5])
        for q, answer in asked
        if q["answerable"]
    ]
    assert share(found) >= 0.95


def test_an_accepted_answer_is_in_the_answer(asked: list[tuple[dict[str, Any], Answer]]) -> None:
    """For at least 88 of 100 answerable questions."""
    right = [
        any(plain(accepted) in plain(answer.text) for accepted in q["answers"])
        for q, answer in asked
        if q["answerable"]
    ]
    assert share(right) >= 0.88


def test_most_unanswerable_questions_are_declined(
    asked: list[tuple[dict[str, Any], Answer]],
) -> None:
    """At least 80 of 100, while at most 8 of 100 answerable ones are."""
    declined = [answer.abstained for q, answer in asked if not q["answerable"]]
    wrongly = [answer.abstained for q, answer in asked if q["answerable"]]
    assert share(declined) >= 0.8
    assert share(wrongly) <= 0.08


def test_every_quote_is_in_its_passage(asked: list[tuple[dict[str, Any], Answer]]) -> None:
    """And every citation is used in the text."""
    for _, answer in asked:
        texts = {hit.passage.id: hit.passage for hit in answer.passages}
        for citation in answer.citations:
            passage = texts[citation.passage_id]
            start = citation.start - passage.start
            assert passage.text[start : start + len(citation.quote)] == citation.quote
            assert f"[{citation.number}]" in answer.text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much PTO do I get?", "25 days"),
        ("Who is the DPO?", "Niamh Corrigan"),
    ],
)
def test_the_glossary_answers_in_the_words_of_the_people(
    tmp_path: Path, question: str, answer: str
) -> None:
    """Without it the same question is declined: no document has the word."""
    app = open_app(Config(home=str(tmp_path / "home")))
    bot = app.bot()
    bot.knowledge_base.sync([EXAMPLES / "support"])
    assert bot.ask(question).abstained
    bot.knowledge_base.glossary.write((EXAMPLES / "glossary.txt").read_text(encoding="utf-8"))
    assert answer in bot.ask(question).text
    app.close()


def test_the_glossary_makes_surer_what_is_found_without_it(tmp_path: Path) -> None:
    """The rest of the question finds the sentence; its own word makes it certain."""
    app = open_app(Config(home=str(tmp_path / "home")))
    bot = app.bot()
    bot.knowledge_base.sync([EXAMPLES / "support"])
    question = "How quickly is C&C ready?"
    without = bot.ask(question)
    bot.knowledge_base.glossary.write((EXAMPLES / "glossary.txt").read_text(encoding="utf-8"))
    found = bot.ask(question)
    assert "2 hours" in found.text
    assert found.confidence > without.confidence + 0.1
    app.close()
