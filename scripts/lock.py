"""Writes requirements.lock: the exact version of every package that the checked environment has."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

HEADER = """\
# Written by `make lock`: the versions that the checks ran with. Used as pip constraints.
# torch carries no hash and no build tag, so that a CPU build of the same version serves.
"""
LEFT_OUT = {"pip", "setuptools", "qa-bot", "wheel"}


def main() -> None:
    """Write the lock beside pyproject.toml."""
    found = {
        distribution.metadata["Name"].lower().replace("_", "-"): distribution.version
        for distribution in importlib.metadata.distributions()
    }
    lines = [
        f"{name}=={version.partition('+')[0]}"
        for name, version in sorted(found.items())
        if name not in LEFT_OUT
    ]
    target = Path(__file__).parent.parent / "requirements.lock"
    target.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{target.name}: {len(lines)} packages")


if __name__ == "__main__":
    main()
