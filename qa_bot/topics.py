"""What a question is about: its noun phrases, found with closed word lists and no model.

Words come in three kinds. Generic words say what is asked or how it is ("effects", "best"): they
are no topic. Attributes ("warranty", "battery") are a topic, but want a thing that they belong
to. All the rest that is no stop word and no common verb tells what a question is about.
"""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge_base.indexes.analysis import (
    CHINESE_STOP_WORDS,
    STOP_WORDS,
    codes,
    has_cjk,
)

_WORD = re.compile(r"[^\W_]+(?:[-'’./&][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_SENTENCE_START = re.compile(r"(?:^|[.?!:]\s*)$")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_RUN = re.compile(f"{_HAN.pattern}|[A-Za-z0-9]+(?:[-./ ][A-Za-z0-9]+)*")

GENERIC = frozenset(
    (
        # nouns that want an "of"
        "adaptation advantage age alternative amount answer aspect award background benefit bit "
        "breakdown case cause challenge character characteristic con consequence cost creation "
        "criticism danger date day debate definition detail development diagnosis difference "
        "difficulty disadvantage drawback effect evidence example experience explanation fact "
        "factor function future goal habit history hour idea impact implication importance "
        "influence information invention issue item kind level limit list lot meaning method minute "
        "month name number opinion option origin outcome overview part people person piece place "
        "point possibility pro problem procedure process purpose question reason relation "
        "relationship requirement response result risk role sign significance similarity sort "
        "source species stage start step story strategy structure symptom system task term theme "
        "theory thing time tip topic tradition treatment trend type usage value way year "
        # adjectives and adverbs that fit anything
        "able actually allowed available bad best better between big biggest certain common cool "
        "current currently dangerous different difficult early easiest easy effective else ever "
        "exactly expensive famous far fast first free full general good great happy hard harmful "
        "high important interesting key large largest last late latest least left likely little "
        "long low main major many maybe modern much necessary new next normal notable often old "
        "original originally popular possible quick quickly rare real really recent related right "
        "safe same second short similar simple small soon special specific still successful sure "
        "third together true typical typically useful usual usually well whole worse worst worth "
        "wrong too again instead interested back without another today tomorrow yesterday max min "
        "something anything nothing everything somebody anybody nobody everybody someone anyone "
        "everyone somewhere anywhere nowhere don't doesn't didn't won't can't isn't "
        # what people say before they ask
        "again alright awesome hello hey hi hm hmm interesting no now oh ok okay thank thanks woah "
        "wow yeah yep yes agreed besides sounds"
    ).split(" ")
)
"""Words that say what is asked or how it is, but not about what; singular."""

ATTRIBUTES = frozenset(
    (
        "accessory battery capacity charger charging color colour dimension display feature "
        "guarantee height insurance length life manual material plug price range screen setting size "
        "spare speed version voltage warranty weight width"
    ).split(" ")
)
"""What a product has; a question with nothing else is about the product named before."""

_VERBS = frozenset(
    (
        "accept add affect agree apply arrive ask avoid become begin believe break bring build buy "
        "call care cause choose claim come compare consider contain continue cover create "
        "cure deal decide describe develop die differ discover do drink drive eat end enjoy exist "
        "expect explain fall feel find fit fix follow form gain get give go grow guess happen hate "
        "hear help hold improve include increase invent join keep kill know last lead learn "
        "leave let like live look lose love make matter mean mention meet miss move need occur open "
        "play prefer prevent provide put reach read receive recommend reduce relate remove "
        "resolve rise run say see seem sell send serve set show sound speak spend spread stand "
        "start stay stop suggest support take talk teach tell think treat try turn understand use "
        "wait want watch wear weigh win wish wonder work worry write"
    ).split(" ")
)
"""Common verbs of questions, by their base form; what stands between them is a noun phrase."""

_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "became:become began:begin broke:break brought:bring built:build bought:buy chose:choose "
        "came:come ate:eat fell:fall felt:feel found:find gave:give given:give went:go gone:go "
        "grew:grow heard:hear held:hold kept:keep knew:know known:know led:lead lost:lose meant:mean "
        "met:meet paid:pay ran:run said:say saw:see seen:see sold:sell sent:send spoke:speak "
        "spent:spend took:take taken:take taught:teach told:tell thought:think won:win wrote:write "
        "written:write dying:die got:get gotten:get"
    ).split(" ")
)

_CHINESE_GENERIC = frozenset(
    (
        "时间 费用 多长 多长时间 多大 多重 支持 需要 使用 办理 申请 时候 方式 条件 要求 情况 问题 可以 "
        "多少钱 钱 天 有没有 能不能 知道 告诉 介绍 了解 情形 区别 原因 方法 步骤 流程 用 做 行 好 多远 "
        "几天 几点 帮忙 谢谢 您好 你好 地方 东西 样子 应该 必须 怎么办 有关 关于 包括 属于 觉得 推荐"
    ).split(" ")
)
"""Chinese words that say what is asked, but not about what."""

_CHINESE_ATTRIBUTES = frozenset(
    (
        "保修 保修期 质保 质保期 价格 售价 重量 尺寸 颜色 电池 续航 容量 功率 电压 屏幕 说明书 配件 充电 "
        "快充 防水 充电器 充电时间 型号 材质 功能"
    ).split(" ")
)

_CHINESE_NOUNS = ("n", "vn", "an", "j", "l", "i", "b", "v")
"""Tags, by their first letters, of the words that can say what a question is about."""


def phrases_of(text: str) -> list[str]:
    """Return the phrases that say what a text is about, in order, each once."""
    found = _chinese_phrases(text) if has_cjk(text) else _english_phrases(text)
    return list(dict.fromkeys(found))


