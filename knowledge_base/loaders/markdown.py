"""Markdown, by way of the HTML that it means."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

from markdown_it import MarkdownIt

from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.loaders.html import add_html
from knowledge_base.types import Document

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_ENTRY = re.compile(r"^([A-Za-z][\w-]*):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_KEPT = frozenset({"author", "date", "updated", "version", "category", "language", "tags"})


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def load_markdown(data: bytes, source: str) -> Document:
    """Return a Markdown text as a document; its front matter becomes title and metadata."""
    name = PurePosixPath(source).name
    text = decode(data, name).replace("\r\n", "\n")
    facts: dict[str, str] = {}
    front = _FRONT_MATTER.match(text)
    if front is not None:
        facts = {key.lower(): value.strip("\"'") for key, value in _ENTRY.findall(front[1])}
        text = text[front.end() :]
    builder = DocumentBuilder(source, name, "text/markdown")
    add_html(builder, _parser().render(text))
    metadata = {key: value for key, value in facts.items() if key in _KEPT}
    return builder.build(
        title=facts.get("title"), metadata=metadata, empty="the file has no visible text"
    )
