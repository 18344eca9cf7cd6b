"""One encoder for many users at once: questions that wait are encoded together, and remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from knowledge_base.protocols import Encoder, Explaining, TokenCounter
from knowledge_base.types import TokenShare, Vector, Vectors

REMEMBERED = 2048
"""Questions whose vectors are kept, by their exact text."""

TOGETHER = 64
"""The most questions of one call."""


@dataclass(slots=True)
class _Waiting:
    """A question that waits for its vector."""

    text: str
    done: threading.Event = field(default_factory=threading.Event)
    vector: Vector | None = None
    error: BaseException | None = None


class SharedEncoder:
    """Joins the questions of concurrent threads into one call, and remembers vectors of questions.

    Nobody waits for company: who comes while nothing is being encoded encodes at once, and whatever
    came in the meantime goes into the next call.
    """

    def __init__(self, encoder: Encoder, remembered: int = REMEMBERED) -> None:
        """Take the encoder, and how many questions' vectors to keep."""
        self._encoder = encoder
        self.name, self.dimension = encoder.name, encoder.dimension
        self.metric, self.joint = encoder.metric, encoder.joint
        self.fingerprint = encoder.fingerprint
        self._limit = remembered
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._queue: list[_Waiting] = []
        self._lock = threading.Lock()
        self._encoding = threading.Lock()

    @property
    def tokens(self) -> TokenCounter:
        """How the encoder counts tokens."""
        return self._encoder.tokens

    @property
    def runtime(self) -> str:
        """What runs the network."""
        return str(getattr(self._encoder, "runtime", "none"))

    @property
    def runtime_note(self) -> str:
        """Why that runs it, in words."""
        return str(getattr(self._encoder, "runtime_note", ""))

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one vector a query, shape ``(n, d)``, float32, in the order given."""
        found = [self._one(query) for query in queries]
        return np.stack(found) if found else np.zeros((0, self.dimension), np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a passage text, shape ``(n, d)``, float32, in the order given."""
        return self._encoder.encode_passages(texts)

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of the text's tokens that the vocabulary does not know."""
        return self._encoder.unknown_share(text)

    def token_shares(self, query: str, text: str) -> list[TokenShare]:
        """Return what each token of a text adds to its similarity; empty where that cannot be told."""
        if isinstance(self._encoder, Explaining):
            return self._encoder.token_shares(query, text)
        return []

    def _one(self, query: str) -> Vector:
        with self._lock:
            known = self._known.get(query)
            if known is not None:
                self._known.move_to_end(query)
                return known
            waiting = _Waiting(query)
            self._queue.append(waiting)
        while not waiting.done.is_set():
            # one at a time: whoever gets in takes the others' questions along
            with self._encoding:
                if not waiting.done.is_set():
                    self._encode_waiting()
        if waiting.error is not None:
            raise waiting.error
        assert waiting.vector is not None
        return waiting.vector

    def _encode_waiting(self) -> None:
        with self._lock:
            batch, self._queue = self._queue[:TOGETHER], self._queue[TOGETHER:]
        try:
            vectors = self._encoder.encode_queries([waiting.text for waiting in batch])
        except BaseException as error:
            for waiting in batch:
                waiting.error = error
                waiting.done.set()
            raise
        with self._lock:
            for waiting, vector in zip(batch, vectors, strict=True):
                waiting.vector = vector
                self._known[waiting.text] = vector
            while len(self._known) > self._limit:
                self._known.popitem(last=False)
        for waiting in batch:
            waiting.done.set()
