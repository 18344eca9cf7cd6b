"""Loaders in processes of their own: a file that crashes or hangs one is named, and the rest goes on.

A worker is a fresh interpreter that reads jobs from its standard input and writes documents to its
standard output. It imports nothing of the program that started it, so that a script needs no guard.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from queue import LifoQueue, SimpleQueue
from types import TracebackType

from knowledge_base.errors import LoadError
from knowledge_base.types import Document

TARGET = "knowledge_base.loaders.detect:load_bytes"
"""What a worker calls with a file's bytes, its name and its source."""

LONGEST = 300.0
"""Seconds after which a file counts as one that hangs its loader."""

GRACE = 5.0
"""Seconds that a process whose answer has ended is given to end by itself, so that it says why."""

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from knowledge_base.loaders.worker import serve; serve(sys.argv[2])"
)

_Job = tuple[bytes, str, str]


class LoaderPool:
    """A number of workers, each started when it is first needed. Safe to use from many threads."""

    def __init__(self, size: int, target: str = TARGET, longest: float = LONGEST) -> None:
        """Take the number of workers, what they call, and the seconds that one file may take."""
        self._idle: LifoQueue[_Worker] = LifoQueue()
        self._all = [_Worker(target, longest) for _ in range(size)]
        for worker in self._all:
            self._idle.put(worker)

    def load(self, data: bytes, name: str, source: str) -> Document:
        """Return the document that a file's bytes hold; waits for a worker that is idle.

        Raises:
            LoadError: If it cannot be read, or its worker crashed or hung over it.
        """
        worker = self._idle.get()
        try:
            return worker.load(data, name, source)
        finally:
            self._idle.put(worker)

    def stop(self) -> None:
        """End every worker at once; what waits for one is told so."""
        for worker in self._all:
            worker.stop()

    def __enter__(self) -> LoaderPool:
        """Give the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every worker; nothing may be loading any more."""
        self.stop()
        for worker in self._all:
            worker.close()


class _Worker:
    """One process, started anew after a crash."""

    def __init__(self, target: str, longest: float) -> None:
        self._target, self._longest = target, longest
        self._process: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 # lives as long as the worker
        self._stopped = False
        self._starting = False

    def load(self, data: bytes, name: str, source: str) -> Document:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        hung = threading.Event()

        def give_up() -> None:
            hung.set()
            process.kill()

        timer = threading.Timer(self._longest, give_up)
        try:
            if self._starting:  # its start is not the file's time
                self._starting = pickle.load(process.stdout) is not True  # noqa: S301
            timer.start()
            pickle.dump((data, name, source), process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            # from our own loader, which could do in this process whatever it could write here
            found = pickle.load(process.stdout)  # noqa: S301
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._lost(process, name, hung.is_set()) from error
        finally:
            timer.cancel()
        if isinstance(found, Document):
            return found
        raise LoadError(str(found))

    def stop(self) -> None:
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                # what was still to be sent has nobody left to read it
                with suppress(OSError):
                    pipe.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._stopped:
            raise LoadError("the ingestion was stopped; run it again to go on")
        if self._process is None:
            # this interpreter and this module; nothing of a file is among the arguments
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", _START, json.dumps(sys.path), self._target],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
            )
            self._starting = True
        return self._process

    def _lost(self, process: subprocess.Popen[bytes], name: str, hung: bool) -> LoadError:
        """Return the error that names the file over which a worker was lost; the next starts anew."""
        try:
            status = process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        self.close()
        if hung:
            return LoadError(
                f"{name}: reading it took more than {self._longest:.0f} s and was given up; "
                "save it in another format"
            )
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return LoadError(
            f"{name}: reading it ended its loader ({how}{self._last_words()}); "
            "save it in another format"
        )

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        self._said.seek(0)
        self._said.truncate()
        return f", {lines[-1][:120]}" if lines else ""


def serve(target: str) -> None:
    """Load what comes on standard input until it ends; runs in the worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this process ends it
    results = os.fdopen(os.dup(1), "wb")
    # what a library prints must not stand between two documents
    os.dup2(2, 1)
    jobs: SimpleQueue[_Job] = SimpleQueue()
    threading.Thread(target=_receive, args=(jobs,), daemon=True).start()
    module, _, name = target.partition(":")
    load: Callable[..., Document] = getattr(importlib.import_module(module), name)
    pickle.dump(True, results)
    results.flush()
    while True:
        pickle.dump(_loaded(load, jobs.get()), results, pickle.HIGHEST_PROTOCOL)
        results.flush()


def _receive(jobs: SimpleQueue[_Job]) -> None:
    """Read jobs; where they end, whoever sent them is gone, and so is this process."""
    # not sys.stdin: an interpreter that ends while that one is being read ends in an error of its own
    source = os.fdopen(os.dup(0), "rb")
    while True:
        try:
            jobs.put(pickle.load(source))  # noqa: S301 # from the process that started this one
        except (EOFError, OSError):
            os._exit(0)


def _loaded(load: Callable[..., Document], job: _Job) -> Document | str:
    try:
        document = load(*job)
    except LoadError as error:
        return str(error)
    return replace(document, metadata=dict(document.metadata))
