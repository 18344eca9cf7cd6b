"""Small passages to find, larger windows to read: a short hit is read with what stands around it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from knowledge_base.registry import Registry
from knowledge_base.types import ScoredPassage

SHORT = 64
"""Tokens under which a hit is read with its neighbours."""

WINDOW = 220
"""The most tokens of the window that is read."""


def widened(hit: ScoredPassage, registry: Registry) -> ScoredPassage:
    """Return a hit whose passage reaches over its neighbours, if it is short and they fit."""
    return hit if hit.passage.tokens >= SHORT else reaching(hit, registry, WINDOW)


def reaching(
    hit: ScoredPassage, registry: Registry, most: int, without: Collection[str] = ()
) -> ScoredPassage:
    """Return a hit whose passage reaches over the next one and the one before, as far as they fit.

    It keeps its id, and is still a span of its document's text. Neighbours are of the same page and
    sheet.

    Args:
        hit: It may reach over its neighbours already.
        registry: Holds them.
        most: The most tokens of the whole.
        without: Ids of passages that it must not reach over.
    """
    own = hit.passage
    around = {passage.ordinal: passage for passage in registry.around(own, 1, 1)}
    start, end, tokens = own.start, own.end, own.tokens
    suspicions = set(own.suspicions)
    for step in (1, -1):
        other = around.get(own.ordinal + step)
        if other is None or (other.page, other.sheet) != (own.page, own.sheet):
            continue
        if other.id in without or (start <= other.start and other.end <= end):
            continue
        if tokens + other.tokens <= most:
            start, end = min(start, other.start), max(end, other.end)
            tokens += other.tokens
            suspicions.update(other.suspicions)
    if (start, end) == (own.start, own.end):
        return hit
    text = registry.document(own.source).text[start:end]
    found = tuple(sorted(suspicions, key=lambda one: one.start))
    wider = replace(own, text=text, start=start, end=end, tokens=tokens, suspicions=found)
    return replace(hit, passage=wider)
