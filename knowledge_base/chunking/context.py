"""What is encoded for a passage: its heading path, then its text."""

from __future__ import annotations

from knowledge_base.protocols import TokenCounter

SEPARATOR = " > "


def encoded_text(headings: tuple[str, ...], text: str, joint: str = "\n") -> str:
    """Return the text that is encoded for a passage: headings, what joins them to the text, the text.

    Headings that the passage's text already opens with are not repeated.
    """
    opening = text[:400]
    path = [heading for heading in headings if heading not in opening]
    return f"{SEPARATOR.join(path)}{joint}{text}" if path else text


def shorten(headings: tuple[str, ...], tokens: TokenCounter, most: int) -> tuple[str, ...]:
    """Return the innermost headings of a path that fit into ``most`` tokens.

    Where even the innermost does not fit, it is cut at a token.
    """
    for first in range(len(headings)):
        kept = headings[first:]
        offsets = tokens.offsets(SEPARATOR.join(kept))
        if len(offsets) <= most:
            return kept
        if first == len(headings) - 1:
            return (kept[0][: offsets[most - 1][1]].rstrip(),) if most else ()
    return headings
