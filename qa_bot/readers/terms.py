"""The words of a question and of a sentence, made comparable."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import snowballstemmer

from knowledge_base.indexes.analysis import (
    CHINESE_STOP_WORDS,
    STOP_WORDS,
    chinese_words,
    codes,
    has_cjk,
)

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
    """Return the telling terms of a text: stems, Chinese words, codes; stop words left out."""
    found = [stem(w) for w in _WORD.findall(text) if w.lower() not in STOP_WORDS]
    found += codes(text)
    if has_cjk(text):
        for word in chinese_words(text):
            if word not in CHINESE_STOP_WORDS and word not in _CHINESE_FILLERS:
                # the characters too: a word and its longer or shorter form share them
                found += [word, *word] if len(word) > 1 else [word]
    return found


def weights(documents: Sequence[set[str]]) -> Mapping[str, float]:
    """Return how much each term tells, by how few of the documents have it."""
    counts = Counter(term for document in documents for term in document)
    return {t: math.log(1.0 + len(documents) / (1.0 + n)) for t, n in counts.items()}


def overlap(wanted: set[str], held: set[str], weight: Mapping[str, float], unseen: float) -> float:
    """Return the share, 0 to 1, of the wanted terms that are held, by weight.

    Args:
        wanted: The question's terms.
        held: The sentence's.
        weight: From ``weights``.
        unseen: The weight of a term that no document has.
    """
    total = sum(weight.get(term, unseen) for term in wanted)
    if not total:
        return 0.0
    return sum(weight.get(term, unseen) for term in wanted & held) / total
