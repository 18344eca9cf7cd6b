"""What the network reads for a question: passages whole, then the sentence that is chosen by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge_base.types import ScoredPassage
from qa_bot.readers.evidence import Sentence, sentences_of
from qa_bot.readers.network import PassageScore, ReaderModel, read_as
from qa_bot.readers.spans import Part, SpanScore


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence after the network has read its passage.

    ``score`` is the passage's, ``span`` the best one in the sentence, and ``before`` counts the
    characters of the passage's headings.
    """

    sentence: Sentence
    score: PassageScore
    span: SpanScore
    before: int

    @property
    def part(self) -> Part:
        """The sentence as a part of the text that was read."""
        hit = self.sentence.hit
        moved = self.before - hit.passage.start
        start, end = self.sentence.start + moved, self.sentence.end + moved
        return Part(read_as(hit), self.before, start, end, self.span)


def read_passages(
    model: ReaderModel, question: str, hits: Sequence[ScoredPassage]
) -> list[ReadSentence]:
    """Return the sentences of the passages in their order, with what the network says of each."""
    by_hit = [_telling(sentences_of(hit)) for hit in hits]
    texts = [read_as(hit) for hit in hits]
    before = [len(text) - len(hit.passage.text) for text, hit in zip(texts, hits, strict=True)]
    parts = [
        [(s.start - hit.passage.start + offset, s.end - hit.passage.start + offset) for s in some]
        for some, hit, offset in zip(by_hit, hits, before, strict=True)
    ]
    scores = model.score(question, texts, parts)
    return [
        ReadSentence(sentence, score, span, offset)
        for some, score, offset in zip(by_hit, scores, before, strict=True)
        for sentence, span in zip(some, score.spans, strict=True)
    ]


def _telling(sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """Leave out questions, such as an FAQ's: near to what is asked, they answer nothing."""
    return [s for s in sentences if not s.text.rstrip().endswith(("?", "？"))] or sentences


def distinct(read: Sequence[ReadSentence]) -> list[ReadSentence]:
    """Of a sentence that overlapping windows share, keep the reading that found more in it."""
    found: dict[tuple[str, int, int], ReadSentence] = {}
    for one in read:
        key = (one.sentence.hit.passage.source, one.sentence.start, one.sentence.end)
        if key not in found or one.span.margin > found[key].span.margin:
            found[key] = one
    return list(found.values())


def read_again(model: ReaderModel, question: str, one: ReadSentence) -> ReadSentence:
    """Read a sentence once more, alone below its headings; return it with the span both readings prefer."""
    return replace(one, span=model.read_again(question, one.part))
