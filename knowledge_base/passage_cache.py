"""Passages by id, as they were last read: what is asked about often is read from the database once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence

from knowledge_base.types import Passage

REMEMBERED = 4096
"""Passages that are kept, some 2 kB each; the one not asked for the longest makes room."""


class PassageCache:
    """Keeps passages until something is written. Safe to use from many threads.

    Every fetched row of SQLite gives other threads a turn at the interpreter, and taking it back costs
    more than the row: of 64 users' searches the reading of passages was a fifth.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """Take how many passages to keep."""
        self._limit = remembered
        self._known: OrderedDict[str, Passage] = OrderedDict()
        self._cleared = 0
        self._lock = threading.Lock()

    def of(
        self, ids: Collection[str], read: Callable[[Sequence[str]], dict[str, Passage]]
    ) -> dict[str, Passage]:
        """Return the passages of ids; those that are not known are read, and kept.

        Args:
            ids: What is wanted.
            read: Gives the passages of ids; it may leave some out.
        """
        with self._lock:
            found = {name: self._known[name] for name in ids if name in self._known}
            for name in found:
                self._known.move_to_end(name)
            cleared = self._cleared
        missing = [name for name in ids if name not in found]
        if missing:
            new = read(missing)
            found.update(new)
            self._keep(new, cleared)
        return found

    def clear(self) -> None:
        """Forget everything; what is being read at this moment is not kept either."""
        with self._lock:
            self._known.clear()
            self._cleared += 1

    def _keep(self, new: dict[str, Passage], cleared: int) -> None:
        with self._lock:
            if cleared != self._cleared:  # written to since it was read
                return
            self._known.update(new)
            while len(self._known) > self._limit:
                self._known.popitem(last=False)
