"""Sentences beside passages that support them or do not, made from questions over paragraphs.

True ones are a passage's own sentences, said otherwise, joined, or made of a question and its
answer. False ones are such sentences with a number, date, name, negation or answer changed, and
sentences of other paragraphs: of the same article, of the ones most alike, of other articles.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge_base.chunking.sentences import sentence_spans
from knowledge_base.indexes.analysis import has_cjk
from qa_bot.readers.terms import terms
from qa_bot.support.facts import Fact, FactKind, facts_of
from qa_bot.training.data import Question
from qa_bot.training.statements import reworded, statement
from qa_bot.training.swaps import OPPOSITE, OPPOSITE_WORD

TRUE_KINDS = ("verbatim", "reworded", "joined", "two passages", "answer")
CHANGED_KINDS = ("number", "date", "name", "negation", "opposite", "other answer")
ELSEWHERE_KINDS = ("same article", "most alike", "other article")

PASSAGES = 5
"""Passages beside a sentence: its own and others of the article, in any order."""

LONGEST_ANSWER = 7
"""Words of an answer that is exchanged: of two long ones both may be right."""

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|must|may|has|have|had)\b(?! (?:not|no)\b)"
)
_DENIED = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|must|may|has|have|had|do|does|did) not |\bnever "
)
_CHINESE_VERB = re.compile(r"(是|可以|能够|能|会|有|允许|需要|包括)(?!不|没)")
_CHINESE_DENIED = re.compile(r"不(?=能|会|可|是|需|允)|没(?=有)")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, the passages beside it, whether they support it, and how it was made.

    ``base`` is how the sentence stood before it was changed; ``article`` where it comes from.
    """

    sentence: str
    passages: tuple[str, ...]
    supported: bool
    kind: str
    article: str
    base: str = ""


class ClaimMaker:
    """Makes claims of the articles of one data set, in an order that the seed alone decides."""

    def __init__(self, articles: dict[str, list[Question]], seed: str) -> None:
        """Take questions by article."""
        self._articles = {
            name: sorted({q.context for q in questions}) for name, questions in articles.items()
        }
        self._questions: dict[str, list[Question]] = {}
        for questions in articles.values():
            for question in questions:
                if question.start >= 0:
                    self._questions.setdefault(question.context, []).append(question)
        self._names = sorted(self._articles)
        self._seed = seed

    def claims(self, count: int) -> Iterator[Claim]:
        """Give at most so many claims, every kind in turn as far as the paragraphs yield it."""
        draw = random.Random(self._seed)
        paragraphs = [(name, text) for name in self._names for text in self._articles[name]]
        draw.shuffle(paragraphs)
        given = 0
        while given < count and paragraphs:
            name, text = paragraphs.pop()
            for supported in (True, False):
                made = self._made(name, text, supported, draw)
                if made is not None:
                    yield made
                    given += 1

    def _made(self, name: str, text: str, supported: bool, draw: random.Random) -> Claim | None:
        # changed sentences are the harder ones, and count twice among the false
        false = [*CHANGED_KINDS, *CHANGED_KINDS, *ELSEWHERE_KINDS]
        kinds = list(TRUE_KINDS) if supported else false
        draw.shuffle(kinds)
        passages = self._beside(name, text, draw)
        for kind in dict.fromkeys(kinds):
            found = self._sentence(kind, name, text, passages, draw)
            if found is not None and found[0] not in ("", found[1]):
                return Claim(found[0], passages, supported, kind, name, found[1])
        return None

    def _beside(self, name: str, text: str, draw: random.Random) -> tuple[str, ...]:
        own = [other for other in self._articles[name] if other != text]
        others = draw.sample(own, min(PASSAGES - 1, len(own)))
        while len(others) < PASSAGES - 1 and len(self._names) > 1:
            others.append(draw.choice(self._articles[draw.choice(self._names)]))
        passages = [text, *(other for other in others if other != text)]
        draw.shuffle(passages)
        return tuple(passages)

    def _sentence(
        self, kind: str, name: str, text: str, passages: Sequence[str], draw: random.Random
    ) -> tuple[str, str] | None:
        """Return a sentence of this kind and what it was made of, or None where there is none."""
        if kind in ELSEWHERE_KINDS:
            found = self._elsewhere(kind, name, text, passages, draw)
            return (found, "") if found else None
        if kind in ("answer", "other answer"):
            return self._answered(text, draw, other=kind == "other answer")
        own = good_sentences(text)
        if not own:
            return None
        at = draw.randrange(len(own))
        sentence = own[at]
        if kind == "verbatim":
            return sentence, ""
        if kind == "two passages":
            others = [s for p in passages if p != text for s in good_sentences(p)]
            return (joined(sentence, draw.choice(others)), sentence) if others else None
        if kind == "reworded":
            made = reworded(sentence, draw)
            return (made, sentence) if made else None
        if kind == "joined":
            return (joined(sentence, own[at + 1]), sentence) if at + 1 < len(own) else None
        return self._changed(kind, own, text, passages, draw)

    def _changed(
        self, kind: str, own: Sequence[str], text: str, passages: Sequence[str], draw: random.Random
    ) -> tuple[str, str] | None:
        for sentence in draw.sample(list(own), len(own)):
            base = (reworded(sentence, draw) or sentence) if draw.random() < 0.5 else sentence
            if kind == "negation":
                made = negated(base)
            elif kind == "opposite":
                made = reversed_word(base, draw)
            else:
                made = exchanged(base, FactKind(kind), (text, " ".join(passages)), draw)
            if made is not None:
                return made, base
        return None

    def _answered(self, text: str, draw: random.Random, *, other: bool) -> tuple[str, str] | None:
        questions = self._questions.get(text, [])
        for question in draw.sample(questions, len(questions)):
            answer = question.answers[0]
            if not other:
                made = statement(question.text, answer)
            else:
                wrong = wrong_answer(question, questions, draw)
                made = statement(question.text, wrong) if wrong else None
            if made is not None:
                return made, question.text
        return None

    def _elsewhere(
        self, kind: str, name: str, text: str, passages: Sequence[str], draw: random.Random
    ) -> str | None:
        shown = " ".join(" ".join(passages).split())
        if kind == "other article":
            if len(self._names) < 2:
                return None
            other = draw.choice([n for n in self._names if n != name])
            pool = good_sentences(draw.choice(self._articles[other]))
            pool = [sentence for sentence in pool if sentence not in shown]
            return draw.choice(pool) if pool else None
        absent = [t for t in self._articles[name] if t not in passages]
        pool = [s for t in draw.sample(absent, min(8, len(absent))) for s in good_sentences(t)]
        pool = [sentence for sentence in pool if sentence not in shown]
        if not pool:
            return None
        if kind == "same article":
            return draw.choice(pool)
        held = set(terms(text))
        return max(pool, key=lambda s: len(held & set(terms(s))) / (3 + len(set(terms(s)))))


