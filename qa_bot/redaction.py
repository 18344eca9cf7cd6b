"""E-mail addresses, telephone, card and identity numbers, made unreadable where that is asked for.

Telephone numbers are found by phonenumbers (Google's metadata), the check digits of the others by
python-stdnum, so that an order number is not taken for a card. Letters and digits become ``•``; the
length stays, so that spans of the text hold.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

MASK = "•"
"""What a letter or digit becomes."""

REGIONS = ("US", "GB", "CN", "DE")
"""Where telephone numbers without a country's code are at home; others are found by their code."""

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_CARD = re.compile(r"(?<![\d.,-])[3-6]\d(?:[ -]?\d){11,17}(?![\d.,]*\d)")
_DIGITS = re.compile(r"\d")
_ANY = re.compile(r"@|\d[\d\s()./-]{4,}\d|[A-Z]{2}\d\d ?[A-Z0-9]{4}")


def redacted(text: str) -> str:
    """Return a text of the same length without such data."""
    if _ANY.search(text) is None:
        return text
    characters = list(text)
    for start, end in _spans(text):
        characters[start:end] = [MASK if c.isalnum() else c for c in text[start:end]]
    return "".join(characters)


def open_end(text: str) -> int:
    """Return where a text ends that may be shown while more comes: before data that may be unfinished."""
    found = _UNFINISHED.search(text, max(0, len(text) - 120))
    return found.start() if found else len(text)


_UNFINISHED = re.compile(r"(?:[\w.+%@-]+|[+(]?\d[\d\s()./A-Z-]*)$")


class RedactedRecord(logging.LogRecord):
    """A record of any logger without such data, the text of an exception included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the record, and put its arguments in at once."""
        super().__init__(*args, **kwargs)
        self.msg, self.args = redacted(self.getMessage()), None
        if self.exc_info and self.exc_info[0] is not None:
            self.exc_text = redacted(logging.Formatter().formatException(self.exc_info))


def redact_logs() -> None:
    """Take such data out of whatever any logger of this process writes from now on."""
    logging.setLogRecordFactory(RedactedRecord)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        yield match.span()
    for match in _CARD.finditer(text):
        if _is_card(match.group()):
            yield match.span()
    for pattern, is_valid in _identities():
        for match in pattern.finditer(text):
            if is_valid(match.group()):
                yield match.span()
    yield from _phones(text)


def _is_card(found: str) -> bool:
    from stdnum import luhn

    digits = re.sub(r"\D", "", found)
    return 13 <= len(digits) <= 19 and luhn.is_valid(digits)


def _identities() -> list[tuple[re.Pattern[str], Callable[[str], bool]]]:
    """Return what identity and account numbers look like, and what tells whether one is valid."""
    from stdnum import iban
    from stdnum.br import cpf
    from stdnum.cn import ric
    from stdnum.es import dni
    from stdnum.fr import nir
    from stdnum.it import codicefiscale
    from stdnum.us import ssn

    return [
        (_CHINESE, ric.is_valid),
        (_SOCIAL, ssn.is_valid),
        (_IBAN, iban.is_valid),
        (_BRAZILIAN, cpf.is_valid),
        (_SPANISH, dni.is_valid),
        (_FRENCH, nir.is_valid),
        (_ITALIAN, codicefiscale.is_valid),
    ]


_CHINESE = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])")
_SOCIAL = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_BRAZILIAN = re.compile(r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)")
_SPANISH = re.compile(r"(?<![\dA-Za-z])\d{8}-?[A-Z](?![\dA-Za-z])")
_FRENCH = re.compile(r"(?<!\d)[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?!\d)")
_ITALIAN = re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b")


def _phones(text: str) -> Iterator[tuple[int, int]]:
    """Give telephone numbers: with their country's code anywhere, else as written where they are at home."""
    import phonenumbers

    for region in (None, *REGIONS):
        leniency = (
            phonenumbers.Leniency.VALID if region is None else phonenumbers.Leniency.STRICT_GROUPING
        )
        for found in phonenumbers.PhoneNumberMatcher(text, region, leniency=leniency):
            if len(_DIGITS.findall(found.raw_string)) >= 7:
                yield found.start, found.end
    for match in _MOBILE.finditer(text):
        yield match.span()


_MOBILE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
"""A Chinese mobile number as it is mostly written: without a country's code, between characters."""
