"""The home folder: its database, its lock, and the knowledge bases in it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Engine, delete, insert, select, update

from knowledge_base.database import migrate, open_database
from knowledge_base.errors import HomeLocked, InvalidName, KnowledgeBaseNotFound
from knowledge_base.protocols import Encoder
from knowledge_base.tables import bases

SCHEMA = "0003"
"""The newest revision in ``migrations/versions``."""

STAGED = "\x1fstaged:"
"""Begins the name of a knowledge base that is being rebuilt; no user's name can begin so."""

LONGEST_NAME = 100
"""The most characters of a knowledge base's name."""


@dataclass(frozen=True, slots=True)
class BaseInfo:
    """A knowledge base as the registry knows it. ``folder`` is a safe name made from ``name``."""

    id: int
    name: str
    folder: str
    encoder: str
    fingerprint: str
    metric: str
    dimension: int


class Home:
    """One home folder, owned by one process at a time."""

    def __init__(self, path: Path, *, database: str | None = None, exclusive: bool = True) -> None:
        """Open a home folder, making it where it is absent.

        Args:
            path: The folder.
            database: A database URL; by default SQLite in the folder.
            exclusive: Whether to own the folder; False only to read the registry.

        Raises:
            HomeLocked: If another process owns the folder.
        """
        self.path = path.expanduser().absolute()
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.path / "lock")
        if exclusive:
            self._own()
        self.engine: Engine = open_database(database or f"sqlite:///{self.path / 'qa-bot.sqlite'}")
        migrate(self.engine, Path(__file__).parent / "migrations", "registry_version", SCHEMA)

    def close(self) -> None:
        """Close the database and give the folder free."""
        self.engine.dispose()
        if self._lock.is_locked:
            (self.path / "owner.json").unlink(missing_ok=True)
            self._lock.release()

    def owner(self) -> str | None:
        """Return the process that owns the folder, in words, or None."""
        if self._lock.is_locked:
            return _owner(self.path / "owner.json")
        try:
            with self._lock.acquire(timeout=0):
                return None
        except Timeout:
            return _owner(self.path / "owner.json")

    def bases(self, *, staged: bool = False) -> list[BaseInfo]:
        """Return every knowledge base, by name; with ``staged`` also those being rebuilt."""
        columns = [column for column in bases.c if column.name != "created_at"]
        with self.engine.connect() as connection:
            rows = connection.execute(select(*columns).order_by(bases.c.name))
            found = [BaseInfo(*row) for row in rows]
        return [info for info in found if staged or not info.name.startswith(STAGED)]

    def base(self, name: str) -> BaseInfo:
        """Return a knowledge base by its name.

        Raises:
            KnowledgeBaseNotFound: If there is none; the message names those there are.
        """
        known = self.bases()
        for info in known:
            if info.name == name:
                return info
        names = ", ".join(info.name for info in known) or "none yet"
        raise KnowledgeBaseNotFound(
            f"there is no knowledge base {name!r} in {self.path} (there: {names}); "
            "`qa-bot ingest PATH --kb NAME` makes one"
        )

    def create(self, name: str, encoder: Encoder) -> BaseInfo:
        """Make a knowledge base for an encoder, or return the one of this name.

        Raises:
            InvalidName: If the name is empty, too long, or has control characters.
        """
        cleaned = name.strip()
        if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
            raise InvalidName(
                f"a knowledge base cannot be called {name!r}; "
                f"use 1 to {LONGEST_NAME} printable characters"
            )
        try:
            return self.base(cleaned)
        except KnowledgeBaseNotFound:
            return self._insert(cleaned, cleaned, encoder)

    def stage(self, info: BaseInfo, encoder: Encoder) -> BaseInfo:
        """Return the rebuild of a knowledge base that is under way, or begin one."""
        name = f"{STAGED}{info.name}"
        for staged in self.bases(staged=True):
            if staged.name == name:
                if staged.fingerprint == encoder.fingerprint:
                    return staged
                self.forget(staged)
        return self._insert(name, f"{info.name}\0{time.time_ns()}", encoder)

    def swap(self, old: BaseInfo, staged: BaseInfo) -> None:
        """Put a rebuild in the place of a knowledge base, in one step."""
        with self.engine.begin() as connection:
            connection.execute(delete(bases).where(bases.c.id == old.id))
            connection.execute(update(bases).where(bases.c.id == staged.id).values(name=old.name))

    def forget(self, info: BaseInfo) -> None:
        """Delete a knowledge base's rows; its folder is the caller's to remove."""
        with self.engine.begin() as connection:
            connection.execute(delete(bases).where(bases.c.id == info.id))

    def folder(self, info: BaseInfo) -> Path:
        """Return the folder of a knowledge base's indexes."""
        return self.path / "indexes" / info.folder

    def glossary(self, info: BaseInfo) -> Path:
        """Return where the glossary of a knowledge base is, or may come to be."""
        return self.path / "glossaries" / f"{safe_folder(info.name)}.txt"

    def _insert(self, name: str, unique: str, encoder: Encoder) -> BaseInfo:
        values = {
            "name": name,
            "folder": safe_folder(unique),
            "encoder": encoder.name,
            "fingerprint": encoder.fingerprint,
            "metric": encoder.metric,
            "dimension": encoder.dimension,
            "created_at": time.time(),
        }
        with self.engine.begin() as connection:
            connection.execute(insert(bases).values(**values))
        return next(info for info in self.bases(staged=True) if info.name == name)

    def _own(self) -> None:
        owner = self.path / "owner.json"
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise HomeLocked(
                f"{self.path} is in use by {_owner(owner)}; "
                "stop it, or name another folder with --home"
            ) from error
        facts = {"pid": os.getpid(), "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:3]])}
        owner.write_text(json.dumps(facts), encoding="utf-8")


def safe_folder(name: str) -> str:
    """Return a folder and collection name of ``[a-z0-9-]`` for a name in any language."""
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32] or "kb"
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _owner(path: Path) -> str:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return f"process {facts['pid']} ({facts['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
