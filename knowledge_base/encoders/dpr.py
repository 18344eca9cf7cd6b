"""Two towers, as Dense Passage Retrieval has them (Karpukhin et al., 2020).

One network reads questions, another ``title [SEP] text``; both give the state of [CLS], and passages
are compared by the dot product they were trained with.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from knowledge_base.encoders.tokens import WordPieces
from knowledge_base.encoders.tower import Tower, TowerSettings, digest, read_json
from knowledge_base.errors import EncoderError
from knowledge_base.types import Vectors

WINDOW = 256
"""Tokens that DPR's towers were trained on; longer than their positions allow is never taken."""


class DPREncoder:
    """A question tower and a passage tower of one space, compared by the dot product."""

    metric = "ip"
    joint = " [SEP] "

    def __init__(self, question: Path, passage: Path, *, runtime: str = "auto") -> None:
        """Read two folders in the form of transformers' DPR encoders, or of plain BERT models.

        Args:
            question: The question encoder's folder.
            passage: The context encoder's folder.
            runtime: See ``open_runtime``.

        Raises:
            EncoderError: If a file is missing or damaged, or the two are of different widths.
        """
        self.name = f"{question.name},{passage.name}"
        self._question = Tower(question, _settings(question), runtime=runtime)
        self._passage = Tower(passage, _settings(passage), runtime=runtime)
        if self._question.dimension != self._passage.dimension:
            raise EncoderError(
                f"the question encoder {question} gives {self._question.dimension} numbers, the "
                f"passage encoder {passage} {self._passage.dimension}; name two of one pair"
            )
        self.dimension = self._passage.dimension
        self.runtime, self.runtime_note = self._passage.runtime, self._passage.note
        self.tokens: WordPieces = self._passage.tokens
        self.fingerprint = digest(f"{self._question.fingerprint}|{self._passage.fingerprint}|ip")

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one vector a query, shape ``(n, d)``; longer ones are cut at the window."""
        return self._question.encode(queries)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, shape ``(n, d)``; longer ones are cut at the window."""
        return self._passage.encode(texts)

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of the text's tokens that the vocabulary does not know."""
        return self.tokens.unknown_share(text)


def _settings(folder: Path) -> TowerSettings:
    config = read_json(folder / "config.json")
    return TowerSettings(min(WINDOW, int(config.get("max_position_embeddings", 512))), "cls")
