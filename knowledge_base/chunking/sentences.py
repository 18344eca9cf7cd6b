"""Where sentences begin and end, in English and Chinese punctuation. Knows nothing of tokens."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    (
        "mr mrs ms dr prof sr jr st vs etc e.g i.e eg ie cf fig figs no nos vol vols pp p approx "
        "dept est inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu "
        "fri sat sun u.s u.k a.m p.m min max tel ext ref sec ch art al rev gen col lt capt sgt gov "
        "sen rep hon"
    ).split(" ")
)
"""Words after which a full stop does not end a sentence, lower-case, without the stop."""

_BOUNDARY = re.compile(
    r"""
      (?P<cjk>[。！？…]+[”’」』）》】"']*)          # Chinese stops end a sentence at once
    | (?P<latin>[.!?]+["'”’)\]]*)(?=\s|$)             # Latin stops need white space behind them
    | (?P<line>\n+)                                   # a line of its own is a sentence of its own
    """,
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"([^\W_]+(?:\.[^\W_]+)*)$")


def sentence_spans(text: str, *, line_breaks: bool = True) -> list[tuple[int, int]]:
    """Return the ``(start, end)`` of each sentence, in order, without the white space around it.

    Together the spans hold every character that is not white space. An empty text has none.

    Args:
        text: The text to cut.
        line_breaks: Whether a line end ends a sentence (a table row, a list item). With False only
            an empty line does.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match["line"] is not None and not line_breaks and len(match["line"]) == 1:
            continue
        if match["latin"] is not None and not _ends_sentence(text, match.start(), match.end()):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    stripped = piece.strip()
    if not stripped:
        return
    if spans and not any(character.isalnum() for character in stripped):
        spans[-1] = (
            spans[-1][0],
            start + left + len(stripped),
        )  # stray marks belong to what went before
        return
    spans.append((start + left, start + left + len(stripped)))


def _ends_sentence(text: str, stop: int, end: int) -> bool:
    """Tell whether Latin punctuation at ``stop`` ends a sentence."""
    if text[stop] != "." or (end - stop > 1 and text[stop + 1] == "."):
        return True
    word = _LAST_WORD.search(text, max(0, stop - 24), stop)
    if word is None:
        return True
    found = word[1]
    following = text[end:].lstrip()[:1] if end < len(text) else ""
    if following.islower():
        return False
    if found.lower() in _ABBREVIATIONS:
        return not following or "\n" in text[end : end + 2]
    if len(found) == 1 and found.isalpha() and found.isupper():
        return False  # an initial: "J. Smith"
    # "1. Open the lid" at the start of a line is a list mark, not a sentence
    line_start = text.rfind("\n", 0, stop) + 1
    return not (found.isdigit() and text[line_start:stop].strip() == found)
