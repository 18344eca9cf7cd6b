"""Options that commands share, and how results are written."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from qa_bot.commands import BEFORE
from qa_bot.config import CHOICES, Config, load_config

if TYPE_CHECKING:
    from qa_bot.bootstrap import App

RUNTIME = "qa_bot.runtime"
"""Where click keeps what ``--runtime`` said."""

Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """Add ``--home``, ``--config``, ``--encoder``, ``--runtime``, ``--kb`` and ``--json``."""
    for option in (
        click.option(
            "--json", "as_json", is_flag=True, help="One JSON document on standard output."
        ),
        click.option("--kb", default="default", show_default=True, help="The knowledge base."),
        click.option("--encoder", help="An encoder's name or folder."),
        click.option(
            "--runtime",
            type=click.Choice(CHOICES["runtime"]),
            help="What runs the networks [auto].",
            # one for all commands: kept for `settings`, so that none has to hand it on
            expose_value=False,
            callback=lambda context, _, value: context.meta.__setitem__(RUNTIME, value),
        ),
        click.option(
            "--config", "config_file", type=click.Path(path_type=Path), help="A TOML file."
        ),
        click.option("--home", help="The folder that holds everything [QA_BOT_HOME or ~/.qa-bot]."),
    ):
        command = option(command)
    return command


def modelled(command: Command) -> Command:
    """Add what says who composes the answer; the command gets it as ``generator``, for ``settings``."""

    @functools.wraps(command)
    def called(
        model: str | None, base_url: str | None, unsupported: str | None, **others: Any
    ) -> Any:
        generator = {"model": model, "base_url": base_url, "unsupported": unsupported}
        return command(generator=generator, **others)

    for option in (
        click.option(
            "--unsupported",
            type=click.Choice(["mark", "remove"]),
            help="What becomes of a model's sentences that no passage supports [mark].",
        ),
        click.option("--base-url", help="An OpenAI-compatible server that has the model."),
        click.option(
            "--model",
            help="The LLM that writes the answer: a folder, owner/model, provider:model, 'echo'.",
        ),
    ):
        called = option(called)
    return cast(Command, called)


def filtered(command: Command) -> Command:
    """Add what restricts a search; the command gets it as ``restricted``, a Filter or None."""

    @functools.wraps(command)
    def called(
        source: str | None,
        where: tuple[str, ...],
        folder: str | None,
        since: str | None,
        until: str | None,
        **others: Any,
    ) -> Any:
        from knowledge_base.types import Filter

        given = Filter(source, pairs(where, "--where"), folder, since, until)
        return command(restricted=None if given.is_empty else given, **others)

    for option in (
        click.option("--until", metavar="DAY", help="Only documents up to this day, 2026-11-24."),
        click.option("--since", metavar="DAY", help="Only documents from this day on."),
        click.option("--folder", help="Only documents below this folder: a path or its ending."),
        click.option(
            "--where", multiple=True, metavar="KEY=VALUE", help="Only documents with this metadata."
        ),
        click.option("--source", help="Only this document: a path, its ending, or a glob."),
    ):
        called = option(called)
    return cast(Command, called)


def ranked(command: Command) -> Command:
    """Add what changes the order of hits; the command gets it as ``tuning``."""

    @functools.wraps(command)
    def called(
        weight: float | None, diversity: float, rerank: bool, collapse: bool, **others: Any
    ) -> Any:
        from knowledge_base.types import Tuning

        tuning = Tuning(weight, rerank=rerank, diversity=diversity, collapse=collapse)
        return command(tuning=tuning, **others)

    for option in (
        click.option(
            "--collapse/--no-collapse",
            default=True,
            help="Show one of several passages that say the same [on].",
        ),
        click.option(
            "--rerank/--no-rerank",
            default=True,
            help="Let the reader put the first ten in order [on].",
        ),
        click.option(
            "--diversity",
            type=click.FloatRange(0, 1),
            default=0.0,
            show_default=True,
            help="What nearness to better hits costs.",
        ),
        click.option(
            "--weight",
            type=click.FloatRange(0, 1),
            help="The dense share, 0 to 1 [the query decides].",
        ),
    ):
        called = option(called)
    return cast(Command, called)


def settings(config_file: Path | None, **flags: Any) -> Config:
    """Return the settings in force for a command's flags, and for those before its name."""
    context = click.get_current_context(silent=True)
    meta = {} if context is None else context.meta
    before = meta.get(BEFORE, {})
    flags["home"] = flags.get("home") or before.get("home")
    return load_config(
        config_file or before.get("config"), flags={"runtime": meta.get(RUNTIME), **flags}
    )


@contextmanager
def opened(config: Config, *, exclusive: bool = True) -> Iterator[App]:
    """Open the app over the home folder and close it in the end."""
    from qa_bot.bootstrap import open_app

    app = open_app(config, exclusive=exclusive)
    try:
        yield app
    finally:
        app.close()


def pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    """Return ``KEY=VALUE`` arguments as a dictionary.

    Raises:
        click.UsageError: If one has no ``=`` or no key.
    """
    found = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise click.UsageError(f"{option} wants KEY=VALUE, got {pair!r}")
        found[key.strip()] = value.strip()
    return found


def write_json(value: Any, *, line: bool = False) -> None:
    """Write one JSON document to standard output; with ``line`` on a single line."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=None if line else 2))


def nothing_yet(app: App, kb: str) -> str:
    """Return the line that says that a knowledge base is empty, and which others there are."""
    others = [base.name for base in app.bases() if base.name != kb]
    elsewhere = f"; other knowledge bases (--kb): {', '.join(others)}" if others else ""
    return f"No documents in {kb!r} yet; `qa-bot ingest PATH` takes them in{elsewhere}."
