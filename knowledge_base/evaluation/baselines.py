"""Ways to search one knowledge base: the textbook's, and the project's own stage by stage.

All search the same passages, so that a difference is one of method.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from knowledge_base.chunking.context import encoded_text
from knowledge_base.chunking.structure import StructureChunker
from knowledge_base.indexes.analysis import STOP_WORDS, chinese_terms
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.types import Passage, ScoredPassage, Tuning

Search: TypeAlias = Callable[[str, int], Sequence[Passage]]
"""Takes a query and k; returns about k passages, best first, copies behind their original."""

SHOWN = 10
"""Passages that a user sees at once."""

DIMENSIONS = 256
"""Of latent semantic analysis; less where the passages or their words are fewer."""

RRF = 60
"""The constant of reciprocal rank fusion (Cormack et al., 2009)."""

DENSE = Tuning(dense_weight=1.0, feedback=False, rerank=False, collapse=False)
BM25 = Tuning(dense_weight=0.0, feedback=False, rerank=False, collapse=False)

_WORD = re.compile(r"[^\W_]{2,}")


def passages_of(base: KnowledgeBase) -> list[Passage]:
    """Return every passage of a base, document by document, cut as the base itself cuts them."""
    chunker = StructureChunker(base.encoder.tokens)
    return [
        passage
        for info in base.documents()
        for passage in chunker.split(base.document(info.source))
    ]


class VectorSpace:
    """TF-IDF vectors and their cosine (Salton et al., 1975), by scikit-learn."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Weigh the words of passages; ``sublinear_tf``, stop words left out."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.passages = list(passages)
        self._vectorizer: Any = TfidfVectorizer(analyzer=_terms, sublinear_tf=True)
        self.matrix: Any = self._vectorizer.fit_transform(
            [encoded_text(passage.headings, passage.text) for passage in passages]
        )

    def vector(self, query: str) -> Any:
        """Return a query's sparse row, shape ``(1, words)``."""
        return self._vectorizer.transform([query])

    def __call__(self, query: str, k: int) -> list[Passage]:
        """Return up to k passages that share a word with the query, best first."""
        return _best(self.passages, (self.matrix @ self.vector(query).T).toarray()[:, 0], k)


class LatentSemantics:
    """LSA: the cosine after a truncated SVD of the TF-IDF vectors (Deerwester et al., 1990)."""

    def __init__(self, space: VectorSpace, seed: int = 7) -> None:
        """Decompose the vectors of a vector space."""
        from sklearn.decomposition import TruncatedSVD

        self._space = space
        dimensions = max(1, min(DIMENSIONS, min(space.matrix.shape) - 1))
        self._svd: Any = TruncatedSVD(dimensions, random_state=seed)
        self._vectors = _unit(self._svd.fit_transform(space.matrix))

    def __call__(self, query: str, k: int) -> list[Passage]:
        """Return up to k passages, best first."""
        vector = _unit(self._svd.transform(self._space.vector(query)))[0]
        return _best(self._space.passages, self._vectors @ vector, k)


def searches(base: KnowledgeBase, only: Sequence[str] = ()) -> Iterator[tuple[str, Search]]:
    """Give each method's name and its search, made when its turn comes.

    Args:
        base: What is searched.
        only: The names of ``METHODS`` wanted; all where empty.
    """
    wanted = only or METHODS
    space: VectorSpace | None = None
    for name in METHODS:
        if name not in wanted:
            continue
        if name in ("tf-idf", "lsa"):
            space = space or VectorSpace(passages_of(base))
            yield name, space if name == "tf-idf" else LatentSemantics(space)
        else:
            yield name, _OWN[name](base)


def _tuned(tuning: Tuning) -> Callable[[KnowledgeBase], Search]:
    def made(base: KnowledgeBase) -> Search:
        def search(query: str, k: int) -> list[Passage]:
            # the reader orders the head alone: below it there is nothing to read again
            fitting = tuning if k <= SHOWN else replace(tuning, rerank=False)
            hits = base.retrieve(query, k, tuning=fitting).hits
            return [
                passage
                for hit in hits
                if _found_by(hit, tuning)
                for passage in (hit.passage, *hit.duplicates)
            ]

        return search

    return made


def _found_by(hit: ScoredPassage, tuning: Tuning) -> bool:
    """Tell whether the side that alone counts brought a hit; the fusion lists the other's below."""
    if tuning.dense_weight == 1.0:
        return hit.explain.dense_rank is not None
    if tuning.dense_weight == 0.0:
        return hit.explain.lexical_rank is not None
    return True


def _reciprocal(base: KnowledgeBase) -> Search:
    sides = _tuned(BM25)(base), _tuned(DENSE)(base)

    def search(query: str, k: int) -> list[Passage]:
        scores: dict[str, float] = {}
        known: dict[str, Passage] = {}
        for side in sides:
            for rank, passage in enumerate(side(query, max(k, 100)), 1):
                known[passage.id] = passage
                scores[passage.id] = scores.get(passage.id, 0.0) + 1.0 / (RRF + rank)
        best = sorted(scores, key=lambda name: (-scores[name], name))[:k]
        return [known[name] for name in best]

    return search


_OWN: Mapping[str, Callable[[KnowledgeBase], Search]] = {
    "bm25": _tuned(BM25),
    "dense": _tuned(DENSE),
    "rrf": _reciprocal,
    "fusion": _tuned(Tuning(rerank=False)),
    "fusion+reader": _tuned(Tuning()),
}

METHODS = ("tf-idf", "lsa", *_OWN)
"""Every method, the default of the product last."""


def _terms(text: str) -> list[str]:
    """Return lower-case words without stop words; Chinese as words and pairs of characters."""
    words = [word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]
    return [*words, *chinese_terms(text)]


def _unit(rows: Any) -> Any:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(norms, 1e-12)


def _best(passages: Sequence[Passage], scores: Any, k: int) -> list[Passage]:
    order = np.argsort(-scores, kind="stable")[:k]
    return [passages[at] for at in order if scores[at] > 0.0]
