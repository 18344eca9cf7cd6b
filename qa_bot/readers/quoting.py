"""The words of a passage that a sentence goes back to: what its citation quotes."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge_base.types import ScoredPassage, Span
from qa_bot.readers.evidence import Sentence, sentences_of
from qa_bot.readers.terms import overlap, terms, weights, words

LONGEST = 3
"""Sentences of a quote, at the most."""

COST = 0.1
"""What each further sentence of a quote must add: the share of the claim's words, by weight."""


def best_quote(claim: str, hit: ScoredPassage) -> Span:
    """Return the run of one to three sentences of a passage that shares most with a claim.

    A further sentence is taken in only for what it adds. Where nothing is shared the passage's first
    sentence is quoted.

    Args:
        claim: A sentence without marks.
        hit: The passage.

    Returns:
        The quote, in characters of the document; it lies inside the passage.
    """
    sentences = sentences_of(hit)
    if not sentences:
        return Span(hit.passage.start, hit.passage.end)
    wanted = set(words(claim))
    held = [set(terms(sentence.text)) for sentence in sentences]
    weight = weights(held)
    unseen = max(weight.values(), default=1.0)

    def score(first: int, last: int) -> float:
        shared = set().union(*held[first : last + 1])
        return overlap(wanted, shared, weight, unseen) - COST * (last - first)

    runs = [
        (first, last)
        for first in range(len(sentences))
        for last in range(first, min(first + LONGEST, len(sentences)))
    ]
    first, last = max(runs, key=lambda run: (score(*run), run[0] - run[1], -run[0]))
    return _span(sentences, first, last)


def _span(sentences: Sequence[Sentence], first: int, last: int) -> Span:
    return Span(sentences[first].start, sentences[last].end)
