"""``qa-bot models``: what can be named as an encoder, a reader or a model; ``models test`` tries one."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_bot.commands.options import opened, settings, write_json

if TYPE_CHECKING:
    from qa_bot.evaluation.model_trial import Tried


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the encoders and readers that can be named; `models test NAME` tries a generator model.

    --encoder takes one of these names, a model's folder, its name on the hub, or two of these with a
    comma between: the question tower and the passage tower of DPR.
    """
    if context.invoked_subcommand is not None:
        return
    from knowledge_base.encoders.catalogue import encoders
    from qa_bot.components import GENERATORS, PROVIDERS, READERS

    found = list(encoders())
    if as_json:
        write_json(
            {
                "encoders": [asdict(facts) for facts in found],
                "readers": sorted(READERS),
                "generators": sorted(GENERATORS),
                "providers": sorted(PROVIDERS),
            }
        )
        return
    click.echo(f"{'encoder':42} {'window':>6} {'width':>5}  {'metric':7} {'MB':>6}  licence")
    for facts in found:
        click.echo(
            f"{facts.name:42} {facts.window:6d} {facts.dimension:5d}  {facts.metric:7} "
            f"{facts.size / 1e6:6.1f}  {facts.licence} ({facts.where})"
        )
    click.echo(f"\nreaders: {', '.join(sorted(READERS))} (the setting `reader`)")
    click.echo(
        "models (--model): a folder, owner/model on the hub, a name at --base-url, or one of"
    )
    click.echo(
        f"{', '.join(f'{name}:...' for name in sorted(PROVIDERS))}; `qa-bot models test NAME`"
    )


@models.command()
@click.argument("name", default="")
@click.option("--base-url", help="An OpenAI-compatible server that has the model.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def test(name: str, base_url: str | None, config_file: Path | None, as_json: bool) -> None:
    """Ask a generator model three fixed questions over sample documents; report form and speed.

    NAME is what --model takes. Your own home folder is not touched.
    """
    from qa_bot.evaluation.model_trial import try_model

    with tempfile.TemporaryDirectory(prefix="qa-bot-trial-") as home:
        config = settings(config_file, home=home, model=name or None, base_url=base_url)
        # your own database is not touched either
        with opened(dataclasses.replace(config, database="", chroma_url="")) as app:
            tried = []
            for one in try_model(app):
                tried.append(one)
                if not as_json:
                    _say(one)
            model = app.generator
    assert model is not None
    if as_json:
        write_json(
            {
                "model": model.name,
                "window": model.window,
                "questions": [{**asdict(one), "in_form": one.in_form} for one in tried],
            }
        )
    else:
        answered = [one for one in tried if one.outcome == "answered"]
        click.echo(
            f"\n{model.name}, window {model.window:,}: {len(answered)} of {len(tried)} answered, "
            f"{sum(one.in_form for one in tried)} in form"
        )
    if any(one.outcome == "failed" for one in tried):
        raise click.exceptions.Exit(1)


def _say(one: Tried) -> None:
    click.secho(one.question, bold=True)
    click.echo(f"  {' '.join(one.answer.split())[:500]}")
    if one.outcome == "failed":
        click.echo(f"  failed: {one.error}")
        return
    speed = f"{one.tokens_per_second:.1f} tokens/s" if one.tokens_per_second else "no speed"
    first = f"{one.first_token_ms:.0f} ms to the first token, " if one.first_token_ms else ""
    click.secho(
        f"  {one.outcome}; {one.cited} of {one.sentences} sentences cited by the model, "
        f"{one.supported} supported, {one.false_marks} false marks; "
        f"prompt {one.prompt_tokens} tokens, {first}{speed}",
        dim=True,
    )
