"""Writes questions over tables and lists of facts, for the reader to learn rows from.

Paragraphs of prose teach a reader to find a phrase, not to tell one row from the next. The tables
here are made up: things, columns and values are drawn from the lists below, in the form that the
loaders give to rows ("Service: Express; Price: 9.50 EUR"). One question in four has no answer: it
names a thing or a column that the table does not have.

    python scripts/write_table_questions.py tables.json
    qa-bot train reader --data tables.json --data ...
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Draw = random.Random


@dataclass(frozen=True, slots=True)
class Column:
    """What a table says of each thing: its header, its values, how it is asked for ({} the thing)."""

    header: str
    value: Callable[[Draw], str]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What tables can be about: a title, the header of the things, the things, the columns."""

    title: str
    thing: str
    things: tuple[str, ...]
    columns: tuple[Column, ...]


def number(low: int, high: int, unit: str, step: int = 1) -> Callable[[Draw], str]:
    """Return what draws a whole number with its unit."""
    return lambda draw: f"{draw.randrange(low, high, step)} {unit}".strip()


def price(low: int, high: int) -> Callable[[Draw], str]:
    """Return what draws an amount of money, written one way or another."""

    def made(draw: Draw) -> str:
        amount = draw.randrange(low, high) + draw.choice((0, 0.5, 0.9, 0.99))
        return draw.choice((f"{amount:.2f} EUR", f"${amount:.2f}", f"£{amount:.2f}"))

    return made


def one_of(*values: str) -> Callable[[Draw], str]:
    """Return what draws one of the values."""
    return lambda draw: draw.choice(values)


def hours(draw: Draw) -> str:
    """Draw opening hours."""
    opens, closes = draw.randrange(6, 11), draw.randrange(15, 23)
    return draw.choice(
        (f"{opens}:00 to {closes}:30", f"{opens} am to {closes - 12} pm", f"{opens}:30-{closes}:00")
    )


def day(draw: Draw) -> str:
    """Draw a date."""
    months = "January March April June July September October December".split()
    return f"{draw.randrange(1, 29)} {draw.choice(months)} {draw.randrange(2019, 2028)}"


def code(draw: Draw) -> str:
    """Draw a part number."""
    letters = "".join(draw.choice("ABCDEFHKLMPRSTVX") for _ in range(2))
    return f"{letters}-{draw.randrange(100, 9999)}"


_PRICE = ("How much does {} cost?", "What is the price of {}?", "What do I pay for {}?", "{} price")
_WARRANTY = (
    "How long is the warranty on {}?",
    "What warranty does {} have?",
    "{} guarantee period",
)
_WEIGHT = ("How heavy is {}?", "What does {} weigh?", "What is the weight of {}?")

