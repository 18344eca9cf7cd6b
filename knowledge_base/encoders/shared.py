"""One encoder for many users at once: questions that wait are encoded together, and remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from knowledge_base.errors import Overloaded
from knowledge_base.protocols import Encoder, Explaining, TokenCounter
from knowledge_base.types import TokenShare, Vector, Vectors

REMEMBERED = 2048
"""Questions whose vectors are kept, by their exact text."""

TOGETHER = 64
"""The most questions of one call."""

TOKENS = 4096
"""The most tokens of the questions of one call, but for a single longer one."""

WAITING = 512
"""Questions that may wait; who comes when so many do is refused, and told to come again."""


@dataclass(slots=True)
class _Waiting:
    """A question that waits for its vector."""

    text: str
    tokens: int
    done: threading.Event = field(default_factory=threading.Event)
    vector: Vector | None = None
    error: BaseException | None = None


class SharedEncoder:
    """Joins the questions of concurrent threads into one call, and remembers vectors of questions.

    Nobody waits for company: who comes while nothing is being encoded encodes at once, and whatever
    came in the meantime goes into the next call, up to ``TOGETHER`` questions and ``TOKENS`` tokens.
    A question that cannot be encoded fails alone.
    """

    def __init__(self, encoder: Encoder, remembered: int = REMEMBERED) -> None:
        """Take the encoder, and how many questions' vectors to keep."""
        self._encoder = encoder
        self.name, self.dimension = encoder.name, encoder.dimension
        self.metric, self.joint = encoder.metric, encoder.joint
        self.fingerprint = encoder.fingerprint
        self._limit = remembered
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._queue: deque[_Waiting] = deque()
        self._pending: dict[str, _Waiting] = {}
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
        """Return one vector a query, shape ``(n, d)``, float32, in the order given.

        Raises:
            Overloaded: If too many questions wait already.
        """
        if not queries:
            return np.zeros((0, self.dimension), np.float32)
        found, waiting = self._queued(list(dict.fromkeys(queries)))
        for one in waiting:
            while not one.done.is_set():
                # one at a time: whoever gets in takes the others' questions along
                with self._encoding:
                    if not one.done.is_set():
                        self._encode_waiting()
            if one.error is not None:
                raise one.error
            assert one.vector is not None
            found[one.text] = one.vector
        return np.stack([found[query] for query in queries])

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

    def _queued(self, texts: Sequence[str]) -> tuple[dict[str, Vector], list[_Waiting]]:
        """Return the vectors that are remembered, and what the others wait with."""
        found: dict[str, Vector] = {}
        waiting: list[_Waiting] = []
        with self._lock:
            full = len(self._queue) >= WAITING
            for text in texts:
                known = self._known.get(text)
                if known is not None:
                    self._known.move_to_end(text)
                    found[text] = known
                elif text in self._pending:
                    waiting.append(self._pending[text])
                elif full:
                    raise Overloaded(f"{len(self._queue)} questions wait; ask again in a moment")
                else:
                    one = _Waiting(text, self._encoder.tokens.count(text))
                    self._pending[text] = one
                    self._queue.append(one)
                    waiting.append(one)
        return found, waiting

    def _encode_waiting(self) -> None:
        with self._lock:
            batch = self._taken()
        try:
            self._encode(batch)
        finally:
            with self._lock:
                for one in batch:
                    if one.vector is not None:
                        self._known[one.text] = one.vector
                    self._pending.pop(one.text, None)
                while len(self._known) > self._limit:
                    self._known.popitem(last=False)
            for one in batch:
                one.done.set()

    def _taken(self) -> list[_Waiting]:
        """Take the next questions off the queue: at least one, as many as one call takes."""
        batch: list[_Waiting] = []
        tokens = 0
        while self._queue and len(batch) < TOGETHER:
            tokens += self._queue[0].tokens
            if batch and tokens > TOKENS:
                break
            batch.append(self._queue.popleft())
        return batch

    def _encode(self, batch: Sequence[_Waiting]) -> None:
        """Encode together; each alone where that fails, so that nobody gets another's error."""
        try:
            vectors = self._encoder.encode_queries([one.text for one in batch])
        except Exception as error:  # noqa: BLE001 - each learns of its own
            if len(batch) == 1:
                batch[0].error = error
                return
            for one in batch:
                self._encode([one])
        except BaseException as error:
            for one in batch:
                one.error = error
            raise
        else:
            for one, vector in zip(batch, vectors, strict=True):
                one.vector = vector
