"""Makes a follow-up question stand on its own, by rule: no model is asked.

First it is decided whether the question leans on what was said before: a pronoun that nothing
before it in the sentence explains, an opening such as "and for ...", or no word of its own that
says what it is about. Only then the topic of the last turns is carried over: in the pronoun's
place, in the place of what it is contrasted with ("and for the X300?"), or in brackets. Where a
user is led through one matter (``qa_bot.follow_up``), the question as it was asked and all that the
user has said are searched for beside it: where the matter goes on they find more, and where it
changes the new one is found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge_base.indexes.analysis import codes, has_cjk
from qa_bot import follow_up
from qa_bot.topics import (
    has_attribute,
    is_attribute,
    is_thing,
    names_of,
    phrases_of,
    same_words,
    telling,
)
from qa_bot.types import Conversation, Rewrite, Turn

DEEPEST = 8
"""Turns looked back at, at the most."""

MOST_CARRIED = 4
"""Words carried over, at the most; measured: fewer miss the topic, more add what is not asked."""

_LEAD = r"(?:(?:and|but|or|also|so|then|ok(?:ay)?)[,\s]+)*"
_OPENING = re.compile(
    rf"^{_LEAD}(?:what|how) (?:about|of|if)\b|^same for\b|^(?:and|but|or|also|so|then)\b",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    rf"^{_LEAD}(?:(?:what|how) (?:about|of)\s+|same )?(?:(?:for|of|to|in|on|with|from|at|by)\s+)?"
    r"(?:the |a |an |my |your |our )?(?P<new>[^?.!,]+?)\s*(?:too|as well|instead)?\s*[?.!]*$",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"\b(for|of|to|in|on|with|from|at|by)\s+((?:the |a |an |my |your )?)([^?.!,]+?)(?=\s*[?.!,]|$)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"\b(?:its|their|theirs|his|her|hers)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it|they|them|he|him|she|(?:this|that|another|other|second|first|last|latter|former|third|"
    r"new|old|which) ones?|the (?:first|second|third|others?|latter|former|last|two)"
    r"(?=\s*(?:[?.,!]|$|is\b|was\b|are\b|were\b|one\b)))\b|\bones?(?=\s*(?:[?.,!]|$))",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"(?<!\bof )\b(?:these|those)\b(?!\s+(?:who|that|which|with|of|in|from|under|whose|made|used)\b)|"
    r"\bthis\b|(?:^|\b(?:is|was|does|did|do|has|had|can|will|would|could|about|of|for|with|by|mean|"
    r"after|before|to)\s+)that\b(?=\s*(?:[?.!,]|$|mean|work|cost|apply|happen|include|take|be|been|"
    r"have|make|affect|also|really|different|normal|true|possible))|^(?:and )?that['’]s\b",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|would|will|could|does|did|can|has|be)\s+it\s+(?:be\s+|been\s+|ever\s+)?(?:possible|"
    r"ok|okay|allowed|true|legal to|necessary|better to|worth|normal to|dangerous to|hard to|"
    r"easy to|safe to|free to|rain\w*|important to|called|estimated|known|believed|considered|"
    r"thought|said|required|take to|take for|cost to|mean to)\b|\bit (?:is|was) (?:\w+ )?(?:possible|"
    r"estimated|believed|known|called|thought|said|necessary|important|that|to)\b|\btakes? it to\b|"
    r"\bit takes\b|\b(?:no|any|every|some) ?ones?\b|\bone of\b|\bthis (?:week|month|year|morning|"
    r"evening|afternoon|weekend|way|document)\b",
    re.IGNORECASE,
)
"""What looks like a pronoun and stands for nothing."""
_CLAUSE = re.compile(
    r"\b(?:and|but|or|if|when|while|that|which|who|because|before|after|since|until|as|where|how|"
    r"than)\b|[,;]",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|"
    r"august|september|october|november|december)s?$",
    re.IGNORECASE,
)
_ASKS_FOR_A_NAME = re.compile(r"\b(?:which|who|what)\b|哪款|哪个|哪一|什么型号|谁", re.IGNORECASE)

_CHINESE_OPENING = re.compile(
    r"^(?:那么?|还有|另外|以及|而|换成|如果是|如果换成|要是)(?!里|时|边|么)"
)
_CHINESE_PRONOUN = re.compile(
    r"它们?的?|[他她]们?的?|(?:这|那)(?:个|款|种|台|些|项)(?!月|周|星期|季度|假期|时候|年)(?:产品|型号|东西)?的?|"
    r"该(?:产品|型号|商品)的?|前者的?|后者的?|上述|另一[个款]的?|第[一二三][个款]的?"
)
_CHINESE_CONTRAST = re.compile(
    r"^(?:那么?|还有|另外|以及|而|换成|如果是|如果换成|要是)*(?:对于?|用|是)?(?P<new>.+?)的?"
    r"(?:呢|怎么样|怎样|行吗|可以吗|行不行|如何|吗)*[？?。！!]*$"
)
_CHINESE_BARE = re.compile(
    r"^(?:支持|兼容|带|附带|配|有多|能用|可以用)(?!.*(?:付|支付|退|换|货|票|送|会员|门店|优惠|分期|保价))"
)


@dataclass(frozen=True, slots=True)
class _Topic:
    """What the conversation is about: the last question as understood, and its phrases."""

    query: str = ""
    phrases: tuple[str, ...] = ()


class RuleRewriter:
    """Carries the topic of the conversation over into questions that lean on it."""

    def rewrite(self, question: str, conversation: Conversation | None) -> Rewrite:
        """Return what to search for; the question itself when it needs nothing."""
        if conversation is None or not conversation.turns:
            return Rewrite(question)
        turns = conversation.turns[-DEEPEST:]
        topic = _Topic()
        for turn in turns:
            topic = _after(turn, topic)
        if not follow_up.guided(turns):
            return _resolved(question, topic)
        found = _gone_on(question, turns, topic)
        if follow_up.COURTESY.match(question) or found == _contrasted(question, topic):
            return found  # what was said names the thing that is not asked for any more
        said = " ".join([*(turn.question for turn in turns), question])
        own = (question,) if found.changed else ()
        return replace(found, wordings=(*own, said))


def leans(question: str, topic_is_named: bool = False) -> bool:
    """Tell whether a question cannot be understood without what was said before.

    Args:
        question: The question.
        topic_is_named: Whether a product or the like was named before; a question about a bare
            attribute ("how long is the warranty?") is then taken to be about that.
    """
    if follow_up.COURTESY.match(question):
        return False
    if has_cjk(question):
        return _chinese_leans(question, topic_is_named)
    blanked = _EMPTY_IT.sub(lambda match: " " * len(match.group()), question.strip())
    if any(_sentence_leans(sentence) for sentence in re.split(r"(?<=[.?!])\s+", blanked)):
        return True
    if names_of(question) or telling(question):
        return False
    return topic_is_named if has_attribute(question) else True


def _gone_on(question: str, turns: Sequence[Turn], topic: _Topic) -> Rewrite:
    """Return a turn of a guided conversation with what the conversation is about."""
    contrasted = _contrasted(question, topic) if leans(question) else None
    if contrasted is not None:
        return contrasted
    if not (follow_up.goes_on(question, turns) or leans(question)):
        return _resolved(question, topic)
    carried = follow_up.carried(question, turns)
    if not carried:
        return Rewrite(question)
    return Rewrite(follow_up.bracketed(question, carried), True, tuple(carried))


def _sentence_leans(sentence: str) -> bool:
    if _OPENING.search(sentence) and len(telling(sentence)) < 3:
        return True
    if any(not telling(sentence[: match.start()]) for match in _POSSESSIVE.finditer(sentence)):
        return True
    for match in _PRONOUN.finditer(sentence):
        before = sentence[: match.start()]
        explained = len(telling(before))
        # one word may be the pronoun's own subject ("why do the British call it ...?"); in an
        # earlier clause it is what the pronoun stands for ("if the box is damaged, is it ...?")
        if not explained or (explained == 1 and not _CLAUSE.search(before.partition(" ")[2])):
            return True
    return any(len(telling(sentence[: m.start()])) < 2 for m in _POINTING.finditer(sentence))


def _chinese_leans(question: str, topic_is_named: bool) -> bool:
    own = telling(question)
    pronoun = _CHINESE_PRONOUN.search(question)
    if pronoun and not telling(question[: pronoun.start()]):
        # "这款耳机": a pointing word with a noun of its own still points
        return True
    asks_in_short = question.rstrip("？?！!。 ").endswith("呢") and len(own) < 2
    if asks_in_short or (_CHINESE_OPENING.search(question) and not own):
        return True
    if topic_is_named and not codes(question) and _CHINESE_BARE.search(question):
        return True
    if own:
        return False
    return topic_is_named if has_attribute(question) else True


def _after(turn: Turn, topic: _Topic) -> _Topic:
    """Return the topic after a turn."""
    rewrite = _contrasted(turn.question, topic)
    contrasted = rewrite is not None
    rewrite = rewrite or _resolved(turn.question, topic)
    own = phrases_of(rewrite.query if contrasted else turn.question)
    if rewrite.changed and not contrasted:
        # a name that comes up in a follow-up may be asked about next; other words of it rarely are
        named = [phrase for phrase in own if names_of(f"a {phrase}")]
        phrases = [*named, *rewrite.carried]
    elif all(is_attribute(phrase) for phrase in own):
        phrases = [*own, *topic.phrases]
    else:
        phrases = own
    short = turn.answer_json.get("short_answer")
    if isinstance(short, str) and names_of(f"a {short}") and _ASKS_FOR_A_NAME.search(turn.question):
        phrases = [short, *phrases]
    return _Topic(rewrite.query, tuple(dict.fromkeys(phrases))[:6])


def _resolved(question: str, topic: _Topic) -> Rewrite:
    """Return a question with the topic carried over where it leans on it."""
    named = any(is_thing(phrase) for phrase in topic.phrases)
    if not topic.phrases or not leans(question, named):
        return Rewrite(question)
    contrasted = _contrasted(question, topic)
    if contrasted is not None:
        return contrasted
    carried = _carried(question, topic)
    if not carried:
        return Rewrite(question)
    return Rewrite(_joined(question, carried), True, tuple(carried))


def _carried(question: str, topic: _Topic) -> list[str]:
    """Return the topic's phrases, without words that the question has, up to ``MOST_CARRIED`` words."""
    own = {word for phrase in phrases_of(question) for word in same_words(phrase)}
    phrases: Sequence[str] = topic.phrases
    if has_cjk(question):
        # 它 is a thing, not one of its attributes
        phrases = [p for p in phrases if not is_attribute(p)] or phrases
    carried: list[str] = []
    room = MOST_CARRIED
    for phrase in phrases:
        if has_cjk(phrase) and phrase in question:
            continue
        left = [word for word in phrase.split() if not same_words(word) & own]
        if left and len(left) <= room:
            carried.append(" ".join(left))
            room -= len(left)
    return carried


