"""Bytes into text, when nothing or something wrong is said about their encoding."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from knowledge_base.errors import UnsupportedFile

SAMPLE = 60_000
"""Bytes that are looked at to guess an encoding."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]+)""",
    re.IGNORECASE,
)
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "ascii": "cp1252"}
"""What files that claim the left are written in, in practice (as browsers read them)."""


def decode(data: bytes, name: str, *, markup: bool = False) -> str:
    """Return the text of bytes: by their mark, as UTF-8, as declared, or by a guess.

    Args:
        data: The bytes.
        name: The file's name, for the error.
        markup: Whether a ``charset`` declared in HTML or XML counts.

    Raises:
        UnsupportedFile: If the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    wide = _wide(data)
    if wide is not None:
        return data.decode(wide, "replace")
    if _is_binary(data[:SAMPLE]):
        # Chinese in UTF-16 without a mark has few zero bytes, and many that look like controls
        unmarked = _readable_as(data, ("utf-16-le", "utf-16-be"))
        if unmarked is not None:
            return data.decode(unmarked, "replace")
        raise UnsupportedFile(f"{name}: the file is binary, not text; convert it to a text format")
    # seven-bit Japanese and Chinese are valid ASCII, and told by their escapes alone
    if not (b"\x1b$" in data or b"~{" in data):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if markup and (match := _DECLARED.search(data[:4096])):
        declared = (match[1] or match[2]).decode("ascii", "replace").lower()
        text = _tried(data, _SUPERSETS.get(declared, declared))
        if text is not None:
            return text
    return _guessed(data)


def _is_binary(sample: bytes) -> bool:
    """Tell bytes that are no text: more than one in fifty is a control character."""
    controls = sum(
        sample.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32))
    )
    return controls * 50 > len(sample)


def _guessed(data: bytes) -> str:
    best = from_bytes(data[:SAMPLE]).best()
    if best is None:
        text = _tried(data, "gb18030")
        return text if text is not None else data.decode("cp1252", "replace")
    encoding = _SUPERSETS.get(best.encoding.replace("_", "-"), best.encoding)
    return data.decode(encoding, "replace")


def _tried(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeError):
        return None


def _wide(data: bytes) -> str | None:
    """Return a UTF-16 or UTF-32 without a mark, told by its many zero bytes."""
    sample = data[:4096]
    if len(sample) < 8 or sample.count(0) < len(sample) // 5:
        return None
    return _readable_as(data, ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"))


def _readable_as(data: bytes, encodings: tuple[str, ...]) -> str | None:
    """Return the first encoding in which the beginning is nearly all letters, marks and spaces."""
    for encoding in encodings:
        width = 4 if "32" in encoding else 2
        text = _tried(data[: min(4096, len(data) // width * width)], encoding)
        if text and sum(_is_common(c) for c in text) > 0.95 * len(text):
            return encoding
    return None


def _is_common(character: str) -> bool:
    """Tell a character that texts are made of: printable and of a block in wide use."""
    code = ord(character)
    known = code < 0x0600 or 0x2000 <= code < 0x2100 or 0x3000 <= code < 0xA000 or code >= 0xFF00
    return (character.isprintable() and known) or character in "\n\r\t\ufeff"
