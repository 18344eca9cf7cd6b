"""Which language a text is in, by its script; enough to choose how it is searched."""

from __future__ import annotations

import re

SAMPLE = 4000
"""Characters looked at."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")
_LATIN = re.compile(r"[A-Za-z]")


def language_of(text: str) -> str:
    """Return ``"zh"``, ``"ja"``, ``"ko"``, ``"en"`` (any Latin script) or ``"und"``."""
    sample = text[:SAMPLE]
    han, kana, hangul, latin = (
        len(pattern.findall(sample)) for pattern in (_HAN, _KANA, _HANGUL, _LATIN)
    )
    # a word in Latin letters has about five of them, a Chinese word two characters
    words = latin / 5
    if kana > 0.1 * (han + kana) and han + kana > words:
        return "ja"
    if hangul > han and hangul > words:
        return "ko"
    if han / 2 > words * 0.3:
        return "zh"
    return "en" if latin else "und"
