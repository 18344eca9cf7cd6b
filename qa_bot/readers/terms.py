"""The words of a question and of a sentence, made comparable."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

import snowballstemmer

from knowledge_base.indexes.analysis import (
    CHINESE_STOP_WORDS,
    STOP_WORDS,
    chinese_words,
    codes,
    has_cjk,
    simplified,
)
from qa_bot.readers.synonyms import unified

PART = 0.6
"""What a Chinese word counts of which only the characters are held."""

SAME = 0.7
"""From this share of common terms on two sentences say the same, if they have the same numbers."""

_WORD = re.compile(r"[A-Za-z0-9]+")
_CHINESE_FILLERS = frozenset(
    (
        "几天 几个 几 多久 多长 多长时间 多大 多重 多高 多远 多少钱 多少天 一次 一个 一下 一般 一 次 个 "
        "怎么办 怎么样 什么样 什么时候 何时 何地 为何 谁 是多少 有没有 知道 告诉 请教 需要 应该 进行 "
        "以 而 及 等 所 则 由 与 这 那 该 此 吗 呢"
    ).split(" ")
)
"""Chinese words of a question that no sentence is chosen for, beside the stop words."""

_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the stem of an English word."""
    stemmed: str = _stemmer.stemWord(word.lower())
    return stemmed


def terms(text: str) -> list[str]:
    """Return the telling terms of a text: stems, Chinese words, codes; stop words left out.

    Chinese words come with their characters: a word and its longer or shorter form share them.
    """
    return [part for word in words(text) for part in ((word, *word) if _is_long(word) else (word,))]


def words(text: str) -> list[str]:
    """Return the telling words of a text, as ``terms`` without the characters of Chinese words."""
    chinese = has_cjk(text)
    if chinese:
        text = unified(simplified(text))
    found = [stem(w) for w in _WORD.findall(text) if w.lower() not in STOP_WORDS]
    found += codes(text)
    if chinese:
        found += [
            word
            for word in chinese_words(text)
            if word not in CHINESE_STOP_WORDS and word not in _CHINESE_FILLERS
        ]
    return found


def _is_long(word: str) -> bool:
    return len(word) > 1 and has_cjk(word)


def weights(documents: Sequence[set[str]]) -> Mapping[str, float]:
    """Return how much each term tells, by how few of the documents have it."""
    counts = Counter(term for document in documents for term in document)
    return {t: math.log(1.0 + len(documents) / (1.0 + n)) for t, n in counts.items()}


def overlap(wanted: set[str], held: set[str], weight: Mapping[str, float], unseen: float) -> float:
    """Return the share, 0 to 1, of the wanted words that are held, by weight.

    A Chinese word that is not held as a whole counts in part by the characters that are.

    Args:
        wanted: The question's words.
        held: The sentence's terms.
        weight: From ``weights``.
        unseen: The weight of a term that no document has.
    """
    total = sum(weight.get(term, unseen) for term in wanted)
    if not total:
        return 0.0
    return sum(weight.get(term, unseen) * _credit(term, held) for term in wanted) / total


def says_the_same(one: AbstractSet[str], other: AbstractSet[str]) -> bool:
    """Tell from their terms whether two sentences say the same, word for word or nearly."""
    if len(one & other) < SAME * len(one | other):
        return False
    return all(not any(map(str.isdigit, term)) for term in one ^ other)


def _credit(word: str, held: set[str]) -> float:
    if word in held:
        return 1.0
    if not _is_long(word):
        return 0.0
    return PART * sum(character in held for character in word) / len(word)
