"""Puts retrieved passages in the order of the reader's relevance, joined with that of retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge_base.encoders.tokens import UNREADABLE
from knowledge_base.types import ScoredPassage
from qa_bot.readers.network import ReaderModel, read_as

RELEVANCE = 0.35
"""What a logit of relevance counts beside the fused score; chosen on development sets."""


class RelevanceReranker:
    """Reads the question beside each of the first passages with the bundled reader's network."""

    def __init__(self, model: ReaderModel) -> None:
        """Take the network."""
        self._model = model

    def rerank(self, query: str, hits: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        """Return the same passages, best first, with new scores; as they were where it cannot read."""
        if self._model.tokens.unknown_share(query) >= UNREADABLE:
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
