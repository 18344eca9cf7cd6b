"""``qa-bot train``: the bundled reader, on your own questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qa_bot.commands.options import Command, write_json


def _share(name: str, default: float, told: str) -> Callable[[Command], Command]:
    """Return an option that takes a share, 0 to 1."""
    share = click.FloatRange(0, 1)
    return click.option(name, type=share, default=default, show_default=True, help=told)


@click.group()
def train() -> None:
    """Train the project's own models."""


@train.command()
@click.option(
    "--data",
    "files",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="SQuAD's JSON form, or .jsonl with question and passage; plain or gzip; give several.",
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--minutes", type=float, default=0.0, help="Train this long instead of --steps.")
@click.option("--steps", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--rate", type=float, default=1.6e-4, show_default=True, help="Peak learning rate.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--start", type=click.Path(exists=True, file_okay=False), help="Go on from a reader.")
@click.option(
    "--freeze", type=click.IntRange(0, 6), default=0, help="Lowest layers left as they are."
)
@click.option("--hard-negatives", is_flag=True, help="Learn from near passages without the answer.")
@_share("--negatives", 0.5, "Share of questions that are read beside a wrong passage too.")
@_share("--swapped", 0.15, "Share of questions made unanswerable by another name or number.")
@_share(
    "--cropped", 0.0, "Share of questions read beside a few sentences instead of whole passages."
)
@_share("--keep", 0.0, "Share of the weights of --start in the result, against forgetting.")
@click.option("--tensorboard", is_flag=True, help="Write the loss for TensorBoard.")
@click.option("--calibrate", type=int, default=400, show_default=True, help="Held-out questions.")
@click.option("--json", "as_json", is_flag=True)
def reader(
    files: tuple[Path, ...],
    out: Path,
    start: str | None,
    calibrate: int,
    as_json: bool,
    **settings: Any,
) -> None:
    """Train the reader; a run that was stopped goes on from its last checkpoint in OUT.

    It uses a GPU where there is one; `accelerate launch -m qa_bot.cli train reader ...` uses several.
    """
    from qa_bot.readers.network import ReaderModel
    from qa_bot.training.calibrate import fit, held_out_cases, write
    from qa_bot.training.data import Question, hold_out, read_questions
    from qa_bot.training.trainer import TrainConfig, train_reader

    if settings["keep"] and start is None:
        raise click.UsageError("--keep needs --start: the reader whose weights are kept")
    # the other options are named as the settings are
    config = TrainConfig(data=tuple(map(str, files)), out=str(out), start=start or "", **settings)
    weights = train_reader(config)
    held: dict[str, list[Question]] = {}
    for file in files:
        _, articles = hold_out(read_questions(file), config.hold_out, config.seed)
        held |= {f"{file.name}:{name}": asked for name, asked in articles.items() if asked}
    calibration: dict[str, Any] = {}
    if held:
        calibration = fit(list(held_out_cases(ReaderModel(out), held, calibrate, config.seed)))
        write(out, calibration)
    if as_json:
        write_json({"weights": str(weights), "calibration": calibration})
    else:
        click.echo(
            f"{weights}: expected calibration error {calibration.get('expected_calibration_error')}"
        )
