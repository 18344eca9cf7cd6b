"""What reasoning models think before they answer is no part of the answer."""

from __future__ import annotations

from collections.abc import Iterator

OPENING, CLOSING = "<think>", "</think>"


def without_thoughts(pieces: Iterator[str]) -> Iterator[str]:
    """Yield the pieces without a block of thoughts, if the text begins with one."""
    held = ""
    for piece in pieces:
        held += piece
        start = held.lstrip()
        if OPENING.startswith(start[: len(OPENING)]) and len(start) < len(OPENING):
            continue
        if not start.startswith(OPENING):
            yield held
            yield from pieces
            return
        if CLOSING in held:
            answer = held.partition(CLOSING)[2].lstrip()
            if answer:
                yield answer
                yield from pieces
                return
    if not held.lstrip().startswith(OPENING) and held:
        yield held
