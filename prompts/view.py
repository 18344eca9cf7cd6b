"""A text as a tokenizer or a hasty reader might take it, each character with where it came from.

Invisible characters are gone, full-width and other variants are plain, HTML entities are the
characters that they stand for. What is found in the view can be replaced in the text itself.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

JOINERS = "\u200c\u200d"
"""Invisible, but letters of some scripts and emoji need them."""

_ENTITY = re.compile(
    r"&(?:amp;|#38;|#x26;)*(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I
)
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


@dataclass(frozen=True, slots=True)
class View:
    """The plain text; ``starts[n]`` to ``ends[n]`` of the original made its character n."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def is_invisible(character: str) -> bool:
    """Tell whether a character shows nothing: format, control and tag characters, selectors."""
    if character in "\n\t\r":
        return False
    kind = unicodedata.category(character)
    return kind in ("Cf", "Cc", "Cs", "Co") or _SELECTORS.match(character) is not None


def visible(text: str) -> str:
    """Return a text without its invisible characters; joiners stay between letters that need them."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        for at, character in enumerate(text)
        if not is_invisible(character)
        or (character in JOINERS and _needs_joiner(text[at - 1 : at], text[at + 1 : at + 2]))
        or (_SELECTORS.match(character) is not None and not text[max(0, at - 1)].isascii())
    )


@lru_cache(maxsize=64)  # each pattern looks at the same text
def view_of(text: str) -> View:
    """Return the view of a text."""
    if text.isascii() and text.isprintable() and "&" not in text and "\\" not in text:
        places = tuple(range(len(text) + 1))
        return View(text, places[:-1], places[1:])
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        plain, end = _next(text, at)
        for character in plain:
            characters.append(character)
            starts.append(at)
            ends.append(end)
        at = end
    return View("".join(characters), tuple(starts), tuple(ends))


def _next(text: str, at: int) -> tuple[str, int]:
    """Return what stands at a place, plain, and where it ends."""
    character = text[at]
    if character == "&" and (entity := _ENTITY.match(text, at)) is not None:
        return _folded(_unescaped(entity.group())), entity.end()
    if character == "\\" and text[at + 1 : at + 2] in ("<", ">", "|", "[", "]", "#", "_"):
        return "", at + 1
    return _folded(character), at + 1


def _folded(text: str) -> str:
    if text.isascii():
        return "".join(c for c in text if not is_invisible(c))
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if not is_invisible(c))
    return " " if plain and plain.isspace() and "\n" not in plain else plain


def _unescaped(entity: str) -> str:
    for _ in range(4):
        plain = html.unescape(entity)
        if plain == entity:
            break
        entity = plain
    return entity


def _needs_joiner(before: str, after: str) -> bool:
    return bool(before and after) and not before.isascii() and not after.isascii()
