"""``qa-bot verify`` and ``qa-bot summarise``: a claim held to the documents, a document in brief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_bot.commands.options import common, modelled, opened, settings, write_json

if TYPE_CHECKING:
    from qa_bot.types import Citation


@click.command()
@click.argument("claim")
@modelled
@common
def verify(
    claim: str,
    generator: Mapping[str, str | None],
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Tell whether the documents support a claim, and quote what comes nearest to it.

    The exit status is 1 where they do not. With --model a model is asked too: it can deny, not grant.
    """
    from qa_bot.faces import verdict_json
    from qa_bot.studying import verify as verified

    with opened(settings(config_file, home=home, encoder=encoder, **generator)) as app:
        verdict = verified(app, claim, kb)
    if as_json:
        write_json(verdict_json(verdict))
    else:
        found = "Supported" if verdict.supported else "Not supported"
        click.secho(f"{found} by the documents ({verdict.support.score:.2f})", bold=True)
        if verdict.support.conflicts:
            click.echo(f"Differs in: {', '.join(verdict.support.conflicts)}")
        if verdict.by_model is not None:
            said = "supported" if verdict.by_model else "not supported"
            click.echo(f"{verdict.model} says: {said}")
        if verdict.note:
            click.secho(verdict.note, dim=True)
        _quoted([verdict.citation] if verdict.citation else [])
    if not verdict.supported:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("source")
@click.option("--sentences", default=5, show_default=True, type=click.IntRange(1, 30))
@modelled
@common
def summarise(
    source: str,
    sentences: int,
    generator: Mapping[str, str | None],
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Summarise a document: a model writes, every sentence is held to its passages and cited."""
    from qa_bot.faces import summary_json
    from qa_bot.studying import summarise as summarised

    with opened(settings(config_file, home=home, encoder=encoder, **generator)) as app:
        summary = summarised(app, source, kb, sentences)
    if as_json:
        write_json(summary_json(summary))
        return
    click.secho(summary.title, bold=True)
    click.echo(summary.text)
    for claim in summary.claims:
        if claim.support is not None and not claim.support.supported:
            words = " ".join(summary.text[claim.start : claim.end].split())
            click.secho(f"Not supported by the document: {words}", fg="yellow")
    if summary.read < summary.passages:
        click.secho(f"Read {summary.read} of its {summary.passages} passages.", dim=True)
    _quoted(summary.citations)


def _quoted(citations: Sequence[Citation]) -> None:
    for citation in citations:
        page = f", page {citation.page}" if citation.page else ""
        click.secho(f"[{citation.number}] {citation.source}{page}", bold=True)
        click.echo(f"    {' '.join(citation.quote.split())}")
