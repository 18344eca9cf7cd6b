"""One tower for questions and passages: a BERT-like encoder read from a local folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge_base.encoders.tokens import WordPieces
from knowledge_base.encoders.tower import Tower, TowerSettings, digest, read_json
from knowledge_base.types import TokenShare, Vectors


class TransformerEncoder:
    """Mean-, [CLS]- or max-pooled sentence encoder, cosine metric, run without torch."""

    metric = "cosine"
    joint = "\n"

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        sha256: str | None = None,
        runtime: str = "auto",
    ) -> None:
        """Read a model folder in the form of sentence-transformers or transformers.

        Its own pooling, prompts and window are honoured.

        Args:
            folder: Holds config.json, tokenizer.json and model.safetensors.
            name: How the model is named to users; by default the folder's name.
            sha256: What the weights' checksum must be; None takes the weights as they are.
            runtime: See ``open_runtime``.

        Raises:
            EncoderError: If a file is missing, damaged, or the model is no BERT.
        """
        self.name = name or folder.name
        settings = TowerSettings.from_folder(folder, read_json(folder / "config.json"))
        self._tower = Tower(folder, settings, sha256=sha256, runtime=runtime)
        self.dimension = self._tower.dimension
        self.runtime, self.runtime_note = self._tower.runtime, self._tower.note
        self._query, self._passage = settings.query_prompt, settings.passage_prompt
        # a prompt takes its tokens from the window: passages are cut to what is left of it
        prompt = self._tower.tokens.count(self._passage) - 2 if self._passage else 0
        self.tokens: WordPieces = self._tower.tokens.narrowed(prompt)
        facts = f"{self._tower.fingerprint}|cosine"
        if self._query or self._passage:
            facts += f"|{self._query}|{self._passage}"
        self.fingerprint = digest(facts)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one normalised vector a query, shape ``(n, d)``; longer ones are cut at the window."""
        return self._encoded([self._query + query for query in queries])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one normalised vector a text, shape ``(n, d)``; longer ones are cut at the window."""
        return self._encoded([self._passage + text for text in texts])

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of the text's tokens that the vocabulary does not know."""
        return self.tokens.unknown_share(text)

    def token_shares(self, query: str, text: str) -> list[TokenShare]:
        """Return what each token of a text adds to its cosine with a query; exact for mean pooling.

        The mean of token states is a sum, and so is its dot product with the query's vector: each
        token's share is its state's. Special tokens and a prompt are there too, together with an empty
        range, so that the shares sum to the cosine. Empty for a model that pools otherwise, whose states do
        not add up.
        """
        if self._tower.settings.pooling != "mean":
            return []
        states, offsets = self._tower.states(self._passage + text)
        norm = max(float(np.linalg.norm(states.sum(axis=0))), 1e-12)
        shares = (states @ self.encode_queries([query])[0]) / norm
        before = len(self._passage)
        # a word of Chinese may be several tokens of English: they are one share
        joined: dict[tuple[int, int], float] = {}
        for (start, end), share in zip(offsets, shares, strict=True):
            place = max(0, start - before), max(0, end - before)
            joined[place] = joined.get(place, 0.0) + float(share)
        return [TokenShare(start, end, share) for (start, end), share in joined.items()]

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        pooled = self._tower.encode(texts)
        norms = np.linalg.norm(pooled, axis=1, keepdims=True)
        normalised: Vectors = (pooled / np.maximum(norms, 1e-12)).astype(np.float32)
        return normalised
