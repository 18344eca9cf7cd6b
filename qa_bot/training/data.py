"""Questions with paragraphs, and what they become to be learned from.

Reads SQuAD's JSON form (1.1 and 2.0, plain or gzip) and lines of question and passage. A question
comes with its paragraph and with others that do not hold its answer: one that the encoder brings
up, or one of the same article that shares words.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.chunking.sentences import sentence_spans
from qa_bot.errors import QABotError
from qa_bot.training.swaps import unanswerable

_WORD = re.compile(r"\w+")
_FUNCTION = frozenset(
    "a an the of in on at to for by with is are was were be been do does did has have had "
    "what which who whom whose when where why how it its that this there".split()
)


class DataError(QABotError, ValueError):
    """A data file is missing or has another form."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question over one paragraph. ``start`` is in characters; -1 where there is no answer.

    ``whole`` says that the paragraph as a whole is the answer, so that no span is known.
    """

    text: str
    title: str
    context: str
    start: int
    answers: tuple[str, ...]
    whole: bool = False

    @property
    def answerable(self) -> bool:
        """Whether the paragraph holds the answer."""
        return self.start >= 0 or self.whole


@dataclass(frozen=True, slots=True)
class Example:
    """A question beside a passage. ``start`` and ``end`` in characters, -1 where it has no answer.

    ``relevant`` tells whether the passage is about the question, even if it holds no answer;
    ``whole`` that all of it is the answer.
    """

    question: str
    passage: str
    start: int
    end: int
    relevant: bool
    whole: bool = False


def read_questions(path: Path) -> dict[str, list[Question]]:
    """Return the questions of a file by article: SQuAD's form, or JSON lines as MedQuAD has them.

    A line has ``question``, ``passage`` and, if known, ``topic``.

    Raises:
        DataError: If the file cannot be read or has another form.
    """
    try:
        data = path.read_bytes()
        raw = gzip.decompress(data) if path.suffix == ".gz" else data
        if path.name.removesuffix(".gz").endswith(".jsonl"):
            return _lines(raw.decode("utf-8"))
        articles = json.loads(raw)["data"]
        found: dict[str, list[Question]] = {}
        for number, article in enumerate(articles):
            title = str(article.get("title", "")).replace("_", " ")
            questions = found.setdefault(f"{title} #{number}", [])
            for paragraph in article["paragraphs"]:
                for qa in paragraph["qas"]:
                    answers = [] if qa.get("is_impossible") else qa.get("answers") or []
                    questions.append(
                        Question(
                            str(qa["question"]).strip(),
                            title,
                            str(paragraph["context"]),
                            int(answers[0]["answer_start"]) if answers else -1,
                            tuple(str(answer["text"]) for answer in answers),
                        )
                    )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not in SQuAD's JSON form ({error!r}); give a file of that form, "
            "or .jsonl with question and passage"
        ) from error
    return found


def _lines(text: str) -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {}
    for record in map(json.loads, filter(str.strip, text.splitlines())):
        topic = str(record.get("topic") or "")
        question, passage = str(record["question"]).strip(), str(record["passage"])
        found.setdefault(topic, []).append(Question(question, topic, passage, -1, (), True))
    return found


def hold_out(
    articles: dict[str, list[Question]], share: float, seed: int
) -> tuple[dict[str, list[Question]], dict[str, list[Question]]]:
    """Split by article, never by question: what is trained on, and what is held out.

    Of a file of few articles at least a quarter, up to four, is held out.
    """
    names = sorted(articles)
    random.Random(seed).shuffle(names)
    count = max(min(4, len(names) // 4), round(share * len(names)))
    held = set(names[:count]) if share else set()
    return (
        {name: articles[name] for name in articles if name not in held},
        {name: articles[name] for name in articles if name in held},
    )


class ExampleStream:
    """Gives questions with their passages without end, in an order that the seed alone decides."""

    def __init__(
        self,
        articles: Sequence[list[Question]],
        seed: str,
        negatives: float = 0.5,
        swapped: float = 0.15,
        cropped: float = 0.0,
        mined: Sequence[Sequence[str]] = (),
    ) -> None:
        """Take questions by article.

        Args:
            articles: The questions; paragraphs of one article are one another's wrong passages.
            seed: Decides everything.
            negatives: The share of questions that bring a wrong passage beside the right one.
            swapped: The share of answerable questions that become one without an answer.
            cropped: The share of questions whose passages are cut to a few sentences: where an answer
                begins and ends is then learned from three times as many questions in the same time.
            mined: For every question, in order, the wrong passages that the encoder brings up.
        """
        self._questions = [(number, q) for number, qs in enumerate(articles) for q in qs]
        self._paragraphs = [sorted({q.context for q in qs}) for qs in articles]
        self._words = [[set(_words(p)) for p in paragraphs] for paragraphs in self._paragraphs]
        self._seed, self._negatives, self._swapped = seed, negatives, swapped
        self._cropped, self._mined = cropped, mined
        if not self._questions:
            raise DataError("there is no question to learn from; give files that hold some")

    def epoch(self, number: int) -> Iterator[tuple[Example, ...]]:
        """Give one pass over all questions: each with its own passage first, then wrong ones."""
        draw = random.Random(f"{self._seed}/{number}")
        order = list(range(len(self._questions)))
        draw.shuffle(order)
        for index in order:
            article, question = self._questions[index]
            start, asked = question.start, question.text
            if start >= 0 and draw.random() < self._swapped:
                elsewhere = draw.choice(self._paragraphs[article])
                made = unanswerable(asked, question.context, elsewhere, draw)
                start, asked = (-1, made) if made else (start, asked)
            end = start + len(question.answers[0]) if start >= 0 else -1
            asked = noisy(asked, draw)
            crop = draw.random() < self._cropped and not question.whole
            text = question.context
            if crop:
                left, right = _some_sentences(draw, text, start, end)
                text = text[left:right]
                start, end = (start - left, end - left) if start >= 0 else (-1, -1)
            group = [_example(draw, asked, question.title, text, start, end, True, question.whole)]
            if draw.random() < self._negatives:
                beside = _beside(draw, question) if crop and draw.random() < 0.5 else None
                other = beside or self._other(draw, index)
                if other is not None:
                    if crop and not beside:
                        left, right = _some_sentences(draw, other, -1, -1)
                        other = other[left:right]
                    group.append(_example(draw, asked, question.title, other, -1, -1, False))
            yield tuple(group)

    def _other(self, draw: random.Random, index: int) -> str | None:
        """Return a paragraph without the answer, that the encoder or shared words bring up."""
        article, question = self._questions[index]
        if self._mined and self._mined[index] and draw.random() < 0.6:
            return draw.choice(self._mined[index])
        if draw.random() < 0.15:
            article = draw.randrange(len(self._paragraphs))
        wanted = set(_words(question.text))
        lowered = [answer.lower() for answer in question.answers]
        ranked = sorted(
            (
                (len(wanted & words) + draw.random(), paragraph)
                for paragraph, words in zip(
                    self._paragraphs[article], self._words[article], strict=True
                )
                if paragraph != question.context
                and not any(answer in paragraph.lower() for answer in lowered)
            ),
            reverse=True,
        )
        return draw.choice(ranked[:5])[1] if ranked else None


def _some_sentences(draw: random.Random, text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range of one to three sentences: those of the answer, if any, and neighbours."""
    spans = sentence_spans(text)
    if not spans:
        return 0, len(text)
    holding = [n for n, (left, right) in enumerate(spans) if left < end and right > start]
    middle = draw.randrange(len(spans))
    first, last = (holding[0], holding[-1]) if start >= 0 and holding else (middle, middle)
    first = max(0, first - (draw.random() < 0.4))
    last = min(len(spans) - 1, last + (draw.random() < 0.4))
    left, right = spans[first][0], spans[last][1]
    return (min(left, start), max(right, end)) if start >= 0 else (left, right)


