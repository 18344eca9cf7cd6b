"""Marks in a text what a query matched, and cuts out the part where most of it stands."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from html import escape

from knowledge_base.indexes.analysis import (
    CHINESE_STOP_WORDS,
    CJK,
    STOP_WORDS,
    chinese_terms,
    codes,
    has_cjk,
    simplified,
)
from knowledge_base.types import Span
from qa_bot.readers.terms import stem

SNIPPET = 320
"""Characters of a snippet, at the most; half of that in Chinese, which says more in each."""

LEAD = 70
"""Characters before the first match of a snippet."""

LIKE, SHORTEST = 0.78, 5
"""How like a word of the query a word must be to count as a slip of it, and from which length."""

_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile(f"[^\\W_{CJK}]+")
_BREAK = re.compile(r"\s*\n\s*")
_ENDED = re.compile(r"[.。!！?？:：;；]\s*$")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|(?<=[。！？])")


def matched(text: str, terms: Collection[str], query: str = "") -> list[Span]:
    """Return where the terms of an explanation stand in a text, in order, without overlaps.

    Args:
        text: A passage's text.
        terms: As ``Explanation.terms`` names them: stems, codes, Chinese words and pairs; the empty
            one stands for words spelt like one of the query's.
        query: Where to take the spellings from.
    """
    wanted = {part for term in terms for part in (term, *term.split()) if part}
    found = [*_stems(text, wanted), *_written(text, wanted)]
    if "" in terms:
        found += _alike(text, query)
    return _merged(found)


def query_terms(query: str) -> set[str]:
    """Return what to mark of a query where no explanation names the terms."""
    words = {word.lower() for word in _LATIN.findall(query) if len(word) > 1}
    english = {stem(word) for word in words - STOP_WORDS}
    chinese = {term.removeprefix("_") for term in chinese_terms(query)} - CHINESE_STOP_WORDS
    return english | chinese | set(codes(query))


def snippet(text: str, spans: Sequence[Span], most: int = SNIPPET) -> Span:
    """Return the part of a text to show: all of a short one, else where most matches stand.

    Args:
        text: A passage's text.
        spans: What is matched in it, in order.
        most: Characters, of which Chinese takes half.
    """
    chinese = has_cjk(text[:most])
    most = most // 2 if chinese else most
    if len(text) <= most * 1.15:
        return Span(0, len(text))
    lead = min(LEAD, most // 4)
    starts = [0, *(_beginning(text, span.start, lead) for span in spans)]
    start = max(starts, key=lambda start: (_inside(spans, start, start + most), -start))
    end = min(len(text), start + most)
    if end < len(text) and not chinese:
        end = max(text.rfind(" ", start, end), start + most // 2)
    return Span(start, end)


def marked(text: str, spans: Iterable[Span], shown: Span | None = None) -> str:
    """Return a part of a text as HTML on one line, escaped, with the spans marked."""
    part = shown or Span(0, len(text))
    out, at = [], part.start
    for span in spans:
        start, end = max(span.start, at), min(span.end, part.end)
        if start >= end:
            continue
        out.append(_flat(text[at:start], at == part.start))
        out.append(f"<mark>{escape(text[start:end])}</mark>")
        at = end
    out.append(_flat(text[at : part.end], at == part.start))
    before = "… " if text[: part.start].strip() else ""
    after = " …" if text[part.end :].strip() else ""
    return before + "".join(out).strip() + after


def _flat(text: str, first: bool) -> str:
    """Return text with its line breaks as dots, which a sentence's end does without."""
    if first:
        text = text.lstrip()
    pieces = _BREAK.split(text)
    out = pieces[0]
    for before, piece in itertools.pairwise(pieces):
        out += (" " if _ENDED.search(before) else " · ") + piece
    return escape(out)


def _stems(text: str, wanted: set[str]) -> list[Span]:
    # a stem begins as its word does: most words need not be stemmed to be told apart
    heads = {term[0] for term in wanted}
    return [
        Span(*word.span())
        for word in _WORD.finditer(text)
        if word.group()[0].lower() in heads
        and (word.group().lower() in wanted or stem(word.group()) in wanted)
    ]


def _written(text: str, wanted: set[str]) -> list[Span]:
    """Return where Chinese words and codes stand, which are no words between spaces."""
    found = []
    folded = simplified(text)
    for term in wanted:
        if has_cjk(term):
            found += [Span(*m.span()) for m in re.finditer(re.escape(term), folded)]
        elif not term.isalnum():
            whole = rf"(?<![A-Za-z0-9]){re.escape(term)}(?![A-Za-z0-9])"
            found += [Span(*m.span()) for m in re.finditer(whole, text, re.IGNORECASE)]
    return found


def _alike(text: str, query: str) -> list[Span]:
    slips = [word.lower() for word in _WORD.findall(query) if len(word) >= SHORTEST]
    return [
        Span(*word.span())
        for word in _WORD.finditer(text)
        if len(word.group()) >= SHORTEST - 1
        and difflib.get_close_matches(word.group().lower(), slips, 1, LIKE)
    ]


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return merged


def _inside(spans: Sequence[Span], start: int, end: int) -> int:
    return sum(start <= span.start and span.end <= end for span in spans)


def _beginning(text: str, at: int, lead: int) -> int:
    """Return where to begin so that a place comes soon: at a sentence, else at a word."""
    low = max(0, at - lead)
    if low == 0:
        return 0
    sentences = [found.end() for found in _SENTENCE.finditer(text, low, at)]
    if sentences:
        return sentences[-1]
    space = text.find(" ", low, at)
    return space + 1 if space >= 0 else low
