"""How text becomes terms for the lexical index, the same for passages and for queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
"""Characters written without spaces between words, for a character class."""

ANALYSIS_VERSION = "2"
"""Raised whenever a text gives other terms than before: the lexical index is then made anew."""

_CJK_RUN = re.compile(f"[{CJK}]+")
_CODE = re.compile(
    r"(?<![A-Za-z0-9_.])(?=[A-Za-z0-9_./+-]*\d)[A-Za-z0-9]+(?:[-_./+][A-Za-z0-9]+)*(?![A-Za-z0-9_])"
)
_QUOTED = re.compile(r"[\"“”「]([^\"“”「」]{2,80})[\"“”」]")

STOP_WORDS = frozenset(
    (
        "a about after all also am an and any are as at be because been before being but by can "
        "could did do does doing done for from get give had has have having he her here hers him "
        "his how i if in into is it its just let may me might mine more most must my no nor not of "
        "on one or other our ours out over own please shall she should so some such than that the "
        "their theirs them then there these they this those through to too under until up upon us "
        "very was we were what when where whether which while who whom whose why will with would "
        "you your yours tell know need want"
    ).split(" ")
)
"""English words that a query is not searched for, unless nothing else is left of it."""

CHINESE_STOP_WORDS = frozenset(
    (
        "的 了 吗 呢 吧 啊 是 在 有 和 与 及 或 我 你 您 他 她 它 我们 你们 他们 这 那 这个 那个 "
        "什么 怎么 怎样 怎么样 如何 哪 哪些 哪个 哪里 哪儿 多少 几 多久 多长 时候 为什么 请问 请 "
        "可以 能 能否 能不能 可不可以 是否 是不是 有没有 会 要 需要 想 吗 么 一个 一下 以及 就 都 也 "
        "还 被 把 对 从 到 给 让 于 之 其 上 下 中 里 后 前"
    ).split(" ")
)
"""Chinese words that a query is not searched for, unless nothing else is left of it."""


def has_cjk(text: str) -> bool:
    """Tell whether a text has Chinese, Japanese or Korean characters."""
    return _CJK_RUN.search(text) is not None


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    import rjieba

    return rjieba


@lru_cache(maxsize=1)
def _traditional() -> dict[int, str]:
    """Return the simplified form of each traditional character that has one."""
    import opencc

    characters = "".join(map(chr, range(0x3400, 0xA000)))
    # a line each: side by side they would be read as words
    simple = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {
        ord(one): other
        for one, other in zip(characters, simple, strict=True)
        if one != other and len(other) == 1
    }


def simplified(text: str) -> str:
    """Return a text with simplified Chinese characters, each in its place."""
    return text.translate(_traditional()) if has_cjk(text) else text


def chinese_words(text: str) -> list[str]:
    """Return the words of the text's Chinese runs, in order, overlapping compounds included.

    They come in simplified characters, so that the two ways of writing find each other.
    """
    return [
        word
        for run in _CJK_RUN.findall(simplified(text))
        for word in _segmenter().cut_for_search(run)
        if word.strip()
    ]


def chinese_pieces(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Give a text piece by piece: its first and last character, and the simplified word if it is Chinese."""
    plain, at = simplified(text), 0
    for run in _CJK_RUN.finditer(plain):
        if run.start() > at:
            yield at, run.start(), None
        at = run.start()
        for word in _segmenter().cut(run.group()):
            yield at, at + len(word), word
            at += len(word)
    if at < len(text):
        yield at, len(text), None


def chinese_terms(text: str) -> list[str]:
    """Return words and character pairs: pairs find what the dictionary does not know as a word."""
    pairs = [
        run[at : at + 2]
        for run in _CJK_RUN.findall(simplified(text))
        for at in range(max(1, len(run) - 1))
    ]
    return [*chinese_words(text), *(f"_{pair}" for pair in pairs)]


def codes(text: str) -> list[str]:
    """Return product codes, version numbers and the like, whole and in lower case."""
    return [found.lower() for found in _CODE.findall(text) if len(found) > 1]


def phrases(query: str) -> list[str]:
    """Return what stands in quotation marks."""
    return [found.strip() for found in _QUOTED.findall(query) if found.strip()]