def _joined(question: str, carried: Sequence[str]) -> str:
    """Put a single phrase in the pronoun's place, and anything else at the end in brackets."""
    if has_cjk(question):
        return _chinese_joined(question, carried)
    blanked = _EMPTY_IT.sub(lambda match: "\0" * len(match.group()), question)
    if len(carried) == 1 and not is_attribute(carried[0]):
        for pattern, ending in (
            (_POSSESSIVE, "'s"),
            (re.compile(r"\b(?:it|they|them)\b", re.I), ""),
        ):
            match = pattern.search(blanked)
            if match and match.group().lower() not in ("theirs", "hers"):
                return f"{question[: match.start()]}{carried[0]}{ending}{question[match.end() :]}"
    return follow_up.bracketed(question, carried)


def _chinese_joined(question: str, carried: Sequence[str]) -> str:
    match = _CHINESE_PRONOUN.search(question)
    if match:
        ending = "的" if match.group().endswith("的") else ""
        return f"{question[: match.start()]}{''.join(carried)}{ending}{question[match.end() :]}"
    return f"{' '.join(carried)} {question}"


def _contrasted(question: str, topic: _Topic) -> Rewrite | None:
    """Return the last question with the new thing in the old one's place; None if that is unclear.

    "How long is the warranty of the X200?" and "And for the X300?" make "How long is the warranty
    of the X300?".
    """
    pattern = _CHINESE_CONTRAST if has_cjk(question) else _CONTRAST
    match = pattern.match(question.strip())
    opened = _OPENING.search(question) or (has_cjk(question) and "呢" in question)
    if match is None or not opened or not topic.phrases:
        return None
    new = match["new"].strip()
    old = _counterpart(question, new, topic)
    if old is None:
        return None
    at = topic.query.rindex(old)
    query = f"{topic.query[:at]}{new}{topic.query[at + len(old) :]}"
    kept = [phrase for phrase in phrases_of(query) if phrase not in new]
    return Rewrite(query, True, tuple(kept))


