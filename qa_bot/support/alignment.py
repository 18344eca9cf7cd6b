"""Whether a fact of a sentence stands, in its source, among the words that it stands among here.

A source that names two years has both numbers of a sentence that confuses them. So a fact is looked
for together with its surroundings, and so is what the source has in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.support.evidence import Said, Token
from qa_bot.support.facts import Fact, FactKind
from qa_bot.support.negation import Side

NEAR = 6
"""Telling words, or Chinese characters, on each side of a fact that are its surroundings."""

REACH = 9
"""The same in the source, which may say more."""

SKIP = 3
"""How far apart two neighbouring words of the sentence may stand in the source."""


@dataclass(frozen=True, slots=True)
class Place:
    """How a fact fares in a source.

    ``found`` tells whether the source has the fact; ``own`` is the share of its surroundings that
    stand around it there, ``rival`` the same around the best other fact of its kind.
    """

    fact: Fact
    found: bool
    own: float
    rival: float


def places(claim: Said, source: Sequence[Said], others: Sequence[Said] = ()) -> list[Place]:
    """Return how each fact of a sentence fares in the sentences of a source.

    Args:
        claim: The sentence.
        source: Where its facts are looked for.
        others: Sentences that may have something else in a fact's place, beside the source's.
    """
    return [_place(claim, fact, source, others) for fact in claim.facts]


def _place(claim: Said, fact: Fact, source: Sequence[Said], others: Sequence[Said]) -> Place:
    wanted = _around(claim.tokens, fact, NEAR)
    own, rival, found = 0.0, 0.0, False
    for sentence in source:
        for other in sentence.facts:
            if other.kind is not fact.kind:
                continue
            share = _shared(wanted, sentence, other)
            if same(fact, other):
                found, own = True, max(own, share)
            elif not any(same(other, mine) for mine in claim.facts):
                rival = max(rival, share)
        if not found and fact.kind is FactKind.NAME and _has_words(fact, sentence):
            found, own = True, max(own, _share_of_words(wanted, sentence))
    for sentence in others:
        for other in sentence.facts:
            if other.kind is fact.kind and not any(same(other, mine) for mine in claim.facts):
                rival = max(rival, _shared(wanted, sentence, other))
    return Place(fact, found, own, rival)


def turned_sides(claim: Said, source: Sequence[Said]) -> float:
    """Return how much better the opposite of one of the sentence's words fits its surroundings."""
    worst = 0.0
    for mine in claim.polarity.sides:
        wanted = _around(claim.tokens, mine, NEAR)
        own, rival = 0.0, 0.0
        for sentence in source:
            for theirs in sentence.polarity.sides:
                if mine.agrees(theirs):
                    own = max(own, _shared(wanted, sentence, theirs))
                elif mine.opposes(theirs):
                    rival = max(rival, _shared(wanted, sentence, theirs))
        worst = max(worst, rival - own)
    return worst


def same(fact: Fact, other: Fact) -> bool:
    """Tell whether a fact of a source bears one of a sentence out; a part of a name is that name."""
    if fact.kind is FactKind.NAME and other.kind is FactKind.NAME:
        mine, theirs = fact.value, other.value
        return mine == theirs or f" {mine} " in f" {theirs} " or f" {theirs} " in f" {mine} "
    return fact.agrees(other)


def _has_words(fact: Fact, sentence: Said) -> bool:
    return f" {fact.value} " in f" {sentence.text.lower()} "


def _share_of_words(wanted: set[str], sentence: Said) -> float:
    held = {token.text for token in sentence.tokens}
    return len(wanted & held) / len(wanted) if wanted else 1.0


def _shared(wanted: set[str], sentence: Said, other: Fact | Side) -> float:
    """Return how much of a fact's surroundings another one has: half for its clause, half around it."""
    if not wanted:
        return 1.0
    start, end = clause_around(sentence.text, other.start, other.end)
    clause = {token.text for token in sentence.tokens if start <= token.start < end}
    near = _around(sentence.tokens, other, REACH)
    return (len(wanted & clause) + len(wanted & near)) / (2 * len(wanted))


def clause_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the clause around a part of a sentence begins and ends."""
    before = max((match.end() for match in _BREAK.finditer(text, 0, start)), default=0)
    after = _BREAK.search(text, end)
    return before, after.start() if after else len(text)


_BREAK = re.compile(r"[;:。；：！？，、]|[.,!?](?!\d)|\b(?:and|but|or|while)\b")


def _around(tokens: Sequence[Token], fact: Fact | Side, reach: int) -> set[str]:
    before = [token.text for token in tokens if token.start < fact.start]
    after = [token.text for token in tokens if token.start >= fact.end]
    return {*before[max(0, len(before) - reach) :], *after[:reach]}


def followed(claim: Said, source: Sequence[Said]) -> float:
    """Return the share of the sentence's neighbouring words that are near one another in the source."""
    pairs = list(zip(claim.tokens, claim.tokens[1:], strict=False))
    if not pairs:
        return 1.0
    near: set[tuple[str, str]] = set()
    for sentence in source:
        texts = [token.text for token in sentence.tokens]
        for at, one in enumerate(texts):
            for other in texts[at + 1 : at + 1 + SKIP]:
                near |= {(one, other), (other, one)}
    return sum((one.text, other.text) in near for one, other in pairs) / len(pairs)
