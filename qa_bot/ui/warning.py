"""What the page says where a document speaks to a model instead of to a reader."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from knowledge_base.types import Suspicion
from qa_bot.ui.icons import icon
from qa_bot.ui.texts import Texts

LONGEST = 120
"""Characters of the words that are shown."""


def warning_html(found: Sequence[Suspicion], t: Texts) -> str:
    """Return a line that names what was found, and quotes the first; empty where nothing was."""
    if not found:
        return ""
    kinds = ", ".join(dict.fromkeys(t(f"suspicion_{one.kind.value}") for one in found))
    quote = " ".join(found[0].quote.split())[:LONGEST]
    return (
        f'<small class="warning" role="note">{icon("warning")}'
        f"<span>{escape(t('suspicious', kinds=kinds))} <q>{escape(quote)}</q></span></small>"
    )
