"""Workbooks (XLSX, XLSB, XLS, ODS): each sheet a table, each row with its headers."""

from __future__ import annotations

import datetime
import io
from pathlib import PurePosixPath
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from knowledge_base.errors import EncryptedFile, LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.tables import add_rows
from knowledge_base.types import Document

MOST_ROWS = 200_000
"""Rows of a sheet that are read."""


def load_sheets(data: bytes, source: str) -> Document:
    """Return a workbook; every sheet is a heading, every row a block.

    Raises:
        EncryptedFile: If it needs a password.
        LoadError: If it is damaged.
    """
    name = PurePosixPath(source).name
    builder = DocumentBuilder(source, name, "application/vnd.ms-excel")
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in workbook.sheet_names:
            values = workbook.get_sheet_by_name(sheet).to_python(
                skip_empty_area=True, nrows=MOST_ROWS
            )
            rows = [[shown(value) for value in row] for row in values]
            if any(any(row) for row in rows):
                builder.leave_headings()
                builder.heading(sheet, 1, sheet=sheet)
                add_rows(builder, rows, sheet=sheet)
    except PasswordError as error:
        raise EncryptedFile(
            f"{name}: the workbook is protected by a password; save it without one"
        ) from error
    except (CalamineError, ValueError, OSError) as error:
        raise LoadError(f"{name}: the workbook is damaged ({error}); save it again") from error
    return builder.build(title=PurePosixPath(name).stem, empty="the workbook has no values")


def shown(value: Any) -> str:
    """Return a cell's value as people are shown it: 12 for 12.0, dates without a midnight."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        rounded = round(value, 10)
        return (
            str(int(rounded)) if rounded.is_integer() and abs(rounded) < 1e15 else f"{rounded:.10g}"
        )
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.time):
        return value.isoformat("minutes")
    return str(value)
