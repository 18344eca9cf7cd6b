"""What a sentence denies, and opposites: "does not expire" and "expires" are two statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.indexes.analysis import CJK, STOP_WORDS
from qa_bot.readers.terms import stem

_NEGATION = re.compile(
    r"\b(?:not(?! only| (?:be )?(?:later|sooner|less|more|fewer|older|longer|earlier|higher) than)|"
    r"no(?! (?:later|sooner|less|more|fewer|older|longer) than)|never|cannot|neither|nor|none|nobody|"
    r"nothing|nowhere|without|hardly|barely|unable|unlikely|unavailable|impossible|invalid|lacks?|lacked|"
    r"exclud(?:e|es|ed|ing)|except|closed|prohibit(?:s|ed)?|forbid(?:s|den)?|refus(?:e|es|ed)|"
    r"reject(?:s|ed)?|den(?:y|ies|ied))\b|n['’]t\b|"
    r"不(?!同|断|仅|过|但|少|久|管|论|如|良|锈|动产)|没有?|无(?!线|论|人机)|毋须|禁止|严禁|未(?!来)|非(?!常|洲)|勿|"
    r"别(?=[再要用])|拒绝|除外|停[业用止]|闭[馆店门园]|关闭",
    re.IGNORECASE,
)
"""Words that deny, and those that mean as much: what is excluded is not covered."""

_WORD = re.compile(rf"[A-Za-z0-9]+|[{CJK}]")
_CLAUSE_END = re.compile(
    r"[;:!?。；：！？，]|[.,](?!\d)|但是?|因为|除非|"
    r"\b(?:but|although|though|while|because|unless|whereas|so that)\b",
    re.IGNORECASE,
)
_EMPTY = frozenset("的了是在有和与及或也都就而其这那之于可以能会被把对将请须应得")

ABOUT = 0.34
"""The share of a denied clause's words from which a clause of the source is about the same."""

DENIED_TOO = 0.15
"""The same for a denied clause of the source: few sentences deny, and it may say "it" for much."""

NEAREST = 0.5
"""The share of a clause's words from which the source's nearest clause is about the same."""

RESTATED = 0.3
"""The same where all words of the source's clause are in it."""

_OPPOSITES = (
    "first/last before/after,during before,after/during more/less,fewer most/least,fewest "
    "above,over/below,under increase,increased,increases,rise,rises,rose,grow,grows,grew,growth/"
    "decrease,decreased,decreases,fall,falls,fell,drop,dropped,decline,declined "
    "north/south east/west northern/southern eastern/western begin,begins,began,start,starts,started/"
    "end,ends,ended,stop,stops,stopped early,earlier/late,later earliest/latest old,older/new,newer "
    "oldest/newest,youngest win,wins,won/lose,loses,lost male/female men/women man/woman "
    "minimum/maximum required,mandatory,compulsory/optional,voluntary enable,enabled/disable,disabled "
    "high,higher/low,lower highest/lowest long,longer/short,shorter longest/shortest with/without "
    "father/mother son/daughter best/worst better/worse public/private inside/outside "
    "large,larger/small,smaller largest/smallest always/never all/none many/few majority/minority "
    "born/died true/false success/failure positive/negative left/right upper/lower legal/illegal "
    "strong/weak hot/cold fast/slow once/twice,repeatedly,several "
    "增加,增长,上升,提高/减少,下降,降低 以前,之前/以后,之后 饭前/饭后 餐前/餐后 睡前/睡后 术前/术后 "
    "开始/结束 最大/最小 最高/最低 最多/最少 东/西 南/北 男/女 父/母 胜/败 早/晚 新/旧 高/低 长/短 大/小 "
    "公开/私有 启用/禁用 必须,必填/可选,选填 安全/危险 成功/失败 支持/反对"
).split(" ")
"""Words of one meaning, a stroke, words of the opposite one. "Buy" and "sell" are none: one
does what the other does."""

_SIDES: dict[str, tuple[str, ...]] = {}
for _number, _pair in enumerate(_OPPOSITES):
    for _sign, _words in zip("+-", _pair.split("/"), strict=True):
        for _word in _words.split(","):
            _SIDES[_word] = (*_SIDES.get(_word, ()), f"{_number}{_sign}")
