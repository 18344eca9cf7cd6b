"""Answers by choosing sentences: near in meaning, sharing the telling words, well placed.

It needs no trained model of its own, reads any language that the lexical analysis knows, and is
what other readers fall back on where their vocabulary ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.indexes.analysis import has_cjk
from knowledge_base.protocols import Encoder
from knowledge_base.types import ScoredPassage, Span
from qa_bot.phrases import phrase
from qa_bot.readers.evidence import (
    Evidence,
    Sentence,
    compose,
    pieces,
    sentences_of,
    wants_several,
    with_list,
)
from qa_bot.readers.mentions import Unmentioned, unmentioned
from qa_bot.readers.terms import overlap, terms, weights
from qa_bot.types import Reading

MOST_SENTENCES = 48
"""Sentences that are scored for a question."""

UNREADABLE = 0.25
"""From this share of unknown tokens a question is scored by its words alone."""

THRESHOLDS: Mapping[str, float] = {"strict": 0.6, "balanced": 0.35, "eager": 0.15}
"""The least confidence at which an answer is given, by caution."""

_EXPECTED = (
    (
        re.compile(
            r"\bhow (?:much|many|long|far|often|large|big|heavy|old|fast)\b|\bprice|\bcost", re.I
        ),
        re.compile(
            r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|free|once|twice)\b", re.I
        ),
    ),
    (
        re.compile(r"\bwhen\b|\bwhat (?:time|date|day|year)\b|\buntil\b|\bdeadline\b", re.I),
        re.compile(
            r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:day|week|month|year|hour)s?\b|"
            r"\b(?:before|after|within|during)\b",
            re.I,
        ),
    ),
    (
        re.compile(r"多少|几|多久|多长|多大|何时|什么时候|时间|价格|费用|电话"),
        re.compile(r"[\d一二两三四五六七八九十百千免]"),
    ),
    (
        re.compile(r"\b(?:who|whom|whose)\b|谁|哪位", re.I),
        re.compile(r"[A-Z][a-z]+|经理|客服|部|员|团队"),
    ),
    (re.compile(r"e-?mail|邮箱|邮件", re.I), re.compile(r"\S@\S")),
)
"""What a question asks for, and what a sentence that answers it must have."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the confidence is made of; each between 0 and 1."""

    similarity: float
    sentence_overlap: float
    passage_overlap: float
    dense: float
    missing: float


COEFFICIENTS: Mapping[bool, tuple[float, ...]] = {
    True: (-5.2, 5.0, 3.5, 0.8, 2.7, -0.7),
    False: (-4.7, 0.0, 5.5, 4.2, 0.8, -0.7),
}
"""Bias and weights of ``Features``, for text that the encoder reads (True) and does not (False)."""


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
        readable = self._encoder.unknown_share(question) < UNREADABLE and not has_cjk(question)
        wanted = set(terms(question))
        held = [set(terms(sentence.text)) for sentence in sentences]
        contexts = {id(hit): _context(hit) for hit in hits}
        weight = weights([*held, *contexts.values()])
        unseen = math.log(1.0 + len(held) + len(contexts))
        similar = self._similarities(question, sentences) if readable else np.zeros(len(sentences))
        ranks = {id(hit): rank for rank, hit in enumerate(hits)}
        scores = [
            self._score(
                question,
                sentence,
                float(similar[i]),
                overlap(wanted, held[i], weight, unseen),
                overlap(wanted, held[i] | contexts[id(sentence.hit)], weight, unseen),
                ranks[id(sentence.hit)],
                readable,
            )
            for i, sentence in enumerate(sentences)
        ]
        best = int(np.argmax(scores))
        top = sentences[best]
        everything = set().union(*held, *contexts.values())
        missing = sorted(wanted - everything)
        features = Features(
            max(0.0, float(similar[best])),
            overlap(wanted, held[best], weight, unseen),
            overlap(wanted, contexts[id(top.hit)], weight, unseen),
            max(0.0, top.hit.explain.dense_score or 0.0),
            1.0 - overlap(wanted, everything, weight, unseen),
        )
        confidence = confidence_of(features, readable)
        absent = unmentioned(question, hits)
        confidence = absent.capped(confidence)
        explain: dict[str, object] = {
            "features": {name: getattr(features, name) for name in Features.__slots__},
            "missing_terms": missing,
            "by_words_alone": not readable,
        }
        if confidence < self._threshold:
            return Reading(
                "", None, True, confidence, reason=reason_of(question, absent), explain=explain
            )
        chosen = self._chosen(question, sentences, scores, held, best)
        return compose(chosen, confidence, _short(question, top.text), explain)

    def stream(self, question: str, hits: Sequence[ScoredPassage]) -> Iterator[str | Reading]:
        """Yield the answer's text in pieces, then the reading."""
        reading = self.read(question, hits)
        yield from pieces(reading)
        yield reading

    def _similarities(self, question: str, sentences: Sequence[Sentence]) -> np.ndarray:
        vectors = self._encoder.encode_passages([sentence.text[:600] for sentence in sentences])
        similarities: np.ndarray = vectors @ self._encoder.encode_queries([question])[0]
        return similarities

    def _score(
        self,
        question: str,
        sentence: Sentence,
        similarity: float,
        own: float,
        with_context: float,
        rank: int,
        readable: bool,
    ) -> float:
        meaning = 0.45 * similarity if readable else 0.0
        words = (0.3 if readable else 0.6) * own + 0.25 * with_context
        return meaning + words + 0.15 / (1 + 0.5 * rank) + 0.08 * _fits(question, sentence.text)

    def _chosen(
        self,
        question: str,
        sentences: Sequence[Sentence],
        scores: Sequence[float],
        held: Sequence[set[str]],
        best: int,
    ) -> list[Evidence]:
        """Return the best sentence with its list, or with a second and third that add something."""
        top = sentences[best]
        span = _span(question, top)
        first = Evidence(top.hit, top.start, top.end, span)
        run = with_list(question, first)
        if len(run) > 1:
            return run
        chosen, known = [first], set(held[best])
        most = 3 if wants_several(question) else 2
        floor = (0.8 if most == 3 else 0.88) * scores[best]
        for number in sorted(range(len(scores)), key=lambda n: -scores[n]):
            new = held[number] - known
            if number == best or len(chosen) == most or scores[number] < floor or len(new) < 2:
                continue
            if sentences[number].text == top.text:
                continue
            sentence = sentences[number]
            chosen.append(Evidence(sentence.hit, sentence.start, sentence.end))
            known |= held[number]
        return chosen


