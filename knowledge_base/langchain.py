"""The knowledge base as LangChain sees it. The only module here that imports LangChain."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from knowledge_base.protocols import Encoder, Retriever
from knowledge_base.types import Filter, ScoredPassage


class LangChainEmbeddings(Embeddings):
    """An encoder as LangChain's embeddings: lists of floats."""

    def __init__(self, encoder: Encoder) -> None:
        """Take the encoder."""
        self._encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a passage text."""
        return [[float(value) for value in row] for row in self._encoder.encode_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return [float(value) for value in self._encoder.encode_queries([text])[0]]


class LangChainRetriever(BaseRetriever):
    """A retriever as LangChain's; span, page and score go into the metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    k: int = Field(default=5, ge=0)
    filter: Filter | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[LangChainDocument]:
        """Return the passages for a query, best first; ``k`` may be given with the call."""
        k = int(kwargs.get("k", self.k))
        found = self.retriever.retrieve(query, k, self.filter)
        return [to_langchain(hit) for hit in found.hits]


def to_langchain(hit: ScoredPassage) -> LangChainDocument:
    """Return a passage as a LangChain document."""
    passage = hit.passage
    return LangChainDocument(
        page_content=passage.text,
        id=passage.id,
        metadata={
            **passage.metadata,
            "source": passage.source,
            "title": passage.title,
            "page": passage.page,
            "headings": list(passage.headings),
            "start": passage.start,
            "end": passage.end,
            "score": hit.score,
        },
    )
