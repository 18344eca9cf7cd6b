"""The contestants of ``benchmarks/run.py``: this project and four others, each as its own guide begins.

All have the same MiniLM weights. What a contestant is given is the text of files; loaders are not compared.
"""

from __future__ import annotations

import hashlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.bundled import bundled_folder

Vectors = npt.NDArray[np.float32]
MODEL = str(bundled_folder())


class Contestant(ABC):
    """Indexes texts, encodes questions, finds five passages."""

    name: str

    @abstractmethod
    def index(self, folder: Path, home: Path) -> int:
        """Take in a folder of text files; return the number of passages."""

    @abstractmethod
    def encode(self, question: str) -> Any:
        """Return the question's vector."""

    @abstractmethod
    def search(self, question: str) -> list[str]:
        """Return the texts of five passages."""

    @abstractmethod
    def fill(self, texts: Sequence[str], vectors: Vectors, home: Path) -> None:
        """Take in passages whose vectors are known, to be searched as if indexed."""

    def close(self) -> None:  # noqa: B027 # most have nothing to close
        """Let go of everything."""


class Ours(Contestant):
    """Our own: dense, lexical and fusion."""

    name = "qa-bot"

    def __init__(self) -> None:
        """Open the encoder as the application does."""
        from knowledge_base.encoders.bundled import bundled_encoder
        from knowledge_base.encoders.shared import SharedEncoder

        self.encoder = SharedEncoder(bundled_encoder())
        self.stages: list[dict[str, Any]] = []

    def _opened(self, home: Path) -> None:
        from knowledge_base.home import Home
        from knowledge_base.knowledge_base import KnowledgeBase

        self.home = Home(home)
        info = self.home.create("bench", self.encoder)
        self.base = KnowledgeBase(self.home, info, self.encoder)

    def index(self, folder: Path, home: Path) -> int:
        """Ingest the folder."""
        from dataclasses import asdict

        self._opened(home)
        report = self.base.sync([folder])
        self.stages = [asdict(stage) for stage in report.stages]
        return report.passages

    def encode(self, question: str) -> Any:
        """Encode through the batcher that users share."""
        return self.encoder.encode_queries([question])

    def search(self, question: str) -> list[str]:
        """Search dense and lexical, fused, as ``qa-bot search --no-rerank`` does."""
        from knowledge_base.types import Tuning

        hits = self.base.retrieve(question, 5, tuning=Tuning(rerank=False)).hits
        return [hit.passage.text for hit in hits]

    def fill(self, texts: Sequence[str], vectors: Vectors, home: Path) -> None:
        """Put vectors and passages where an ingestion puts them, and open the base anew."""
        from knowledge_base.registry import Stamp
        from knowledge_base.tables import PENDING
        from knowledge_base.types import Document, Passage, Section
        from knowledge_base.vector_cache import VectorCache

        self._opened(home)
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        cache = VectorCache(self.home.engine, self.encoder.fingerprint)
        cache.put(dict(zip(hashes, vectors, strict=True)))
        for first in range(0, len(texts), 50):
            source, parts, at = f"/{first}.txt", [], 0
            for number, text in enumerate(texts[first : first + 50]):
                end = at + len(text)
                name = hashes[first + number][:32]
                parts.append(
                    (
                        Passage(name, source, "", text, at, end, number, len(text) // 4),
                        hashes[first + number],
                    )
                )
                at = end + 2
            whole = "\n\n".join(texts[first : first + 50])
            document = Document(source, "", whole, (Section(0, len(whole)),), "text/plain", "en")
            self.base._registry.put(document, parts, Stamp(1, 1, source, PENDING))
        self.base.settle()
        self.close()
        self._opened(home)

    def close(self) -> None:
        """Close the base and the home."""
        self.base.close()
        self.home.close()


class LangChain(Contestant):
    """Recursive splitter of 1,000 characters with 200 overlap, HuggingFaceEmbeddings, Chroma."""

    name = "LangChain"

    def __init__(self) -> None:
        """Load the model."""
        from langchain_huggingface import HuggingFaceEmbeddings

        self.embeddings = HuggingFaceEmbeddings(model_name=MODEL)

    def _opened(self, home: Path) -> None:
        from langchain_chroma import Chroma

        self.store = Chroma("peer", self.embeddings, persist_directory=str(home))

    def index(self, folder: Path, home: Path) -> int:
        """Split and add the texts."""
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self._opened(home)
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        texts = (file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()))
        chunks = [chunk for text in texts for chunk in splitter.split_text(text)]
        for start in range(0, len(chunks), 500):
            self.store.add_texts(chunks[start : start + 500])
        return len(chunks)

    def encode(self, question: str) -> Any:
        """Embed the question."""
        return self.embeddings.embed_query(question)

    def search(self, question: str) -> list[str]:
        """Search by similarity."""
        return [found.page_content for found in self.store.similarity_search(question, k=5)]

    def fill(self, texts: Sequence[str], vectors: Vectors, home: Path) -> None:
        """Write into the collection."""
        self._opened(home)
        for start in range(0, len(texts), 5000):
            part = slice(start, start + 5000)
            self.store._collection.add(
                ids=[str(number) for number in range(len(texts))][part],
                documents=list(texts[part]),
                embeddings=vectors[part],
            )