def confidence_of(features: Features, readable: bool) -> float:
    """Return the confidence, 0 to 1: a logistic of the features."""
    bias, *factors = COEFFICIENTS[readable]
    values = [getattr(features, name) for name in Features.__slots__]
    total = bias + sum(factor * value for factor, value in zip(factors, values, strict=True))
    return 1.0 / (1.0 + math.exp(-total))


def _context(hit: ScoredPassage) -> set[str]:
    passage = hit.passage
    return set(terms(" ".join([passage.title, *passage.headings, passage.text])))


def _fits(question: str, sentence: str) -> float:
    """Return 1 where the sentence has what the question asks for, 0 where not, 0.5 where unknown."""
    for asked, needed in _EXPECTED:
        if asked.search(question):
            return 1.0 if needed.search(sentence) else 0.0
    return 0.5


def reason_of(question: str, absent: Unmentioned) -> str:
    """Return why there is no answer, in the question's language."""
    if absent:
        return phrase("missing_terms", question, terms=", ".join(absent.all))
    return phrase("weak_evidence", question)


_SHORT = (
    (re.compile(r"e-?mail|邮箱", re.I), re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")),
    (re.compile(r"phone|telephone|hotline|电话|热线", re.I), re.compile(r"\+?\d[\d\s()-]{6,}\d")),
    (
        re.compile(r"how much|price|cost|fee|价格|多少钱|费用|运费", re.I),
        re.compile(
            r"(?:EUR|USD|GBP|€|\$|£|¥|￥)\s?\d[\d.,]*|\d[\d.,]*\s?(?:EUR|USD|GBP|euros?|dollars?|%|€|元)"
        ),
    ),
    (
        re.compile(r"how long|when|how soon|until|within|多久|多长|几天|什么时候|时间", re.I),
        re.compile(
            r"\d+(?:\s?(?:-|to|–|至|到)\s?\d+)?\s?(?:(?:working|business|calendar)\s)?"
            r"(?:minutes?|hours?|days?|weeks?|months?|years?|分钟|个?小时|个?工作日|天|周|个月|年)",
            re.I,
        ),
    ),
    (re.compile(r"how many|多少|几", re.I), re.compile(r"\d[\d.,]*\s?(?:\w+)?")),
)
"""What a question of a kind is settled by, as a pattern in the sentence."""


def _short(question: str, sentence: str) -> str | None:
    for asked, pattern in _SHORT:
        if asked.search(question):
            found = pattern.search(sentence)
            return found.group().strip(" .,") if found else None
    return None


def _span(question: str, sentence: Sentence) -> Span | None:
    short = _short(question, sentence.text)
    if short is None:
        return None
    at = sentence.start + sentence.text.index(short)
    return Span(at, at + len(short))
