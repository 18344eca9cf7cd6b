"""Counts tokens exactly as the encoder will see them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.glosses import Gloss, glossed
from knowledge_base.errors import EncoderError
from knowledge_base.indexes.analysis import has_cjk

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Ints = npt.NDArray[np.int32]

CHINESE = "请问这个商品的保修期是多长时间，退货的运费由谁承担？"
"""A vocabulary that knows these words reads Chinese itself."""

UNREADABLE = 0.25
"""From this share of unknown tokens on a vocabulary does not read a text."""


class Tokens(Protocol):
    """A text, or a pair, as the network sees it."""

    @property
    def ids(self) -> list[int]:
        """The numbers of the tokens."""

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """The characters of the text that each stands for; none for special tokens."""

    @property
    def sequence_ids(self) -> list[int | None]:
        """Which text of the pair each is of; None for special tokens."""


@dataclass(frozen=True, slots=True)
class _Glossed:
    """Tokens of glosses, with the characters of the texts that were glossed; None was not."""

    encoding: Encoding
    glosses: tuple[Gloss | None, ...]

    @property
    def ids(self) -> list[int]:
        return list(self.encoding.ids)

    @property
    def sequence_ids(self) -> list[int | None]:
        return list(self.encoding.sequence_ids)

    @property
    def offsets(self) -> list[tuple[int, int]]:
        return [
            gloss.source(*offsets) if of is not None and (gloss := self.glosses[of]) else offsets
            for offsets, of in zip(self.encoding.offsets, self.encoding.sequence_ids, strict=True)
        ]


class WordPieces:
    """A Hugging Face ``tokenizer.json`` with the window of the model it belongs to.

    A vocabulary that does not read Chinese gets it word by word in English, from a dictionary; see
    ``glosses``. Counts and offsets are then those of the glosses, in characters of the text that was given.
    """

    def __init__(self, tokenizer: Tokenizer, window: int) -> None:
        """Take a tokenizer; ``window`` is in tokens, special ones included."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self.window = window
        self._unknown = next(
            (i for t in ("[UNK]", "<unk>") if (i := tokenizer.token_to_id(t)) is not None), -1
        )
        self.glosses = self._unknown_share(CHINESE) >= UNREADABLE

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
        return len(self._tokenizer.encode(self.read_as(text)).ids)

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, special tokens included."""
        read = [self.read_as(text) for text in texts]
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(read)]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the character range of each token, without special tokens."""
        gloss = self._gloss(text)
        encoding = self._tokenizer.encode(gloss.text if gloss else text, add_special_tokens=False)
        return _Glossed(encoding, (gloss,)).offsets if gloss else list(encoding.offsets)

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return one encoding a text, special tokens included, not truncated."""
        glosses = [self._gloss(text) for text in texts]
        encoded = self._tokenizer.encode_batch(
            [gloss.text if gloss else text for gloss, text in zip(glosses, texts, strict=True)]
        )
        return [
            _Glossed(encoding, (gloss,)) if gloss else encoding
            for encoding, gloss in zip(encoded, glosses, strict=True)
        ]

    def encode_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Tokens]:
        """Return one encoding a pair of texts, special tokens included, not truncated."""
        glosses = [tuple(map(self._gloss, pair)) for pair in pairs]
        encoded = self._tokenizer.encode_batch([tuple(map(self.read_as, pair)) for pair in pairs])
        return [
            _Glossed(encoding, some) if any(some) else encoding
            for encoding, some in zip(encoded, glosses, strict=True)
        ]

    def read_as(self, text: str) -> str:
        """Return a text as the vocabulary reads it: with Chinese that it does not know in English."""
        gloss = self._gloss(text)
        return gloss.text if gloss else text

    def truncate(self, ids: Sequence[int]) -> list[int]:
        """Cut a sequence of ids to the window, keeping its last special token."""
        if len(ids) <= self.window:
            return list(ids)
        return [*ids[: self.window - 1], ids[-1]]

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of the text's tokens that the vocabulary does not know.

        Of Chinese, Japanese and Korean that it has to be told in English, those without a gloss.
        """
        gloss = self._gloss(text)
        return (
            max(gloss.unread, self._unknown_share(gloss.text))
            if gloss
            else self._unknown_share(text)
        )

    def _unknown_share(self, text: str) -> float:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return sum(i == self._unknown for i in ids) / len(ids) if ids else 0.0

    def _gloss(self, text: str) -> Gloss | None:
        """Return the gloss of what the vocabulary does not read itself."""
        return glossed(text) if self.glosses and has_cjk(text) else None


def padded(rows: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Return ids and mask, both ``(b, s)`` int32, padded with zeros at the right."""
    length = max(len(row) for row in rows)
    ids = np.zeros((len(rows), length), np.int32)
    mask = np.zeros((len(rows), length), np.int32)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask
