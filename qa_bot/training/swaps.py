"""Makes questions that a paragraph does not answer, though every word of them seems to be about it.

As SQuAD 2.0's writers did (Rajpurkar et al., 2018): another number, another name, an opposite or a
negation put into a question that has an answer.
"""

from __future__ import annotations

import random
import re

_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_AUXILIARY = re.compile(r"\b(did|does|do|is|are|was|were|can|could|will|would|has|have)\b", re.I)
_PAIRS = (
    ("first", "last"), ("largest", "smallest"), ("highest", "lowest"), ("most", "least"),
    ("before", "after"), ("more", "less"), ("largest", "second largest"), ("oldest", "youngest"),
    ("north", "south"), ("east", "west"), ("northern", "southern"), ("eastern", "western"),
    ("begin", "end"), ("began", "ended"), ("start", "stop"), ("started", "stopped"),
    ("increase", "decrease"), ("increased", "decreased"), ("early", "late"), ("old", "new"),
    ("above", "below"), ("inside", "outside"), ("won", "lost"), ("win", "lose"), ("men", "women"),
    ("male", "female"), ("minimum", "maximum"), ("buy", "sell"), ("allowed", "forbidden"),
    ("born", "killed"), ("before", "since"), ("high", "low"), ("long", "short"), ("with", "without"),
    ("father", "mother"), ("son", "daughter"), ("best", "worst"), ("public", "private"),
)  # fmt: skip
OPPOSITE = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
OPPOSITE_WORD = re.compile(rf"\b({'|'.join(sorted(OPPOSITE, key=len, reverse=True))})\b", re.I)


def unanswerable(question: str, context: str, elsewhere: str, draw: random.Random) -> str | None:
    """Return a question like ``question`` that ``context`` does not answer, or None if none is found.

    Args:
        question: A question that the context answers.
        context: The paragraph with the answer.
        elsewhere: Another text of the same kind, to take names and numbers from.
        draw: Decides which way is taken.
    """
    texts = (context, elsewhere)
    ways = [_other_number, _other_name, _opposite, _negated]
    draw.shuffle(ways)
    for way in ways:
        made = way(question, texts, draw)
        if made is not None and made != question:
            return made
    return None


def _other_number(question: str, texts: tuple[str, str], draw: random.Random) -> str | None:
    found = list(_NUMBER.finditer(question))
    if not found:
        return None
    match = draw.choice(found)
    number = match.group()
    there = [n for n in _NUMBER.findall(" ".join(texts)) if len(n) == len(number) and n != number]
    near = number[:-1] + str((int(number[-1]) + draw.randint(1, 8)) % 10)
    return _put(question, match, draw.choice(there) if there else near)


def _other_name(question: str, texts: tuple[str, str], draw: random.Random) -> str | None:
    found = list(_NAME.finditer(question))
    if not found:
        return None
    match = draw.choice(found)
    lowered = question.lower()
    # a name that the paragraph has tempts more than one that it does not have
    for text in texts if draw.random() < 0.5 else texts[::-1]:
        names = [name for name in _NAME.findall(text) if name.lower() not in lowered]
        if names:
            return _put(question, match, draw.choice(names))
    return None


def _opposite(question: str, _: tuple[str, str], draw: random.Random) -> str | None:
    found = list(OPPOSITE_WORD.finditer(question))
    if not found:
        return None
    match = draw.choice(found)
    return _put(question, match, OPPOSITE[match.group().lower()])


def _negated(question: str, _: tuple[str, str], draw: random.Random) -> str | None:
    match = _AUXILIARY.search(question)
    if match is None or draw.random() < 0.6:
        return None
    if match.group().lower() not in ("did", "does", "do", "has", "have"):
        return _put(question, match, f"{match.group()} not")
    words = question[match.end() :].split()
    if len(words) < 3:
        return None
    at = draw.randint(1, len(words) - 1)
    return " ".join([question[: match.end()], *words[:at], "not", *words[at:]])


def _put(question: str, match: re.Match[str], words: str) -> str:
    return question[: match.start()] + words + question[match.end() :]
