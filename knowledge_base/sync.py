"""Brings the registry and the indexes in line with files: difference, load, split, encode, write.

Every step leaves the registry able to say what is still to be done, so that a process killed at
any instant loses nothing and the next run finishes the work.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from knowledge_base.chunking.context import encoded_text
from knowledge_base.loaders import SourceFile, expand
from knowledge_base.parsing import Parsed, Parser
from knowledge_base.pipeline import StageClock, ahead
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

FLUSH = 512
"""Passages that are waiting before they are encoded and written together."""

FILES_AHEAD, BATCHES_AHEAD = 16, 4
"""How far a stage may be ahead of the next: files that are read, batches or steps that are encoded."""

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

    def note(self, one: _Divided) -> None:
        """Count what became of a file; one that was taken in is done only when it is written."""
        parsed = one.parsed
        self.current = parsed.entry.source
        if parsed.document is not None:
            self.taken.add(parsed.entry.source)
            self.passages += len(one.parts)
            self.added += not parsed.known
            self.updated += parsed.known
            return
        self.done += 1
        if parsed.failure is not None:
            self.failed.append(parsed.failure)
        else:
            self.unchanged += 1


@dataclass(frozen=True, slots=True)
class _Divided:
    """A file with its passages, each with the hash of what is encoded for it."""

    parsed: Parsed
    parts: list[tuple[Passage, str]]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Passages to be written with their vectors; ``whole``: all that was registered is written then."""

    parts: Sequence[tuple[Passage, str]]
    vectors: Vectors
    whole: bool


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
        seen = {entry.path if isinstance(entry, Failure) else entry.source for entry in entries}
        tally.failed += [entry for entry in entries if isinstance(entry, Failure)]
        tally.done += len(tally.failed)
        report(0)
        files = {entry.source: entry for entry in entries if isinstance(entry, SourceFile)}
        tally.done += len(entries) - len(tally.failed) - len(files)
        clock = StageClock()
        self._take(list(files.values()), Parser(stamps, metadata, clock), tally, report, clock)
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
            stages=clock.times(),
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
        files: Sequence[SourceFile],
        parser: Parser,
        tally: _Tally,
        report: Callable[[int], None],
        clock: StageClock,
    ) -> None:
        """Take in files by stages that overlap: parse, split, encode, and, in this thread, write."""
        parsed = ahead(parser.parsed(files), FILES_AHEAD)
        divided = ahead(self._divided(parsed, clock), FILES_AHEAD)
        events = ahead(self._encoded(divided, clock), BATCHES_AHEAD)
        registered = 0
        try:
            for event in events:
                if isinstance(event, _Divided):
                    tally.note(event)
                    registered += event.parsed.document is not None
                elif isinstance(event, _Batch):
                    with clock.busy("write"):
                        self._write(event.parts, event.vectors)
                    if event.whole:  # a file is done when all of it is in the indexes
                        tally.done, registered = tally.done + registered, 0
                report(event if isinstance(event, int) else 0)
        finally:
            parser.stop()
            events.close()
        tally.done += registered
        report(0)

    def _divided(
        self, parsed: Generator[Parsed, None, None], clock: StageClock
    ) -> Generator[_Divided, None, None]:
        """Split each file and register it as pending."""
        with closing(parsed):
            for one in parsed:
                with clock.busy("split"):
                    parts = [] if one.document is None else self._split(one.document)
                divided = _Divided(one, parts)
                with clock.busy("register"):
                    self._register(divided)
                yield divided

    def _encoded(
        self, divided: Generator[_Divided, None, None], clock: StageClock
    ) -> Generator[_Divided | _Batch | int, None, None]:
        """Encode what was registered; give what happened, in order."""
        waiting: list[tuple[Passage, str]] = []
        with closing(divided):
            for one in divided:
                yield one
                waiting += one.parts
                if len(waiting) >= FLUSH:
                    yield from self._batches(waiting, clock)
                    waiting = []
            yield from self._batches(waiting, clock)

    def _register(self, one: _Divided) -> None:
        parsed = one.parsed
        if parsed.stamp is None:
            return
        if parsed.document is None:
            self._registry.touch(parsed.entry.source, parsed.stamp.size, parsed.stamp.mtime_ns)
        else:
            self._registry.put(parsed.document, one.parts, parsed.stamp)

    def _batches(
        self, parts: Sequence[tuple[Passage, str]], clock: StageClock
    ) -> Generator[_Batch | int, None, None]:
        for start in range(0, len(parts), FLUSH):
            some = parts[start : start + FLUSH]
            vectors = yield from self._vectors(some, clock)
            yield _Batch(some, vectors, start + FLUSH >= len(parts))

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
        self._write(pending, self.encode(pending, report))

    def _write(self, parts: Sequence[tuple[Passage, str]], vectors: Vectors) -> None:
        ids = [passage.id for passage, _ in parts]
        self._dense.upsert(ids, vectors)
        self._lexical.upsert([passage for passage, _ in parts])
        self._registry.mark(ids, INDEXED)

    def encode(
        self,
        parts: Sequence[tuple[Passage, str]],
        report: Callable[[int], None] | None = None,
    ) -> Vectors:
        """Return the vectors of passages, shape ``(n, d)``, from the cache where it has them."""
        steps = self._vectors(parts, StageClock())
        while True:
            try:
                more = next(steps)
            except StopIteration as done:
                vectors: Vectors = done.value
                return vectors
            if report is not None:
                report(more)

    def _vectors(
        self, parts: Sequence[tuple[Passage, str]], clock: StageClock
    ) -> Generator[int, None, Vectors]:
        """Return the vectors of passages; give the number of those encoded, step by step."""
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
            with clock.busy("encode"):
                encoded = self._encoder.encode_passages([texts[text_hash] for text_hash in some])
                new = dict(zip(some, encoded, strict=True))
                self._cache.put(new)
            known.update(new)
            yield len(some)
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
