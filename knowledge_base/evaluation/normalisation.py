"""How answers are compared: SQuAD's normalisation, Chinese by the character."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence

from knowledge_base.indexes.analysis import CJK, has_cjk

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_CJK_CHARACTER = re.compile(f"([{CJK}])")


def normalised(text: str) -> str:
    """Return a text as SQuAD compares it: lower case, no marks, no articles, single spaces.

    English follows the official script (Rajpurkar et al., 2016). In a text with Chinese characters
    each of them is a word, and every mark of Unicode is taken away, as MLQA does (Lewis et al., 2020).
    """
    lowered = text.lower()
    if has_cjk(lowered):
        lowered = "".join(c for c in lowered if not unicodedata.category(c).startswith("P"))
        lowered = _CJK_CHARACTER.sub(r" \1 ", lowered)
    bare = "".join(c for c in lowered if c not in string.punctuation)
    return " ".join(_ARTICLE.sub(" ", bare).split())


def holds(text: str, answers: Sequence[str]) -> bool:
    """Tell whether a text holds one of the answers, word by word after ``normalised``."""
    words = f" {normalised(text)} "
    wanted = (normalised(answer) for answer in answers)
    return any(f" {answer} " in words for answer in wanted if answer)
