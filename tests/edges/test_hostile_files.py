"""Every hostile file is read or refused with one sentence, within 30 seconds."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.errors import LoadError
from knowledge_base.loaders import SUPPORTED, load_bytes
from knowledge_base.types import Document


def sound(document: Document) -> None:
    position = 0
    for section in document.sections:
        assert section.start < section.end
        assert not document.text[position : section.start].strip()
        position = section.end
    assert position == len(document.text)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("archive", ["encodings.zip", "unstructured-docs.zip"])
def test_no_hostile_file_crashes_or_hangs(shared_data: Path, archive: str) -> None:
    """Over 600 files: encrypted, malformed, empty, mislabelled, in many encodings."""
    read = 0
    with zipfile.ZipFile(shared_data / "hostile" / archive) as files:
        for info in files.infolist():
            if info.is_dir():
                continue
            started = time.monotonic()
            try:
                sound(load_bytes(files.read(info), Path(info.filename).name, "/" + info.filename))
                read += 1
            except LoadError as error:
                assert "\n" not in str(error), info.filename
                assert str(error)
            assert time.monotonic() - started < 30, info.filename
    assert read > 100


@given(st.binary(max_size=400), st.sampled_from(sorted(SUPPORTED)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str) -> None:
    """Under every ending: a sound document, or a LoadError of one line."""
    try:
        sound(load_bytes(data, f"file{suffix}", f"/file{suffix}"))
    except LoadError as error:
        assert "\n" not in str(error)
