"""The facade: documents in, ranked passages out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from knowledge_base.chunking.context import encoded_text
from knowledge_base.chunking.structure import StructureChunker
from knowledge_base.errors import IndexMismatch, SourceNotFound
from knowledge_base.health import Health
from knowledge_base.home import BaseInfo, Home
from knowledge_base.indexes.chroma import ChromaIndex
from knowledge_base.indexes.dense import DenseIndex
from knowledge_base.indexes.tantivy import TantivyIndex
from knowledge_base.protocols import Encoder, Explaining, Reranker
from knowledge_base.registry import Registry, Stamp
from knowledge_base.retrieval.glossary import GlossaryFile
from knowledge_base.retrieval.hybrid import HybridRetriever
from knowledge_base.retrieval.similar import Recommender
from knowledge_base.retrieval.trace import Tracer
from knowledge_base.retrieval.widening import reaching, widened
from knowledge_base.sync import Synchronizer
from knowledge_base.tables import PENDING, REMOVING
from knowledge_base.types import (
    DEFAULT_TUNING,
    NO_METADATA,
    Check,
    Document,
    DocumentInfo,
    Filter,
    IngestProgress,
    IngestReport,
    Passage,
    Retrieval,
    ScoredPassage,
    Similar,
    Stages,
    TokenShare,
    Trace,
    Tuning,
    Vectors,
)
from knowledge_base.vector_cache import VectorCache

LOAD_STEP = 4096
"""Vectors read from the registry at a time."""


class KnowledgeBase:
    """One named set of documents that can be searched. Safe to use from many threads."""

    def __init__(
        self,
        home: Home,
        info: BaseInfo,
        encoder: Encoder,
        *,
        chroma_url: str | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """Open a knowledge base and finish what an interrupted run left.

        Args:
            home: The home folder, which must be owned.
            info: The knowledge base, from ``Home.base`` or ``Home.create``.
            encoder: Must be the one that it was made with.
            chroma_url: A Chroma server to use instead of the embedded store.
            reranker: Puts the head of the hits in order.

        Raises:
            IndexMismatch: If it was made with another encoder.
        """
        if info.fingerprint != encoder.fingerprint:
            raise IndexMismatch(
                f"the knowledge base {info.name!r} was made with the encoder {info.encoder} "
                f"({info.fingerprint}), and the encoder in use is {encoder.name} "
                f"({encoder.fingerprint}); run `qa-bot reindex`"
            )
        self.name = info.name
        self.encoder = encoder
        folder = home.folder(info)
        self._lock = threading.RLock()
        self._registry = Registry(home.engine, info.id)
        self._cache = VectorCache(home.engine, encoder.fingerprint)
        self._lexical = TantivyIndex(folder / "tantivy")
        self._chroma: ChromaIndex | None = None
        self._dense = self._dense_index(
            None if chroma_url else folder / "chroma", info.folder, chroma_url
        )
        self._synchronizer = Synchronizer(
            self._registry,
            self._cache,
            StructureChunker(encoder.tokens, joint=encoder.joint),
            encoder,
            self._dense,
            self._lexical,
        )
        self.glossary = GlossaryFile(home.glossary(info))
        self._retriever = HybridRetriever(
            encoder,
            self._dense,
            self._lexical,
            self._registry,
            self.glossary,
            reranker,
        )
        self._health = Health(self._registry, self._cache, self._synchronizer, self._dense)
        self._mark = folder / "writing"
        self._recover()

    def sync(
        self,
        paths: Sequence[Path],
        *,
        prune: bool = False,
        max_file_mb: float = 100.0,
        metadata: Mapping[str, str] = NO_METADATA,
        progress: Callable[[IngestProgress], None] | None = None,
    ) -> IngestReport:
        """Take in files, folders and zip archives; unchanged files are passed over.

        A file that cannot be read is named in the report, and what was indexed of it before stays.

        Args:
            paths: Files, folders, archives.
            prune: Also remove documents under these paths that are no longer there.
            max_file_mb: Larger files fail; in units of 1,000,000 bytes.
            metadata: Stored with every document that is taken in; filters can ask for it.
            progress: Called often, from this thread.
        """
        with self._writing():
            return self._synchronizer.sync(
                paths,
                prune=prune,
                max_file_mb=max_file_mb,
                metadata=metadata,
                progress=progress,
            )

    def add(self, document: Document, stamp: Stamp) -> None:
        """Take in a document that is already read; ``settle`` finishes it if nothing else does."""
        with self._writing():
            self._synchronizer.add(document, stamp)

    def settle(self) -> None:
        """Finish what is pending."""
        with self._writing():
            self._synchronizer.settle()

    def remove(self, source: str) -> list[str]:
        """Remove the documents that a source names; return their sources.

        Args:
            source: A whole source, its ending after a slash, or a glob pattern.

        Raises:
            SourceNotFound: If it names none.
        """
        with self._lock:
            sources = self._registry.matching(source)
            if not sources:
                raise SourceNotFound(
                    f"no document matches {source!r} in {self.name!r}; "
                    "`qa-bot documents` lists them"
                )
            with self._writing():
                self._synchronizer.remove(sources)
            return sources

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
        return self._retriever.retrieve(query, k, filter, tuning, wordings)

    def widened(self, hits: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        """Return hits to be read: a short one reaches over its neighbours, under its own id."""
        return [widened(hit, self._registry) for hit in hits]

    def reaching(
        self, hit: ScoredPassage, most: int, without: Collection[str] = ()
    ) -> ScoredPassage:
        """Return a hit with its neighbours, up to ``most`` tokens and without the passages named."""
        return reaching(hit, self._registry, most, without)

    def stages(
        self,
        query: str,
        k: int,
        filter: Filter | None = None,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> Stages:
        """Return what meaning alone, words alone and their fusion bring, k each."""
        return self._retriever.stages(query, k, filter, tuning)

    def trace(
        self,
        query: str,
        source: str,
        k: int = 5,
        filter: Filter | None = None,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> Trace:
        """Return why a document is, or is not, among the first k hits of a query."""
        tracer = Tracer(self._registry, self._lexical, self._retriever)
        return tracer.trace(query, source, k, filter, tuning)

    def similar(self, source: str, k: int = 5) -> list[Similar]:
        """Return up to k documents like one, best first, copies flagged.

        Args:
            source: A whole source, or its ending after a slash.
            k: The most to return.

        Raises:
            SourceNotFound: If it names no document, or several.
        """
        return Recommender(self._registry, self._dense).documents(self._one(source), k)

    def similar_to_passage(self, id: str, k: int = 5) -> list[Similar]:
        """Return up to k other documents with a passage like a given one, best first.

        Raises:
            SourceNotFound: If no passage has this id.
        """
        recommender = Recommender(self._registry, self._dense)
        return recommender.passages(self.passage(id), k)

    def token_shares(self, query: str, id: str) -> list[TokenShare]:
        """Return what each token of a passage adds to its cosine with a query, in their order.

        With those of its headings and of special tokens, which are not among them, they sum to the
        cosine. Empty where the encoder cannot split its similarity.

        Raises:
            SourceNotFound: If no passage has this id.
        """
        if not isinstance(self.encoder, Explaining):
            return []
        passage = self.passage(id)
        text = encoded_text(passage.headings, passage.text, self.encoder.joint)
        head = len(text) - len(passage.text)
        return [
            TokenShare(share.start - head, share.end - head, share.share)
            for share in self.encoder.token_shares(query, text)
            if share.start >= head and share.end > share.start
        ]

    def documents(self) -> list[DocumentInfo]:
        """Return the documents, by source."""
        return self._registry.documents()

    def document(self, source: str) -> Document:
        """Return one document by its whole source.

        Raises:
            SourceNotFound: If there is none.
        """
        return self._registry.document(source)

    def passage(self, id: str) -> Passage:
        """Return one passage by its id.

        Raises:
            SourceNotFound: If there is none.
        """
        found = self._registry.passages([id])
        if id not in found:
            raise SourceNotFound(f"no passage has the id {id!r}; it may have been replaced")
        return found[id]

    def passages_of(self, source: str) -> list[Passage]:
        """Return the passages of a document in order.

        Args:
            source: A whole source, or its ending after a slash.

        Raises:
            SourceNotFound: If it names no document, or several.
        """
        return self._registry.of_document(self._one(source))

    def neighbours(self, id: str, before: int = 1, after: int = 1) -> list[Passage]:
        """Return a passage with those around it in its document, in order."""
        return self._registry.around(self.passage(id), before, after)

    def count(self) -> int:
        """Return the number of indexed passages."""
        return self._registry.count()

    def doctor(self, repair: bool = False) -> list[Check]:
        """Compare the registry with both indexes; with ``repair`` rebuild what differs."""
        with self._writing() if repair else self._lock:
            return self._health.examine(self._lexical, repair=repair)

    def close(self) -> None:
        """Close the indexes."""
        with self._lock:
            self._lexical.close()
            if self._chroma is not None:
                self._chroma.close()

    def _one(self, source: str) -> str:
        sources = self._registry.matching(source)
        if len(sources) != 1:
            found = f"{len(sources)} documents match" if sources else "no document matches"
            raise SourceNotFound(f"{found} {source!r}; `qa-bot documents` lists them, name one")
        return sources[0]

    def _dense_index(self, path: Path | None, collection: str, url: str | None) -> DenseIndex:
        return DenseIndex(
            lambda: self._open_chroma(path, collection, url),
            self._stored_vectors,
            lambda ids: self._cache.of_passages(self._registry.base_id, ids),
            self._registry.count,
            self.encoder.dimension,
            self.encoder.metric,
        )

    def _open_chroma(self, path: Path | None, collection: str, url: str | None) -> ChromaIndex:
        encoder = self.encoder
        self._chroma = ChromaIndex(
            path, collection, encoder.dimension, encoder.metric, encoder.fingerprint, url
        )
        return self._chroma

    def _recover(self) -> None:
        """Finish what a process that was killed left behind, and look for what it may have lost."""
        if self._mark.exists() or self._registry.ids(PENDING) or self._registry.ids(REMOVING):
            with self._writing():
                self._synchronizer.settle()
                self._health.mend(sorted(self._registry.hashes()))
        if self._lexical.outdated:
            with self._writing():
                self._synchronizer.relex()
                self._lexical.renew()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the write lock, and leave a mark in the folder for as long as writing goes on.

        A process that is killed leaves the mark, and the next one to open the base looks whether
        every vector can still be found: Chroma can lose one when it is killed while it writes.
        """
        with self._lock:
            self._mark.touch()
            try:
                yield
            finally:
                self._retriever.forget()
            self._mark.unlink(missing_ok=True)

    def _stored_vectors(self) -> Iterator[tuple[list[str], Vectors]]:
        hashes = list(self._registry.hashes().items())
        for start in range(0, len(hashes), LOAD_STEP):
            some = hashes[start : start + LOAD_STEP]
            known = self._cache.get([text_hash for _, text_hash in some])
            present = [(name, known[text_hash]) for name, text_hash in some if text_hash in known]
            if present:
                yield [name for name, _ in present], np.stack([vector for _, vector in present])
