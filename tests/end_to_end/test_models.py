"""``qa-bot models`` lists what can be named, without loading any of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from qa_bot.cli import group


def test_the_bundled_encoder_is_listed_with_its_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Window in tokens, width, metric, licence, size; readers by name."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    done = CliRunner().invoke(group, ["models", "--json"])
    found = json.loads(done.stdout)
    first = found["encoders"][0]
    assert (first["name"], first["window"], first["dimension"]) == ("minilm", 256, 384)
    assert (first["metric"], first["licence"]) == ("cosine", "Apache-2.0")
    assert first["size"] > 80_000_000
    assert "trained" in found["readers"]
    assert "minilm" in CliRunner().invoke(group, ["models"]).output
