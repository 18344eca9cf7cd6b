"""Questions with paragraphs, and what they become to be learned from.

Reads SQuAD's JSON form (1.1 and 2.0, plain or gzip). A paragraph that does not hold the answer is
made an example too: another paragraph of the same article, the nearer in words the likelier.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa_bot.errors import QABotError

_WORD = re.compile(r"\w+")


class DataError(QABotError, ValueError):
    """A data file is missing or has another form."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question over one paragraph. ``start`` is in characters; -1 where there is no answer."""

    text: str
    title: str
    context: str
    start: int
    answers: tuple[str, ...]

    @property
    def answerable(self) -> bool:
        """Whether the paragraph holds the answer."""
        return self.start >= 0


@dataclass(frozen=True, slots=True)
class Example:
    """A question beside a passage. ``start`` and ``end`` in characters, -1 where it has no answer.

    ``relevant`` tells whether the passage is about the question, even if it holds no answer.
    """

    question: str
    passage: str
    start: int
    end: int
    relevant: bool


def read_squad(path: Path) -> dict[str, list[Question]]:
    """Return the questions of a file in SQuAD's form, by article.

    Raises:
        DataError: If the file cannot be read or has another form.
    """
    try:
        data = path.read_bytes()
        raw = gzip.decompress(data) if path.suffix == ".gz" else data
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
            f"{path} is not in SQuAD's JSON form ({error!r}); give a file of that form"
        ) from error
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
    """Gives examples without end, in an order that the seed alone decides."""

    def __init__(
        self, articles: Sequence[list[Question]], seed: int, negatives: float = 0.7
    ) -> None:
        """Take questions by article; ``negatives`` is the share that also brings a wrong passage."""
        self._questions = [(number, q) for number, qs in enumerate(articles) for q in qs]
        self._paragraphs = [sorted({q.context for q in qs}) for qs in articles]
        self._words = [[set(_words(p)) for p in paragraphs] for paragraphs in self._paragraphs]
        self._seed, self._negatives = seed, negatives
        if not self._questions:
            raise DataError("there is no question to learn from; give files that hold some")

    def epoch(self, number: int) -> Iterator[Example]:
        """Give the examples of one pass over all questions."""
        draw = random.Random(f"{self._seed}/{number}")
        order = list(range(len(self._questions)))
        draw.shuffle(order)
        for index in order:
            article, question = self._questions[index]
            asked = noisy(question.text, draw)
            end = question.start + len(question.answers[0]) if question.answerable else -1
            yield _example(draw, asked, question.title, question.context, question.start, end, True)
            if draw.random() < self._negatives:
                other = self._other(draw, article, question)
                if other is not None:
                    yield _example(draw, asked, question.title, other, -1, -1, False)

    def _other(self, draw: random.Random, article: int, question: Question) -> str | None:
        """Return a paragraph without the answer: mostly one of the article that shares words."""
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


def noisy(question: str, draw: random.Random) -> str:
    """Return a question as people type it: often without its mark, sometimes with a slip."""
    if draw.random() < 0.3:
        question = question.rstrip("? ")
    if draw.random() < 0.06 and len(question) > 12:
        at = draw.randrange(1, len(question) - 2)
        swapped = question[at + 1] + question[at]
        kept = question[:at] + question[at + 2 :] if draw.random() < 0.5 else question
        question = (
            kept if len(kept) < len(question) else question[:at] + swapped + question[at + 2 :]
        )
    return question


def _example(
    draw: random.Random, asked: str, title: str, text: str, start: int, end: int, relevant: bool
) -> Example:
    """Make an example, half of the time with the title before the passage, as headings will be."""
    if title and draw.random() < 0.5:
        before = f"{title}\n"
        text = before + text
        if start >= 0:
            start, end = start + len(before), end + len(before)
    return Example(asked, text, start, end, relevant)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if len(word) > 3]
