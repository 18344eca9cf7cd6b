"""Counts tokens exactly as the encoder will see them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from knowledge_base.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Ints = npt.NDArray[np.int32]


class WordPieces:
    """A Hugging Face ``tokenizer.json`` with the window of the model it belongs to."""

    def __init__(self, tokenizer: Tokenizer, window: int) -> None:
        """Take a tokenizer; ``window`` is in tokens, special ones included."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self.window = window
        self._unknown = next(
            (i for t in ("[UNK]", "<unk>") if (i := tokenizer.token_to_id(t)) is not None), -1
        )

    @classmethod
    def from_file(cls, path: Path, window: int) -> WordPieces:
        """Read a ``tokenizer.json``.

        Raises:
            EncoderError: If the file is missing or is not a tokenizer.
        """
        from tokenizers import Tokenizer

        try:
            # the library raises bare Exception for anything wrong inside the file
            return cls(Tokenizer.from_str(path.read_text(encoding="utf-8")), window)
        except Exception as error:
            raise EncoderError(
                f"{path} is no tokenizer ({error}); reinstall the model or name another"
            ) from error

    @classmethod
    def from_folder(cls, folder: Path, window: int) -> WordPieces:
        """Read a model folder's tokenizer: ``tokenizer.json``, or BERT's ``vocab.txt``.

        Raises:
            EncoderError: If there is neither, or it is damaged.
        """
        vocabulary = folder / "vocab.txt"
        if (folder / "tokenizer.json").is_file() or not vocabulary.is_file():
            return cls.from_file(folder / "tokenizer.json", window)
        from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

        facts = folder / "tokenizer_config.json"
        settings = json.loads(facts.read_text(encoding="utf-8")) if facts.is_file() else {}
        lower = bool(settings.get("do_lower_case", True))
        return cls(BertWordPieceTokenizer(str(vocabulary), lowercase=lower)._tokenizer, window)

    def narrowed(self, taken: int) -> WordPieces:
        """Return the same tokens in a window that is smaller by what is taken of it."""
        return WordPieces(self._tokenizer, self.window - taken)

    def count(self, text: str) -> int:
        """Return the number of tokens, special tokens included, without truncation."""
        return len(self._tokenizer.encode(text).ids)

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, special tokens included."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the character range of each token, without special tokens."""
        offsets: list[tuple[int, int]] = self._tokenizer.encode(
            text, add_special_tokens=False
        ).offsets
        return offsets

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Return one encoding a text, special tokens included, not truncated."""
        return list(self._tokenizer.encode_batch(list(texts)))

    def encode_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Encoding]:
        """Return one encoding a pair of texts, special tokens included, not truncated."""
        return list(self._tokenizer.encode_batch(list(pairs)))

    def truncate(self, ids: Sequence[int]) -> list[int]:
        """Cut a sequence of ids to the window, keeping its last special token."""
        if len(ids) <= self.window:
            return list(ids)
        return [*ids[: self.window - 1], ids[-1]]

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of the text's tokens that the vocabulary does not know."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return sum(i == self._unknown for i in ids) / len(ids) if ids else 0.0


def padded(rows: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Return ids and mask, both ``(b, s)`` int32, padded with zeros at the right."""
    length = max(len(row) for row in rows)
    ids = np.zeros((len(rows), length), np.int32)
    mask = np.zeros((len(rows), length), np.int32)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask
