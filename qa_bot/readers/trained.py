"""The bundled reader: a trained network reads the passages, finds the answer, and knows when none is there.

What the network says of each sentence is joined with what similarity says of it; how, was fitted on
held-out questions. Chinese is read word by word in English, and where the network doubts, the similarity
reader has its say; what the vocabulary cannot read goes to that one alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.tokens import UNREADABLE
from knowledge_base.indexes.analysis import has_cjk
from knowledge_base.protocols import Encoder
from knowledge_base.types import ScoredPassage, Span
from qa_bot.phrases import phrase
from qa_bot.readers.calibration import FEATURES, SIGNS, Calibration, best_and_gap, probability
from qa_bot.readers.evidence import (
    Evidence,
    Sentence,
    compose,
    pieces,
    reads_as_steps,
    wants_several,
    wants_steps,
    with_antecedent,
    with_list,
)
from qa_bot.readers.expected import fits, short_span
from qa_bot.readers.mentions import unmentioned
from qa_bot.readers.network import ReaderModel
from qa_bot.readers.passage_reading import ReadSentence, distinct, read_again, read_passages
from qa_bot.readers.polarity import with_polarity
from qa_bot.readers.relevance import RelevanceReranker
from qa_bot.readers.rows import columns, own_row
from qa_bot.readers.similarity import SimilarityReader, reason_of
from qa_bot.readers.terms import says_the_same
from qa_bot.topics import telling
from qa_bot.types import Reading

THRESHOLDS: Mapping[str, float] = {"strict": 0.5, "balanced": 0.4, "eager": 0.15}
"""How sure the reader must be that an answer is right before it gives one, by caution."""

SHARE = 0.4
"""From this share of the best's certainty one more sentence joins an answer, two where several things are
asked: they are too close to choose between. Chosen on the bases that the certainty is fitted on: of the
answers there 0.950 hold what was asked for, and 0.936 from 0.7, with 1.3 sentences instead of 1.1."""

FIRST = 4
"""Passages read at first; the others only where these do not settle the question."""

SETTLED = 0.6
"""From this certainty the first passages settle it: of 99 development questions that they settled, reading
on changed none for the better (94 were right either way); measured with the certainty before this one."""

COMPARED = 6
"""Sentences whose meaning is compared with the question's: those that the network prefers."""

MOST_SENTENCES = 96
"""Sentences that are weighed for a question."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence as it was read, and the terms that it is made of."""

    read: ReadSentence
    said: frozenset[str]

    @property
    def sentence(self) -> Sentence:
        """The sentence."""
        return self.read.sentence

    @property
    def evidence(self) -> Evidence:
        """The sentence as evidence, its span in characters of the document."""
        moved = self.sentence.hit.passage.start - self.read.before
        start, end = self.read.span.start + moved, self.read.span.end + moved
        inside = self.sentence.start <= start < end <= self.sentence.end
        span = Span(start, end) if inside else None
        return Evidence(self.sentence.hit, self.sentence.start, self.sentence.end, span)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The sentences of the passages that were read, ``values`` and ``logits`` beside them.

    ``best`` is the number of the best one, ``signs`` its ``SIGNS``, ``certainty`` what follows.
    """

    found: Sequence[Candidate]
    values: Floats
    logits: Floats
    best: int
    signs: Sequence[float]
    certainty: float
    passages: int


def candidates(
    similarity: SimilarityReader,
    question: str,
    read: Sequence[ReadSentence],
    hits: Sequence[ScoredPassage],
) -> tuple[list[Candidate], Floats]:
    """Return the sentences of the passages, and their features, shape ``(n, len(FEATURES))``.

    Args:
        similarity: Compares meaning and words.
        question: As it was asked.
        read: The sentences.
        hits: The passages that they are from.
    """
    told = distinct(read)[:MOST_SENTENCES]
    sentences = [one.sentence for one in told]
    preferred = sorted(range(len(told)), key=lambda n: -told[n].span.margin)[:COMPARED]
    scored = similarity.score(question, sentences, hits, preferred)
    made: list[Candidate] = []
    rows: list[tuple[float, ...]] = []
    for at, one in enumerate(told):
        made.append(Candidate(one, frozenset(scored.held[at])))
        rows.append(
            (
                one.score.answerable,
                one.score.relevant,
                max(-5.0, one.span.margin / 4.0),
                float(scored.similarities[at]),
                scored.own[at],
                scored.whole[at],
                one.sentence.hit.score,
                fits(question, one.sentence.text),
            )
        )
    return made, np.array(rows, float).reshape(len(rows), len(FEATURES))


def elsewhere(question: str, hit: ScoredPassage) -> float:
    """Return how much of what a question names a passage does not mention: 0, a half or 1."""
    return min(2, len(unmentioned(question, [hit]).all)) / 2


class TrainedReader:
    """Quotes whole sentences around the spans that the network finds."""

    name = "qa-bot-reader"

    def __init__(
        self,
        model: ReaderModel,
        similarity: SimilarityReader,
        *,
        caution: str = "balanced",
        threshold: float | None = None,
    ) -> None:
        """Take the network and the reader by similarity.

        Args:
            model: The network with its calibration.
            similarity: Weighs sentences beside the network; reads alone Chinese that the network doubts,
                and what its vocabulary does not know.
            caution: ``strict``, ``balanced`` or ``eager``.
            threshold: From which certainty on it answers, instead of what ``caution`` stands for.
        """
        self.network = model
        self._model, self._similarity = model, similarity
        self._calibration = Calibration.from_settings(model.settings)
        self._threshold = THRESHOLDS[caution] if threshold is None else threshold
        self.reranker = RelevanceReranker(model)

    def read(self, question: str, hits: Sequence[ScoredPassage]) -> Reading:
        """Return the answer, or an abstention with its reason."""
        if self._model.tokens.unknown_share(question) >= UNREADABLE:
            return self._by_words(question, hits)
        weighed = self._read(question, hits)
        if weighed is None:
            return Reading("", None, True, 0.0, reason=phrase("no_passages", question))
        absent = unmentioned(question, hits)
        confidence = absent.capped(weighed.certainty)
        explain: dict[str, object] = {
            "read_by": self.name,
            "features": dict(zip(FEATURES, map(float, weighed.values[weighed.best]), strict=True)),
            **dict(zip(SIGNS, weighed.signs, strict=True)),
            "unmentioned": list(absent.all),
            "passages_read": weighed.passages,
        }
        if has_cjk(question):
            explain["read_as"] = self._model.tokens.read_as(question)
        if confidence < self._threshold:
            # glosses blur what a Chinese question shares with its answer word for word
            if has_cjk(question) and not (by_words := self._by_words(question, hits)).abstained:
                return by_words
            doubtful = confidence >= THRESHOLDS["eager"] and not absent
            reason = phrase("doubtful", question) if doubtful else reason_of(question, absent)
            return Reading(
                "", None, True, confidence, reason=reason, explain=explain, doubtful=doubtful
            )
        found = weighed.found
        overlaps = weighed.values[:, FEATURES.index("overlap")].tolist()
        texts = [candidate.sentence.text for candidate in found]
        best = own_row(weighed.best, texts, [c.sentence.hit.passage.id for c in found], overlaps)
        closer = read_again(self._model, question, found[best].read)
        first = _settling(question, replace(found[best], read=closer))
        chosen = _chosen(question, found, weighed.logits, best, first)
        answer = compose(with_antecedent(chosen), confidence, _short(first), explain)
        return with_polarity(question, answer)

    def _by_words(self, question: str, hits: Sequence[ScoredPassage]) -> Reading:
        """Return what the similarity reader says."""
        reading = self._similarity.read(question, hits)
        return replace(reading, explain={**reading.explain, "read_by": self._similarity.name})

    def _read(self, question: str, hits: Sequence[ScoredPassage]) -> Weighed | None:
        """Read the first passages, and the others only where the first do not settle the question."""
        first = len(hits) if wants_several(question) else FIRST
        read = read_passages(self._model, question, hits[:first])
        weighed = self._weighed(question, read, hits[:first])
        if len(hits) > first and (weighed is None or weighed.certainty < SETTLED):
            read += read_passages(self._model, question, hits[first:])
            weighed = self._weighed(question, read, hits)
        return weighed

    def _weighed(
        self, question: str, read: Sequence[ReadSentence], hits: Sequence[ScoredPassage]
    ) -> Weighed | None:
        """Return the sentences with their logits and the best one's certainty; None without any."""
        found, values = candidates(self._similarity, question, read, hits)
        if not found:
            return None
        logits = self._calibration.logits(values)
        passages = [candidate.sentence.hit.passage.id for candidate in found]
        best, gap = best_and_gap(logits, passages, [candidate.said for candidate in found])
        away = elsewhere(question, found[best].sentence.hit)
        answerable = float(values[best][FEATURES.index("answerable")])
        signs = [float(logits[best]), gap, away, answerable, float(len(telling(question)))]
        certainty = self._calibration.confidence(signs)
        if not signs[SIGNS.index("elsewhere")] and _steps(question, found[best]):
            certainty = max(certainty, _chance(values[best]))
        return Weighed(found, values, logits, best, signs, certainty, len(hits))

    def stream(self, question: str, hits: Sequence[ScoredPassage]) -> Iterator[str | Reading]:
        """Yield the answer's text in pieces, then the reading."""
        reading = self.read(question, hits)
        yield from pieces(reading)
        yield reading