def _counterpart(question: str, new: str, topic: _Topic) -> str | None:
    """Return what of the last question the new thing stands against."""
    if codes(new):
        # only where the follow-up says nothing but the code
        alone = len(telling(new)) == 1
        old = [name for name in _coded(topic.query) if name.lower() != new.lower()]
        return old[0] if alone and len(old) == 1 else None
    if has_cjk(question):
        return _alike(new, topic) if len(phrases_of(new)) == 1 else None
    if names_of(f"a {new}") == [new]:
        is_day = bool(_DAY.match(new))
        names = [n for n in names_of(topic.query) if bool(_DAY.match(n)) == is_day and not codes(n)]
        if len(names) == 1:
            return names[0]
    same = re.match(
        rf"^{_LEAD}(?:(?:what|how) about\s+)?(for|of|to|in|on|with|from|at|by)\b", question, re.I
    )
    if same is None or not telling(new) or len(new.split()) > 4:
        return None
    wanted = {"for", "of"} if same[1].lower() in ("for", "of") else {same[1].lower()}
    found = [m for m in _PREPOSITION.finditer(topic.query) if m[1].lower() in wanted]
    return found[-1][3] if found else None


def _coded(text: str) -> list[str]:
    """Return the words of a text that are product codes, as written."""
    return [word for word in re.findall(r"[A-Za-z0-9][\w./+-]*", text, re.ASCII) if codes(word)]


def _alike(new: str, topic: _Topic) -> str | None:
    """Return the phrase that shares a character with the new one: 退货 for 换货."""
    alike = [phrase for phrase in phrases_of(topic.query) if set(phrase) & set(new)]
    return alike[0] if len(alike) == 1 and alike[0] != new else None