_OPPOSITE_WORD = re.compile(
    rf"\b(?:{'|'.join(sorted((w for w in _SIDES if w.isascii()), key=len, reverse=True))})\b|"
    rf"(?:{'|'.join(sorted((w for w in _SIDES if not w.isascii()), key=len, reverse=True))})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Side:
    """A word that has an opposite, where it stands, and which sides of which pairs it is on."""

    word: str
    start: int
    end: int
    on: tuple[str, ...]

    def agrees(self, other: Side) -> bool:
        """Tell whether another word is on the same side of a pair, and of none on the other."""
        return not self.opposes(other) and bool(set(self.on) & set(other.on))

    def opposes(self, other: Side) -> bool:
        """Tell whether another word is on the other side of a pair."""
        return bool({turned(one) for one in self.on} & set(other.on))


def turned(side: str) -> str:
    """Return the other side of a pair."""
    return side[:-1] + ("-" if side[-1] == "+" else "+")


def sides_of(text: str) -> tuple[Side, ...]:
    """Return the words of a text that have an opposite, in order."""
    return tuple(
        Side(match.group(), match.start(), match.end(), _SIDES[match.group().lower()])
        for match in _OPPOSITE_WORD.finditer(text)
    )


@dataclass(frozen=True, slots=True)
class Clause:
    """The telling words of a clause, in stems or single Chinese characters, and whether it denies."""

    words: frozenset[str]
    denies: bool


@dataclass(frozen=True, slots=True)
class Polarity:
    """A sentence's clauses, and those of its words that have an opposite."""

    clauses: tuple[Clause, ...]
    sides: tuple[Side, ...]


def polarity_of(text: str) -> Polarity:
    """Return what a text denies and affirms, clause by clause."""
    clauses = []
    at = 0
    for match in [*_CLAUSE_END.finditer(text), None]:
        end = len(text) if match is None else match.start()
        clauses.append(_clause(text[at:end]))
        at = end if match is None else match.end()
    return Polarity(
        tuple(clause for clause in clauses if clause.words),
        sides_of(text),
    )


def _clause(text: str) -> Clause:
    rest = _NEGATION.sub(" ", text)
    words = frozenset(
        stem(match.group())
        for match in _WORD.finditer(rest)
        if match.group().lower() not in STOP_WORDS and match.group() not in _EMPTY
    )
    return Clause(words, len(_NEGATION.findall(text)) % 2 == 1)


def joined(some: Sequence[Polarity]) -> Polarity:
    """Return what several sentences together deny and affirm."""
    return Polarity(
        tuple(clause for one in some for clause in one.clauses),
        tuple(side for one in some for side in one.sides),
    )


def denial_conflicts(claim: Polarity, source: Polarity) -> list[str]:
    """Return the words of the claim's clauses that the source denies, or that only the claim denies.

    A denied clause needs a denied one of the source among those about the same; one that is not
    must not be most like a denied one.
    """
    found: set[str] = set()
    for clause in claim.clauses:
        shares = [(len(clause.words & s.words) / len(clause.words), s) for s in source.clauses]
        if clause.denies:
            denied_too = any(s.denies and share >= DENIED_TOO for share, s in shares)
            if not denied_too and any(share >= ABOUT for share, _ in shares):
                found |= clause.words
        elif len(clause.words) > 1 and shares:
            share, nearest = max(shares, key=lambda pair: _alike(clause, pair[1]))
            restated = nearest.words <= clause.words and share >= RESTATED
            if nearest.denies and (restated or share >= NEAREST):
                found |= clause.words & nearest.words
    return sorted(found)


def _alike(clause: Clause, other: Clause) -> tuple[float, bool]:
    """Return Dice's coefficient of two clauses; of two that are equally alike one that affirms wins."""
    both = len(clause.words & other.words)
    return 2 * both / (len(clause.words) + len(other.words)), not other.denies


def opposite_conflicts(claim: Polarity, source: Polarity) -> list[str]:
    """Return the words of a claim of which the source has the opposite, and none of their meaning."""
    return sorted(
        {
            mine.word
            for mine in claim.sides
            if not any(mine.agrees(theirs) for theirs in source.sides)
            and any(mine.opposes(theirs) for theirs in source.sides)
            and not any(mine.opposes(other) for other in claim.sides)
        }
    )