def _chosen(
    question: str, found: Sequence[Candidate], logits: Floats, best: int, first: Evidence
) -> list[Evidence]:
    """Return the best sentence with its list, or with others where several things are asked.

    ``first`` is the best one as evidence.
    """
    run = with_list(question, first)
    if len(run) > 1:
        return run
    chosen, said = [first], [found[best].said]
    several = wants_several(question)
    least = SHARE * probability(float(logits.max()))
    row = () if several else columns(found[best].sentence.text)
    for number in np.argsort(-logits):
        # another row of the table tells of another thing
        if number == best or (row and columns(found[number].sentence.text) == row):
            continue
        full = len(chosen) == (3 if several else 2)
        if full or probability(float(logits[number])) < least:
            break
        if not any(says_the_same(found[number].said, other) for other in said):
            chosen.append(found[number].evidence)
            said.append(found[number].said)
    return chosen


def _steps(question: str, candidate: Candidate) -> bool:
    """Tell whether a question how something is done has met a list of steps."""
    return wants_steps(question) and reads_as_steps(with_list(question, candidate.evidence))


def _chance(values: Floats) -> float:
    """Return the chance that a passage answers, by the network's two words on the passage as a whole.

    Steps have no span that stands out, so that the margin of a span says nothing of them.
    """
    least = min(values[FEATURES.index("answerable")], values[FEATURES.index("relevant")])
    return probability(float(least))


def _settling(question: str, candidate: Candidate) -> Evidence:
    """Return a sentence as evidence; of a row the cell is marked that looks like what is asked for."""
    evidence, sentence = candidate.evidence, candidate.sentence
    if not columns(sentence.text):
        return evidence
    return replace(
        evidence, span=short_span(question, sentence.text, sentence.start) or evidence.span
    )


def _short(evidence: Evidence) -> str | None:
    if evidence.span is None:
        return None
    passage = evidence.hit.passage
    left, right = evidence.span.start - passage.start, evidence.span.end - passage.start
    return " ".join(passage.text[left:right].split()) or None


def bundled_reader(
    encoder: Encoder, *, caution: str = "balanced", runtime: str = "auto"
) -> TrainedReader:
    """Return the shipped reader, with similarity beside it."""
    similarity = SimilarityReader(encoder, caution=caution)
    return TrainedReader(ReaderModel(runtime=runtime), similarity, caution=caution)
