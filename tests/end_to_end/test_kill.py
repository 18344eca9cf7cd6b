"""A process killed at any moment of an ingestion loses nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qa_bot.bootstrap import open_app
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