def good_sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph that say something by themselves."""
    some = [" ".join(text[start:end].split()) for start, end in sentence_spans(text)]
    return [s for s in some if 30 <= len(s) <= 350 or (has_cjk(s) and 12 <= len(s) <= 120)]


def joined(one: str, other: str) -> str:
    """Return two neighbouring sentences as one."""
    if has_cjk(one):
        return one.rstrip("。！") + "，" + other
    return f"{one.rstrip('.')}, and {other}"


def negated(sentence: str) -> str | None:
    """Return a sentence with its first statement denied, or its denial taken away."""
    if has_cjk(sentence):
        if _CHINESE_DENIED.search(sentence):
            return _CHINESE_DENIED.sub("", sentence, count=1)
        match = _CHINESE_VERB.search(sentence)
        if match is None:
            return None
        word = "没" if match[1] == "有" else "不"
        return sentence[: match.start()] + word + sentence[match.start() :]
    if _DENIED.search(sentence):
        return _DENIED.sub(lambda m: f"{m[1]} " if m[1] else "", sentence, count=1)
    return _AUXILIARY.sub(r"\1 not", sentence, count=1) if _AUXILIARY.search(sentence) else None


def reversed_word(sentence: str, draw: random.Random) -> str | None:
    """Return a sentence with one word turned into its opposite."""
    found = list(OPPOSITE_WORD.finditer(sentence))
    if not found:
        return None
    match = draw.choice(found)
    return sentence[: match.start()] + OPPOSITE[match.group().lower()] + sentence[match.end() :]


def exchanged(
    sentence: str, kind: FactKind, sources: Sequence[str], draw: random.Random
) -> str | None:
    """Return a sentence with one of its facts exchanged for another of its kind.

    Half of the time for one of the same paragraph, which tempts more; a number that has no other is
    changed in its last figures.
    """
    own = facts_of(sentence)
    facts = [fact for fact in own if fact.kind is kind]
    if not facts:
        return None
    fact = draw.choice(facts)
    said = sentence[fact.start : fact.end]
    for source in draw.sample(list(sources), len(sources)):
        others = [
            source[other.start : other.end]
            for other in facts_of(source)
            if other.kind is kind and other.unit == fact.unit and _differs(other, own)
        ]
        if others:
            return sentence[: fact.start] + draw.choice(others) + sentence[fact.end :]
    figures = re.search(r"\d+", said)
    if kind is FactKind.NAME or figures is None:
        return None
    number = int(figures[0])
    made = str(number + draw.choice([-3, -2, -1, 1, 2, 3, 10]) if number > 3 else number + 2)
    changed = said[: figures.start()] + made + said[figures.end() :]
    return sentence[: fact.start] + changed + sentence[fact.end :]


def _differs(other: Fact, own: Sequence[Fact]) -> bool:
    return not any(
        other.value in fact.value or fact.value in other.value or other.agrees(fact) for fact in own
    )


def wrong_answer(
    question: Question, questions: Sequence[Question], draw: random.Random
) -> str | None:
    """Return another question's answer of the same kind, that the paragraph has and is not right."""
    same = [other for other in questions if other.text == question.text]
    right = [answer.lower() for one in (question, *same) for answer in one.answers]
    kind = answer_kind(question)
    fitting = [
        answer
        for other in questions
        for answer in other.answers[:1]
        if answer_kind(other) == kind
        and len(answer.split()) <= LONGEST_ANSWER
        and not any(answer.lower() in r or r in answer.lower() for r in right)
        and answer.lower() not in question.text.lower()
    ]
    return draw.choice(fitting) if fitting else None


def answer_kind(question: Question) -> str:
    """Return what kind of thing answers a question: a kind of fact, or its question word."""
    facts = facts_of(f"is {question.answers[0]}")
    if len(facts) == 1 and facts[0].end - facts[0].start > 0.6 * len(question.answers[0]):
        return facts[0].kind.value
    return (question.text.lower().split() or [""])[0]
