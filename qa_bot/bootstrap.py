"""The only place where parts are put together: a home folder, its bots, its conversations."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from knowledge_base.components import is_local, open_encoder
from knowledge_base.database import migrate
from knowledge_base.encoders.shared import SharedEncoder
from knowledge_base.errors import IndexMismatch, KnowledgeBaseError, KnowledgeBaseNotFound
from knowledge_base.home import BaseInfo, Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.protocols import Encoder
from knowledge_base.registry import Registry
from knowledge_base.reindex import reindex
from knowledge_base.types import Check, Document, DocumentInfo, IngestProgress
from qa_bot.bot import QABot
from qa_bot.components import open_generator, open_reader
from qa_bot.config import Config, api_key
from qa_bot.conversations import Conversations
from qa_bot.protocols import Generator, Reranking
from qa_bot.rewriting import RuleRewriter

DEFAULT_BASE = "default"
"""The knowledge base that is meant when none is named."""

SCHEMA = "0001"
"""The newest revision in ``migrations/versions``."""


class App:
    """One home folder, owned by this process, with everything opened when first needed."""

    def __init__(self, config: Config, *, exclusive: bool = True) -> None:
        """Open the home folder that the settings name.

        Args:
            config: The settings.
            exclusive: Whether to own the folder; False only to read lists.

        Raises:
            HomeLocked: If another process owns the folder.
        """
        self._config = config
        self._home = Home(Path(config.home), database=config.database or None, exclusive=exclusive)
        migrate(self._home.engine, Path(__file__).parent / "migrations", "bot_version", SCHEMA)
        self.conversations = Conversations(self._home.engine)
        self._lock = threading.RLock()
        self._encoder: Encoder | None = None
        self._generator: Generator | None = None
        self._bots: dict[str, QABot] = {}

    @property
    def home(self) -> Path:
        """The home folder."""
        return self._home.path

    @property
    def encoder(self) -> Encoder:
        """The encoder of the settings, loaded when it is first needed."""
        with self._lock:
            if self._encoder is None:
                self._encoder = SharedEncoder(
                    open_encoder(self._config.encoder, self._config.runtime)
                )
            return self._encoder

    def runtime(self) -> tuple[str, str]:
        """Return what runs the encoder here and why; a model that is not in the cache is not fetched."""
        if not is_local(self._config.encoder):
            return "not loaded", "the model is not in the local cache yet"
        try:
            encoder = self.encoder
        except KnowledgeBaseError as error:  # a list of facts is no place to fail
            return "not loaded", str(error)
        assert isinstance(encoder, SharedEncoder)
        return encoder.runtime, encoder.runtime_note

    @property
    def generator(self) -> Generator | None:
        """The generator model of the settings, loaded when it is first needed; None: none is named.

        Raises:
            UnknownComponent: If the settings name one that cannot be.
            GeneratorFailed: If it is missing or damaged, or its server cannot be reached.
        """
        config = self._config
        if not config.model and not config.base_url:
            return None
        with self._lock:
            if self._generator is None:
                self._generator = open_generator(
                    config.model,
                    config.base_url,
                    api_key=api_key(),
                    timeout=config.model_timeout,
                    window=config.model_window,
                    precision=config.model_precision,
                )
            return self._generator

    def bases(self) -> list[BaseInfo]:
        """Return every knowledge base with its encoder, by name."""
        return self._home.bases()

    def knowledge_bases(self) -> list[str]:
        """Return the names of the knowledge bases, the default one first."""
        names = {info.name for info in self._home.bases()}
        return [DEFAULT_BASE, *sorted(names - {DEFAULT_BASE})]

    def create(self, kb: str) -> None:
        """Make an empty knowledge base; nothing happens where it exists.

        Raises:
            InvalidName: If the name cannot be one.
        """
        self._home.create(kb, self.encoder)

    def delete(self, kb: str) -> None:
        """Delete a knowledge base with its documents and indexes; conversations stay.

        Raises:
            KnowledgeBaseNotFound: If there is none of this name.
        """
        with self._lock:
            info = self._home.base(kb)
            bot = self._bots.pop(kb, None)
            if bot is not None:
                bot.knowledge_base.close()
            self._home.forget(info)
            shutil.rmtree(self._home.folder(info), ignore_errors=True)

    def bot(self, kb: str = DEFAULT_BASE) -> QABot:
        """Return the bot over a knowledge base, opened once and kept.

        The default knowledge base is made where it is absent.

        Raises:
            KnowledgeBaseNotFound: If another is asked for that does not exist.
        """
        with self._lock:
            if kb not in self._bots:
                self._bots[kb] = self._open(kb)
            return self._bots[kb]

    def owner(self) -> str | None:
        """Return the process that owns the home folder, in words, or None."""
        return self._home.owner()

    def documents(self, kb: str = DEFAULT_BASE) -> list[DocumentInfo]:
        """Return the documents of a knowledge base, from the registry alone.

        Raises:
            KnowledgeBaseNotFound: If there is none of this name.
        """
        return self._registry(kb).documents()

    def document(self, kb: str, source: str) -> Document:
        """Return one document with its text, from the registry alone."""
        return self._registry(kb).document(source)

    def count(self, kb: str = DEFAULT_BASE) -> int:
        """Return the number of indexed passages, from the registry alone."""
        return self._registry(kb).count()

    def doctor(self, kb: str = DEFAULT_BASE, *, repair: bool = False) -> list[Check]:
        """Check a knowledge base; with ``repair`` an index that cannot be opened is made anew.

        Raises:
            KnowledgeBaseNotFound: If there is none of this name.
        """
        info = self._home.base(kb)
        try:
            return self.bot(kb).knowledge_base.doctor(repair)
        except IndexMismatch as error:
            if not repair or info.fingerprint != self.encoder.fingerprint:
                return [Check("indexes", False, str(error))]
        shutil.rmtree(self._home.folder(info), ignore_errors=True)
        with self._lock:
            self._bots.pop(kb, None)
        return self.bot(kb).knowledge_base.doctor(repair)

    def reindex(
        self,
        kb: str = DEFAULT_BASE,
        progress: Callable[[IngestProgress], None] | None = None,
    ) -> int:
        """Index a knowledge base anew with the encoder in use; return the number of passages.

        Raises:
            KnowledgeBaseNotFound: If there is none of this name.
        """
        with self._lock:
            bot = self._bots.pop(kb, None)
            if bot is not None:
                bot.knowledge_base.close()
            return reindex(self._home, self._home.base(kb), self.encoder, progress)

    def close(self) -> None:
        """Close everything and give the home folder free."""
        with self._lock:
            for bot in self._bots.values():
                bot.knowledge_base.close()
            self._bots.clear()
            self._home.close()

    def _registry(self, kb: str) -> Registry:
        known = {info.name: info.id for info in self._home.bases()}
        if kb == DEFAULT_BASE and kb not in known:
            return Registry(self._home.engine, -1)  # a base without a row has no documents
        return Registry(self._home.engine, self._home.base(kb).id)

    def _open(self, kb: str) -> QABot:
        try:
            info = self._home.base(kb)
        except KnowledgeBaseNotFound:
            if kb != DEFAULT_BASE:
                raise
            info = self._home.create(kb, self.encoder)
        reader = open_reader(
            self._config.reader, self.encoder, self._config.caution, self._config.runtime
        )
        base = KnowledgeBase(
            self._home,
            info,
            self.encoder,
            chroma_url=self._config.chroma_url or None,
            reranker=reader.reranker if isinstance(reader, Reranking) else None,
        )
        return QABot(
            base, RuleRewriter(), reader, self.conversations, passages=self._config.passages
        )


def open_app(config: Config, *, exclusive: bool = True) -> App:
    """Return the app over the home folder that the settings name."""
    return App(config, exclusive=exclusive)
