"""Puts retrieved passages in the order of the reader's relevance, joined with that of retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge_base.indexes.analysis import has_cjk
from knowledge_base.protocols import Encoder
from knowledge_base.types import ScoredPassage
from qa_bot.readers.network import ReaderModel, read_as
from qa_bot.readers.similarity import UNREADABLE

RELEVANCE = 0.35
"""What a logit of relevance counts beside the fused score; chosen on development sets."""


class RelevanceReranker:
    """Reads the question beside each of the first passages with the bundled reader's network."""

    def __init__(self, model: ReaderModel, encoder: Encoder) -> None:
        """Take the network, and the encoder, which tells what its vocabulary can read."""
        self._model, self._encoder = model, encoder

    def rerank(self, query: str, hits: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        """Return the same passages, best first, with new scores; as they were where it cannot read."""
        if has_cjk(query) or self._encoder.unknown_share(query) >= UNREADABLE:
            return list(hits)
        scores = self._model.score(query, [read_as(hit) for hit in hits])
        read = [
            replace(
                hit,
                score=hit.score + RELEVANCE * score.relevant,
                explain=replace(hit.explain, relevance=score.relevant),
            )
            for hit, score in zip(hits, scores, strict=True)
        ]
        return sorted(read, key=lambda hit: -hit.score)