SUBJECTS = (
    Subject(
        "Delivery",
        "Service",
        ("Standard", "Express", "Overnight", "Economy", "Same day", "Freight", "Locker", "Courier"),
        (
            Column("Price", price(2, 60), (*_PRICE, "What is the charge for {} delivery?")),
            Column(
                "Time",
                number(1, 15, "working days"),
                ("How long does {} delivery take?", "How fast is {}?", "When does {} arrive?"),
            ),
            Column(
                "Largest weight",
                number(2, 60, "kg"),
                ("How heavy may a parcel sent {} be?", "What is the weight limit for {}?"),
            ),
            Column("Insured to", price(20, 900), ("How much is {} insured for?",)),
        ),
    ),
    Subject(
        "Appliances",
        "Model",
        tuple(
            f"{maker} {size}"
            for maker in ("Corvo", "Halden", "Miraflor", "Tessa", "Brightwell")
            for size in ("100", "200 S", "350", "Plus", "Mini")
        ),
        (
            Column("Price", price(20, 900), _PRICE),
            Column("Weight", number(1, 60, "kg"), _WEIGHT),
            Column(
                "Power",
                number(200, 3000, "W", 50),
                ("How much power does {} use?", "What is the wattage of {}?", "{} power"),
            ),
            Column("Warranty", number(1, 11, "years"), _WARRANTY),
            Column(
                "Noise",
                number(30, 80, "dB"),
                ("How loud is {}?", "What is the noise level of {}?"),
            ),
            Column(
                "Colour",
                one_of("white", "matt black", "silver", "sea green", "red", "cream"),
                ("What colour is {}?", "In which colour does {} come?"),
            ),
            Column("Part number", code, ("What is the part number of {}?", "Order number for {}?")),
        ),
    ),
    Subject(
        "Plans",
        "Plan",
        ("Free", "Starter", "Team", "Business", "Enterprise", "Student", "Family", "Premium"),
        (
            Column(
                "Monthly fee",
                price(0, 200),
                ("How much is {} a month?", "What does the {} plan cost?", "{} plan fee"),
            ),
            Column(
                "Users",
                number(1, 500, ""),
                ("How many users does {} allow?", "How many people can share the {} plan?"),
            ),
            Column(
                "Storage",
                number(5, 2000, "GB", 5),
                ("How much storage comes with {}?", "What space does the {} plan include?"),
            ),
            Column(
                "Support",
                one_of("by e-mail", "by phone, 24 hours", "community forum", "a named contact"),
                ("What support does {} get?", "How can {} customers reach support?"),
            ),
            Column(
                "Notice period",
                number(7, 90, "days"),
                ("How early must I cancel {}?", "What is the notice period for {}?"),
            ),
        ),
    ),
    Subject(
        "Rooms",
        "Room",
        ("Aspen", "Birch", "Cedar", "Maple", "Oak", "Willow", "Atrium", "Library", "Studio 2"),
        (
            Column(
                "Seats",
                number(2, 120, ""),
                ("How many people fit in {}?", "How many seats are in {}?", "Capacity of {}?"),
            ),
            Column("Floor", number(1, 20, ""), ("On which floor is {}?", "Where is {}?")),
            Column(
                "Equipment",
                one_of("projector", "two screens", "video phone", "whiteboard only", "a stage"),
                ("What equipment does {} have?", "What is in {}?"),
            ),
            Column(
                "Booked through",
                one_of("reception", "the calendar", "facilities"),
                ("Who do I ask to book {}?", "How is {} booked?"),
            ),
        ),
    ),
    Subject(
        "Branches",
        "Branch",
        ("Lisbon", "Turin", "Graz", "Leeds", "Ghent", "Malmo", "Porto", "Cork", "Lyon", "Basel"),
        (
            Column(
                "Opening hours",
                hours,
                ("When is the {} branch open?", "What are the hours in {}?", "{} opening times"),
            ),
            Column(
                "Manager",
                one_of("Ines Duarte", "Paul Weber", "Aoife Byrne", "Marta Rossi", "Jan Peeters"),
                ("Who runs the {} branch?", "Who is the manager in {}?"),
            ),
            Column(
                "Phone",
                lambda draw: f"{draw.randrange(200, 999)} {draw.randrange(1000, 9999)}",
                ("What is the phone number of {}?", "How do I call the {} branch?"),
            ),
            Column("Opened", day, ("When did {} open?", "Since when has {} been there?")),
        ),
    ),
    Subject(
        "Error codes",
        "Code",
        tuple(f"E{n}" for n in (1, 2, 4, 7, 11, 13, 15, 21, 28, 30)),
        (
            Column(
                "Meaning",
                one_of(
                    "the filter is blocked",
                    "the door is open",
                    "no water reaches the pump",
                    "the motor is too hot",
                    "the battery is low",
                    "the sensor gives no signal",
                ),
                ("What does {} mean?", "What is error {}?", "The display shows {}, why?"),
            ),
            Column(
                "Remedy",
                one_of(
                    "clean the filter",
                    "wait for ten minutes",
                    "call the service",
                    "close the door firmly",
                    "charge it overnight",
                    "replace the fuse",
                ),
                ("What do I do about {}?", "How do I clear {}?", "How to fix {}?"),
            ),
        ),
    ),
    Subject(
        "Leave",
        "Kind of leave",
        ("Annual", "Sick", "Parental", "Study", "Moving house", "Marriage", "Jury", "Unpaid"),
        (
            Column(
                "Days",
                number(1, 40, ""),
                ("How many days of {} leave do I get?", "How long may {} leave be?"),
            ),
            Column(
                "Approved by",
                one_of("the team lead", "personnel", "nobody", "the managing director"),
                ("Who approves {} leave?", "Who must agree to {} leave?"),
            ),
            Column(
                "Proof",
                one_of("none", "a certificate", "the registrar's letter", "the summons"),
                ("What proof does {} leave need?", "Which document is needed for {} leave?"),
            ),
        ),
    ),
    Subject(
        "Devices",
        "Device",
        ("Router R1", "Router R2", "Camera C5", "Hub H3", "Sensor T8", "Switch W4", "Lock L2"),
        (
            Column("Price", price(15, 400), _PRICE),
            Column(
                "Battery",
                number(500, 6000, "mAh", 50),
                ("What battery does {} have?", "How big is the battery of {}?"),
            ),
            Column(
                "Range",
                number(5, 300, "m", 5),
                ("How far does {} reach?", "What is the range of {}?"),
            ),
            Column("Weight", number(40, 900, "g"), _WEIGHT),
            Column("Warranty", number(6, 60, "months", 6), _WARRANTY),
            Column("Released", day, ("When was {} released?", "When did {} come out?")),
            Column(
                "Protection",
                one_of("IP44", "IP54", "IP65", "IP67", "none"),
                ("How well is {} protected against water?", "What is the IP rating of {}?"),
            ),
        ),
    ),
)

