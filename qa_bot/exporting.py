"""A conversation as Markdown, with the sources of every answer quoted below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qa_bot.citations import mark
from qa_bot.types import Conversation, Turn

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_BLOCK = re.compile(
    r"^[ \t]*(?:([-+])(?=\s|$)|(\d{1,9})([.)])(?=\s|$)|(=+|-+)[ \t]*$)", re.MULTILINE
)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def conversation_markdown(conversation: Conversation) -> str:
    """Return a conversation as one Markdown document.

    What users and documents wrote is escaped, so that it reads as they wrote it; a model's answer is
    Markdown already, and only its HTML is escaped. Sentences that nothing supports are listed below
    their answer.
    """
    title = conversation.title or "Conversation"
    parts = [f"# {escaped(title)}", f"Knowledge base: {escaped(conversation.knowledge_base)}"]
    for turn in conversation.turns:
        parts += _exchange(turn)
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Return a text in which Markdown finds nothing to format."""
    flush = _INDENT.sub("", _SPECIAL.sub(r"\\\1", text))
    return _BLOCK.sub(_without_block, flush)


def _exchange(turn: Turn) -> list[str]:
    stored = turn.answer_json
    parts = [f"## {escaped(' '.join(turn.question.split()))}"]
    if turn.rewritten and turn.rewritten != turn.question:
        parts.append(f"Searched for: {escaped(turn.rewritten)}")
    composed = bool(stored.get("support"))
    parts.append(turn.answer.replace("<", "\\<") if composed else _quoted_answer(turn.answer))
    if stored.get("reason"):
        parts.append(escaped(stored["reason"]))
    if stored.get("note"):
        parts.append(escaped(stored["note"]))
    unsupported = [claim for claim in stored.get("support", ()) if claim["supported"] is False]
    if unsupported:
        lines = [f"- {escaped(' '.join(claim['text'].split()))}" for claim in unsupported]
        parts.append("Not supported by the documents:\n\n" + "\n".join(lines))
    citations = stored.get("citations", ())
    if citations:
        parts.append("\n\n".join(["### Sources", *map(_source, citations)]))
    return parts


def _quoted_answer(text: str) -> str:
    """Return an answer of quoted sentences: escaped, its marks as they are, its lines kept."""
    kept = re.sub(r"\\\[(\d{1,2})\\\]", r"[\1]", escaped(text))
    return kept.replace("\n", "  \n")


def _source(citation: Mapping[str, Any]) -> str:
    places = [escaped(citation.get("title") or citation["source"])]
    headings = [h for h in citation.get("headings", ()) if h != citation.get("title")]
    places += [escaped(heading) for heading in headings]
    if citation.get("page") is not None:
        places.append(f"page {citation['page']}")
    if citation.get("sheet"):
        places.append(f"sheet {escaped(citation['sheet'])}")
    quote = "\n".join(
        f"> {escaped(line)}" for line in citation["quote"].splitlines() if line.strip()
    )
    return f"{mark(citation['number'])} {' › '.join(places)} (`{_code(citation['source'])}`)\n\n{quote}"


def _code(text: str) -> str:
    return text.replace("`", "'")


def _without_block(match: re.Match[str]) -> str:
    bullet, number, end, rule = match.groups()
    return f"{number}\\{end}" if number else f"\\{bullet or rule}"
