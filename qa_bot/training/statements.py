"""Sentences said in another way, and questions with their answers as statements. No model; English."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from knowledge_base.indexes.analysis import has_cjk, simplified

_AUXILIARIES = "did|does|do|was|were|is|are|has|have|had|can|could|will|would|should|may|might|must"
_ASIDE = re.compile(r"\s?\([^()]{2,80}\)|\s?（[^（）]{2,60}）")
_LEADING = re.compile(
    r"^(?P<lead>(?:In|On|At|By|During|After|Before|Since|Until) [^,.]{3,40}), "
    r"(?P<rest>[A-Za-z].+?)(?P<stop>[.!]?)$"
)
_TRAILING = re.compile(r"(?:, (?:which|who|where|including|such as) [^,]+|; .+)(?P<stop>[.!])$")
_LEADING_CHINESE = re.compile(r"^[^，。]{2,14}，(?=[^，。]{6,})")
_WORDS = {
    "began": "started", "approximately": "about", "located": "situated", "numerous": "many",
    "individuals": "people", "currently": "now", "obtain": "get", "purchase": "buy",
    "purchased": "bought", "assist": "help", "additional": "further", "such as": "like",
    "however": "though", "around": "about", "received": "got", "several": "some",
    "throughout": "across", "primarily": "mainly", "children": "kids", "usually": "normally",
    "although": "though", "commonly": "often", "beginning": "start", "among": "amongst",
    "created": "made", "established": "founded", "result in": "lead to", "due to": "because of",
    "percent": "%", "per cent": "%", "did not": "didn't", "does not": "doesn't", "is not": "isn't",
    "are not": "aren't", "was not": "wasn't", "cannot": "can't", "do not": "don't",
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "ten": "10", "United States": "US", "U.S.": "US",
}  # fmt: skip
_WORD = re.compile(rf"\b({'|'.join(sorted(map(re.escape, _WORDS), key=len, reverse=True))})(?!\w)")
_WORDS_CHINESE = {
    "并且": "而且", "因为": "由于", "但是": "不过", "目前": "现在", "大约": "约", "位于": "在",
    "开始": "起", "成为": "当上", "以及": "和", "使用": "用", "可以": "能", "进行": "做", "认为": "觉得",
}  # fmt: skip
_WORD_CHINESE = re.compile("|".join(_WORDS_CHINESE))
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}}) ({_MONTHS}) (\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b({_MONTHS}) (\d{{1,2}}), (\d{{4}})\b")
_PREPOSITIONS = (
    "in",
    "on",
    "at",
    "by",
    "during",
    "after",
    "before",
    "since",
    "from",
    "around",
    "to",
)


def reworded(sentence: str, draw: random.Random) -> str | None:
    """Return a sentence said a little differently, without adding to it; None where no rule fits.

    One to three rules: an aside or a trailing clause dropped, a leading adverbial moved to the end,
    words and contractions exchanged, dates and numbers written otherwise.
    """
    rules = _CHINESE_RULES if has_cjk(sentence) else _RULES
    made = sentence
    used = 0
    for rule in draw.sample(rules, len(rules)):
        changed = rule(made)
        if changed != made and len(changed) > 20:
            made, used = changed, used + 1
        if used == 3:
            break
    return made if used and made != sentence else None


def _moved(sentence: str) -> str:
    match = _LEADING.match(sentence)
    if match is None:
        return sentence
    lead, rest = match["lead"], match["rest"]
    return f"{rest[0].upper()}{rest[1:]} {lead[0].lower()}{lead[1:]}{match['stop']}"


_RULES: tuple[Callable[[str], str], ...] = (
    lambda s: _ASIDE.sub("", s),
    lambda s: _TRAILING.sub(lambda m: m["stop"], s),
    _moved,
    lambda s: _WORD.sub(lambda m: _WORDS[m[1]], s),
    lambda s: (
        _MONTH_FIRST.sub(r"\2 \1 \3", s)
        if _MONTH_FIRST.search(s)
        else _DAY_FIRST.sub(r"\2 \1, \3", s)
    ),
    lambda s: re.sub(r"(?<=\d),(?=\d{3}\b)", "", s),
)
_CHINESE_RULES: tuple[Callable[[str], str], ...] = (
    lambda s: _ASIDE.sub("", s),
    lambda s: _LEADING_CHINESE.sub("", s),
    lambda s: _WORD_CHINESE.sub(lambda m: _WORDS_CHINESE[m[0]], s),
    simplified,
)


def statement(question: str, answer: str) -> str | None:
    """Return a question and its answer as one statement; None where the question's form is not known.

    "When did the shop open?" and "1998" become "The shop open in 1998.": auxiliaries are dropped,
    which a parser could do better and no comparison minds.
    """
    asked, answer = question.strip().rstrip("?？ ").strip(), answer.strip().rstrip(".")
    for pattern, compose in _FORMS:
        match = pattern.match(asked)
        if match is not None:
            made = compose(match, answer).strip()
            return f"{made[0].upper()}{made[1:]}." if len(made.split()) > 3 else None
    return None


def _placed(answer: str, preposition: str) -> str:
    return answer if answer.lower().startswith(_PREPOSITIONS) else f"{preposition} {answer}"


_Composer = Callable[[re.Match[str], str], str]
_FORMS: tuple[tuple[re.Pattern[str], _Composer], ...] = (
    (
        re.compile(
            rf"(?:when|in (?:what|which) year|what year|on what date) (?:{_AUXILIARIES}) (.+)", re.I
        ),
        lambda m, a: f"{m[1]} {_placed(a, 'in')}",
    ),
    (
        re.compile(rf"where (?:{_AUXILIARIES}) (.+)", re.I),
        lambda m, a: f"{m[1]} {_placed(a, 'in')}",
    ),
    (
        re.compile(rf"(?:who|whom) (?:{_AUXILIARIES.replace('was|were|is|are|', '')}) (.+)", re.I),
        lambda m, a: f"{m[1]} {a}",
    ),
    (re.compile(r"who (.+)", re.I), lambda m, a: f"{a} {m[1]}"),
    (
        re.compile(r"how many (.+?) (?:are|were) there(.*)", re.I),
        lambda m, a: f"there are {a} {m[1]}{m[2]}",
    ),
    (
        re.compile(r"how many ([\w ]+?) (?:did|does|do) (.+)", re.I),
        lambda m, a: f"{m[2]} {a} {m[1]}",
    ),
    (re.compile(r"how many (.+)", re.I), lambda m, a: f"{a} {m[1]}"),
    (re.compile(r"what (?:did|does|do) (.+)", re.I), lambda m, a: f"{m[1]} {a}"),
    (re.compile(r"what (is|was|are|were) (.+)", re.I), lambda m, a: f"{m[2]} {m[1]} {a}"),
    (
        re.compile(rf"(?:what|which) [\w ]+? (?:{_AUXILIARIES}) (.+)", re.I),
        lambda m, a: f"{m[1]} {a}",
    ),
    (re.compile(r"what (\w+(?:s|ed) .+)", re.I), lambda m, a: f"{a} {m[1]}"),
)
