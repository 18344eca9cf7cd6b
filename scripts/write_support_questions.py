"""Writes questions as people ask them over rules as houses write them, for the reader to learn from.

Encyclopedia questions share most words with their answer; who asks a help desk has words of their
own ("what if I'm out when the courier comes?"). ``support_facts.txt`` has facts with several ways to
state and to ask each; here they are drawn into made-up documents. One question in four asks for a
fact that the paragraph does not have. ``support_texts`` has whole documents with questions, a third of
which the document nearly answers; they are taken as they are. Those of ``support_texts_zh`` are Chinese and
are written as the reader's network reads Chinese: word by word in English.

    python scripts/write_support_questions.py support.json
    qa-bot train reader --data support.json --data ...
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge_base.encoders.glosses import glossed

FACTS = Path(__file__).parent / "support_facts.txt"
TEXTS = Path(__file__).parent / "support_texts"
TEXTS_ZH = Path(__file__).parent / "support_texts_zh"

Draw = random.Random


@dataclass(slots=True)
class Fact:
    """One thing that a document may say: ways to state it and to ask for it."""

    stated: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def several(low: int, high: int, unit: str) -> Callable[[Draw], str]:
    """Return what draws a number with its unit."""

    def made(draw: Draw) -> str:
        number = draw.randrange(low, high)
        words = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
        written = words[number] if number < len(words) and draw.random() < 0.5 else str(number)
        return f"{written} {unit}{'' if number == 1 else 's'}".strip()

    return made


def one_of(*values: str) -> Callable[[Draw], str]:
    """Return what draws one of the values."""
    return lambda draw: draw.choice(values)


def some_of(*values: str) -> Callable[[Draw], str]:
    """Return what draws two or three of the values, as a list in words."""

    def made(draw: Draw) -> str:
        *first, last = draw.sample(values, draw.choice((2, 3)))
        return f"{', '.join(first)} and {last}"

    return made


def money(draw: Draw) -> str:
    """Draw an amount."""
    amount = draw.choice((3, 5, 8, 12, 15, 19, 25, 30, 45, 60, 75, 90, 120, 150, 250, 400))
    return draw.choice(("{} EUR", "{} euros", "${}", "£{}", "{}.50 EUR")).format(amount)


def clock(draw: Draw) -> str:
    """Draw a time of day."""
    hour = draw.randrange(6, 12)
    return draw.choice((f"{hour}:00", f"{hour}:30", f"{hour} am", f"{hour} o'clock"))


SLOTS: dict[str, Callable[[Draw], str]] = {
    "seconds": several(3, 20, "second"),
    "minutes": several(5, 60, "minute"),
    "hours": several(2, 49, "hour"),
    "days": several(2, 61, "day"),
    "weeks": several(1, 13, "week"),
    "months": several(1, 13, "month"),
    "years": several(1, 11, "year"),
    "count": lambda draw: str(draw.randrange(2, 41)),
    "age": lambda draw: str(draw.randrange(4, 22)),
    "percent": lambda draw: f"{draw.randrange(5, 91, 5)} percent",
    "price": money,
    "cents": lambda draw: f"{draw.randrange(15, 60)} cents",
    "clock": clock,
    "clock2": lambda draw: f"{draw.randrange(15, 23)}:{draw.choice(('00', '30'))}",
    "size": lambda draw: f"{draw.choice((5, 10, 25, 50, 100, 500))} {draw.choice(('MB', 'GB'))}",
    "kg": lambda draw: f"{draw.randrange(2, 40)} kg",
    "litres": lambda draw: f"{draw.randrange(1, 9)}.{draw.randrange(0, 10)} litres",
    "degrees": lambda draw: f"{draw.randrange(-10, 11)} degrees",
    "degrees2": lambda draw: f"{draw.randrange(25, 60)} degrees",
    "phone": lambda draw: str(draw.randrange(1000, 9999)),
    "ordinal": one_of("first", "second", "third", "fourth", "15th", "25th"),
    "weekday": one_of("Monday", "Tuesday", "Wednesday", "Thursday", "Sunday"),
    "month": one_of("January", "February", "March", "April", "June", "September"),
    "often": one_of("every night", "twice a day", "every hour", "once a week"),
    "payer": one_of("the customer", "the buyer", "the shop", "the seller", "the company"),
    "goods": one_of("Cosmetics", "Earphones", "Mattresses", "Swimwear", "Medicines", "Foods"),
    "boss": one_of("the head of department", "the team lead", "the managing director"),
    "cause": one_of("water", "improper use", "falls", "limescale", "overvoltage"),
    "payments": some_of("credit card", "invoice", "direct debit", "PayPal", "cash", "voucher"),
    "countries": some_of("Austria", "Belgium", "France", "Italy", "Norway", "Poland", "Spain"),
    "languages": some_of("English", "German", "Polish", "Dutch", "Portuguese", "Swedish"),
    "wifi": one_of("Visitor", "Guest-5G", "Lobby", "Open House"),
}
"""What the words in braces stand for."""

HOUSES = tuple(
    f"{first}{last}"
    for first in ("Alder", "Birk", "Corn", "Dorn", "Elm", "Fell", "Grün", "Holm", "Lind", "Nord")
    for last in ("bach", "field", "haus", "ley", "mark", "sund", "wick", "works")
)

GREETINGS = ("", "", "", "", "", "", "", "Hi, ", "Hello, ", "Quick question: ")

_SLOT = re.compile(r"\{(\w+)\}")


def read_facts(path: Path) -> dict[str, list[Fact]]:
    """Return the facts of each subject."""
    subjects: dict[str, list[Fact]] = {}
    facts: list[Fact] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition(" ")
        if kind == "==":
            facts = subjects.setdefault(text, [])
        elif kind == "--":
            facts.append(Fact())
        elif kind in ("S", "Q"):
            (facts[-1].stated if kind == "S" else facts[-1].asked).append(text)
    return subjects


def filled(text: str, draw: Draw) -> str:
    """Return a statement with its slots drawn."""
    return _SLOT.sub(lambda slot: SLOTS[slot[1]](draw), text)


def paragraph(
    facts: Sequence[Fact], absent: Sequence[Fact], draw: Draw
) -> tuple[str, list[dict[str, Any]]]:
    """Return a paragraph that states some facts, with questions for these and for others."""
    text = ""
    asked: list[dict[str, Any]] = []
    listed = draw.random() < 0.2
    for fact in facts:
        before, rest = filled(draw.choice(fact.stated), draw).split("[")
        answer, after = rest.split("]")
        start = len(text) + (2 if listed else 0) + len(before)
        statement = f"{before}{answer}{after}"
        text += f"- {statement}\n" if listed else f"{statement} "
        asked += [
            _question(question, [{"text": answer, "answer_start": start}], draw)
            for question in draw.sample(fact.asked, min(2, len(fact.asked)))
        ]
    asked += [_question(draw.choice(fact.asked), [], draw) for fact in absent]
    return text.rstrip(), asked


def _question(text: str, answers: list[dict[str, Any]], draw: Draw) -> dict[str, Any]:
    greeting = draw.choice(GREETINGS)
    text = greeting + (text[0].lower() + text[1:] if greeting and text[:2] != "I " else text)
    return _asked(text, answers)


def _asked(question: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"question": question, "answers": answers, "is_impossible": not answers}


def article(number: int, subjects: dict[str, list[Fact]], draw: Draw) -> dict[str, Any]:
    """Return one house's document as an article in SQuAD 2.0's form."""
    paragraphs = []
    for name in draw.sample(sorted(subjects), 3):
        facts = draw.sample(subjects[name], len(subjects[name]))
        size = draw.randrange(3, 6)
        text, questions = paragraph(facts[:size], facts[size : size + 2], draw)
        paragraphs.append({"context": text, "qas": questions})
    return {"title": f"{draw.choice(HOUSES)} {number}", "paragraphs": paragraphs}


def read_texts(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a file as articles in SQuAD 2.0's form.

    "== " begins a document, "## " a section with its heading, "Q " a question with its answer after a
    "|", none where the document has none; any other line is the section's text.

    Raises:
        ValueError: If an answer is not in the text of its section.
    """
    articles: list[dict[str, Any]] = []
    heading = context = ""
    asked: list[dict[str, Any]] = []
    paragraphs: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("== "):
            paragraphs = []
            articles.append({"title": line[3:].strip(), "paragraphs": paragraphs})
        elif line.startswith("## "):
            heading = line[3:].strip()
        elif line.startswith("Q "):
            question, _, answer = (part.strip() for part in line[2:].partition("|"))
            start = context.find(answer, len(heading))
            if start < 0:
                raise ValueError(f"{path}:{number}: {answer!r} is not in the text above")
            answers: list[dict[str, Any]] = [{"text": answer, "answer_start": start}]
            asked.append(_asked(question, answers if answer else []))
        elif line.strip():
            context, asked = f"{heading}\n{line.strip()}", []
            paragraphs.append({"context": context, "qas": asked})
    return articles


