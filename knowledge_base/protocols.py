"""The seams of the knowledge base, on one page.

A new implementation is one file and one line in ``components.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol, runtime_checkable

from knowledge_base.types import (
    DEFAULT_TUNING,
    Document,
    Filter,
    Passage,
    Retrieval,
    ScoredPassage,
    TokenShare,
    Tuning,
    Vector,
    Vectors,
)


@runtime_checkable
class TokenCounter(Protocol):
    """Counts and locates tokens as the encoder in use sees them."""

    window: int
    """The most tokens the encoder reads of one passage, special tokens included."""

    def count(self, text: str) -> int:
        """Return the number of tokens of a text, special tokens included, without truncation."""

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the character range of each token of the text, in order, without special tokens."""


@runtime_checkable
class Chunker(Protocol):
    """Cuts a document into passages."""

    def split(self, document: Document) -> list[Passage]:
        """Return the passages in document order; each is a span of the document's text."""


@runtime_checkable
class Encoder(Protocol):
    """Turns questions and passages into vectors of one space."""

    name: str
    dimension: int
    metric: str
    """``"cosine"`` (vectors come normalised) or ``"ip"``."""
    joint: str
    """What stands between a passage's headings and its text when it is encoded."""
    fingerprint: str
    """Changes whenever the same text would give another vector: weights, pooling, prefix, window."""

    @property
    def tokens(self) -> TokenCounter:
        """How the encoder counts tokens."""

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one vector a query, shape ``(n, d)``, float32, in the order given."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a passage text, shape ``(n, d)``, float32, in the order given."""

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of the text's tokens that the vocabulary does not know."""


@runtime_checkable
class Explaining(Protocol):
    """An encoder whose similarity splits over the tokens of a text."""

    def token_shares(self, query: str, text: str) -> list[TokenShare]:
        """Return what each token of a text adds to its similarity with a query, in order."""


@runtime_checkable
class PassageIndex(Protocol):
    """Holds vectors by passage id; derived from the registry and rebuilt from it at any time."""

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write vectors, replacing those of ids already there."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; ids that are not there are passed over."""

    def search(
        self, vector: Vector, k: int, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return up to k ``(id, similarity)``, best first; ``allowed`` restricts the ids."""

    def clear(self) -> None:
        """Remove everything."""

    def ids(self) -> set[str]:
        """Return every id held."""

    def __len__(self) -> int:
        """Return the number of vectors held."""


@runtime_checkable
class LexicalIndex(Protocol):
    """Finds passages by their words (BM25)."""

    def upsert(self, passages: Sequence[Passage]) -> None:
        """Write passages, replacing those of ids already there."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove passages; ids that are not there are passed over."""

    def search(
        self,
        query: str,
        k: int,
        allowed: Collection[str] | None = None,
        names: Sequence[str] = (),
    ) -> list[tuple[str, float]]:
        """Return up to k ``(id, BM25 score)``, best first; ``allowed`` restricts the ids.

        ``names`` are other names of what is asked for, which count less than the query's words.
        """

    def explain(
        self, query: str, ids: Sequence[str], names: Sequence[str] = ()
    ) -> dict[str, dict[str, float]]:
        """Return what each matched term adds to the score of each passage."""

    def ids(self) -> set[str]:
        """Return every id held."""


@runtime_checkable
class Retriever(Protocol):
    """Finds the passages that answer a query."""

    def retrieve(
        self,
        query: str,
        k: int,
        filter: Filter | None = None,
        tuning: Tuning = DEFAULT_TUNING,
        wordings: Sequence[str] = (),
    ) -> Retrieval:
        """Return up to k passages, best first, each with its scores and ranks.

        Other ``wordings`` of the query are searched for beside it.
        """


@runtime_checkable
class Reranker(Protocol):
    """Puts retrieved passages into a better order."""

    def rerank(self, query: str, hits: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        """Return the same passages, best first, with new scores."""


@runtime_checkable
class Loader(Protocol):
    """Reads one family of formats."""

    def __call__(self, data: bytes, source: str) -> Document:
        """Return the document that the bytes hold.

        Raises:
            LoadError: If they cannot be read; the message is one sentence for the user.
        """


@runtime_checkable
class DocumentStream(Protocol):
    """Gives documents one after the other, each readable on its own."""

    def __iter__(self) -> Iterator[Document]:
        """Iterate over the documents."""
