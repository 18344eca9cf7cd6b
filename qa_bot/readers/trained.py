"""The bundled reader: a trained network ranks the passages, finds the answer, and knows when none is there.

What its vocabulary cannot read goes to the reader that it falls back on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge_base.chunking.context import encoded_text
from knowledge_base.indexes.analysis import has_cjk
from knowledge_base.protocols import Encoder
from knowledge_base.types import ScoredPassage, Span
from qa_bot.phrases import phrase
from qa_bot.protocols import Reader
from qa_bot.readers.evidence import (
    Evidence,
    compose,
    pieces,
    sentence_at,
    wants_several,
    with_list,
)
from qa_bot.readers.mentions import unmentioned
from qa_bot.readers.network import ReaderModel, SpanScore
from qa_bot.readers.similarity import UNREADABLE, SimilarityReader, reason_of
from qa_bot.types import Reading

SECOND_SHARE = 0.6
"""A second sentence joins an answer to several things from this share of the first's certainty."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the network's numbers become probabilities; fitted on held-out questions.

    ``rank`` weighs (1, answerable, relevant, margin, retrieval score) of a passage; ``scale`` and
    ``shift`` turn the best passage's logit into the confidence; ``thresholds`` are by caution.
    """

    rank: tuple[float, ...]
    scale: float
    shift: float
    thresholds: Mapping[str, float]

    def logit(self, score: SpanScore, hit: ScoredPassage) -> float:
        """Return the logit that a passage's best span answers the question."""
        values = (1.0, *features(score, hit))
        return sum(weight * value for weight, value in zip(self.rank, values, strict=True))

    def confidence(self, logit: float) -> float:
        """Return the probability that the best passage's answer is right."""
        return 1.0 / (1.0 + math.exp(-(self.scale * logit + self.shift)))


def features(score: SpanScore, hit: ScoredPassage) -> tuple[float, ...]:
    """Return what a passage is ranked by: answerable, relevant, margin, retrieval score."""
    return (score.answerable, score.relevant, score.margin / 4.0, hit.score)


def read_as(hit: ScoredPassage) -> str:
    """Return the text that is read for a passage: title and headings, then the passage."""
    passage = hit.passage
    path = [passage.title] if passage.title not in passage.headings else []
    return encoded_text((*path, *passage.headings), passage.text)


class TrainedReader:
    """Quotes whole sentences around the spans that the network finds."""

    name = "qa-bot-reader"

    def __init__(
        self,
        model: ReaderModel,
        fallback: Reader,
        encoder: Encoder,
        *,
        caution: str = "balanced",
    ) -> None:
        """Take the network and the reader of what it cannot read.

        Args:
            model: The network with its calibration.
            fallback: Reads Chinese and other text that the vocabulary does not know.
            encoder: Tells how much of a text the vocabulary knows.
            caution: ``strict``, ``balanced`` or ``eager``.
        """
        self._model, self._fallback, self._encoder = model, fallback, encoder
        found = model.settings["calibration"]
        self._calibration = Calibration(
            tuple(found["rank"]), found["scale"], found["shift"], found["thresholds"]
        )
        self._threshold = self._calibration.thresholds[caution]

    def read(self, question: str, hits: Sequence[ScoredPassage]) -> Reading:
        """Return the answer, or an abstention with its reason."""
        if has_cjk(question) or self._encoder.unknown_share(question) >= UNREADABLE:
            reading = self._fallback.read(question, hits)
            return replace(reading, explain={**reading.explain, "read_by": self._fallback.name})
        if not hits:
            return Reading("", None, True, 0.0, reason=phrase("no_passages", question))
        scores = self._model.score(question, [read_as(hit) for hit in hits])
        ranked = sorted(
            (
                (self._calibration.logit(score, hit), number)
                for number, (score, hit) in enumerate(zip(scores, hits, strict=True))
            ),
            reverse=True,
        )
        logit, best = ranked[0]
        absent = unmentioned(question, hits)
        confidence = absent.capped(self._calibration.confidence(logit))
        explain: dict[str, object] = {
            "read_by": self.name,
            "passages": [
                {"id": hits[number].passage.id, "logit": round(value, 3)}
                for value, number in ranked
            ],
            "unmentioned": list(absent.all),
        }
        if confidence < self._threshold:
            reason = reason_of(question, absent)
            return Reading("", None, True, confidence, reason=reason, explain=explain)
        first = _evidence(hits[best], scores[best])
        chosen = self._chosen(question, hits, scores, ranked, first)
        return compose(chosen, confidence, _short(first), explain)

    def stream(self, question: str, hits: Sequence[ScoredPassage]) -> Iterator[str | Reading]:
        """Yield the answer's text in pieces, then the reading."""
        reading = self.read(question, hits)
        yield from pieces(reading)
        yield reading

    def _chosen(
        self,
        question: str,
        hits: Sequence[ScoredPassage],
        scores: Sequence[SpanScore],
        ranked: Sequence[tuple[float, int]],
        first: Evidence,
    ) -> list[Evidence]:
        """Return the first evidence with its list, or with others where several things are asked."""
        run = with_list(question, first)
        if len(run) > 1 or not wants_several(question):
            return run
        chosen = [first]
        least = SECOND_SHARE * self._calibration.confidence(ranked[0][0])
        for value, number in ranked[1:]:
            if len(chosen) == 3 or self._calibration.confidence(value) < least:
                break
            evidence = _evidence(hits[number], scores[number])
            quotes = {_quote(other) for other in chosen}
            if _quote(evidence) not in quotes:
                chosen.append(evidence)
        return chosen


def _evidence(hit: ScoredPassage, score: SpanScore) -> Evidence:
    """Return the sentence around a span; a span in the headings before the passage is the passage's start."""
    before = len(read_as(hit)) - len(hit.passage.text)
    start = hit.passage.start + max(0, score.start - before)
    end = hit.passage.start + max(0, score.end - before)
    if end <= start:
        opening = sentence_at(hit, hit.passage.start, hit.passage.start + 1)
        return Evidence(hit, opening.start, opening.end)
    sentence = sentence_at(hit, start, end)
    return Evidence(hit, sentence.start, sentence.end, Span(start, end))


def _quote(evidence: Evidence) -> str:
    passage = evidence.hit.passage
    return passage.text[evidence.start - passage.start : evidence.end - passage.start]


def _short(evidence: Evidence) -> str | None:
    if evidence.span is None:
        return None
    passage = evidence.hit.passage
    left, right = evidence.span.start - passage.start, evidence.span.end - passage.start
    return " ".join(passage.text[left:right].split()) or None


def bundled_reader(encoder: Encoder, *, caution: str = "balanced") -> TrainedReader:
    """Return the shipped reader, falling back on similarity where it cannot read."""
    return TrainedReader(
        ReaderModel(), SimilarityReader(encoder, caution=caution), encoder, caution=caution
    )
