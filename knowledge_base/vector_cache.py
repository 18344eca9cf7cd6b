"""Vectors by what was encoded: the same text under the same encoder is never encoded twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from sqlalchemy import Engine, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from knowledge_base.registry import SQL_VARIABLES
from knowledge_base.tables import REMOVING, bases, passages, vectors
from knowledge_base.types import Vector


class VectorCache:
    """The stored vectors of one encoder."""

    def __init__(self, engine: Engine, fingerprint: str) -> None:
        """Take the database and the encoder's fingerprint."""
        self._engine = engine
        self._fingerprint = fingerprint
        columns = passages.c
        # made once: to put a statement together takes as long as to run it
        self._of_passages = (
            select(columns.id, columns.state, vectors.c.vector)
            .join(vectors, vectors.c.text_hash == columns.text_hash)
            .where(
                vectors.c.fingerprint == fingerprint,
                columns.base_id == bindparam("base"),
                columns.id.in_(bindparam("ids", expanding=True)),
            )
        )

    def get(self, hashes: Collection[str]) -> dict[str, Vector]:
        """Return the vectors that are there, by the hash of what was encoded."""
        wanted = sorted(set(hashes))
        found: dict[str, Vector] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), SQL_VARIABLES):
                query = select(vectors.c.text_hash, vectors.c.vector).where(
                    vectors.c.fingerprint == self._fingerprint,
                    vectors.c.text_hash.in_(wanted[start : start + SQL_VARIABLES]),
                )
                for text_hash, blob in connection.execute(query):
                    found[text_hash] = np.frombuffer(blob, np.float32)
        return found

    def of_passages(self, base_id: int, ids: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors that are there of some passages of a base, by passage id."""
        found: dict[str, Vector] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(ids), SQL_VARIABLES):
                named = {"base": base_id, "ids": list(ids[start : start + SQL_VARIABLES])}
                for name, state, blob in connection.execute(self._of_passages, named):
                    if state != REMOVING:
                        found[name] = np.frombuffer(blob, np.float32)
        return found

    def put(self, new: Mapping[str, Vector]) -> None:
        """Store vectors; those already there stay."""
        rows = [
            {
                "fingerprint": self._fingerprint,
                "text_hash": text_hash,
                "vector": np.ascontiguousarray(vector, np.float32).tobytes(),
            }
            for text_hash, vector in new.items()
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(vectors).on_conflict_do_nothing(), rows)

    def drop_unused(self) -> None:
        """Delete the vectors of this encoder that no passage of a base using it has."""
        used = (
            select(passages.c.text_hash)
            .join(bases, bases.c.id == passages.c.base_id)
            .where(bases.c.fingerprint == self._fingerprint)
        )
        with self._engine.begin() as connection:
            connection.execute(
                delete(vectors).where(
                    vectors.c.fingerprint == self._fingerprint, vectors.c.text_hash.not_in(used)
                )
            )
