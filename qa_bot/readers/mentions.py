"""What a question names that no passage mentions: evidence about another thing is no evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge_base.encoders.glosses import is_name
from knowledge_base.indexes.analysis import STOP_WORDS, codes, has_cjk, simplified
from knowledge_base.types import ScoredPassage
from qa_bot.readers.synonyms import unified
from qa_bot.readers.terms import stem, terms
from qa_bot.topics import telling

CODE_CAP = 0.15
"""The most confidence where a model or error number of the question occurs in no passage."""

NAME_CAP = 0.22
"""The most confidence where a name in the question occurs in no passage."""

_PLACE = re.compile(r"..[省市区县镇乡村州国站]$")
_WORD = re.compile(r"[A-Za-z](?:['-]?[A-Za-z])*")
_SHORTENED = re.compile(r"'(?:s|m|d|ve|ll|re)$", re.IGNORECASE)
_VERSION = re.compile(r"v(\d[\d.]*)")
_NUMBERED = re.compile(r"\b([A-Za-z]{3,}) (\d+(?:\.\d+)*)\b")
_DATED = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split(" ")
)
"""What a number follows that is no name of one thing among others: a rule of April holds in May."""


@dataclass(frozen=True, slots=True)
class Unmentioned:
    """Codes and names of a question that occur in none of the passages, as they were written."""

    codes: tuple[str, ...]
    names: tuple[str, ...]

    def __bool__(self) -> bool:
        """Tell whether anything is unmentioned."""
        return bool(self.codes or self.names)

    @property
    def all(self) -> tuple[str, ...]:
        """Codes, then names."""
        return self.codes + self.names

    def capped(self, confidence: float) -> float:
        """Return a confidence, lowered where something is unmentioned."""
        if self.codes:
            return min(confidence, CODE_CAP)
        return min(confidence, NAME_CAP) if self.names else confidence


def unmentioned(question: str, hits: Sequence[ScoredPassage]) -> Unmentioned:
    """Return what a question names that none of the passages mentions."""
    text = _text(hits)
    held = set(terms(text))
    missing = [
        c.upper()
        for c in codes(question)
        if _is_model(c) and c not in held and not _is_version(c, text)
    ]
    names = [n for n in _names(question) if not _is_held(n, held) and n.upper() not in missing]
    names += _numbered(question, text)
    if has_cjk(question):
        simple = simplified(text)
        names += [place for place in _places(simplified(question)) if place not in simple]
    return Unmentioned(tuple(missing), tuple(names))


def unmentioned_things(question: str, hits: Sequence[ScoredPassage]) -> list[str]:
    """Return the question's nouns that occur in none of the passages.

    Weaker than a name: a passage may say the same in other words. A Chinese word counts only where
    the passages lack one of its characters, since they may have a longer or shorter form of it.
    """
    text = _text(hits)
    held = set(terms(text))
    if has_cjk(question):
        question, text = unified(simplified(question)), unified(simplified(text))
    return [
        word
        for word in telling(question)
        if (not set(word) <= set(text) if has_cjk(word) else _is_absent(word, held))
    ]


def _is_absent(word: str, held: set[str]) -> bool:
    found = terms(word)
    return bool(found) and not held.intersection(found)


def _text(hits: Sequence[ScoredPassage]) -> str:
    return "\n".join(
        part
        for hit in hits
        for part in (hit.passage.title, *hit.passage.headings, hit.passage.text)
    )


def _places(question: str) -> list[str]:
    """Return the names of places and organisations in a Chinese question.

    The tagger takes ordinary words for places too: 东西, a thing, for "east and west". So the dictionary
    must have it as a name, or not have it and it must end as places do.
    """
    import rjieba  # loads its dictionary: only where there is Chinese

    tagged = [word for word, tag in rjieba.tag(question) if tag in ("ns", "nt") and len(word) > 1]
    return [
        word for word in tagged if is_name(word) or (is_name(word) is None and _PLACE.search(word))
    ]


def _is_model(code: str) -> bool:
    """Tell a model or error number, of letters and digits, from a plain number."""
    return re.search(r"[a-z]", code) is not None and re.search(r"\d", code) is not None


def _is_held(name: str, held: set[str]) -> bool:
    """Tell whether a name is among terms, or each part of it: X-rays where there is an X-ray image."""
    return stem(name) in held or held.issuperset(terms(name))


def _is_version(code: str, text: str) -> bool:
    """Tell whether a code is short for a version that a text names in full: v2 for version 2."""
    short = _VERSION.fullmatch(code)
    if short is None:
        return False
    whole = rf"\bversion {re.escape(short.group(1))}(?!\.?\d)"
    return re.search(whole, text, re.IGNORECASE) is not None


def _numbered(question: str, text: str) -> list[str]:
    """Return the names with a number of which a text has only others: Torva 900 beside a Torva 500."""
    found = []
    for name, number in _NUMBERED.findall(question):
        if name.lower() in STOP_WORDS or name.lower() in _DATED:
            continue
        # capitals inside a sentence: "after 30 days" is no name, and "After 30 days" begins one
        others = re.search(rf"[a-z,;:|] (?:{name.capitalize()}|{name.upper()}) \d", text)
        # "Torva 500 and 700" names both
        own = re.search(rf"\b{name}\b[^.\n]{{0,30}}\b{re.escape(number)}\b", text, re.IGNORECASE)
        if others and not own:
            found.append(f"{name} {number}")
    return found


def _names(question: str) -> list[str]:
    """Return the words written with a capital inside a sentence that is not all in capitals.

    What stands beside a digit is part of a code, and is looked for as one.
    """
    if question.upper() == question:
        return []
    words = list(_WORD.finditer(question))
    inside = [
        word
        for before, word in pairwise(words)
        if word.group()[0].isupper()
        and not re.search(r"[.!?:]\s*$", question[before.end() : word.start()])
        and not re.search(r"\d-?$", question[: word.start()])
        and not re.match(r"-?\d", question[word.end() :])
    ]
    names = [_SHORTENED.sub("", word.group()) for word in inside]
    return [name for name in names if len(name) > 2 and name.lower() not in STOP_WORDS]
