"""Tables in text (CSV, TSV): the delimiter found out, each row with its headers."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import PurePosixPath

from knowledge_base.errors import LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.loaders.tables import add_rows
from knowledge_base.types import Document

SAMPLE = 20_000
"""Characters among which the delimiter is looked for."""

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


def load_delimited(data: bytes, source: str) -> Document:
    """Return a delimited table as a document, one block a row.

    Raises:
        LoadError: If it cannot be read as a table.
    """
    name = PurePosixPath(source).name
    text = decode(data, name).replace("\0", "")
    tab = name.lower().endswith(".tsv")
    try:
        rows = list(
            csv.reader(io.StringIO(text, newline=""), delimiter="\t" if tab else _delimiter(text))
        )
    except csv.Error as error:
        raise LoadError(f"{name}: the table cannot be read ({error}); save it again") from error
    builder = DocumentBuilder(source, name, "text/csv")
    add_rows(builder, rows)
    return builder.build(empty="the table has no values")


def _delimiter(text: str) -> str:
    try:
        return csv.Sniffer().sniff(text[:SAMPLE], ",;\t|").delimiter
    except csv.Error:
        first = text.split("\n", 1)[0]
        return max(",;\t|", key=first.count)
