"""The facts of a sentence that are compared exactly: numbers, dates, codes, names. English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge_base.indexes.analysis import STOP_WORDS, codes, has_cjk, simplified
from qa_bot.support.numerals import (
    CHINESE_NUMERAL,
    SCALES,
    WORD_NUMBERS,
    chinese_value,
    digits_value,
    unit_after,
    unit_before,
)


class FactKind(StrEnum):
    """What sort of thing a fact is; each is compared in its own way."""

    NUMBER = "number"
    DATE = "date"
    CODE = "code"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact, where it stands, and what it is compared by.

    ``value`` is a number in plain digits, a date as ``year-month-day`` with ``?`` for what is not
    said, a code or a name in lower case. ``unit`` is the unit's one name, empty where there is none.
    """

    kind: FactKind
    value: str
    start: int
    end: int
    unit: str = ""

    def agrees(self, other: Fact) -> bool:
        """Tell whether another fact, of a source, bears this one out."""
        if self.kind is not other.kind:
            return False
        if self.kind is FactKind.DATE:
            return all(
                mine in ("?", theirs)
                for mine, theirs in zip(self.value.split("-"), other.value.split("-"), strict=True)
            )
        if self.kind is FactKind.NUMBER:
            units_fit = not self.unit or not other.unit or self.unit == other.unit
            return self.value == other.value and units_fit
        return self.value == other.value


_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH = r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|" \
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"  # fmt: skip
_YEAR = r"(?P<year>1[0-9]{3}|20[0-9]{2})"
_DAY = r"(?P<day>[12][0-9]|3[01]|0?[1-9])"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_YEAR}-(?P<month>0[1-9]|1[0-2])-{_DAY}\b",
        rf"\b{_DAY}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? {_YEAR})?\b",
        rf"\b{_MONTH} {_DAY}(?:st|nd|rd|th)?\b(?:,? {_YEAR}\b)?",
        rf"\b{_MONTH},? {_YEAR}\b",
        rf"{_YEAR}\s?年(?:\s?(?P<month>1[0-2]|0?[1-9])\s?月(?:\s?{_DAY}\s?[日号])?)?",
        rf"(?<!\d)(?P<month>1[0-2]|0?[1-9])\s?月\s?{_DAY}\s?[日号]",
        r"\b(?P<month>January|February|April|June|July|August|September|October|November|December)\b",
        r"\b(?:in|of|by|until|since|before|after|during|from|this|next|last) "
        r"(?P<month>March|May|August)\b",
        rf"(?<![\d.,$€£#-]){_YEAR}(?![\d%]|[.,]\d|-\w)",
    )
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])[+-]?(?P<digits>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:st|nd|rd|th)?"
    r"(?![\d]|[-/]?[A-Z]{1,3}\d)"
)
_WORD_NUMBER = re.compile(
    rf"\b(?P<word>{'|'.join(sorted(WORD_NUMBERS, key=len, reverse=True))})\b", re.I
)
_NAME = re.compile(
    r"\b[A-Z][\w'’-]*(?:\.(?=[A-Z]))?(?:(?: (?:of|de|van|von|der|la|al|bin|the|and|&))? [A-Z][\w'’-]+)*"
)
_CAPITAL = re.compile(r"[A-Z]")
_CHINESE_NAMES = ("nr", "ns", "nt", "nz", "nrt", "nrfg")


def facts_of(text: str) -> list[Fact]:
    """Return the facts of a text, in order; none overlaps another."""
    plain = simplified(text)
    found: list[Fact] = []
    taken = bytearray(len(plain))
    for source in (_codes, _dates, _numbers, _names):
        for fact in source(plain):
            if not any(taken[fact.start : fact.end]):
                taken[fact.start : fact.end] = b"\1" * (fact.end - fact.start)
                found.append(fact)
    return sorted(found, key=lambda fact: fact.start)


def _codes(text: str) -> Iterator[Fact]:
    """Give model numbers and the like: what mixes letters and digits and is no amount."""
    lowered = text.lower()
    at = 0
    for code in codes(text):
        start = lowered.find(code, at)
        at = start + len(code)
        if re.search(r"[a-z]", code) and not re.fullmatch(
            r"[\d.,]+(?:st|nd|rd|th|s|[ap]m|k?m|[mck]?m|k?g|mg|[kmgt]b|hz|[km]hz|w|kw|v|mah|l|ml|h|min)",
            code,
        ):
            value = re.sub(r"[-_./]", "", code)
            yield Fact(FactKind.CODE, value, start, at)


def _dates(text: str) -> Iterator[Fact]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            month = groups.get("month")
            if month and not month.isdigit():
                month = str(
                    1 + next(n for n, m in enumerate(_MONTHS) if m.startswith(month.lower()))
                )
            parts = (groups.get("year"), month, groups.get("day"))
            value = "-".join(str(int(part)) if part else "?" for part in parts)
            yield Fact(FactKind.DATE, value, match.start(), match.end())


def _numbers(text: str) -> Iterator[Fact]:
    for match in _NUMBER.finditer(text):
        value, end = digits_value(match["digits"]), match.end()
        scale = SCALES.match(text, end)
        if scale is not None:
            value, end = digits_value(match["digits"], scale.group()), scale.end()
        unit, end = unit_after(text, end)
        yield Fact(
            FactKind.NUMBER, value, match.start(), end, unit or unit_before(text, match.start())
        )
    for match in _WORD_NUMBER.finditer(text):
        value, end = str(WORD_NUMBERS[match["word"].lower()]), match.end()
        scale = SCALES.match(text, end)
        if scale is not None:
            value, end = digits_value(value, scale.group()), scale.end()
        unit, end = unit_after(text, end)
        yield Fact(FactKind.NUMBER, value, match.start(), end, unit)
    if has_cjk(text):
        for match in CHINESE_NUMERAL.finditer(text):
            if len(match.group()) == 4 and text[match.end() : match.end() + 1] == "年":
                year = f"{chinese_value(match.group())}-?-?"
                yield Fact(FactKind.DATE, year, match.start(), match.end() + 1)
                continue
            unit, end = unit_after(text, match.end())
            yield Fact(FactKind.NUMBER, chinese_value(match.group()), match.start(), end, unit)


def _names(text: str) -> Iterator[Fact]:
    if any(character.islower() for character in text):
        for match in _NAME.finditer(text):
            yield from _name(text, match)
    if has_cjk(text):
        import rjieba  # loads its dictionary: only where there is Chinese

        at = 0
        for word, tag in rjieba.tag(text):
            start = text.find(word, at)
            at = start + len(word)
            if tag in _CHINESE_NAMES and len(word) > 1:
                name = word.rstrip("于在的")
                yield Fact(FactKind.NAME, name.lower(), start, start + len(name))


def _name(text: str, match: re.Match[str]) -> Iterator[Fact]:
    """Give a name without the word that only begins the sentence, if there is more to it than that."""
    start, words = match.start(), match.group()
    if _begins_sentence(text, start):
        first, _, rest = words.partition(" ")
        if first.lower() in STOP_WORDS or not rest:
            if not _CAPITAL.match(rest):
                return
            start, words = start + len(first) + 1, rest
    value = re.sub(r"['’]s?$", "", words).lower()
    if len(value) > 1 and value not in STOP_WORDS:
        yield Fact(FactKind.NAME, value, start, start + len(words))


def _begins_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \"'“‘(（「")
    return not before or before[-1] in ".!?:。！？：\n"
