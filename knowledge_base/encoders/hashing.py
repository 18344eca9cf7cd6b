"""An encoder without a model: hashed words. For tests and for trying things out, not for answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from knowledge_base.types import Vectors

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")


class WordCounter:
    """Counts words and marks as tokens, with two special tokens a text."""

    def __init__(self, window: int) -> None:
        """Take the window in tokens."""
        self.window = window

    def count(self, text: str) -> int:
        """Return the number of words and marks, plus two."""
        return len(self.offsets(text)) + 2

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the character range of each word or mark."""
        return [match.span() for match in _WORD.finditer(text)]


class HashingEncoder:
    """Adds a pseudo-random direction for every word: the same words give near vectors."""

    name = "hashing"
    metric = "cosine"
    joint = "\n"

    def __init__(self, dimension: int = 64, window: int = 64) -> None:
        """Take the vectors' width and the window in words."""
        self.dimension = dimension
        self.tokens = WordCounter(window)
        self.fingerprint = f"hashing-{dimension}-{window}"

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one normalised vector a query, shape ``(n, d)``."""
        return self.encode_passages(queries)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one normalised vector a text, shape ``(n, d)``."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()) or [""]:
                seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
                vectors[row] += np.random.default_rng(seed).standard_normal(self.dimension)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    def unknown_share(self, text: str) -> float:  # noqa: ARG002
        """Return 0: every word has a direction."""
        return 0.0


def hashing_encoder(runtime: str = "auto") -> HashingEncoder:  # noqa: ARG001
    """Return the encoder without a network; whatever the runtime, nothing is there to be run."""
    return HashingEncoder()
