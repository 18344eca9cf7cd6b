"""What happens to the documents: taking in files, removing, choosing and making a knowledge base."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeAlias

import gradio as gr

from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.types import IngestProgress, IngestReport
from qa_bot.bootstrap import App
from qa_bot.errors import QABotError
from qa_bot.ui.session import Session, View, sentence_of, texts_for
from qa_bot.ui.sidebar import (
    bases_html,
    documents_html,
    problem_html,
    progress_html,
    report_html,
)
from qa_bot.ui.texts import Texts

UPLOADS = "uploads"
"""The folder, in the home folder, of the files that came through the page."""

STEP = 0.25
"""Seconds between two looks at how far taking in files has come."""

Update: TypeAlias = Any
"""What Gradio takes as a component's new value."""


class Library:
    """The handlers of the documents."""

    def __init__(self, app: App, view: View, max_file_mb: float) -> None:
        """Take the app, what draws it, and the size above which a file is refused."""
        self._app = app
        self._view = view
        self._max_file_mb = max_file_mb
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="upload")

    def upload(
        self, files: Sequence[str] | None, session: Session, request: gr.Request
    ) -> Iterator[tuple[Update, ...]]:
        """Take in uploaded files; gives file box, progress, documents, bar, thread."""
        t = texts_for(request)
        if not files:
            yield (gr.skip(),) * 5
            return
        yield gr.skip(), progress_html(None, t), *(gr.skip(),) * 3
        try:
            paths = self._kept(files, session.kb)
            latest: list[IngestProgress] = []
            future = self._workers.submit(self._sync, paths, session.kb, latest)
            while not wait([future], STEP).done:
                if latest:
                    yield gr.skip(), progress_html(latest[-1], t), *(gr.skip(),) * 3
            message = _outcome(future, t)
        except OSError as error:
            message = problem_html(f"the files could not be stored: {error}; check the disk", t)
        yield None, message, *self._documents(session, t)

    def remove(
        self, event: gr.EventData, session: Session, request: gr.Request
    ) -> tuple[Update, ...]:
        """Remove a document, and its file if it came through the page.

        Returns progress, documents, bar and thread.
        """
        t = texts_for(request)
        data = event._data if isinstance(event._data, dict) else {}
        wanted = str(data.get("sourceId", ""))
        if wanted not in {document.source for document in self._view.documents(session)}:
            return "", *self._documents(session, t)
        try:
            self._app.bot(session.kb).knowledge_base.remove(wanted)
        except KnowledgeBaseError as error:
            return problem_html(str(error), t), *self._documents(session, t)
        file = Path(wanted)
        if file.is_relative_to(self._app.home / UPLOADS):
            file.unlink(missing_ok=True)
        return "", *self._documents(session, t)

    def create(
        self, event: gr.EventData, session: Session, request: gr.Request
    ) -> tuple[Update, ...]:
        """Make a knowledge base and open it; return session and bases."""
        t = texts_for(request)
        data = event._data if isinstance(event._data, dict) else {}
        name = str(data.get("name", "")).strip()
        try:
            self._app.create(name)
        except (KnowledgeBaseError, QABotError) as error:
            names = self._app.knowledge_bases()
            return session, bases_html(names, session.kb, t, str(error))
        return Session(name), gr.skip()

    def _documents(self, session: Session, t: Texts) -> tuple[Update, ...]:
        """Return the list, the bar, and the welcome, which counts the documents, where it is shown."""
        empty = self._view.conversation(session) is None
        thread = self._view.thread(session, t) if empty else gr.skip()
        documents = documents_html(self._view.documents(session), t)
        return documents, self._view.bar(session, t), thread

    def _kept(self, files: Sequence[str], kb: str) -> list[Path]:
        """Move uploaded files to where they stay; what had the same name is kept until all is well."""
        self._app.create(kb)
        folder = next(info.folder for info in self._app.bases() if info.name == kb)
        target = self._app.home / UPLOADS / folder
        target.mkdir(parents=True, exist_ok=True)
        kept = []
        for file in map(Path, files):
            path = target / file.name
            if path.is_file():
                path.replace(_previous(path))
            shutil.move(file, path)
            shutil.rmtree(file.parent, ignore_errors=True)  # Gradio makes a folder for each file
            kept.append(path)
        for mark in incoming_folder(self._app).glob("tmp*"):
            if mark.is_file() and not mark.stat().st_size:
                mark.unlink(missing_ok=True)  # Gradio leaves an empty file for each
        return kept

    def _sync(self, paths: Sequence[Path], kb: str, latest: list[IngestProgress]) -> IngestReport:
        def seen(progress: IngestProgress) -> None:
            latest[:] = [progress]

        base = self._app.bot(kb).knowledge_base
        report = base.sync(paths, max_file_mb=self._max_file_mb, progress=seen)
        failed = {failure.path for failure in report.failed}
        for path in paths:
            if path.as_posix() not in failed:
                _previous(path).unlink(missing_ok=True)
            elif _previous(path).is_file():
                _previous(path).replace(path)  # what is indexed is still the file before
            else:
                path.unlink(missing_ok=True)
        return report


def incoming_folder(app: App) -> Path:
    """Return the folder where a file lies while it is being sent; nothing there is ever served."""
    return app.home / UPLOADS / ".incoming"


def _previous(path: Path) -> Path:
    return path.with_name(f".{path.name}.previous")


def _outcome(future: Future[IngestReport], t: Texts) -> str:
    error = future.exception()
    if error is not None:
        return problem_html(sentence_of(error, t), t)
    return report_html(future.result(), t)
