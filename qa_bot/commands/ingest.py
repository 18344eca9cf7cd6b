"""``qa-bot ingest``: files in, with an honest progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_bot.commands.options import common, opened, pairs, settings, write_json

if TYPE_CHECKING:
    from knowledge_base.types import IngestProgress, IngestReport

SHOWN_FAILURES = 20
"""Failures printed for people; ``--json`` always has all."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--prune", is_flag=True, help="Remove documents whose files are gone from PATHS.")
@click.option("--max-file-mb", type=float, help="Refuse larger files [100].")
@click.option("--meta", multiple=True, metavar="KEY=VALUE", help="Metadata for these documents.")
@common
def ingest(
    paths: tuple[Path, ...],
    prune: bool,
    max_file_mb: float | None,
    meta: tuple[str, ...],
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Take files, folders and zip archives into a knowledge base.

    Unchanged files are passed over, changed ones replace what was there. A file that cannot be
    read is named, and the rest goes on; the exit status is then 1.
    """
    from qa_bot.faces import ingest_json

    config = settings(config_file, home=home, encoder=encoder, max_file_mb=max_file_mb)
    with opened(config) as app:
        app.create(kb)
        base = app.bot(kb).knowledge_base
        with progress_bar() as progress:
            report = base.sync(
                paths,
                prune=prune,
                max_file_mb=config.max_file_mb,
                metadata=pairs(meta, "--meta"),
                progress=progress,
            )
    if as_json:
        write_json(ingest_json(report))
    else:
        say(report)
    if report.failed:
        raise click.exceptions.Exit(1)


def say(report: IngestReport) -> None:
    """Tell people what an ingestion did."""
    click.echo(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.failed)} failed; "
        f"{report.passages} passages in {report.seconds:.1f} s"
    )
    for one in report.suspicious[:SHOWN_FAILURES]:
        kinds = ", ".join(one.kinds)
        click.echo(f"  speaks to a model ({kinds}): {one.path}: {one.quote!r}", err=True)
    for failure in report.failed[:SHOWN_FAILURES]:
        click.echo(f"  failed: {failure.path}: {failure.error}", err=True)
    if len(report.failed) > SHOWN_FAILURES:
        click.echo(f"  and {len(report.failed) - SHOWN_FAILURES} more; --json lists all", err=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[IngestProgress], None] | None]:
    """Give a callback that draws files, passages, rate and time left on standard error.

    Where standard error is no terminal nothing is drawn.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(unit="file", file=sys.stderr, dynamic_ncols=True, smoothing=0.1) as bar:

        def show(state: IngestProgress) -> None:
            bar.total = state.files_total
            bar.n = state.files_done
            rate = state.passages / state.seconds if state.seconds else 0.0
            bar.set_postfix_str(f"{state.passages} passages, {rate:.0f}/s", refresh=False)
            bar.refresh() if state.files_done == state.files_total else bar.update(0)

        yield show
