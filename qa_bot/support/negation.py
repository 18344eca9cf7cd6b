"""What a sentence denies, and opposites: "does not expire" and "expires" are two statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.indexes.analysis import CJK, STOP_WORDS
from qa_bot.readers.terms import stem

_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|neither|nor|none|nobody|nothing|nowhere|without|hardly|barely|un(?:able|likely)|"
    r"fail(?:s|ed)? to|refus(?:es?|ed) to|lacks?|lacked|except)\b|n['’]t\b|"
    r"不(?!同|断|仅|过|但|少|久|管|论|如)|没有?|无法|无需|毋须|禁止|严禁|未(?!来)|非(?!常|洲)|勿|别(?=[再要用])",
    re.IGNORECASE,
)
_WORD = re.compile(rf"[A-Za-z0-9]+|[{CJK}]")
_CLAUSE_END = re.compile(
    r"[.;:!?。；：！？，,]|\b(?:but|although|though|while|because|and|or)\b|但|而"
)

REACH = 3
"""Telling words behind a negation that it is taken to deny."""

REACH_CHINESE = 4
"""The same in Chinese characters."""

_OPPOSITES = (
    "first/last before/after more/less more/fewer most/least above/below over/under increase/decrease "
    "increased/decreased rise/fall rose/fell north/south east/west northern/southern eastern/western "
    "begin/end began/ended start/stop started/stopped start/end open/close opened/closed early/late "
    "earliest/latest old/new oldest/newest oldest/youngest win/lose won/lost male/female men/women "
    "man/woman minimum/maximum buy/sell bought/sold allow/forbid allowed/forbidden "
    "allowed/prohibited permitted/prohibited required/optional enable/disable enabled/disabled high/low "
    "higher/lower highest/lowest long/short longer/shorter longest/shortest with/without "
    "father/mother son/daughter best/worst better/worse public/private inside/outside "
    "include/exclude included/excluded large/small larger/smaller largest/smallest "
    "accept/reject accepted/rejected always/never all/none many/few majority/minority born/died "
    "true/false success/failure positive/negative left/right up/down upper/lower legal/illegal "
    "possible/impossible strong/weak hot/cold fast/slow "
    "增加/减少 上升/下降 提高/降低 以前/以后 之前/之后 允许/禁止 开始/结束 打开/关闭 最大/最小 最高/最低 "
    "最多/最少 东/西 南/北 男/女 父/母 买/卖 胜/败 早/晚 新/旧 高/低 长/短 大/小 "
    "公开/私有 包括/不包括 启用/禁用 必须/可选 安全/危险 成功/失败 支持/反对"
).split(" ")
_OPPOSITE: dict[str, set[str]] = {}
for _pair in _OPPOSITES:
    _one, _other = _pair.split("/")
    _OPPOSITE.setdefault(_one, set()).add(_other)
    _OPPOSITE.setdefault(_other, set()).add(_one)
_OPPOSITE_WORD = re.compile(
    rf"\b(?:{'|'.join(sorted((w for w in _OPPOSITE if w.isascii()), key=len, reverse=True))})\b|"
    rf"(?:{'|'.join(sorted((w for w in _OPPOSITE if not w.isascii()), key=len, reverse=True))})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Polarity:
    """The telling words that are denied, those that are not, and words that have an opposite."""

    denied: frozenset[str]
    affirmed: frozenset[str]
    opposable: frozenset[str]
    negations: int


def polarity_of(text: str) -> Polarity:
    """Return what a text denies and affirms, in stems or single Chinese characters."""
    denied: set[str] = set()
    spans: list[tuple[int, int]] = []
    for match in _NEGATION.finditer(text):
        ended = _CLAUSE_END.search(text, match.end())
        stop = ended.start() if ended else len(text)
        end, reached = match.end(), 0
        for word in _WORD.finditer(text, match.end(), stop):
            if word.group().lower() in STOP_WORDS:
                continue
            denied.add(stem(word.group()))
            end, reached = word.end(), reached + 1
            if reached >= (REACH if word.group().isascii() else REACH_CHINESE):
                break
        spans.append((match.start(), end))
    affirmed = {
        stem(word.group())
        for word in _WORD.finditer(text)
        if word.group().lower() not in STOP_WORDS
        and not any(start <= word.start() < end for start, end in spans)
    }
    opposable = frozenset(match.group().lower() for match in _OPPOSITE_WORD.finditer(text))
    return Polarity(frozenset(denied), frozenset(affirmed), opposable, len(spans))


def joined(some: Sequence[Polarity]) -> Polarity:
    """Return what several sentences together deny and affirm."""
    return Polarity(
        frozenset[str]().union(*(one.denied for one in some)),
        frozenset[str]().union(*(one.affirmed for one in some)),
        frozenset[str]().union(*(one.opposable for one in some)),
        sum(one.negations for one in some),
    )


def denial_conflicts(claim: Polarity, source: Polarity) -> list[str]:
    """Return the words that one denies and the other affirms."""
    return sorted(
        (claim.denied & source.affirmed - source.denied - claim.affirmed)
        | (claim.affirmed & source.denied - source.affirmed - claim.denied)
    )


def opposite_conflicts(claim: Polarity, source: Polarity) -> list[str]:
    """Return the words of a claim of which the source has the opposite, and not the word."""
    return sorted(
        word
        for word in claim.opposable - source.opposable
        if _OPPOSITE[word] & source.opposable - claim.opposable
    )
