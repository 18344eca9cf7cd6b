"""Yes or no, where a question asks for it and the quoted sentence says it plainly."""

from __future__ import annotations

import re
from dataclasses import replace

from knowledge_base.indexes.analysis import has_cjk, simplified
from qa_bot.phrases import phrase
from qa_bot.readers.terms import words
from qa_bot.types import Reading

_ASKED = re.compile(
    r"^(?:(?:hi|hello|hey|please|so|and|but|also)[,\s]+)*(?:is|are|was|were|do|does|did|can|could|may|"
    r"must|should|will|would|has|have|am)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
_EITHER = re.compile(r"能不能|可不可以|是不是|会不会|有没有|要不要")
_ASKED_CHINESE = re.compile(rf"吗[？?]?\s*$|是否|能否|可否|{_EITHER.pattern}")
_NEGATED = re.compile(
    r"\b(?:not|no|never|cannot|neither|nor|without|unable|excluded?|forbidden|prohibited)\b|n['’]t\b|"
    r"不|没有|无法|无需|禁止|未",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(
    r"\b(?:if|unless|except|only|provided|depends?|may|might|some|sometimes|until|but|however|"
    r"otherwise|closed)\b|如果|除非|仅|只|除外|可能|部分|但|否则|视",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

SHARED = 0.75
"""The share of the question's words that a sentence must have to settle it."""


def asks_yes_or_no(question: str) -> bool:
    """Tell whether a question can be answered by yes or no."""
    return bool(
        (_ASKED_CHINESE if has_cjk(question) else _ASKED).search(simplified(question).strip())
    )


def polarity(question: str, sentence: str) -> bool | None:
    """Return what a sentence says to a yes-no question; None where it does not say it plainly.

    Plainly: three in four of the question's words are in the sentence, all its numbers too, nothing
    is conditional, and the question itself is not negated.
    """
    question, sentence = simplified(question), simplified(sentence)
    if not asks_yes_or_no(question) or _NEGATED.search(_EITHER.sub("", question)):
        return None
    if _CONDITIONAL.search(sentence):
        return None
    if not set(_NUMBER.findall(question)) <= set(_NUMBER.findall(sentence)):
        return None
    wanted, held = set(words(_EITHER.sub("", question))), set(words(sentence))
    if not wanted or len(wanted & held) < SHARED * len(wanted):
        return None
    return _NEGATED.search(sentence) is None


def with_polarity(question: str, reading: Reading) -> Reading:
    """Return a reading that begins with yes or no, and has it as its short answer, where it can."""
    if reading.abstained or len(reading.citations) != 1:
        return reading
    said = polarity(question, reading.citations[0].quote)
    if said is None:
        return reading
    word = phrase("yes" if said else "no", question)
    return replace(
        reading,
        answer=phrase("said", question, word=word, sentence=reading.answer),
        short_answer=word,
        explain={**reading.explain, "polarity": said},
    )