class LlamaIndex(Contestant):
    """VectorStoreIndex with its defaults: nodes of 1,024 tokens, vectors in memory."""

    name = "LlamaIndex"

    def __init__(self) -> None:
        """Load the model."""
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self.embeddings = HuggingFaceEmbedding(model_name=MODEL)

    def index(self, folder: Path, home: Path) -> int:
        """Build the index from documents."""
        from llama_index.core import Document, VectorStoreIndex

        texts = [file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())]
        documents = [Document(text=text) for text in texts]
        self.store = VectorStoreIndex.from_documents(documents, embed_model=self.embeddings)
        self.retriever = self.store.as_retriever(similarity_top_k=5)
        return len(self.store.docstore.docs)

    def encode(self, question: str) -> Any:
        """Embed the question."""
        return self.embeddings.get_query_embedding(question)

    def search(self, question: str) -> list[str]:
        """Retrieve."""
        return [found.node.get_content() for found in self.retriever.retrieve(question)]

    def fill(self, texts: Sequence[str], vectors: Vectors, home: Path) -> None:
        """Build the index from nodes that have their vectors."""
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode

        nodes = [
            TextNode(text=text, embedding=vector.tolist())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        self.store = VectorStoreIndex(nodes, embed_model=self.embeddings)
        self.retriever = self.store.as_retriever(similarity_top_k=5)


class Haystack(Contestant):
    """DocumentSplitter's 200 words, sentence-transformers, the store in memory."""

    name = "Haystack"

    def __init__(self) -> None:
        """Load the models."""
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        try:
            from haystack_integrations.components.embedders.sentence_transformers import (
                SentenceTransformersDocumentEmbedder,
                SentenceTransformersTextEmbedder,
            )
        except ImportError:
            from haystack.components.embedders import (
                SentenceTransformersDocumentEmbedder,
                SentenceTransformersTextEmbedder,
            )
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever

        self.documents = SentenceTransformersDocumentEmbedder(model=MODEL, progress_bar=False)
        self.questions = SentenceTransformersTextEmbedder(model=MODEL, progress_bar=False)
        for embedder in (self.documents, self.questions):
            embedder.warm_up()
        self.store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self.retriever = InMemoryEmbeddingRetriever(self.store, top_k=5)

    def index(self, folder: Path, home: Path) -> int:
        """Split, embed and write."""
        from haystack import Document
        from haystack.components.preprocessors import DocumentSplitter

        texts = [file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())]
        splitter = DocumentSplitter()
        splitter.warm_up()
        parts = splitter.run([Document(content=text) for text in texts])["documents"]
        return int(self.store.write_documents(self.documents.run(parts)["documents"]))

    def encode(self, question: str) -> Any:
        """Embed the question."""
        return self.questions.run(question)["embedding"]

    def search(self, question: str) -> list[str]:
        """Retrieve."""
        found = self.retriever.run(query_embedding=self.encode(question))["documents"]
        return [document.content for document in found]

    def fill(self, texts: Sequence[str], vectors: Vectors, home: Path) -> None:
        """Write documents that have their vectors."""
        from haystack import Document

        self.store.write_documents(
            [
                Document(content=text, embedding=vector.tolist())
                for text, vector in zip(texts, vectors, strict=True)
            ]
        )


class Txtai(Contestant):
    """Hybrid index with content, over paragraphs."""

    name = "txtai"

    def __init__(self) -> None:
        """Load the model."""
        from txtai import Embeddings

        self.embeddings = Embeddings(path=MODEL, content=True, hybrid=True)
        self._one = threading.Lock()

    def index(self, folder: Path, home: Path) -> int:
        """Index paragraphs."""
        texts = [file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())]
        parts = [part for text in texts for part in text.split("\n\n") if part.strip()]
        self.embeddings.index(parts)
        return len(parts)

    def encode(self, question: str) -> Any:
        """Embed the question."""
        return self.embeddings.batchtransform([question])

    def search(self, question: str) -> list[str]:
        """Search."""
        with self._one:  # asked by several threads at once its process ends
            return [found["text"] for found in self.embeddings.search(question, 5)]

    def fill(self, texts: Sequence[str], vectors: Vectors, home: Path) -> None:
        """Index, its model handing out the known vectors for the while."""
        model = self.embeddings.model or self.embeddings.loadvectors()
        self.embeddings.model = model
        known, encode = dict(zip(texts, vectors, strict=True)), model.encode
        model.encode = lambda data, *_: np.stack([known[text] for text in data])
        self.embeddings.index(list(texts))
        model.encode = encode


CONTESTANTS: Mapping[str, type[Contestant]] = {
    one.name: one for one in (Ours, LangChain, LlamaIndex, Haystack, Txtai)
}
