"""From files to documents: what has not changed is passed over, what cannot be read is named."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from knowledge_base.encoders.processor import cores
from knowledge_base.errors import LoadError
from knowledge_base.loaders import SourceFile, load_bytes
from knowledge_base.loaders.worker import LoaderPool
from knowledge_base.pipeline import StageClock
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import Document, Failure

MANY_FILES, MANY_BYTES = 64, 4_000_000
"""From so many changed files or bytes on they are read in processes, whose start costs half a second."""

Load = Callable[[bytes, str, str], Document]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What became of one file: a document, a failure, or neither where it has not changed.

    ``stamp`` is there for a document, and for a file whose time alone has changed.
    """

    entry: SourceFile
    known: bool
    document: Document | None = None
    failure: Failure | None = None
    stamp: Stamp | None = None


class Parser:
    """Reads the files of one ingestion."""

    def __init__(
        self,
        stamps: Mapping[str, Stamp],
        metadata: Mapping[str, str],
        clock: StageClock,
        *,
        workers: int | None = None,
    ) -> None:
        """Take what is known of each source, and what is to be stored with every document.

        ``workers`` is the number of processes; 0 reads in this one, None decides by what there is.
        """
        self._stamps, self._metadata, self._clock = stamps, metadata, clock
        self._workers = workers
        self._pool: LoaderPool | None = None

    def stop(self) -> None:
        """Give up what is being read, so that nothing waits for it."""
        if self._pool is not None:
            self._pool.stop()

    def parsed(self, entries: Sequence[SourceFile]) -> Generator[Parsed, None, None]:
        """Give what became of each file, in their order."""
        workers = self._fitting(entries) if self._workers is None else self._workers
        if workers:
            self._clock.workers["parse"] = workers
            yield from self._in_processes(entries, workers)
            return
        for entry in entries:
            yield self._outcome(entry, load_bytes)

    def _in_processes(
        self, entries: Sequence[SourceFile], workers: int
    ) -> Generator[Parsed, None, None]:
        waiting: deque[Future[Parsed]] = deque()
        with LoaderPool(workers) as pool, ThreadPoolExecutor(workers) as threads:
            self._pool = pool
            try:
                for entry in entries:
                    waiting.append(threads.submit(self._outcome, entry, pool.load))
                    if len(waiting) > 4 * workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
                pool.stop()

    def _fitting(self, entries: Sequence[SourceFile]) -> int:
        changed = [entry.size for entry in entries if not self._same(entry)]
        if len(changed) < MANY_FILES and sum(changed) < MANY_BYTES:
            return 0
        # the other half of the cores encodes
        return max(1, cores() // 2)

    def _same(self, entry: SourceFile) -> bool:
        """Return whether size and time say that a file has not changed."""
        known = self._stamps.get(entry.source)
        same = known is not None and (known.size, known.mtime_ns) == (entry.size, entry.mtime_ns)
        return same and not self._metadata

    def _outcome(self, entry: SourceFile, load: Load) -> Parsed:
        known = self._stamps.get(entry.source)
        if self._same(entry):
            return Parsed(entry, True)
        with self._clock.busy("parse"):
            try:
                data = entry.read()
                stamp = Stamp(entry.size, entry.mtime_ns, _digest(data, self._metadata), PENDING)
                if known is not None and known.sha256 == stamp.sha256:
                    return Parsed(entry, True, stamp=stamp)
                document = load(data, entry.name, entry.source)
            except LoadError as error:
                return Parsed(entry, known is not None, failure=Failure(entry.source, str(error)))
            except OSError as error:
                reason = f"the file cannot be read: {error.strerror or error}"
                return Parsed(entry, known is not None, failure=Failure(entry.source, reason))
        if self._metadata:
            document = replace(document, metadata={**document.metadata, **self._metadata})
        return Parsed(entry, known is not None, document, stamp=stamp)


def _digest(data: bytes, metadata: Mapping[str, str]) -> str:
    digest = hashlib.sha256(data)
    if metadata:
        digest.update(json.dumps(dict(metadata), sort_keys=True).encode())
    return digest.hexdigest()
