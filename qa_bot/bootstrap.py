"""The only place where parts are put together: a home folder, its bots, its conversations."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge_base.components import is_local, open_encoder
from knowledge_base.database import migrate
from knowledge_base.encoders.shared import SharedEncoder
from knowledge_base.errors import (
    IndexMismatch,
    KnowledgeBaseError,
    KnowledgeBaseNotFound,
    UnknownComponent,
)
from knowledge_base.home import BaseInfo, Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.protocols import Encoder
from knowledge_base.registry import Registry
from knowledge_base.reindex import reindex
from knowledge_base.types import Check, Document, DocumentInfo, IngestProgress
from qa_bot.bot import QABot
from qa_bot.components import open_checker, open_reader
from qa_bot.config import Config
from qa_bot.conversations import Conversations
from qa_bot.named_models import QUOTING, NamedModels
from qa_bot.protocols import Generating, Generator, Reader, Reranking
from qa_bot.redaction import redact_logs
from qa_bot.rewriting import RuleRewriter
from qa_bot.suggesting import Suggester

if TYPE_CHECKING:
    from qa_bot.models.guarded import Health

DEFAULT_BASE = "default"
"""The knowledge base that is meant when none is named."""

OUTCOMES = ("answered", "declined", "failed")
"""What can come of asking a model."""

REACH = 480
"""The most tokens, as the encoder counts, of a passage with its neighbours that a model reads."""

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
        self.redact = config.redact == "on"
        if self.redact:
            redact_logs()
        self._home = Home(Path(config.home), database=config.database or None, exclusive=exclusive)
        migrate(self._home.engine, Path(__file__).parent / "migrations", "bot_version", SCHEMA)
        self.conversations = Conversations(self._home.engine)
        self._lock = threading.RLock()
        self._encoder: Encoder | None = None
        self._reader: Reader | None = None
        self._models = NamedModels(config)
        self._bots: dict[str, QABot] = {}
        self._anew: dict[tuple[str, str], QABot] = {}

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
    def reader(self) -> Reader:
        """The reader of the settings, loaded when it is first needed, and one for every base."""
        config = self._config
        with self._lock:
            if self._reader is None:
                self._reader = open_reader(
                    config.reader, self.encoder, config.caution, config.runtime
                )
            return self._reader

    @property
    def generator(self) -> Generator | None:
        """The generator model of the settings, see ``NamedModels.own``."""
        return self._models.own

    def models(self) -> list[str]:
        """Return what can compose an answer, see ``NamedModels.names``."""
        return self._models.names()

    def generated(self) -> dict[str, int]:
        """Return how often models answered, declined and failed since the start, over all bases."""
        with self._lock:
            readers = [bot.reader for bot in (*self._bots.values(), *self._anew.values())]
        counts = [reader.counts for reader in readers if isinstance(reader, Generating)]
        return {name: sum(one[name] for one in counts) for name in OUTCOMES}

    def health(self) -> list[Health]:
        """Return what has happened to each model that was opened."""
        return self._models.health()

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
            self._forget(kb)
            self._home.forget(info)
            shutil.rmtree(self._home.folder(info), ignore_errors=True)

    def bot(self, kb: str = DEFAULT_BASE, model: str | None = None) -> QABot:
        """Return the bot over a knowledge base, opened once and kept.

        The default knowledge base is made where it is absent.

        Args:
            kb: The knowledge base.
            model: One of ``models``, to answer instead of the settings' own; None for that.

        Raises:
            KnowledgeBaseNotFound: If another base is asked for that does not exist.
            UnknownComponent: If the model is not one of the settings'.
        """
        with self._lock:
            if kb not in self._bots:
                self._bots[kb] = self._open(kb)
            known = self.models()
            if model is None or model in known[:1]:
                return self._bots[kb]
            if model not in known:
                raise UnknownComponent(
                    f"the settings name no model {model!r}; they name: {', '.join(known) or 'none'} "
                    "(`model` and `other_models`)"
                )
            if (kb, model) not in self._anew:
                self._anew[kb, model] = self._composed(self._bots[kb].knowledge_base, model)
            return self._anew[kb, model]

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
            self._forget(kb, close=False)
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
            self._forget(kb)
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
        reader = self.reader
        base = KnowledgeBase(
            self._home,
            info,
            self.encoder,
            chroma_url=self._config.chroma_url or None,
            reranker=reader.reranker if isinstance(reader, Reranking) else None,
        )
        return self._composed(base, (self.models() or [QUOTING])[0])

    def _composed(self, base: KnowledgeBase, model: str) -> QABot:
        """Return a bot over an open knowledge base whose answers a model composes, or none does."""
        config, reader, rule = self._config, self.reader, RuleRewriter()
        if model == QUOTING:
            return QABot(
                base,
                rule,
                reader,
                self.conversations,
                passages=config.passages,
                redact=self.redact,
                suggester=Suggester(base, reader),
            )
        return self._with_model(base, reader, rule, self._models.get(model))

    def _with_model(
        self, base: KnowledgeBase, reader: Reader, rule: RuleRewriter, generator: Generator
    ) -> QABot:
        # who names no model does not wait for what models need
        from prompts.render import Prompts
        from qa_bot.readers.generative import GenerativeReader
        from qa_bot.standalone import ModelRewriter
        from qa_bot.titles import Titler

        config = self._config
        prompts = Prompts(Path(config.prompts).expanduser() if config.prompts else None)
        composing = GenerativeReader(
            generator,
            reader,
            open_checker(self.encoder, reader),
            prompts,
            reach=lambda hit, without: base.reaching(hit, REACH, without),
            strict=config.unsupported == "remove",
        )
        return QABot(
            base,
            ModelRewriter(generator, prompts, rule),
            composing,
            self.conversations,
            passages=config.passages,
            redact=self.redact,
            suggester=Suggester(base, reader, (generator, prompts)),
            titler=Titler(generator, prompts, self.conversations),
        )

    def _forget(self, kb: str, *, close: bool = True) -> None:
        """Let go of the bots over a knowledge base."""
        for key in [key for key in self._anew if key[0] == kb]:
            del self._anew[key]
        bot = self._bots.pop(kb, None)
        if bot is not None and close:
            bot.knowledge_base.close()


def open_app(config: Config, *, exclusive: bool = True) -> App:
    """Return the app over the home folder that the settings name."""
    return App(config, exclusive=exclusive)
