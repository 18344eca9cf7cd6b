"""Loaders in processes of their own: what a file does to its loader is that file's failure alone."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from knowledge_base import parsing
from knowledge_base.errors import LoadError
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.loaders import load_bytes, worker
from knowledge_base.loaders.worker import LoaderPool

FRAGILE = """
import os, time
from knowledge_base.loaders.detect import load_bytes

def load(data, name, source):
    print("a library that talks")
    if b"crash" in data:
        os.abort()
    if b"bug" in data:
        raise ZeroDivisionError("by nothing")
    if b"hang" in data:
        time.sleep(60)
    return load_bytes(data, name, source)
"""


@pytest.fixture
def fragile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a loader that crashes, fails and hangs where the file's text asks for it."""
    (tmp_path / "fragile_loader.py").write_text(FRAGILE)
    monkeypatch.syspath_prepend(tmp_path)
    return "fragile_loader:load"


def test_a_worker_gives_the_same_document() -> None:
    """And the same errors, in one sentence."""
    with LoaderPool(1) as pool:
        for data, name in ((b"# Title\n\nSome text.", "a.md"), (b"<html><body>Hi", "b.html")):
            assert pool.load(data, name, f"/{name}") == load_bytes(data, name, f"/{name}")
        with pytest.raises(LoadError, match=r"c\.txt: the file is empty"):
            pool.load(b"", "c.txt", "/c.txt")


def test_a_crash_and_a_hang_are_named_and_the_next_file_is_read(fragile: str) -> None:
    """By signal, by exception and by time."""
    with LoaderPool(1, fragile, longest=1.5) as pool:
        with pytest.raises(LoadError, match=r"a\.txt: reading it ended its loader \(SIGABRT"):
            pool.load(b"crash", "a.txt", "/a.txt")
        with pytest.raises(LoadError, match=r"exit status 1, ZeroDivisionError: by nothing"):
            pool.load(b"bug", "b.txt", "/b.txt")
        with pytest.raises(LoadError, match=r"c\.txt: reading it took more than 2 s"):
            pool.load(b"hang", "c.txt", "/c.txt")
        assert pool.load(b"all is well", "d.txt", "/d.txt").text == "all is well"


def test_stopping_does_not_wait_for_what_hangs(fragile: str) -> None:
    """Who waits is told, and no process stays."""
    with LoaderPool(1, fragile) as pool:
        stopper = threading.Timer(1.5, pool.stop)
        stopper.start()
        started = time.monotonic()
        with pytest.raises(LoadError):
            pool.load(b"hang", "c.txt", "/c.txt")
        assert time.monotonic() - started < 20
        with pytest.raises(LoadError, match="was stopped"):
            pool.load(b"fine", "d.txt", "/d.txt")


def test_an_ingestion_goes_on_past_files_that_kill_their_loader(
    base: KnowledgeBase, fragile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many files are read in processes; each failure names its file, the rest is found."""
    monkeypatch.setattr(worker.LoaderPool.__init__, "__defaults__", (fragile, 1.5))
    monkeypatch.setattr(parsing, "MANY_FILES", 4)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(8):
        word = {2: "crash", 5: "hang"}.get(number, "fine")
        (folder / f"{number}.txt").write_text(f"Document {number} says {word}.")
    report = base.sync([folder])
    assert [Path(failure.path).name for failure in report.failed] == ["2.txt", "5.txt"]
    assert (report.added, base.count()) == (6, 6)
    assert {time.stage for time in report.stages} >= {"parse", "split", "encode", "write"}
    assert all(check.ok for check in base.doctor())
