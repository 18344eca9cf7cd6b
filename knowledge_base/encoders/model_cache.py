"""Where graphs made from weights are kept, so that they are made once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

CHUNK = 1 << 20


def cache_folder() -> Path:
    """Return the folder for derived models: ``QA_BOT_CACHE``, or the user's cache folder."""
    named = os.environ.get("QA_BOT_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "qa-bot"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cached file of this name, made by ``make`` where it is absent or damaged.

    A checksum beside the file tells a damaged one; a process killed while making leaves nothing
    that a later one would take for whole. Where the cache folder cannot be written, a temporary
    one serves this process.
    """
    folder = _writable(cache_folder())
    target, seal = folder / name, folder / f"{name}.sha256"
    if target.is_file() and seal.is_file() and seal.read_text().strip() == sha256_of(target):
        return target
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    os.close(handle)
    made = Path(temporary)
    try:
        make(made)
        seal.write_text(sha256_of(made))
        made.replace(target)
    finally:
        made.unlink(missing_ok=True)
    return target


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="qa-bot-cache-"))
