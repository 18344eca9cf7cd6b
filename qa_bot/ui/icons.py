"""The page's icons: small drawings of one line width, inline, so that nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping

PATHS: Mapping[str, str] = {
    "logo": "M5 4h10l4 4v12H5z M14 4v5h5 M8.5 13h7 M8.5 16.5h4",
    "menu": "M4 7h16 M4 12h16 M4 17h16",
    "close": "M6 6l12 12 M18 6L6 18",
    "plus": "M12 5v14 M5 12h14",
    "edit": "M4 20h4L19 9l-4-4L4 16z M13 7l4 4",
    "trash": "M5 7h14 M10 7V4h4v3 M7 7l1 13h8l1-13 M10.5 11v5.5 M13.5 11v5.5",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z M15.5 15.5L20 20",
    "ask": "M4 5h16v11H10l-5 4v-4H4z M8 9h8 M8 12.5h5",
    "filters": "M4 6h16 M7 12h10 M10 18h4",
    "ranking": "M4 8h9 M17 8h3 M15 6v4 M4 16h3 M11 16h9 M9 14v4",
    "explain": "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z M12 11v5 M12 8v.2",
    "similar": "M4 8h11v12H4z M9 8V4h11v12h-5",
    "yes": "M5 12.5l4.5 4.5L19 7.5",
    "copy": "M9 9h11v11H9z M15 9V4H4v11h5",
    "retry": "M19 12a7 7 0 1 1-2.2-5.1 M19 4v4h-4",
    "like": "M7 11v9H4v-9z M7 11l4-7c1.6 0 2.6 1.1 2.3 2.8L12.8 10H18"
    "a2 2 0 0 1 2 2.3l-1 6A2 2 0 0 1 17 20H7",
    "dislike": "M7 13V4H4v9z M7 13l4 7c1.6 0 2.6-1.1 2.3-2.8L12.8 14H18"
    "a2 2 0 0 0 2-2.3l-1-6A2 2 0 0 0 17 4H7",
    "none": "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z M6.5 6.5l11 11",
    "enlarge": "M14 4h6v6 M20 4l-8 8 M18 13v7H4V6h7",
    "warning": "M12 4l9 16H3z M12 10v4.5 M12 17v.5",
    "models": "M12 4l2 5 5 2-5 2-2 5-2-5-5-2 5-2z M18 16l1 2 2 1-2 1-1 2",
    "export": "M12 4v11 M7.5 10.5L12 15l4.5-4.5 M5 19h14",
    "file": "M6 3h8l4 4v14H6z M14 3v4h4",
}
"""What each icon draws, in a square of 24."""


def icon(name: str) -> str:
    """Return an icon as SVG, hidden from screen readers: its button says what it does."""
    return (
        '<svg class="icon" viewBox="0 0 24 24" width="18" height="18" fill="none"'
        ' stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"'
        f' aria-hidden="true"><path d="{PATHS[name]}"/></svg>'
    )
