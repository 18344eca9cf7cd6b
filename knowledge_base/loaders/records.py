"""JSON and JSON lines: each record as readable lines, its prose as prose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from knowledge_base.errors import LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.types import Document, SectionKind

PROSE = ("text", "content", "body", "answer", "abstract", "description")
"""Keys whose longer values are a record's prose."""

NAMES = ("title", "name", "question", "heading", "subject")
"""Keys whose value names a record."""

LONG = 80
"""Characters from which a value is prose and not a field."""

DEEPEST = 20
"""How deep values may be nested; deeper ones are written as they are."""


def load_records(data: bytes, source: str) -> Document:
    """Return JSON or JSON lines as a document.

    Raises:
        LoadError: If it is not valid JSON; the message says where.
    """
    name = PurePosixPath(source).name
    text = decode(data, name)
    builder = DocumentBuilder(source, name, "application/json")
    value = _parsed(text, name)
    for record in value if isinstance(value, list) else [value]:
        builder.leave_headings()
        _add_record(builder, record)
    title = value.get("title") if isinstance(value, dict) else None
    return builder.build(
        title=title if isinstance(title, str) else PurePosixPath(name).stem,
        empty="there are no values in it",
    )


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise LoadError(f"{name}: not valid JSON ({whole}); mend it") from whole
        records = []
        for number, line in enumerate(lines, 1):
            try:
                records.append(json.loads(line))
            except ValueError as error:
                raise LoadError(
                    f"{name}: line {number} is not valid JSON ({error}); mend it"
                ) from error
        return records


def _add_record(builder: DocumentBuilder, record: Any) -> None:
    if not isinstance(record, dict):
        builder.add("\n".join(_fields("", record, 0)))
        return
    rest = dict(record)
    for key in NAMES:
        if isinstance(rest.get(key), str) and rest[key].strip():
            builder.heading(rest.pop(key), 1)
            break
    prose = [
        rest.pop(key) for key in PROSE if isinstance(rest.get(key), str) and len(rest[key]) > LONG
    ]
    fields = [line for key, value in rest.items() for line in _fields(key, value, 0)]
    if prose or any(len(line) > LONG for line in fields):
        for line in fields:
            builder.add(line, SectionKind.LIST_ITEM)
    else:
        builder.add("; ".join(fields), SectionKind.TABLE_ROW)
    for text in prose:
        for paragraph in text.split("\n\n"):
            builder.add(paragraph)


def _fields(key: str, value: Any, depth: int) -> Iterator[str]:
    """Give ``key: value`` lines, the keys of nested values joined by dots."""
    if depth > DEEPEST:
        yield f"{key}: {json.dumps(value, ensure_ascii=False)}"
    elif isinstance(value, dict):
        for inner, nested in value.items():
            yield from _fields(f"{key}.{inner}" if key else str(inner), nested, depth + 1)
    elif isinstance(value, list):
        if all(not isinstance(item, (dict, list)) for item in value):
            joined = ", ".join(_shown(item) for item in value if item not in (None, ""))
            if joined:
                yield f"{key}: {joined}" if key else joined
        else:
            for item in value:
                yield from _fields(key, item, depth + 1)
    elif value not in (None, ""):
        yield f"{key}: {_shown(value)}" if key else _shown(value)


def _shown(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
