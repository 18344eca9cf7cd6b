"""Brings the registry and the indexes in line with files: difference, load, split, encode, write.

Every step leaves the registry able to say what is still to be done, so that a process killed at
any instant loses nothing and the next run finishes the work.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from knowledge_base.chunking.context import encoded_text
from knowledge_base.errors import LoadError
from knowledge_base.loaders import SourceFile, expand, load_bytes
from knowledge_base.protocols import Chunker, Encoder, LexicalIndex, PassageIndex
from knowledge_base.registry import Registry, Stamp
from knowledge_base.tables import INDEXED, PENDING, REMOVING
from knowledge_base.types import (
    NO_METADATA,
    Document,
    Failure,
    IngestProgress,
    IngestReport,
    Passage,
    Suspected,
    Vectors,
)
from knowledge_base.vector_cache import VectorCache

FLUSH = 1024
"""Passages that are waiting before they are encoded and written together."""

STEP = 128
"""Passages encoded between two reports of progress."""

Progress = Callable[[IngestProgress], None]
"""Is told where an ingestion stands."""


@dataclass
class _Tally:
    """What has been done so far in one run."""

    started: float = field(default_factory=time.monotonic)
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    passages: int = 0
    done: int = 0
    total: int = 0
    current: str = ""


class Synchronizer:
    """Moves documents through their states. Not thread-safe: its owner holds a lock."""

    def __init__(
        self,
        registry: Registry,
        cache: VectorCache,
        chunker: Chunker,
        encoder: Encoder,
        dense: PassageIndex,
        lexical: LexicalIndex,
    ) -> None:
        """Take the parts of one knowledge base."""
        self._registry, self._cache = registry, cache
        self._chunker, self._encoder = chunker, encoder
        self._dense, self._lexical = dense, lexical
        self._waiting = 0

    def sync(
        self,
        paths: Sequence[Path],
        *,
        prune: bool = False,
        max_file_mb: float = 100.0,
        metadata: Mapping[str, str] = NO_METADATA,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Take in files, folders and archives; see ``KnowledgeBase.sync``."""
        tally = _Tally()
        report = _reporter(tally, progress)
        self.settle(report)
        self._registry.inspect()
        stamps = self._registry.stamps()
        entries = [entry for path in paths for entry in expand(path, max_file_mb=max_file_mb)]
        tally.total = len(entries)
        seen: set[str] = set()
        for entry in entries:
            if isinstance(entry, Failure):
                seen.add(entry.path)
                tally.failed.append(entry)
            elif entry.source not in seen:
                seen.add(entry.source)
                self._take(entry, stamps.get(entry.source), metadata, tally, report)
            tally.done += 1
            report(0)
        gone = _gone(paths, seen, stamps) if prune else []
        self._registry.mark_removing(gone)
        self.settle(report)
        failed = [f for f in tally.failed if f.path not in _roots_of(gone, paths)]
        return IngestReport(
            added=tally.added,
            updated=tally.updated,
            unchanged=tally.unchanged,
            removed=len(gone),
            failed=tuple(failed),
            passages=tally.passages,
            seconds=round(time.monotonic() - tally.started, 3),
            suspicious=self._suspicious(tally.taken),
        )

    def add(
        self,
        document: Document,
        stamp: Stamp,
        report: Callable[[int], None] | None = None,
    ) -> int:
        """Write a document to the registry as pending; return the number of its passages.

        Once enough passages are waiting they are indexed; ``settle`` finishes the rest.
        """
        parts = self._split(document)
        self._registry.put(document, parts, stamp)
        self._waiting += len(parts)
        if self._waiting >= FLUSH:
            self.settle(report)
        return len(parts)

    def remove(self, sources: Sequence[str]) -> None:
        """Take documents out of the indexes and the registry."""
        self._registry.mark_removing(sources)
        self.settle()

    def settle(self, report: Callable[[int], None] | None = None) -> None:
        """Finish whatever the registry says is pending or removing."""
        self._waiting = 0
        while pending := self._registry.in_state(PENDING, FLUSH):
            self._index(pending, report)
        removing = self._registry.ids(REMOVING)
        if removing:
            self._dense.delete(removing)
            self._lexical.delete(removing)
        self._registry.mark_documents_indexed()
        self._registry.purge()
        if removing:  # only then can a vector have lost its last passage
            self._cache.drop_unused()

    def relex(self) -> None:
        """Write every indexed passage into the lexical index again."""
        names = self._registry.ids(INDEXED)
        for start in range(0, len(names), FLUSH):
            found = self._registry.passages(names[start : start + FLUSH])
            self._lexical.upsert(list(found.values()))

    def _take(
        self,
        entry: SourceFile,
        known: Stamp | None,
        metadata: Mapping[str, str],
        tally: _Tally,
        report: Callable[[int], None],
    ) -> None:
        """Read one file if it changed."""
        tally.current = entry.source
        same_stat = known is not None and (known.size, known.mtime_ns) == (
            entry.size,
            entry.mtime_ns,
        )
        if same_stat and not metadata:
            tally.unchanged += 1
            return
        try:
            data = entry.read()
            sha256 = _digest(data, metadata)
            if known is not None and known.sha256 == sha256:
                self._registry.touch(entry.source, entry.size, entry.mtime_ns)
                tally.unchanged += 1
                return
            document = load_bytes(data, entry.name, entry.source)
        except LoadError as error:
            tally.failed.append(Failure(entry.source, str(error)))
            return
        except OSError as error:
            tally.failed.append(
                Failure(entry.source, f"the file cannot be read: {error.strerror or error}")
            )
            return
        if metadata:
            document = replace(document, metadata={**document.metadata, **metadata})
        stamp = Stamp(entry.size, entry.mtime_ns, sha256, PENDING)
        tally.passages += self.add(document, stamp, report)
        tally.taken.add(entry.source)
        tally.added += known is None
        tally.updated += known is not None

    def _suspicious(self, sources: set[str]) -> tuple[Suspected, ...]:
        if not sources:
            return ()
        return tuple(
            Suspected(
                info.source,
                tuple(dict.fromkeys(one.kind for one in info.suspicions)),
                info.suspicions[0].quote,
            )
            for info in self._registry.documents()
            if info.suspicions and info.source in sources
        )

    def _split(self, document: Document) -> list[tuple[Passage, str]]:
        return [
            (passage, _hash(encoded_text(passage.headings, passage.text, self._encoder.joint)))
            for passage in self._chunker.split(document)
        ]

    def _index(
        self, pending: Sequence[tuple[Passage, str]], report: Callable[[int], None] | None
    ) -> None:
        ids = [passage.id for passage, _ in pending]
        vectors = self.encode(pending, report)
        self._dense.upsert(ids, vectors)
        self._lexical.upsert([passage for passage, _ in pending])
        self._registry.mark(ids, INDEXED)

    def encode(
        self,
        parts: Sequence[tuple[Passage, str]],
        report: Callable[[int], None] | None = None,
    ) -> Vectors:
        """Return the vectors of passages, shape ``(n, d)``, from the cache where it has them."""
        known = self._cache.get([text_hash for _, text_hash in parts])
        texts = {
            text_hash: encoded_text(passage.headings, passage.text, self._encoder.joint)
            for passage, text_hash in parts
            if text_hash not in known
        }
        # neighbours in length are encoded together: less padding
        missing = sorted(texts, key=lambda text_hash: len(texts[text_hash]))
        for start in range(0, len(missing), STEP):
            some = missing[start : start + STEP]
            encoded = self._encoder.encode_passages([texts[text_hash] for text_hash in some])
            new = dict(zip(some, encoded, strict=True))
            self._cache.put(new)
            known.update(new)
            if report is not None:
                report(len(some))
        if not parts:
            return np.zeros((0, self._encoder.dimension), np.float32)
        return np.stack([known[text_hash] for _, text_hash in parts])


