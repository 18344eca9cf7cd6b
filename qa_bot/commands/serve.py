"""``qa-bot chat`` and ``qa-bot serve``: the page, and the page with the HTTP API."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from qa_bot.commands.ingest import progress_bar, say
from qa_bot.commands.options import common, modelled, opened, settings


def _served(command: Any) -> Any:
    for option in (
        click.option(
            "--ingest",
            "ingest_paths",
            multiple=True,
            type=click.Path(path_type=Path, exists=True),
            help="First take in these files or folders (unchanged ones cost nothing).",
        ),
        click.option("--port", type=click.IntRange(1, 65535), help="The port [7860]."),
        click.option("--host", help="The address to listen on [127.0.0.1]."),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser.")
@_served
@modelled
@common
def chat(browser: bool, **options: Any) -> None:
    """Open the web page on this machine."""
    _run(browser=browser, **options)


@click.command()
@_served
@modelled
@common
def serve(**options: Any) -> None:
    """Serve the web page and the HTTP API."""
    _run(browser=False, **options)


def _run(
    *,
    browser: bool,
    ingest_paths: tuple[Path, ...],
    host: str | None,
    port: int | None,
    generator: Mapping[str, str | None],
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    config = settings(config_file, home=home, encoder=encoder, host=host, port=port, **generator)
    with opened(config) as app:
        app.create(kb)
        base = app.bot(kb).knowledge_base
        if ingest_paths:
            with progress_bar() as progress:
                say(base.sync(ingest_paths, max_file_mb=config.max_file_mb, progress=progress))
        from qa_bot.api import serve as run_server

        url = f"http://{config.host}:{config.port}"
        click.echo(f"qa-bot is at {url}  (Ctrl-C stops it)", err=True)
        if browser:
            # the server needs a moment; a browser that is early shows an error page
            threading.Timer(2.0, webbrowser.open, [url]).start()
        # the models load while the page does, so that the first question waits for neither
        threading.Thread(target=app.bot(kb).warm_up, daemon=True).start()
        run_server(app, config.host, config.port)
