"""The page: its parts, and which handler answers which event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import gradio as gr
from fastapi import FastAPI

from qa_bot.bootstrap import App
from qa_bot.ui.chat import ANSWERS, Chat, Update
from qa_bot.ui.library import Library
from qa_bot.ui.search_frame import seek_html, views_html
from qa_bot.ui.session import Session, View, texts_for
from qa_bot.ui.sidebar import frame_html, note_html, panel_html
from qa_bot.ui.theme import theme

WAITING = 64
"""Events that may wait; further ones are refused, so that a crowd cannot fill the memory."""

STYLES = (
    "colours.css",
    "frame.css",
    "sidebar.css",
    "conversation.css",
    "asking.css",
    "generated.css",
    "panel.css",
    "search.css",
    "findings.css",
    "reasons.css",
    "narrow.css",
)
"""The style sheets, in the order in which later ones override earlier ones."""

SCRIPTS = ("script.js", "search.js")
"""The scripts, in the order in which they run."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
    "%3Crect width='24' height='24' rx='6' fill='%230f6b5c'/%3E%3Cpath fill='none' stroke='white'"
    " stroke-width='1.7' stroke-linejoin='round' stroke-linecap='round'"
    " d='M7 6h7l3 3v9H7z M10 12h4 M10 15h3'/%3E%3C/svg%3E"
)


def mount(server: FastAPI, app: App, max_file_mb: float) -> FastAPI:
    """Put the page onto a server, at its root; files are never served by Gradio itself.

    Args:
        server: Its own routes come first.
        app: What the page shows.
        max_file_mb: Larger uploads are refused; in units of 1,000,000 bytes.
    """
    package = files("qa_bot.ui")
    styles, script = (
        "".join(package.joinpath(name).read_text(encoding="utf-8") for name in names)
        for names in (STYLES, SCRIPTS)
    )
    mounted: FastAPI = gr.mount_gradio_app(
        server,
        build(app, max_file_mb),
        path="/",
        theme=theme(),
        head=f'<link rel="icon" href="{_ICON}"><style>{styles}</style><script>{script}</script>',
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=round(max_file_mb * 1_000_000),
        blocked_paths=[str(app.home)],
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
    )
    return mounted


def build(app: App, max_file_mb: float = 100.0) -> gr.Blocks:
    """Return the page over an app."""
    view = View(app)
    # what is left of an upload that broke off is swept away: looked for hourly, gone after a day
    blocks = gr.Blocks(
        analytics_enabled=False, title="qa-bot", fill_width=True, delete_cache=(3600, 86400)
    )
    with blocks:
        parts = _Parts()
        parts.wire(Chat(app, view), Library(app, view, max_file_mb))
        parts.fill(blocks, view)
    blocks.queue(max_size=WAITING, default_concurrency_limit=16, api_open=False)
    return blocks


