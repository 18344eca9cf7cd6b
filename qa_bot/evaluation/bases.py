"""The knowledge base that a data set is measured over: the user's own, or one made of its texts."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from knowledge_base.evaluation.datasets import DataSet, DataSetError, Text, as_document
from knowledge_base.registry import Stamp
from knowledge_base.tables import PENDING
from knowledge_base.types import IngestProgress
from qa_bot.bootstrap import open_app
from qa_bot.bot import QABot
from qa_bot.config import Config

ShowTexts = Callable[[Iterable[Text]], Iterable[Text]]
"""Wraps the texts that are taken in, to show how far it is."""

ShowFiles = Callable[[IngestProgress], None] | None
"""Called while a folder of documents is taken in."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A bot over the base that is measured, and what to know of how that base came about."""

    bot: QABot
    documents: int
    notes: tuple[str, ...]


@contextmanager
def own_base(config: Config, kb: str) -> Iterator[Trial]:
    """Give the bot over one of the user's knowledge bases.

    Raises:
        DataSetError: If it has no documents.
    """
    app = open_app(config)
    try:
        bot = app.bot(kb)
        count = len(bot.knowledge_base.documents())
        if not count:
            raise DataSetError(
                f"the knowledge base {kb!r} in {app.home} has no documents; "
                "`qa-bot ingest PATH` adds some, or give --documents DIR"
            )
        yield Trial(bot, count, ())
    finally:
        app.close()


@contextmanager
def base_of_texts(
    dataset: DataSet, config: Config, cache: Path | None, show: ShowTexts
) -> Iterator[Trial]:
    """Give a bot over the texts of a data set.

    The base is made in a temporary folder and removed with it, or kept in ``cache``, where the next
    call with the same texts and encoder finds it.
    """
    with _made(config, cache, f"{dataset.name}-{dataset.digest()}") as bot:
        base = bot.knowledge_base
        there = {info.source for info in base.documents()}
        missing = [text for text in dataset.texts if text.id not in there]
        for text in show(missing) if missing else ():
            base.add(as_document(text), Stamp(len(text.text), 0, text.id, PENDING))
        base.settle()
        yield Trial(bot, len(dataset.texts), ())


@contextmanager
def base_of_folder(
    folder: Path, config: Config, cache: Path | None, show: ShowFiles
) -> Iterator[Trial]:
    """Give a bot over the files of a folder, in a base that is temporary or kept as above.

    Raises:
        DataSetError: If no file of it can be read.
    """
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    with _made(config, cache, f"{folder.resolve().name}-{place}") as bot:
        base = bot.knowledge_base
        report = base.sync([folder], prune=True, max_file_mb=config.max_file_mb, progress=show)
        count = len(base.documents())
        if not count:
            why = f": {report.failed[0].error}" if report.failed else ""
            raise DataSetError(f"{folder} holds no document that can be read{why}; name another")
        notes = [f"{failure.path} could not be read: {failure.error}" for failure in report.failed]
        yield Trial(bot, count, tuple(notes))


@contextmanager
def _made(config: Config, cache: Path | None, name: str) -> Iterator[QABot]:
    with _folder(cache, name) as home:
        # nothing of a trial goes where the user's own documents are
        app = open_app(replace(config, home=str(home), database="", chroma_url=""))
        try:
            kb = f"eval {app.encoder.fingerprint}"[:100]
            app.create(kb)
            yield app.bot(kb)
        finally:
            app.close()


@contextmanager
def _folder(cache: Path | None, name: str) -> Iterator[Path]:
    if cache is not None:
        yield cache.expanduser() / name
        return
    with tempfile.TemporaryDirectory(prefix="qa-bot-eval-") as folder:
        yield Path(folder)