LEADS = ("", "", "All values as of this year.", "The table shows what applies to each.")
"""What stands before a table."""


def article(number: int, draw: Draw) -> tuple[dict[str, object], int]:
    """Return one table as an article in SQuAD 2.0's form, and how many questions it has."""
    subject = draw.choice(SUBJECTS)
    things = draw.sample(subject.things, min(len(subject.things) - 1, draw.randrange(3, 9)))
    columns = draw.sample(subject.columns, draw.randrange(1, min(len(subject.columns), 4) + 1))
    text, places = _text(subject, things, columns, draw)
    asked = []
    for thing in things:
        column = draw.choice(columns)
        start, value = places[thing, column.header]
        asked.append(_question(draw, thing, column, [{"text": value, "answer_start": start}]))
    absent = [thing for thing in subject.things if thing not in things]
    others = [column for column in subject.columns if column not in columns]
    asked.append(_question(draw, draw.choice(absent), draw.choice(columns), []))
    if others and draw.random() < 0.6:
        asked.append(_question(draw, draw.choice(things), draw.choice(others), []))
    title = f"{subject.title} {number}"
    return {"title": title, "paragraphs": [{"context": text, "qas": asked}]}, len(asked)


def _text(
    subject: Subject, things: Sequence[str], columns: Sequence[Column], draw: Draw
) -> tuple[str, dict[tuple[str, str], tuple[int, str]]]:
    """Return the table as a loader would give it, and where each value stands."""
    as_list = draw.random() < 0.2
    text = "\n".join(filter(None, (subject.title, draw.choice(LEADS)))) + "\n\n"
    places = {}
    for thing in things:
        text += f"{thing}\n" if as_list else f"{subject.thing}: {thing}"
        for column in columns:
            text += f"- {column.header}: " if as_list else f"; {column.header}: "
            value = column.value(draw)
            places[thing, column.header] = (len(text), value)
            text += value + ("\n" if as_list else "")
        text += "\n"
    return text.rstrip(), places


def _question(
    draw: Draw, thing: str, column: Column, answers: list[dict[str, object]]
) -> dict[str, object]:
    text = draw.choice(column.asked).format(thing)
    return {"question": text, "answers": answers, "is_impossible": not answers}


def main() -> None:
    """Write the file; the same seed gives the same one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    draw = Draw(arguments.seed)
    made = [article(number, draw) for number in range(1, arguments.tables + 1)]
    text = json.dumps({"data": [table for table, _ in made]}, indent=1)
    arguments.out.write_text(f"{text}\n", encoding="utf-8")
    print(f"{arguments.out}: {len(made)} tables, {sum(asked for _, asked in made)} questions")


if __name__ == "__main__":
    main()
