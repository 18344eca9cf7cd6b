"""Plain text: paragraphs between empty lines, headings where they are plainly marked."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.types import Document, SectionKind

_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_LIST_MARK = re.compile(r"[ \t]*(?:[-*•·‣▪–]|\(?\d{1,3}[.)、]|[a-z][.)])[ \t]+\S")
_UNDERLINE = re.compile(r"[=\-~_*#]{3,}$")

WRAPPED = 60
"""From this mean length of its lines a paragraph is taken as wrapped, and its lines are joined."""


def load_text(data: bytes, source: str) -> Document:
    """Return a plain text as a document."""
    name = PurePosixPath(source).name
    builder = DocumentBuilder(source, name, "text/plain")
    add_text(builder, decode(data, name))
    return builder.build(empty="the file has no visible text")


def add_text(builder: DocumentBuilder, text: str) -> None:
    """Add plain text, block by block."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    for block in _BLANK.split(unified):
        lines = [line.rstrip() for line in block.split("\n") if line.strip()]
        if not lines:
            continue
        if len(lines) == 2 and _UNDERLINE.fullmatch(lines[1].strip()) and len(lines[0]) <= 100:
            builder.heading(lines[0], 1 if lines[1].lstrip().startswith("=") else 2)
        else:
            _add_lines(builder, lines)


def _add_lines(builder: DocumentBuilder, lines: list[str]) -> None:
    """Add a block: list items one by one, wrapped lines as one paragraph, others as they are."""
    items: list[list[str]] = [[]]
    for line in lines:
        if _LIST_MARK.match(line):
            items.append([])
        items[-1].append(line)
    for item in items:
        if not item:
            continue
        kind = SectionKind.LIST_ITEM if _LIST_MARK.match(item[0]) else SectionKind.PARAGRAPH
        mean = sum(map(len, item)) / len(item)
        wrapped = kind is SectionKind.LIST_ITEM or mean >= WRAPPED
        builder.add(joined(item) if wrapped else "\n".join(item), kind)


def joined(lines: list[str]) -> str:
    """Return wrapped lines as one: words cut by a hyphen mended, no space between Chinese lines."""
    text = ""
    for line in (line.strip() for line in lines):
        if not text or not line:
            text += line
        elif text.endswith("-") and text[-2:-1].isalpha() and line[:1].islower():
            text = text[:-1] + line
        elif ord(text[-1]) > 0x2E80 and ord(line[0]) > 0x2E80:
            text += line
        else:
            text += " " + line
    return text