class _Parts:
    """The page's components, in the order in which they stand."""

    def __init__(self) -> None:
        self.session = gr.State(Session())
        with gr.Row(elem_id="shell"):
            with gr.Column(elem_id="side", scale=0, min_width=0):
                self.frame = _html("frame")
                with gr.Column(elem_id="side-conversations", min_width=0):
                    self.new = gr.Button("", elem_id="new", variant="secondary")
                    self.conversations = _html("conversations", "open", "rename", "delete")
                with gr.Column(elem_id="side-documents", min_width=0):
                    self.bases = _html("bases", "choose", "create")
                    self.upload = gr.File(
                        file_count="multiple", elem_id="upload", container=False, height=96
                    )
                    self.progress = _html("progress")
                    self.documents = _html("documents", "remove")
            with gr.Column(elem_id="main", min_width=0):
                with gr.Row(elem_id="top"):
                    self.bar = _html("bar")
                    self.views = _still("views")
                with gr.Column(elem_id="talk", min_width=0):
                    self.thread = _html("thread", "again", "rate")
                    self.live = _html("live", "again")
                self.box = gr.Textbox(
                    elem_id="question",
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=8,
                    max_length=4000,
                    submit_btn=True,
                    autofocus=True,
                )
                self.note = _html("note")
                self.seek = _still("seek")
            self.panel = _html("panel")

    def wire(self, chat: Chat, library: Library) -> None:
        """Join each event to its handler.

        Answers share one limit; writing to a knowledge base goes one at a time, since it takes
        turns anyway; what only reads the database is quick and has a wide limit.
        """
        answered = [self.thread, self.live, self.box, self.session, self.conversations]
        answering = {"concurrency_limit": ANSWERS, "concurrency_id": "answers", **_QUIET}
        following = {"concurrency_limit": 2, "concurrency_id": "following", **_QUIET}
        asked = (
            self.box.submit(chat.ask, [self.box, self.session], answered, **answering),
            self.thread.again(chat.again, self.session, answered, **answering),
            self.live.again(chat.again, self.session, answered, **answering),
        )
        for event in asked:
            event.then(chat.follow, self.session, [self.live, self.conversations], **following)
        self.box.stop(chat.stop, queue=False, **_QUIET)

        shown = [*self._shown, self.box]
        reading = {"concurrency_limit": 16, "concurrency_id": "reading", **_QUIET}
        self.thread.rate(chat.rate, self.session, self.thread, **reading)
        self.new.click(chat.new, self.session, shown, **reading)
        self.conversations.open(chat.open, self.session, shown, **reading)
        self.conversations.delete(chat.delete, self.session, shown, **reading)
        self.conversations.rename(chat.rename, self.session, self.conversations, **reading)
        self.bases.choose(chat.choose, None, shown, **reading)

        writing = {"concurrency_limit": 1, "concurrency_id": "writing", **_QUIET}
        listed = [self.progress, self.documents, self.bar, self.thread]
        self.bases.create(library.create, self.session, [self.session, self.bases], **writing).then(
            chat.new, self.session, shown, **reading
        )
        self.upload.upload(
            library.upload, [self.upload, self.session], [self.upload, *listed], **writing
        )
        self.documents.remove(library.remove, self.session, listed, **writing)

    def fill(self, blocks: gr.Blocks, view: View) -> None:
        """Fill the page when it is opened, in the browser's language."""

        def loaded(request: gr.Request) -> tuple[Update, ...]:
            t = texts_for(request)
            asked = dict(request.query_params)
            session = view.restored(asked.get("c", ""), asked.get("kb", ""))
            return (
                *view.shown(session, t),
                frame_html(t),
                panel_html(t),
                note_html(t),
                views_html(t),
                seek_html(t),
                gr.Button(t("new")),
                gr.File(label=t("upload")),
                gr.Textbox(label=t("question"), placeholder=t("placeholder")),
            )

        drawn = [self.frame, self.panel, self.note, self.views, self.seek]
        outputs = [*self._shown, *drawn, self.new, self.upload, self.box]
        blocks.load(loaded, None, outputs, concurrency_limit=16, concurrency_id="reading", **_QUIET)

    @property
    def _shown(self) -> list[gr.components.Component]:
        """The parts that ``View.shown`` draws."""
        return [
            self.session,
            self.thread,
            self.live,
            self.conversations,
            self.bar,
            self.bases,
            self.documents,
        ]


_QUIET: Mapping[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def _html(name: str, *events: str) -> Any:
    """Return a part that is drawn by the server and reports events through the script."""
    return gr.HTML(
        "",
        elem_id=name,
        apply_default_css=False,
        js_on_load=f"({_BIND})({json.dumps(events)})",
    )


def _still(name: str) -> Any:
    """Return a part that is drawn once; a script of its own does the rest."""
    return gr.HTML("", elem_id=name, apply_default_css=False)


_BIND = """(events) => {
    const bind = () => window.qaBot.bind(element, trigger, events);
    if (window.qaBot) bind(); else window.addEventListener("qa-bot", bind, { once: true });
}"""
