"""Vectors in Chroma, embedded or on a server. The only module that imports chromadb."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from knowledge_base.errors import IndexMismatch
from knowledge_base.indexes.exact import check_shape
from knowledge_base.types import Vector, Vectors

BATCH = 5000
"""The most vectors of one call; Chroma takes 5,461."""

PAGE = 5000
"""Ids read back at a time."""

FEW = 2000
"""Up to this many allowed ids are scored exactly instead of by Chroma's slow filter."""

SETTINGS = {"hnsw:construction_ef": 200, "hnsw:search_ef": 100, "hnsw:M": 24}
"""Graph settings that keep recall@10 at 0.99 and more."""


class ChromaIndex:
    """One collection, its metric, width and encoder asserted when it is opened."""

    def __init__(
        self,
        path: Path | None,
        collection: str,
        dimension: int,
        metric: str,
        fingerprint: str,
        url: str | None = None,
    ) -> None:
        """Open or make a collection.

        Args:
            path: The folder of the embedded store; None with a ``url``.
            collection: Its name, of ``[a-zA-Z0-9._-]``.
            dimension: The vectors' width.
            metric: ``"cosine"`` or ``"ip"``.
            fingerprint: The encoder's.
            url: A Chroma server, such as ``http://localhost:8000``.

        Raises:
            IndexMismatch: If the collection was made for another encoder, metric or width, or
                cannot be opened.
        """
        self._dimension, self._metric = dimension, metric
        self._client = _client(path, url)
        self._name = collection
        self._facts = {"fingerprint": fingerprint, "dimension": dimension, "metric": metric}
        self._collection = self._opened(collection, self._facts)

    def _opened(self, name: str, facts: dict[str, Any]) -> Any:
        from chromadb.errors import ChromaError

        try:
            collection = self._client.get_or_create_collection(
                name,
                metadata=facts,
                configuration={
                    "hnsw": {
                        "space": self._metric,
                        "ef_construction": SETTINGS["hnsw:construction_ef"],
                        "ef_search": SETTINGS["hnsw:search_ef"],
                        "max_neighbors": SETTINGS["hnsw:M"],
                    }
                },
                embedding_function=None,
            )
        except (ChromaError, ValueError, OSError) as error:
            raise IndexMismatch(
                f"the vector index cannot be opened ({error}); run `qa-bot doctor --repair`"
            ) from error
        found = dict(collection.metadata or {})
        space = collection.configuration["hnsw"]["space"]
        if any(found.get(key) != value for key, value in facts.items()) or space != self._metric:
            raise IndexMismatch(
                f"the vector index was made with {found} and space {space!r}, "
                f"needed are {facts}; run `qa-bot reindex`"
            )
        return collection

    def upsert(
        self,
        ids: Sequence[str],
        vectors: Vectors,
        metadatas: Sequence[Mapping[str, str | int]] | None = None,
    ) -> None:
        """Write vectors, replacing those of ids already there.

        Raises:
            IndexMismatch: If their shape is not ``(len(ids), d)``.
        """
        check_shape(ids, vectors, self._dimension)
        last = {name: row for row, name in enumerate(ids)}
        # a point that is updated in place can become unreachable in the graph: what is there already
        # is left alone, and what differs is taken out and put in anew
        held = self.vectors(list(last)) if len(self) else {}
        self.delete(
            [n for n, row in last.items() if n in held and not _same(held[n], vectors[row])]
        )
        new = [n for n, row in last.items() if n not in held or not _same(held[n], vectors[row])]
        for start in range(0, len(new), BATCH):
            some = new[start : start + BATCH]
            rows = [last[name] for name in some]
            self._collection.add(
                ids=some,
                embeddings=vectors[rows],
                metadatas=None if metadatas is None else [dict(metadatas[row]) for row in rows],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; ids that are not there are passed over."""
        for start in range(0, len(ids), BATCH):
            self._collection.delete(ids=list(ids[start : start + BATCH]))

    def search(
        self, vector: Vector, k: int, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return up to k ``(id, similarity)``, best first: cosine in [-1, 1], or the dot product."""
        if vector.shape != (self._dimension,):
            raise IndexMismatch(
                f"the index holds {self._dimension}-wide vectors, the query has shape "
                f"{vector.shape}; use the encoder that the index was made with"
            )
        if k <= 0:
            return []
        if allowed is not None and len(allowed) <= FEW:
            return self._search_few(vector, k, sorted(allowed))
        wanted = k  # Chroma takes milliseconds to count: that fewer came back tells the end
        while True:
            hits = self._query(vector, wanted)
            kept = [hit for hit in hits if allowed is None or hit[0] in allowed]
            if len(kept) >= k or len(hits) < wanted:
                return kept[:k]
            wanted *= 4

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """Return the stored vectors of ids; those that are not there are left out."""
        found: dict[str, Vector] = {}
        for start in range(0, len(ids), PAGE):
            got = self._collection.get(ids=list(ids[start : start + PAGE]), include=["embeddings"])
            rows = np.asarray(got["embeddings"], np.float32)
            found.update(zip(got["ids"], rows, strict=True))
        return found

    def clear(self) -> None:
        """Remove everything, the graph too: the collection is made anew."""
        self._client.delete_collection(self._name)
        self._collection = self._opened(self._name, self._facts)

    def ids(self) -> set[str]:
        """Return every id held."""
        found: set[str] = set()
        while page := self._collection.get(limit=PAGE, offset=len(found), include=[])["ids"]:
            found.update(page)
        return found

    def __len__(self) -> int:
        """Return the number of vectors held."""
        return int(self._collection.count())

    def close(self) -> None:
        """Let go of the store."""
        from chromadb.api.shared_system_client import SharedSystemClient

        close = getattr(self._client, "close", None)
        if close is not None:
            close()
        SharedSystemClient.clear_system_cache()

    def _query(self, vector: Vector, k: int) -> list[tuple[str, float]]:
        found = self._collection.query(
            query_embeddings=[vector], n_results=k, include=["distances"]
        )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(name, self._similarity(float(distance))) for name, distance in pairs]

    def _search_few(self, vector: Vector, k: int, ids: list[str]) -> list[tuple[str, float]]:
        scored = [(name, float(stored @ vector)) for name, stored in self.vectors(ids).items()]
        return sorted(scored, key=lambda hit: (-hit[1], hit[0]))[:k]

    def _similarity(self, distance: float) -> float:
        similarity = 1.0 - distance
        return max(-1.0, min(1.0, similarity)) if self._metric == "cosine" else similarity


def _same(one: Vector, other: Vector) -> bool:
    return bool(np.allclose(one, other, atol=1e-6))


def _client(path: Path | None, url: str | None) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if url:
        parts = urlsplit(url)
        try:
            return chromadb.HttpClient(
                host=parts.hostname or "localhost",
                port=parts.port or 8000,
                ssl=parts.scheme == "https",
                settings=settings,
            )
        except ValueError as error:
            raise IndexMismatch(
                f"no Chroma server answers at {url} ({error}); start one with `chroma run`"
            ) from error
    if path is None:
        raise IndexMismatch("a vector index needs a folder or a server's URL; name one")
    path.mkdir(parents=True, exist_ok=True)
    return chromadb.PersistentClient(str(path), settings=settings)
