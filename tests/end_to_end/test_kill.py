"""A process killed at any moment of an ingestion loses nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from qa_bot.bootstrap import open_app
from qa_bot.cli import INTERRUPTED
from qa_bot.config import Config

KILLS = 20


def write_documents(folder: Path, version: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(40):
        changed = version if number % 3 == 0 else 0
        text = f"# Document {number}\n\n" + "\n\n".join(
            f"Paragraph {p} of document {number}, version {changed}. " + f"word{p} " * 40
            for p in range(6)
        )
        (folder / f"document-{number:02d}.md").write_text(text)
    if version:
        (folder / "document-39.md").unlink()


def ingest(home: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "qa_bot.cli", "ingest", str(folder), "--prune", "--json",
         "--encoder", "hashing", "--home", str(home)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def state(home: Path) -> tuple[object, ...]:
    app = open_app(Config(home=str(home), encoder="hashing"))
    base = app.bot().knowledge_base
    documents = [(d.source, d.passages, d.size) for d in base.documents()]
    found = [
        [(h.passage.id, h.passage.text) for h in base.retrieve(query, 5).hits]
        for query in ("version 1 document 3", "paragraph word4", "document 38")
    ]
    checks = base.doctor()
    ids = sorted(base._dense.ids()), sorted(base._lexical.ids())
    app.close()
    assert all(check.ok for check in checks), checks
    return documents, found, ids


@pytest.mark.slow
def test_twenty_kills_end_where_an_undisturbed_run_ends(tmp_path: Path) -> None:
    """First documents, then changed and removed ones; SIGKILL at random moments of both runs."""
    folder, disturbed, calm = tmp_path / "documents", tmp_path / "disturbed", tmp_path / "calm"
    draw = random.Random(3)
    killed = 0
    for version in (0, 1):
        write_documents(folder, version)
        for _ in range(KILLS // 2):
            process = ingest(disturbed, folder)
            time.sleep(draw.uniform(0.3, 2.2))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            process.communicate()
        for home in (disturbed, calm):
            process = ingest(home, folder)
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors.decode()
    assert killed > KILLS / 3
    assert state(disturbed) == state(calm)


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_the_processes_that_read_files_end_with_the_ingestion(
    tmp_path: Path, sign: signal.Signals
) -> None:
    """Ctrl-C stops cleanly; after a kill they find nobody there. The next run takes the rest in."""
    folder, home = tmp_path / "many", tmp_path / "home"
    folder.mkdir()
    for number in range(400):
        text = f"# Document {number}\n\n" + f"Line {number} of many. " * 200
        (folder / f"{number:03d}.md").write_text(text)
    process = ingest(home, folder)
    workers: list[psutil.Process] = []
    deadline = time.monotonic() + 60
    while not workers and process.poll() is None and time.monotonic() < deadline:
        workers = psutil.Process(process.pid).children()
        time.sleep(0.02)
    assert workers, "the files were not read in processes"
    time.sleep(0.5)
    process.send_signal(sign)
    _, errors = process.communicate(timeout=60)
    if sign is signal.SIGINT and process.returncode != 0:  # it may have been done already
        assert process.returncode == INTERRUPTED, errors.decode()
        assert "Stopped." in errors.decode()
        assert "Traceback" not in errors.decode()
    assert psutil.wait_procs(workers, timeout=20)[1] == []
    again = ingest(home, folder)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors.decode()
    app = open_app(Config(home=str(home), encoder="hashing"))
    assert len(app.documents()) == 400
    app.close()
