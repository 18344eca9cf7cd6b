"""What a passage offers a sentence: its sentences, their words in order, and their facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.indexes.analysis import CJK, STOP_WORDS, simplified
from qa_bot.readers.terms import overlap, stem, terms, weights, words
from qa_bot.support.facts import Fact, facts_of
from qa_bot.support.negation import Polarity, polarity_of

LONGEST = 6000
"""Characters of a passage that are looked at; passages of an index are far shorter."""

_TOKEN = re.compile(rf"[A-Za-z0-9]+(?:['’][a-z]+)?|[{CJK}]")
_CHINESE_EMPTY = frozenset("的了是在有和与及或也都就而其这那之于")


@dataclass(frozen=True, slots=True)
class Token:
    """A telling word, stemmed, or one Chinese character; ``start`` in characters of its text."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, of an answer or of a source, with everything that is compared."""

    text: str
    terms: frozenset[str]
    words: frozenset[str]
    tokens: tuple[Token, ...]
    facts: tuple[Fact, ...]
    polarity: Polarity


@dataclass(frozen=True, slots=True)
class Window:
    """One to three neighbouring sentences of a passage, ``first`` to ``last``, the last included."""

    passage: int
    first: int
    last: int
    coverage: float


@lru_cache(maxsize=4096)
def said(text: str) -> Said:
    """Return what a sentence says, made comparable."""
    plain = simplified(text)
    tokens = tuple(
        Token(stem(match.group()), match.start())
        for match in _TOKEN.finditer(plain)
        if match.group().lower() not in STOP_WORDS and match.group() not in _CHINESE_EMPTY
    )
    return Said(
        text,
        frozenset(terms(text)),
        frozenset(words(text)),
        tokens,
        tuple(facts_of(text)),
        polarity_of(plain),
    )


@lru_cache(maxsize=256)
def sentences(passage: str) -> tuple[str, ...]:
    """Return the sentences of a passage."""
    text = passage[:LONGEST]
    return tuple(text[start:end] for start, end in sentence_spans(text))


def weigh(claim: Said, passages: Sequence[str]) -> Mapping[str, float]:
    """Return how much each term tells among these passages, by how few of their sentences have it."""
    held = [set(said(sentence).terms) for passage in passages for sentence in sentences(passage)]
    return weights([*held, set(claim.terms)])


def windows(claim: Said, passages: Sequence[str], weight: Mapping[str, float]) -> list[Window]:
    """Return the best window of each passage that has sentences, best first.

    A window grows by a neighbour only where that covers clearly more of the claim's words.
    """
    unseen = max(weight.values(), default=1.0)
    wanted = set(claim.words)
    found = []
    for number, passage in enumerate(passages):
        held = [set(said(sentence).terms) for sentence in sentences(passage)]
        if not held:
            continue
        alone = [overlap(wanted, some, weight, unseen) for some in held]
        best = max(range(len(held)), key=lambda n: alone[n])
        window = Window(number, best, best, alone[best])
        for first, last in _around(best, len(held)):
            joined = overlap(wanted, set().union(*held[first : last + 1]), weight, unseen)
            if joined > window.coverage + GROWS * (last - first - (window.last - window.first)):
                window = Window(number, first, last, joined)
        found.append(window)
    return sorted(found, key=lambda window: -window.coverage)


GROWS = 0.06
"""How much more of a claim's words one more sentence must cover."""


def second(
    claim: Said,
    passages: Sequence[str],
    found: Sequence[Window],
    weight: Mapping[str, float],
) -> Window | None:
    """Return the window of another passage that covers what the best one leaves out, if much of it.

    A sentence may rest on two passages: "Delivery takes two days, and returns are free."
    """
    unseen = max(weight.values(), default=1.0)
    wanted = set(claim.words)
    first = found[0]
    held = _held(passages[first.passage], first.first, first.last)
    joint = [
        overlap(wanted, held | _held(passages[w.passage], w.first, w.last), weight, unseen)
        for w in found[1:]
    ]
    if not joint or max(joint) < first.coverage + ADDS:
        return None
    return found[1 + joint.index(max(joint))]


ADDS = 0.2
"""How much more of a claim's words a second passage must cover."""


def _held(passage: str, first: int, last: int) -> set[str]:
    some = sentences(passage)[first : last + 1]
    return {term for sentence in some for term in said(sentence).terms}


def _around(best: int, count: int) -> list[tuple[int, int]]:
    pairs = [(best - 1, best), (best, best + 1), (best - 1, best + 1)]
    return [(first, last) for first, last in pairs if first >= 0 and last < count]