def telling(text: str) -> list[str]:
    """Return the words of the phrases, attributes left out: what stands for itself."""
    if has_cjk(text):
        return [phrase for phrase in phrases_of(text) if not is_attribute(phrase)]
    words = [word for phrase in phrases_of(text) for word in phrase.split()]
    return [word for word in words if not _in(word, ATTRIBUTES)]


def has_attribute(text: str) -> bool:
    """Tell whether a text asks for something that belongs to a product."""
    if has_cjk(text):
        return any(phrase in _CHINESE_ATTRIBUTES for phrase in _chinese_phrases(text))
    return any(_in(word, ATTRIBUTES) for word in _WORD.findall(text))


def names_of(text: str) -> list[str]:
    """Return what a text names: product codes, and runs of words with a capital inside a sentence."""
    found: list[str] = []
    end = -1
    for match in _WORD.finditer(text):
        word = _POSSESSIVE.sub("", match.group())
        if not _is_name(word, text[: match.start()]):
            continue
        if found and text[end : match.start()] == " ":
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
        end = match.end()
    return found


def is_attribute(phrase: str) -> bool:
    """Tell whether a phrase is nothing but attributes."""
    if has_cjk(phrase):
        return phrase in _CHINESE_ATTRIBUTES
    return all(_in(word, ATTRIBUTES) for word in phrase.split())


def is_thing(phrase: str) -> bool:
    """Tell whether a phrase names something that can have attributes: a name, a Chinese noun."""
    if has_cjk(phrase):
        import rjieba

        return not is_attribute(phrase) and rjieba.tag(phrase)[-1][1].startswith("n")
    return bool(names_of(f"a {phrase}"))


def same_words(text: str) -> set[str]:
    """Return the words of a phrase in the form in which phrases are compared."""
    return {_base(_POSSESSIVE.sub("", word.lower())) for word in text.split()}


def _is_name(word: str, before: str) -> bool:
    if codes(word):
        return True
    lowered = word.lower()
    if not word[0].isupper() or _in(lowered, GENERIC) or (lowered in STOP_WORDS and len(word) == 1):
        return False
    if word.isupper() and len(word) > 1:
        return True
    return lowered not in STOP_WORDS and not _SENTENCE_START.search(before)


def _english_phrases(text: str) -> list[str]:
    found: list[list[str]] = [[]]
    end = 0
    for match in _WORD.finditer(text):
        word = match.group()
        if text[end : match.start()].strip(" \"'“”‘’"):
            found.append([])
        end = match.end()
        if _separates(word, text[: match.start()]):
            found.append([])
            continue
        found[-1].append(_POSSESSIVE.sub("", word))
        if _POSSESSIVE.search(word):
            found.append([])
    return [" ".join(words) for words in map(_trimmed, found) if words]


def _separates(word: str, before: str) -> bool:
    """Tell whether a word is a stop word or a verb: no part of a noun phrase."""
    if word.isupper() and len(word) > 1:
        return False  # "US" is not "us"
    lowered = word.lower().replace("’", "'")
    if lowered in STOP_WORDS or lowered.split("'")[0] in STOP_WORDS:
        return True
    return (word[0].islower() or bool(_SENTENCE_START.search(before))) and _in(lowered, _VERBS)


def _trimmed(words: list[str]) -> list[str]:
    """Return a phrase without generic words around it, and without a participle at its end."""
    first, last = 0, len(words)
    while first < last and _is_generic(words[first]):
        first += 1
    while last > first and (
        _is_generic(words[last - 1]) or (last - first > 1 and _is_participle(words[last - 1]))
    ):
        last -= 1
    return words[first:last]


def _is_generic(word: str) -> bool:
    return word.isdigit() or _in(word, GENERIC)


def _is_participle(word: str) -> bool:
    return word[0].islower() and word.endswith("ed") and len(word) > 4


def _in(word: str, listed: frozenset[str]) -> bool:
    lowered = word.lower()
    return lowered in listed or _base(lowered) in listed


@lru_cache(maxsize=4096)
def _base(word: str) -> str:
    """Return a word without the endings of number and tense, as far as the lists need it."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, instead in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("s", "")):
        if not word.endswith(ending) or len(word) - len(ending) < 2:
            continue
        stem = word[: -len(ending)] + instead
        # "opened", "used", "stopped", "boxes"
        for base in (stem, f"{stem}e", stem[:-1]):
            if base in _VERBS or base in GENERIC or base in ATTRIBUTES:
                return base
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _chinese_phrases(text: str) -> list[str]:
    """Return names in Latin letters whole, and runs of Chinese nouns and telling verbs."""
    found: list[str] = []
    for run in _RUN.findall(text):
        if _HAN.match(run):
            found += _nouns(run)
        elif any(character.isalpha() for character in run):
            found.append(run)
    return found


def _nouns(run: str) -> list[str]:
    import rjieba  # loads its dictionary: only where there is Chinese

    found: list[str] = []
    joined = False
    for word, tag in rjieba.tag(run):
        wanted = (
            tag.startswith(_CHINESE_NOUNS)
            and word not in CHINESE_STOP_WORDS
            and word not in _CHINESE_GENERIC
            and (len(word) > 1 or tag.startswith("n"))
        )
        if wanted and joined and tag != "v" and word not in _CHINESE_ATTRIBUTES:
            found[-1] += word
        elif wanted:
            found.append(word)
        joined = wanted and tag.startswith("n") and word not in _CHINESE_ATTRIBUTES
    return found
