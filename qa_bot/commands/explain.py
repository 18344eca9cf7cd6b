"""Commands that explain and recommend: explain, similar, glossary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa_bot.commands.options import common, filtered, opened, ranked, settings, write_json

if TYPE_CHECKING:
    from knowledge_base.types import Filter, Tuning


@click.command()
@click.argument("question")
@click.option("--document", "wanted", help="The document asked about: a path, its ending, a glob.")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1, 1000), help="Hits shown.")
@filtered
@ranked
@common
def explain(
    question: str,
    wanted: str | None,
    k: int,
    restricted: Filter | None,
    tuning: Tuning,
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Tell why a document was, or was not, among the hits of QUESTION.

    The document is named with --source FILE; --document does the same beside a filter that is to
    be explained too.
    """
    from dataclasses import replace

    from knowledge_base.types import Filter
    from qa_bot.faces import trace_json

    if wanted is None and restricted is not None:
        wanted, restricted = restricted.source, replace(restricted, source=None)
    if not wanted:
        raise click.UsageError("name the document with --source FILE")
    with opened(settings(config_file, home=home, encoder=encoder)) as app:
        base = app.bot(kb).knowledge_base
        trace = base.trace(question, wanted, k, restricted or Filter(), tuning)
    if as_json:
        write_json(trace_json(trace))
        return
    click.echo(f"{wanted}: " + (f"dropped at: {trace.dropped}" if trace.dropped else "found"))
    for stage in trace.stages:
        rank = "-" if stage.rank is None else f"rank {stage.rank}"
        score = "" if stage.score is None else f" ({stage.score:.3f})"
        click.echo(f"  {stage.name:8}  {rank}{score}  {stage.found}")
    if trace.best is not None:
        click.secho(f"  its best passage: {' '.join(trace.best.text.split())[:300]}", dim=True)
    for remedy in trace.remedies:
        click.echo(f"  remedy: {remedy}")


@click.command()
@click.argument("source", required=False)
@click.option("--passage", help="The id of a passage instead: documents with one like it.")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1, 1000))
@common
def similar(
    source: str | None,
    passage: str | None,
    k: int,
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Find the documents like SOURCE: a path or its ending."""
    from qa_bot.faces import similar_json

    if (source is None) == (passage is None):
        raise click.UsageError("name one document, or --passage ID")
    with opened(settings(config_file, home=home, encoder=encoder)) as app:
        base = app.bot(kb).knowledge_base
        found = base.similar(source, k) if source else base.similar_to_passage(passage or "", k)
    if as_json:
        write_json(
            {"source": source, "passage": passage, "similar": list(map(similar_json, found))}
        )
        return
    for one in found:
        same = "  nearly the same" if one.near_duplicate else ""
        click.secho(f"{one.score:.3f}  {one.source}{same}", bold=True)
        click.echo(f"       {' '.join(one.passage.text.split())[:200]}")
    if not found:
        click.echo("Nothing like it.")


@click.command()
@click.argument("file", required=False, type=click.File(encoding="utf-8"))
@click.option("--clear", is_flag=True, help="Remove every entry.")
@common
def glossary(
    file: Any,
    clear: bool,
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Show a knowledge base's glossary, or replace it by FILE.

    One entry a line: `PTO = annual leave, paid time off` (all mean the same) or
    `hoover => vacuum cleaner` (the left is also searched for as the right).
    """
    if clear and file is not None:
        raise click.UsageError("give a FILE or --clear, not both")
    with opened(settings(config_file, home=home, encoder=encoder)) as app:
        held = app.bot(kb).knowledge_base.glossary
        if clear or file is not None:
            held.write("" if clear else file.read())
        terms = len(held.current())
        text = held.path.read_text(encoding="utf-8") if held.path.is_file() else ""
    if as_json:
        write_json({"file": str(held.path), "terms": terms, "text": text})
    elif text.strip():
        click.echo(text.rstrip())
    else:
        click.echo(f"No entries; `qa-bot glossary FILE` sets them (kept in {held.path}).")
