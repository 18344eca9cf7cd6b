"""What the page shows of a model's answer: sentences without support, follow-ups, other models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from qa_bot.ui.icons import icon
from qa_bot.ui.texts import Texts

# punctuation of no document: what Markdown takes for emphasis next to a letter stays emphasis
_OPEN, _CLOSE = "\u2e28", "\u2e29"
_LIKE = str.maketrans({_OPEN: "(", _CLOSE: ")"})
_LEADING = re.compile(r"(?:\s*(?:[-*+]|#{1,6}|>|\d{1,9}[.)])(?=\s))*\s*")
_PAIR = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*?(/?)>")
_INLINE = frozenset("em strong code span button br".split())


def bracketed(text: str, support: Sequence[Mapping[str, Any]]) -> str:
    """Return Markdown in which sentences without support stand in brackets that ``marked`` replaces."""
    text = text.translate(_LIKE)
    out, done = "", 0
    for claim in support:
        if claim["supported"] is not False:
            continue
        start, end = claim["start"], claim["end"]
        match = _LEADING.match(text, start, end)
        inside = match.end() if match else start  # behind the mark of a list item or heading
        if inside >= end:
            continue
        out += f"{text[done:inside]}{_OPEN}{text[inside:end]}{_CLOSE}"
        done = end
    return out + text[done:]


def marked(html: str, t: Texts) -> str:
    """Return HTML with bracketed sentences marked; one that spans blocks has its end marked."""

    def replaced(match: re.Match[str]) -> str:
        inside = match[1]
        told = f'<span class="visually-hidden"> ({escape(t("unsupported"))})</span>'
        title = f'title="{escape(t("unsupported"))}"'
        if _is_inline(inside):
            return f'<mark class="unsupported" {title}>{inside}{told}</mark>'
        return f'{inside}<mark class="unsupported" {title}>?{told}</mark>'

    return _PAIR.sub(replaced, html).replace(_OPEN, "").replace(_CLOSE, "")


def _is_inline(html: str) -> bool:
    """Tell whether HTML holds whole inline elements alone, so that it can be wrapped."""
    open_tags: list[str] = []
    for closing, name, single in _TAG.findall(html):
        if name not in _INLINE:
            return False
        if single or name == "br":
            continue
        if not closing:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags


def remarks_html(support: Sequence[Mapping[str, Any]], note: str, t: Texts) -> str:
    """Return what is to be said below an answer: how many sentences lack support, and what failed."""
    held = [claim["supported"] for claim in support if claim["supported"] is not None]
    failing = held.count(False)
    html = ""
    if failing:
        words = t("unsupported_count", count=failing, of=len(held))
        html += f'<p class="remark unsupported-remark">{icon("warning")}<span>{escape(words)}</span></p>'
    if note:
        html += f'<p class="remark">{icon("warning")}<span>{escape(note)}</span></p>'
    return html


def models_html(models: Sequence[str], turn: int | None, question: str, t: Texts) -> str:
    """Return the menu of models that can answer a question anew; empty where there is no choice."""
    if len(models) < 2:
        return ""
    rows = "".join(
        f'<li><button type="button" data-event="again" data-turn="{turn or ""}"'
        f' data-question="{escape(question)}" data-model="{escape(name)}">'
        f"{escape(t('quoting') if name == 'quote' else name)}</button></li>"
        for name in models
    )
    label = escape(t("retry_with"))
    return (
        f'<details class="models"><summary class="tool" title="{label}" aria-label="{label}">'
        f"{icon('models')}</summary><ul>{rows}</ul></details>"
    )


def export_html(conversation: str, t: Texts) -> str:
    """Return the link that takes a conversation away as Markdown."""
    label = escape(t("export"))
    address = escape(f"conversation.md?{urlencode({'conversation': conversation})}")
    return (
        f'<a class="tool" href="{address}" download="conversation.md" title="{label}"'
        f' aria-label="{label}">{icon("export")}</a>'
    )


def follow_ups_html(questions: Sequence[str], t: Texts) -> str:
    """Return suggested questions as buttons that ask them; empty where there are none."""
    if not questions:
        return ""
    rows = "".join(
        f'<li><button type="button" data-event="again" data-question="{escape(question)}">'
        f"{escape(question)}</button></li>"
        for question in questions
    )
    label = escape(t("follow_ups"))
    return f'<nav class="follow-ups" aria-label="{label}"><h3>{label}</h3><ul>{rows}</ul></nav>'
