"""What stays true of the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = sorted(
    path
    for name in ("knowledge_base", "prompts", "qa_bot")
    for path in ROOT.glob(f"{name}/**/*.py")
)


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_held_in_the_head(path: Path) -> None:
    """Under 400 lines, functions under 60, with a docstring that says what it is for."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 400
    assert ast.get_docstring(tree)
    if "versions" in path.parts:
        return  # a migration is one list of columns
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_printed_outside_the_commands(path: Path) -> None:
    """Output belongs to the command line; and no file is a drawer for leftovers."""
    assert path.name not in ("utils.py", "helpers.py", "misc.py")
    calls = [
        n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)
    ]
    assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls)


def loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_help_loads_nothing_heavy() -> None:
    """It answers at once."""
    code = "from qa_bot.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit: pass"
    heavy = {
        "torch",
        "numpy",
        "transformers",
        "chromadb",
        "gradio",
        "langchain_core",
        "sqlalchemy",
        "tantivy",
    }
    assert not loaded(code) & heavy


def test_answering_needs_neither_torch_nor_chroma(tmp_path: Path) -> None:
    """On a small base, on the CPU."""
    (tmp_path / "a.md").write_text("# Parking\n\nParking is free for two hours.")
    command = f"from qa_bot.cli import main\ntry:\n    main(['{{}}', {{}}, '--home', '{tmp_path / 'home'}'])\nexcept SystemExit as e: assert not e.code"
    loaded(command.format("ingest", f"'{tmp_path / 'a.md'}'"))
    found = loaded(command.format("ask", "'How long is parking free?'"))
    assert "onnxruntime" in found
    assert not found & {"torch", "transformers", "chromadb", "gradio", "langchain_core", "onnx"}
