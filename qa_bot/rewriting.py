"""Makes a follow-up question stand on its own, by rule: no model is asked.

First it is decided whether the question leans on what was said before (a pronoun, an opening such
as "and for ...", no word of its own that says what it is about). Only then the words of the last
topic are carried over; a product code that takes the place of another is put where that one stood.
"""

from __future__ import annotations

import re

from knowledge_base.indexes.analysis import (
    CHINESE_STOP_WORDS,
    STOP_WORDS,
    chinese_words,
    codes,
    has_cjk,
)
from qa_bot.types import Conversation, Rewrite, Turn

DEEPEST = 6
"""Turns looked back at, at the most."""

MOST_CARRIED = 8
"""Words carried over, at the most."""

_WORD = re.compile(r"[A-Za-z0-9]+(?:[-'./][A-Za-z0-9]+)*")
_OPENING = re.compile(
    r"^(?:and|but|or|also|so|then|what about|how about|what of|same for|what if)\b", re.IGNORECASE
)
_PRONOUN = re.compile(
    r"\b(?:it|its|it's|they|them|their|theirs|he|him|his|she|her|hers|those|these|that one|"
    r"this one|the (?:first|second|third|other|last|former|latter|same)(?: one)?|ones?|both)\b",
    re.IGNORECASE,
)
_BARE_DEMONSTRATIVE = re.compile(
    r"\b(?:this|that)\b(?=\s*(?:[?.!,]|$|is\b|was\b|does\b|do\b|mean\b|cost\b|work\b|apply\b|for\b))",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|would|will|could)\s+it\s+(?:be\s+)?(?:possible|ok|okay|allowed|safe|true|legal|"
    r"necessary|better|worth|normal|dangerous|hard|easy|free)\b|\bhow long (?:does|will) it take to\b"
    r"|\bhow much (?:does|will) it cost to\b|\bit is\b|\bone of\b|\b(?:no|any|every|some) ?one\b",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    (
        "long much many often far cost costs price apply applies work works mean means happen "
        "happens take takes use used possible available time times way thing things happened "
        "allowed else different difference same first second third last other another include "
        "included day days open make go say said come"
    ).split(" ")
)
"""Words that say what is asked, but not about what."""

_CHINESE_OPENING = re.compile(r"^(?:那么?|还有|另外|以及|而|换成|如果是)")
_CHINESE_PRONOUN = re.compile(
    r"它们?|他们?|她们?|这个|那个|这款|那款|这种|那种|该(?:产品|型号)|前者|后者|上述|另一个|第[一二三]个"
)
_CHINESE_GENERIC = frozenset(
    "价格 时间 费用 多长 多大 支持 需要 使用 办理 申请 时候 方式 条件 要求 情况 问题 可以 多少钱 钱 天".split(
        " "
    )
)


class RuleRewriter:
    """Carries the topic of the conversation over into questions that lean on it."""

    def rewrite(self, question: str, conversation: Conversation | None) -> Rewrite:
        """Return what to search for; the question itself when it needs nothing."""
        if conversation is None or not conversation.turns or not leans(question):
            return Rewrite(question)
        topic = _topic(conversation.turns[-DEEPEST:])
        substituted = _substituted(question, topic)
        if substituted is not None:
            return Rewrite(substituted, True, tuple(_telling(topic)))
        own = {_normal(word) for word in _telling(question)}
        carried = [word for word in _telling(topic) if _normal(word) not in own][:MOST_CARRIED]
        if not carried:
            return Rewrite(question)
        joint = "" if has_cjk(question) else " "
        return Rewrite(f"{question}{joint or ' '}{' '.join(carried)}", True, tuple(carried))


def leans(question: str) -> bool:
    """Tell whether a question cannot be understood without what was said before."""
    if has_cjk(question):
        if _CHINESE_OPENING.search(question) or _CHINESE_PRONOUN.search(question):
            return True
        return not [word for word in _telling(question) if word not in _CHINESE_GENERIC]
    stripped = _EMPTY_IT.sub(" ", question)
    if _OPENING.search(question.strip()) or _PRONOUN.search(stripped):
        return True
    if _BARE_DEMONSTRATIVE.search(stripped):
        return True
    return not [word for word in _telling(question) if word.lower() not in _GENERIC]


def _topic(turns: tuple[Turn, ...]) -> str:
    """Return the last turn's question as it was understood then."""
    last = turns[-1]
    if last.rewritten != last.question or len(turns) == 1 or not leans(last.question):
        return last.rewritten
    before = Conversation("", "", "", 0.0, 0.0, turns[:-1])
    return RuleRewriter().rewrite(last.question, before).query


def _substituted(question: str, topic: str) -> str | None:
    """Return the topic with its product code replaced by the question's, or None.

    Only where the question says nothing else: "and for the X300?".
    """
    new, old = codes(question), codes(topic)
    if len(new) != 1 or len(old) != 1 or new == old:
        return None
    rest = [w for w in _telling(question) if w.lower() != new[0] and w.lower() not in _GENERIC]
    if any(_normal(word) not in _CHINESE_GENERIC for word in rest):
        return None
    return re.sub(re.escape(old[0]), new[0].upper(), topic, flags=re.IGNORECASE)


def _telling(text: str) -> list[str]:
    """Return the words of a text that say what it is about, in order, each once."""
    words = [word for word in _WORD.findall(text) if word.lower() not in STOP_WORDS]
    if has_cjk(text):
        chinese = (word for word in chinese_words(text) if word not in CHINESE_STOP_WORDS)
        words += [word for word in chinese if len(word) > 1 or not words]
    return list(dict.fromkeys(words))


def _normal(word: str) -> str:
    lowered = word.lower()
    return lowered[:-1] if lowered.endswith("s") and len(lowered) > 3 else lowered