def _beside(draw: random.Random, question: Question) -> str | None:
    """Return a sentence of the right paragraph that holds no answer, mostly one near to the question.

    The reader chooses among the sentences of one passage more often than among passages.
    """
    if question.start < 0:
        return None
    lowered = [answer.lower() for answer in question.answers]
    wanted = set(_words(question.text))
    sentences = [question.context[a:b] for a, b in sentence_spans(question.context)]
    ranked = sorted(
        (len(wanted & set(_words(sentence))) + draw.random(), sentence)
        for sentence in sentences
        if not any(answer in sentence.lower() for answer in lowered)
    )
    return draw.choice(ranked[-2:])[1] if ranked else None


def noisy(question: str, draw: random.Random) -> str:
    """Return a question as people type it: without its mark, with a slip, or as keywords alone."""
    if draw.random() < 0.05:
        kept = [word for word in question.rstrip("? ").split() if word.lower() not in _FUNCTION]
        if len(kept) > 2:
            return " ".join(kept)
    if draw.random() < 0.3:
        question = question.rstrip("? ")
    if draw.random() < 0.06 and len(question) > 12:
        at = draw.randrange(1, len(question) - 2)
        swapped = question[at + 1] + question[at]
        cut = question[:at] + question[at + 2 :] if draw.random() < 0.5 else question
        question = cut if len(cut) < len(question) else question[:at] + swapped + question[at + 2 :]
    return question


def _example(
    draw: random.Random,
    asked: str,
    title: str,
    text: str,
    start: int,
    end: int,
    relevant: bool,
    whole: bool = False,
) -> Example:
    """Make an example, half of the time with the title before the passage, as headings will be."""
    if title and draw.random() < 0.5:
        before = f"{title}\n"
        text = before + text
        if start >= 0:
            start, end = start + len(before), end + len(before)
    return Example(asked, text, start, end, relevant, whole)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if len(word) > 3]
