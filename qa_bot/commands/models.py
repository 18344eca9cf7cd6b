"""``qa-bot models``: what can be named as an encoder or a reader."""

from __future__ import annotations

from dataclasses import asdict

import click

from qa_bot.commands.options import write_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def models(as_json: bool) -> None:
    """List the encoders and readers that can be named.

    --encoder takes one of these names, a model's folder, its name on the hub, or two of these with a
    comma between: the question tower and the passage tower of DPR.
    """
    from knowledge_base.encoders.catalogue import encoders
    from qa_bot.components import READERS

    found = list(encoders())
    if as_json:
        write_json({"encoders": [asdict(facts) for facts in found], "readers": sorted(READERS)})
        return
    click.echo(f"{'encoder':42} {'window':>6} {'width':>5}  {'metric':7} {'MB':>6}  licence")
    for facts in found:
        click.echo(
            f"{facts.name:42} {facts.window:6d} {facts.dimension:5d}  {facts.metric:7} "
            f"{facts.size / 1e6:6.1f}  {facts.licence} ({facts.where})"
        )
    click.echo(f"\nreaders: {', '.join(sorted(READERS))} (the setting `reader`)")