def _reporter(tally: _Tally, progress: Progress | None) -> Callable[[int], None]:
    encoded = 0

    def report(more: int) -> None:
        nonlocal encoded
        encoded += more
        if progress is not None:
            seconds = time.monotonic() - tally.started
            progress(IngestProgress(tally.done, tally.total, encoded, tally.current, seconds))

    return report


def _digest(data: bytes, metadata: Mapping[str, str]) -> str:
    digest = hashlib.sha256(data)
    if metadata:
        digest.update(json.dumps(dict(metadata), sort_keys=True).encode())
    return digest.hexdigest()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _gone(paths: Sequence[Path], seen: set[str], stamps: Mapping[str, Stamp]) -> list[str]:
    """Return the indexed sources under the given paths that were not seen there."""
    roots = [path.absolute().as_posix() for path in paths]
    return [
        source
        for source in stamps
        if source not in seen
        and any(source == root or source.startswith(f"{root.rstrip('/')}/") for root in roots)
    ]


def _roots_of(gone: Sequence[str], paths: Sequence[Path]) -> set[str]:
    """Return the given paths that are gone themselves: pruning them is no failure."""
    roots = {path.absolute().as_posix() for path in paths if not path.exists()}
    return {root for root in roots if any(source.startswith(root) for source in gone)}