def in_glosses(document: dict[str, Any]) -> dict[str, Any]:
    """Return a Chinese article as the reader's network sees it: word by word in English."""
    paragraphs = []
    for paragraph in document["paragraphs"]:
        context = glossed(paragraph["context"])
        questions = []
        for asked in paragraph["qas"]:
            answers = []
            for answer in asked["answers"]:
                first = answer["answer_start"]
                start, end = context.of(first, first + len(answer["text"]))
                answers.append({"text": context.text[start:end], "answer_start": start})
            questions.append(_asked(glossed(asked["question"]).text, answers))
        paragraphs.append({"context": context.text, "qas": questions})
    return {"title": glossed(document["title"]).text, "paragraphs": paragraphs}


def main() -> None:
    """Write the file; the same seed gives the same one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    subjects, draw = read_facts(FACTS), Draw(arguments.seed)
    made = [article(number, subjects, draw) for number in range(1, arguments.documents + 1)]
    made += [document for path in sorted(TEXTS.glob("*.txt")) for document in read_texts(path)]
    for path in sorted(TEXTS_ZH.glob("*.txt")):
        made += [in_glosses(document) for document in read_texts(path)]
    text = json.dumps({"data": made}, indent=1)
    arguments.out.write_text(f"{text}\n", encoding="utf-8")
    print(f"{arguments.out}: {len(made)} documents")


if __name__ == "__main__":
    main()
