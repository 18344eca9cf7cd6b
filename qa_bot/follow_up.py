"""Understands turns of a conversation in which a user is led through one matter.

There the user tells of themselves ("I moved to New York"), the assistant asks back, and the next
turn answers ("No, I don't") or asks on without naming the matter ("How do I plead guilty?"). Such a
turn is searched for with the words of the conversation's opening, of the user's later turns, the
last first, and of what the assistant asked. A plain exchange of questions and answers is not such a
conversation: what leans there is found in ``qa_bot.rewriting``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge_base.indexes.analysis import codes, has_cjk
from qa_bot.topics import phrases_of, same_words
from qa_bot.types import Turn

OPENING, LAST, EARLIER, ASKED = 20, 20, 12, 12
"""Words carried at the most: of the opening, of the user's last turn, of each turn between, and of
the assistant's. Chosen with ``benchmarks/follow_ups.py``: fewer words found less."""

_SENTENCE = re.compile(r"(?<=[.?!])\s+|(?<=[。？！])|\n+")
_FILLER = re.compile(
    r"^(?:(?:hello|hi|hey|ok(?:ay)?|well|oh|alright|all right|great|good|thanks?|thank you|please|"
    r"and|but|so|also|then|yes|no|sure|interesting|that's (?:good|great|fine|bad))\b[\s,.!:;]*)+",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:what|how|where|when|who|whom|whose|which|why|can|could|do|does|did|is|are|was|were|am|"
    r"will|would|should|shall|may|must|has|have|any|tell|explain|describe|show|give|list|compare|"
    r"if|don't|doesn't|isn't|aren't|can't|in what|for how|at what|to what)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(r"\b(?:what|how|where|when|who|whom|whose|which|why)\b", re.IGNORECASE)
_POLITE = (
    r"thanks?(?: you)?(?: very much| so much| a lot)?|bye|hello|hi|hey|got it|cool|awesome|perfect|"
    r"谢谢[你您]?|你好|您好|再见|明白了?|知道了"
)
_CLOSING = re.compile(
    rf"^(?:(?:{_POLITE}|ok(?:ay)?,? (?:thanks?|great|cool|perfect)|(?:yes|no),? thanks?(?: you)?)"
    r"[\s,.!，。！]*)+$",
    re.IGNORECASE,
)
"""Said when nothing more is asked."""
COURTESY = re.compile(
    rf"^(?:(?:{_POLITE}|ok(?:ay)?|great|good|yes|no|好的?)[\s,.!，。！]*)+$", re.IGNORECASE
)
"""Said between questions; it asks for nothing."""
_OFFHAND = re.compile(r"^(?:(?:ok(?:ay)?|great|good|好的?)[\s,.!，。！]*)+$", re.IGNORECASE)
"""An answer where something was asked, else nothing."""
_ASKS_BACK = re.compile(
    r"^(?:are|were|did|do|does|have|has|is|was|would|will|can|could)\b", re.IGNORECASE
)
_REPLY = re.compile(
    r"^(?:yes|yeah|yep|yup|yea|no|nope|nah|not|none|neither|sure|correct|exactly|right|indeed|"
    r"definitely|absolutely|certainly|of course|that's (?:right|correct|true|it)|"
    r"i (?:do|did|have|am|was|will|would|can|could|don't|didn't|haven't|do not|did not|have not|"
    r"am not|was not|wasn't|can't|cannot|think so|guess)|i'm not|"
    r"(?:he|she|they|it|we) (?:does|do|did|has|have|is|are|was|were))\b",
    re.IGNORECASE,
)
_CHINESE_REPLY = re.compile(
    r"^(?:是的?|不是|对的?|不对|有的?|没有|没|好的?|可以|不可以|不行|行|会|不会|能|不能|嗯|不|还没)"
    r"(?:[，,。！!\s]|$)|^(?:我|我们)(?:是|不是|有|没有|没|已经|会|不会|能|不能)"
)
_CHINESE_ASKS = re.compile(r"[？?]|吗|呢|什么|怎|哪|谁|多少|几|多久|多长|为何|如何|是否")
_SELF = re.compile(r"\b(?:i|i['’]m|i['’]ve|i['’]ll|i['’]d|my|we|our)\b", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:i|i['’]m|i['’]ve|i['’]ll|i['’]d|my|mine|me|we|us|our|you|your)\b", re.IGNORECASE
)


def asks(text: str) -> bool:
    """Tell whether a user's turn asks for something; what does not tells or answers."""
    if has_cjk(text):
        return bool(_CHINESE_ASKS.search(text))
    if "?" in text or (_WHICH.search(text) and not _PERSON.search(text)):
        return True
    return any(_ASKS.match(_FILLER.sub("", sentence)) for sentence in _SENTENCE.split(text.strip()))


def asked_back(answer: str) -> str:
    """Return the question that an assistant's turn ends with; empty if it ends with none."""
    sentences = [some for some in _SENTENCE.split(answer.strip()) if some.strip()]
    if not sentences:
        return ""
    last = sentences[-1].strip()
    asking = last.endswith(("?", "？", "吗", "吗。")) or _ASKS_BACK.match(_FILLER.sub("", last))
    return last if asking else ""


def guided(turns: Sequence[Turn]) -> bool:
    """Tell whether a user is led through one matter: the assistant asks, or the user tells."""
    return any(asked_back(turn.answer) or _tells(turn.question) for turn in turns)


def goes_on(question: str, turns: Sequence[Turn]) -> bool:
    """Tell whether a turn goes on with the user's own matter: it tells, answers, or says "I".

    What is asked in the third person, or of a product by its code, may be about anything else.
    """
    if _CLOSING.match(question):
        return False
    if _OFFHAND.match(question):
        return bool(asked_back(turns[-1].answer)) or not turns[-1].answer
    if not asks(question):
        return True
    return bool(_PERSON.search(question)) and not _coded(question)


def carried(question: str, turns: Sequence[Turn]) -> list[str]:
    """Return the conversation's phrases for a turn that needs them, in order, each word once."""
    found: list[str] = []
    seen = {word for phrase in phrases_of(question) for word in same_words(phrase)}
    coded = _coded(question)
    for phrase in _phrases(turns):
        if coded and _coded(phrase):
            continue  # another code is asked for now
        left = [word for word in phrase.split() if not same_words(word) & seen]
        if left:
            found.append(" ".join(left))
            seen |= same_words(phrase)
    return found


def bracketed(question: str, phrases: Sequence[str]) -> str:
    """Return a question with phrases in brackets before its mark."""
    bare = question.rstrip(" ?.!？。！")
    if has_cjk(question):
        return f"{bare}（{'，'.join(phrases)}）{question[len(bare) :].strip() or '？'}"
    return f"{bare} ({', '.join(phrases)}){question[len(bare) :].strip() or '?'}"


def _phrases(turns: Sequence[Turn]) -> Iterator[str]:
    yield from _first(turns[0].question, OPENING)
    for number, turn in enumerate(reversed(turns[1:])):
        yield from _first(turn.question, EARLIER if number else LAST)
    answer = turns[-1].answer
    yield from _first(asked_back(answer) or answer, ASKED)


def _first(text: str, most: int) -> Iterator[str]:
    """Give the first phrases of a text, up to so many words."""
    for phrase in phrases_of(text):
        most -= len(phrase.split())
        if most < 0:
            return
        yield phrase


def _tells(question: str) -> bool:
    return not asks(question) and bool(_SELF.search(question) or _REPLY.match(question.strip()))


def _coded(text: str) -> bool:
    return any(not code.isdigit() for code in codes(text))
