"""Readers by name. Nothing heavy is imported until it is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge_base.components import resolve
from knowledge_base.protocols import Encoder
from qa_bot.protocols import Reader

READERS: Mapping[str, str] = {
    "auto": "qa_bot.readers.trained:bundled_reader",
    "trained": "qa_bot.readers.trained:bundled_reader",
    "similarity": "qa_bot.readers.similarity:SimilarityReader",
}
"""Readers by name; each is made with the encoder and the caution of the settings."""


def open_reader(name: str, encoder: Encoder, caution: str) -> Reader:
    """Return the reader of this name.

    Raises:
        UnknownComponent: If there is none.
    """
    reader: Reader = resolve(READERS, "reader", name)(encoder, caution=caution)
    return reader
