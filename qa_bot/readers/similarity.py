"""Answers by choosing sentences: near in meaning, sharing the telling words, well placed.

It needs no trained model of its own, reads any language that the lexical analysis knows, and is
what other readers fall back on where their vocabulary ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.tokens import UNREADABLE
from knowledge_base.protocols import Encoder
from knowledge_base.types import ScoredPassage
from qa_bot.phrases import phrase
from qa_bot.readers.evidence import (
    Evidence,
    Sentence,
    compose,
    pieces,
    sentences_of,
    wants_several,
    with_antecedent,
    with_list,
)
from qa_bot.readers.expected import fits, short_span
from qa_bot.readers.mentions import Unmentioned, unmentioned, unmentioned_things
from qa_bot.readers.polarity import with_polarity
from qa_bot.readers.terms import overlap, terms, weights, words
from qa_bot.types import Reading

MOST_SENTENCES = 48
"""Sentences that are scored for a question."""

THRESHOLDS: Mapping[str, float] = {"strict": 0.6, "balanced": 0.31, "eager": 0.15}
"""The least confidence at which an answer is given, by caution."""

MOST_ENCODED = 24
"""Sentences that are encoded for a question: what an answer waits for."""

LONGEST_ENCODED = 600
"""Characters of a sentence that are encoded."""


@dataclass(frozen=True, slots=True)
class _Shares:
    """What a sentence's score is made of.

    ``words`` is for the share of the question's words in the sentence, ``purity`` for the share of
    the sentence's in the question, ``kind`` for being the kind of answer that is wanted.
    """

    meaning: float
    words: float
    purity: float
    passage: float
    rank: float
    kind: float


SHARES: Mapping[bool, _Shares] = {
    True: _Shares(meaning=0.45, words=0.3, purity=0.15, passage=0.25, rank=0.15, kind=0.08),
    False: _Shares(meaning=0.0, words=0.6, purity=0.15, passage=0.25, rank=0.15, kind=0.08),
}
"""Shares of a sentence's score, for text that the encoder reads (True) and does not (False)."""

FLOOR: Mapping[bool, float] = {True: 0.85, False: 0.75}
"""The share of the best score from which a second sentence joins an answer, likewise."""

FLOOR_OF_SEVERAL = 0.8
"""The same where the question asks for several things; a third may join too."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the confidence is made of; each about between 0 and 1.

    ``margin`` is how far the best sentence stands before the next; ``absent`` is 0, 0.5 or 1 where
    none, one or more of the question's nouns occur in no passage.
    """

    similarity: float
    sentence_overlap: float
    passage_overlap: float
    dense: float
    margin: float
    absent: float


COEFFICIENTS: Mapping[bool, tuple[float, ...]] = {
    True: (-2.5, 1.9, 1.1, 1.0, 0.4, 1.7, -1.2),
    False: (-4.0, 0.0, 4.7, 3.1, 0.6, 2.2, -0.8),
}
"""Bias and weights of ``Features``, for text that the encoder reads (True) and does not (False).

Chosen on development questions and public ones together; ``scripts/fit_similarity_reader.py`` fits
such weights anew.
"""


@dataclass(frozen=True, slots=True)
class ScoredSentences:
    """The sentences of a question's passages with all that was measured of them."""

    sentences: Sequence[Sentence]
    held: Sequence[set[str]]
    similarities: npt.NDArray[np.float32]
    own: Sequence[float]
    whole: Sequence[float]
    scores: Sequence[float]
    readable: bool

    @property
    def order(self) -> list[int]:
        """The sentences' numbers, best first."""
        return sorted(range(len(self.scores)), key=lambda number: -self.scores[number])


class SimilarityReader:
    """Quotes the one to three sentences that answer best; abstains where they are weak."""

    name = "similarity"

    def __init__(self, encoder: Encoder, *, caution: str = "balanced") -> None:
        """Take the encoder and how readily to abstain: ``strict``, ``balanced`` or ``eager``."""
        self._encoder = encoder
        self._threshold = THRESHOLDS[caution]

    def read(self, question: str, hits: Sequence[ScoredPassage]) -> Reading:
        """Return the answer, or an abstention with its reason."""
        sentences = [s for hit in hits for s in sentences_of(hit)][:MOST_SENTENCES]
        if not sentences:
            return Reading("", None, True, 0.0, reason=phrase("no_passages", question))
        scored = self.score(question, sentences, hits)
        features = _features(question, scored, hits)
        absent = unmentioned(question, hits)
        confidence = absent.capped(confidence_of(features, scored.readable))
        explain: dict[str, object] = {
            "features": {name: getattr(features, name) for name in Features.__slots__},
            "unmentioned": list(absent.all),
            "by_words_alone": not scored.readable,
        }
        if confidence < self._threshold:
            return Reading(
                "", None, True, confidence, reason=reason_of(question, absent), explain=explain
            )
        chosen = _chosen(question, scored)
        short = _short(chosen[0])
        reading = compose(with_antecedent(chosen), confidence, short, explain)
        return with_polarity(question, reading)

    def stream(self, question: str, hits: Sequence[ScoredPassage]) -> Iterator[str | Reading]:
        """Yield the answer's text in pieces, then the reading."""
        reading = self.read(question, hits)
        yield from pieces(reading)
        yield reading

    def score(
        self,
        question: str,
        sentences: Sequence[Sentence],
        hits: Sequence[ScoredPassage],
        compared: Sequence[int] | None = None,
    ) -> ScoredSentences:
        """Return what is measured of each sentence: meaning, words, place, kind.

        Args:
            question: As it was asked.
            sentences: All sentences of the passages.
            hits: The passages.
            compared: The numbers of the sentences whose meaning is compared; by default those
                that share most words with the question.
        """
        readable = self._encoder.unknown_share(question) < UNREADABLE
        wanted, wanted_terms = set(words(question)), set(terms(question))
        held = [set(terms(sentence.text)) for sentence in sentences]
        contexts = {id(hit): _context(hit) for hit in hits}
        weight = weights([*held, *contexts.values()])
        unseen = math.log(1.0 + len(held) + len(contexts))
        ranks = {id(hit): rank for rank, hit in enumerate(hits)}
        own = [overlap(wanted, found, weight, unseen) for found in held]
        in_passage = {
            key: overlap(wanted, found, weight, unseen) for key, found in contexts.items()
        }
        whole = [in_passage[id(sentence.hit)] for sentence in sentences]
        similar = np.zeros(len(sentences), np.float32)
        if readable:
            # sentences come in the order of their passages: the first have the better passages
            order = sorted(range(len(sentences)), key=lambda n: 0.01 * n - own[n])[:MOST_ENCODED]
            similar = self._similarities(
                question, sentences, order if compared is None else compared
            )
        share = SHARES[readable]
        scores = [
            share.meaning * float(similar[number])
            + share.words * own[number]
            + share.purity * overlap(held[number], wanted_terms, weight, unseen)
            + share.passage * whole[number]
            + share.rank / (1 + 0.5 * ranks[id(sentence.hit)])
            + share.kind * fits(question, sentence.text)
            for number, sentence in enumerate(sentences)
        ]
        return ScoredSentences(sentences, held, similar, own, whole, scores, readable)

    def _similarities(
        self, question: str, sentences: Sequence[Sentence], compared: Sequence[int]
    ) -> npt.NDArray[np.float32]:
        """Return the similarity of each sentence; 0 for those that are not compared."""
        texts = [sentences[number].text[:LONGEST_ENCODED] for number in compared]
        similarities = np.zeros(len(sentences), np.float32)
        vectors = self._encoder.encode_passages(texts)
        similarities[list(compared)] = vectors @ self._encoder.encode_queries([question])[0]
        return similarities


def _chosen(question: str, scored: ScoredSentences) -> list[Evidence]:
    """Return the best sentence with its list, or with a second and third that add something."""
    best, *others = scored.order
    top = scored.sentences[best]
    first = Evidence(top.hit, top.start, top.end, short_span(question, top.text, top.start))
    run = with_list(question, first)
    if len(run) > 1:
        return run
    chosen, known = [first], set(scored.held[best])
    several = wants_several(question)
    floor = (FLOOR_OF_SEVERAL if several else FLOOR[scored.readable]) * scored.scores[best]
    for number in others:
        new = scored.held[number] - known
        if scored.scores[number] < floor or len(chosen) == (3 if several else 2):
            break
        sentence = scored.sentences[number]
        if len(new) >= 2 and sentence.text != top.text:
            chosen.append(Evidence(sentence.hit, sentence.start, sentence.end))
            known |= scored.held[number]
    return chosen


def _features(question: str, scored: ScoredSentences, hits: Sequence[ScoredPassage]) -> Features:
    best, *others = scored.order
    return Features(
        similarity=max(0.0, float(scored.similarities[best])),
        sentence_overlap=scored.own[best],
        passage_overlap=scored.whole[best],
        dense=max(0.0, scored.sentences[best].hit.explain.dense_score or 0.0),
        margin=scored.scores[best] - (scored.scores[others[0]] if others else 0.0),
        absent=min(2, len(unmentioned_things(question, hits))) / 2,
    )


def confidence_of(features: Features, readable: bool) -> float:
    """Return the confidence, 0 to 1: a logistic of the features."""
    bias, *factors = COEFFICIENTS[readable]
    values = [getattr(features, name) for name in Features.__slots__]
    total = bias + sum(factor * value for factor, value in zip(factors, values, strict=True))
    return 1.0 / (1.0 + math.exp(-total))


def reason_of(question: str, absent: Unmentioned) -> str:
    """Return why there is no answer, in the question's language."""
    if absent:
        return phrase("missing_terms", question, terms=", ".join(absent.all))
    return phrase("weak_evidence", question)


def _context(hit: ScoredPassage) -> set[str]:
    passage = hit.passage
    return set(terms(" ".join([passage.title, *passage.headings, passage.text])))


def _short(evidence: Evidence) -> str | None:
    if evidence.span is None:
        return None
    passage = evidence.hit.passage
    return passage.text[evidence.span.start - passage.start : evidence.span.end - passage.start]


def similarity_reader(
    encoder: Encoder,
    *,
    caution: str = "balanced",
    runtime: str = "auto",  # noqa: ARG001
) -> SimilarityReader:
    """Return the reader without a network of its own; the runtime is the encoder's affair."""
    return SimilarityReader(encoder, caution=caution)
