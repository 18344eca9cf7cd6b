"""Commands that look after a home folder: status, documents, remove, export, doctor, reindex."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from qa_bot.commands.ingest import progress_bar
from qa_bot.commands.options import common, nothing_yet, opened, settings, write_json


@click.command()
@common
def status(
    home: str | None, config_file: Path | None, encoder: str | None, kb: str, as_json: bool
) -> None:
    """Show the home folder, its knowledge bases and models. Works beside a running server."""
    config = settings(config_file, home=home, encoder=encoder)
    with opened(config, exclusive=False) as app:
        found: dict[str, Any] = {
            "home": str(app.home),
            "owner": app.owner(),
            "encoder": config.encoder,
            "runtime": dict(zip(("name", "note"), app.runtime(), strict=True)),
            "reader": config.reader,
            "model": config.model,
            "base_url": config.base_url,
            "knowledge_bases": [
                {
                    "name": info.name,
                    "documents": len(app.documents(info.name)),
                    "passages": app.count(info.name),
                    "encoder": info.encoder,
                    "fingerprint": info.fingerprint,
                    "metric": info.metric,
                    "dimension": info.dimension,
                }
                for info in app.bases()
            ],
            "conversations": len(app.conversations.list(limit=100_000)),
        }
    if as_json:
        write_json(found)
        return
    click.echo(f"home       {found['home']}")
    click.echo(f"in use by  {found['owner'] or 'nobody'}")
    runtime = found["runtime"]
    note = f" ({runtime['note']})" if runtime["note"] else ""
    click.echo(f"runtime    {runtime['name']}{note}")
    for base in found["knowledge_bases"]:
        click.echo(
            f"base       {base['name']}: {base['documents']} documents, "
            f"{base['passages']} passages, encoder {base['encoder']} ({base['metric']})"
        )
    if not found["knowledge_bases"]:
        click.echo("base       none yet; `qa-bot ingest PATH` makes one")


@click.command()
@common
def documents(
    home: str | None, config_file: Path | None, encoder: str | None, kb: str, as_json: bool
) -> None:
    """List the documents of a knowledge base. Works beside a running server."""
    with opened(settings(config_file, home=home, encoder=encoder), exclusive=False) as app:
        found = app.documents(kb)
        empty = "" if found else nothing_yet(app, kb)
    if as_json:
        write_json({"documents": [asdict(info) for info in found]})
        return
    for info in found:
        click.echo(f"{info.passages:6d}  {info.source}  ({info.title})")
        if info.suspicions:
            kinds = ", ".join(dict.fromkeys(one.kind for one in info.suspicions))
            click.secho(
                f"        speaks to a model ({kinds}): {info.suspicions[0].quote!r}", fg="yellow"
            )
    if not found:
        click.echo(empty)


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Remove the whole knowledge base.")
@common
def remove(
    sources: tuple[str, ...],
    everything: bool,
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Remove the documents that SOURCES name: paths, their endings, or globs."""
    if everything == bool(sources):
        raise click.UsageError("name the documents to remove, or --all for the whole base")
    with opened(settings(config_file, home=home, encoder=encoder)) as app:
        if everything:
            removed = [info.source for info in app.documents(kb)]
            app.delete(kb)
        else:
            base = app.bot(kb).knowledge_base
            removed = [gone for source in sources for gone in base.remove(source)]
    if as_json:
        write_json({"removed": removed})
        return
    for source in removed:
        click.echo(f"removed {source}")


@click.command()
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="A file [-].")
@click.option("--conversation", help="This conversation's id: it is written as Markdown.")
@common
def export(
    out: Any,
    conversation: str | None,
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Write every document, one JSON object a line: source, title, text, sections, metadata.

    With --conversation write that conversation with its sources instead.
    """
    with opened(settings(config_file, home=home, encoder=encoder), exclusive=False) as app:
        if conversation is not None:
            from qa_bot.exporting import conversation_markdown

            text = conversation_markdown(app.conversations.get(conversation))
            click.echo(text, file=out, nl=False)
            return
        for info in app.documents(kb):
            record = asdict(app.document(kb, info.source))
            click.echo(json.dumps(record, ensure_ascii=False), file=out)


@click.command()
@click.option("--repair", is_flag=True, help="Rebuild from the registry what differs.")
@common
def doctor(
    repair: bool,
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Check the registry against Chroma and the lexical index.

    Every passage is asked for by its own vector. The exit status is 1 where something is wrong.
    """
    with opened(settings(config_file, home=home, encoder=encoder)) as app:
        checks = app.doctor(kb, repair=repair)
    healthy = all(check.ok for check in checks)
    if as_json:
        write_json({"ok": healthy, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.ok else 'BAD '} {check.name}: {check.found}")
        if not healthy and not repair:
            click.echo("`qa-bot doctor --repair` rebuilds the indexes from the registry.", err=True)
    if not healthy:
        raise click.exceptions.Exit(1)


@click.command()
@common
def reindex(
    home: str | None, config_file: Path | None, encoder: str | None, kb: str, as_json: bool
) -> None:
    """Build the indexes anew with the encoder in use, beside the old ones, then swap."""
    with (
        opened(settings(config_file, home=home, encoder=encoder)) as app,
        progress_bar() as progress,
    ):
        passages = app.reindex(kb, progress)
    if as_json:
        write_json({"knowledge_base": kb, "passages": passages})
    else:
        click.echo(f"{passages} passages indexed")
