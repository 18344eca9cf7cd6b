"""What the papers say is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qa_bot.cli import COMMANDS

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_readme_example_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands, over the sample documents."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert code is not None
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    exec(compile(code[1], "README.md", "exec"), {})
    assert "5 working days" in capsys.readouterr().out


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_command_stands_in_the_readme(readme: str) -> None:
    """In both languages."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"{name}" not in text] == []


@pytest.mark.parametrize(
    "path", ["README.md", "README.zh.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
)
def test_what_is_linked_is_there(path: str) -> None:
    """Files of the repository."""
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / path).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
