"""``qa-bot eval``: retrieval and answers as numbers, and two runs compared."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qa_bot.commands.options import common, modelled, settings, write_json

if TYPE_CHECKING:
    from knowledge_base.evaluation.comparison import Difference
    from knowledge_base.evaluation.datasets import DataSet
    from qa_bot.config import Config
    from qa_bot.evaluation.bases import Trial

Item = TypeVar("Item")
Command = TypeVar("Command", bound=Callable[..., Any])

SHOWN = 10
"""Questions listed of those that got better, and of those that got worse; ``--json`` has all."""

LOWER = ("false abstention", "risk", "AURC")
"""Figures that are better when they are less: ``--fail-under`` makes no sense of them."""

_COMPARED = click.option(
    "--compare",
    "compared",
    nargs=2,
    type=click.Path(exists=True, path_type=Path),
    metavar="A.json B.json",
    help="Compare two reports instead.",
)


def _measured(command: Command) -> Command:
    """Add what both kinds of evaluation take."""
    for option in (
        click.option(
            "--fail-under",
            "floors",
            multiple=True,
            metavar="MEASURE=VALUE",
            help="Exit with status 1 where it is not reached; repeatable.",
        ),
        click.option("--cache", type=click.Path(file_okay=False, path_type=Path),
                     help="Keep the base made of a data set here, and use it again."),
        click.option("--out", type=click.Path(file_okay=False, path_type=Path),
                     help="Write report.json, report.md and plots into this folder."),
        click.option("--seed", default=7, show_default=True, help="Of --limit and intervals."),
        click.option("--limit", type=click.IntRange(1), help="Ask so many, after a shuffle."),
        click.option("--split", help="Of a BEIR folder [test], or the lines of a file with it."),
        click.option("--documents", type=click.Path(exists=True, path_type=Path),
                     help="Ask of the files of this folder instead of --kb."),
        _COMPARED,
        click.argument("dataset", required=False, type=click.Path(path_type=Path)),
        common,
    ):  # fmt: skip
        command = option(command)
    return command


@click.group(name="eval", invoke_without_command=True)
@_COMPARED
@click.pass_context
def evaluation(context: click.Context, compared: tuple[Path, Path] | None) -> None:
    """Measure retrieval or answers on a DATASET; docs/evaluation.md shows the forms."""
    if compared is not None:
        _compare(*compared)
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@evaluation.command()
@_measured
@click.option("--only", multiple=True, metavar="METHOD", help="Only this method; repeatable.")
def retrieval(
    dataset: Path | None,
    compared: tuple[Path, Path] | None,
    documents: Path | None,
    split: str | None,
    limit: int | None,
    seed: int,
    out: Path | None,
    cache: Path | None,
    floors: tuple[str, ...],
    only: tuple[str, ...],
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Measure how well passages are found, method by method.

    DATASET is a BEIR folder, a file in SQuAD's form (.json) or questions of your own (.jsonl), each
    plain or .gz. Questions are asked of --kb, or of the files of --documents.
    """
    if compared is not None:
        _compare(*compared, as_json=as_json)
        return
    from knowledge_base.evaluation.baselines import METHODS
    from knowledge_base.evaluation.datasets import limited
    from knowledge_base.evaluation.retrieval import NAMES, judged_queries, measure_retrieval

    limits = _floors(floors, NAMES)
    wanted = tuple(name.strip() for given in only for name in given.split(","))
    for name in wanted:
        if name not in METHODS:
            raise click.UsageError(f"--only has no method {name!r}; choose of {', '.join(METHODS)}")
    config = settings(config_file, home=home, encoder=encoder)
    data = _data(dataset, split)
    with _trial(data, config, kb, documents, cache) as trial:
        base = trial.bot.knowledge_base
        known = judged_queries(base, data.queries)
        queries = limited(known, limit, seed)
        measured = measure_retrieval(base, queries, wanted, _bar)
        facts = {**_facts(trial, config), "seed": seed, "limit": limit}
        notes = [*trial.notes, *_unasked(data, len(known))]
    from knowledge_base.evaluation.report import make_report

    report = make_report("retrieval", data, queries, measured, facts, notes)
    _finish(report, out, as_json, limits)


@evaluation.command()
@_measured
@click.option("--caution", type=click.Choice(["strict", "balanced", "eager"]))
@click.option(
    "--absent",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    help="Leave out the texts that this share of the questions needs: those have no answer then.",
)
@modelled
def answers(
    dataset: Path | None,
    compared: tuple[Path, Path] | None,
    documents: Path | None,
    split: str | None,
    limit: int | None,
    seed: int,
    out: Path | None,
    cache: Path | None,
    floors: tuple[str, ...],
    caution: str | None,
    absent: float,
    generator: Mapping[str, str | None],
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Measure whole answers: right, cited, and withheld where there is none.

    DATASET is a file in SQuAD's form (.json) or questions of your own (.jsonl), plain or .gz.
    Questions are asked of --kb, or of the files of --documents.
    """
    if compared is not None:
        _compare(*compared, as_json=as_json)
        return
    from knowledge_base.evaluation.datasets import limited, without_some
    from qa_bot.evaluation.answers import FIGURES, MEASURES, judgeable, measure_answers, record

    limits = _floors(floors, (*MEASURES, *FIGURES))
    config = settings(config_file, home=home, encoder=encoder, caution=caution, **generator)
    data = _data(dataset, split)
    if absent:
        if not data.texts:
            raise click.UsageError("--absent needs a data set with texts of its own")
        data = without_some(data, absent, seed)
    with _trial(data, config, kb, documents, cache) as trial:
        known = judgeable(data.queries)
        queries = limited(known, limit, seed)
        measured, found = measure_answers(trial.bot.ask, queries, _bar)
        facts = {**_facts(trial, config), "seed": seed, "limit": limit, "absent": absent}
        facts |= {"reader": trial.bot.reader.name, "caution": config.caution}
    from knowledge_base.evaluation.report import make_report

    notes = [*trial.notes, *_unasked(data, len(known))]
    report = make_report("answers", data, queries, {"qa-bot": measured}, facts, notes)
    report["answers"] = {one.query.id: record(one) for one in found}
    _finish(report, out, as_json, limits)


@evaluation.command()
@click.argument("a", type=click.Path(exists=True, path_type=Path))
@click.argument("b", type=click.Path(exists=True, path_type=Path))
@click.option("--method", help="Only this method of A.")
@click.option("--against", help="This method of B beside it [the same].")
@click.option("--measure", help="Whose questions are listed [the first].")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def compare(
    a: Path, b: Path, method: str | None, against: str | None, measure: str | None, as_json: bool
) -> None:
    """Test whether report B is better than report A, question by question."""
    _compare(a, b, method, against, measure, as_json=as_json)


def _data(path: Path | None, split: str | None) -> DataSet:
    from knowledge_base.evaluation.datasets import read_dataset

    if path is None:
        raise click.UsageError("name a DATASET, or two reports with --compare")
    return read_dataset(path, split)


@contextmanager
def _trial(
    data: DataSet, config: Config, kb: str, documents: Path | None, cache: Path | None
) -> Iterator[Trial]:
    from qa_bot.commands.ingest import progress_bar
    from qa_bot.evaluation.bases import base_of_folder, base_of_texts, own_base

    if data.texts and documents is not None:
        raise click.UsageError(f"{data.name} has texts of its own; leave out --documents")
    if data.texts:
        with base_of_texts(data, config, cache, lambda texts: _bar(texts, "ingest")) as trial:
            yield trial
    elif documents is not None:
        with (
            progress_bar() as progress,
            base_of_folder(documents, config, cache, progress) as trial,
        ):
            yield trial
    else:
        with own_base(config, kb) as trial:
            yield trial


def _bar(items: Iterable[Item], name: str) -> Iterable[Item]:
    """Return the items with a progress bar on standard error, where that is a terminal."""
    from tqdm import tqdm

    return tqdm(items, desc=name, file=sys.stderr, dynamic_ncols=True, disable=None)


def _facts(trial: Trial, config: Config) -> dict[str, Any]:
    base = trial.bot.knowledge_base
    return {
        "encoder": config.encoder,
        "fingerprint": base.encoder.fingerprint,
        "documents": trial.documents,
        "passages": base.count(),
    }


def _unasked(data: DataSet, asked: int) -> list[str]:
    left = len(data.queries) - asked
    return [f"{left:,} questions without a known answer or source were left out"] if left else []


def _floors(given: tuple[str, ...], names: Iterable[str]) -> list[tuple[str, str, float]]:
    """Return method (or nothing), measure and floor of each ``[METHOD:]MEASURE=VALUE``."""
    known = [name for name in names if name not in LOWER]
    found = []
    for text in given:
        left, _, number = text.rpartition("=")
        method, _, measure = left.strip().rpartition(":")
        try:
            floor = float(number)
        except ValueError:
            floor = math.nan
        if measure not in known or not math.isfinite(floor):
            raise click.UsageError(
                f"--fail-under wants MEASURE=NUMBER, got {text!r}; measures: {', '.join(known)}"
            )
        found.append((method, measure, floor))
    return found


def _finish(
    report: dict[str, Any], out: Path | None, as_json: bool, limits: list[tuple[str, str, float]]
) -> None:
    """Write the report, say it, and hold it against the floors."""
    from knowledge_base.evaluation.report import markdown, summary, write_report

    written = write_report(report, out) if out is not None else []
    write_json(summary(report)) if as_json else click.echo(markdown(report), nl=False)
    for path in written:
        click.echo(f"Wrote {path}", err=True)
    misses = [miss for limit in limits for miss in _miss(report, *limit)]
    for miss in misses:
        click.echo(f"Missed: {miss}", err=True)
    if misses:
        raise click.exceptions.Exit(1)


def _miss(report: dict[str, Any], method: str, measure: str, floor: float) -> Iterator[str]:
    """Give the floor as a sentence where it is not reached; no method means the product's own."""
    name = method or list(report["methods"])[-1]
    found = report["methods"].get(name)
    if found is None:
        raise click.UsageError(f"--fail-under names {name!r}, which did not run")
    value = (found["measures"].get(measure) or {}).get("mean", found["figures"].get(measure))
    if value is None:
        yield f"{measure} of {name} cannot be measured on this data set, {floor:g} was asked for"
    elif value < floor:
        yield f"{measure} of {name} is {value:.4f}, {floor:g} was asked for"


def _compare(
    a: Path,
    b: Path,
    method: str | None = None,
    against: str | None = None,
    measure: str | None = None,
    *,
    as_json: bool = False,
) -> None:
    from knowledge_base.evaluation.comparison import compare as differences
    from knowledge_base.evaluation.report import read_report

    found = differences(read_report(a), read_report(b), method, against)
    if as_json:
        write_json({"a": str(a), "b": str(b), "differences": [asdict(one) for one in found]})
        return
    names = list(dict.fromkeys(one.measure for one in found))
    if measure is not None and measure not in names:
        raise click.UsageError(f"the reports have no measure {measure!r}; {', '.join(names)}")
    click.echo("| method | measure | A | B | B - A | p | better | worse |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for one in found:
        change = one.difference
        click.echo(
            f"| {one.method} | {one.measure} | {one.before:.3f} | {one.after:.3f} | "
            f"{change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}] | {one.p:.4f} | "
            f"{len(one.better)} | {len(one.worse)} |"
        )
    for one in found:
        if one.measure == (measure or names[0]):
            _say_changes(one)


def _say_changes(one: Difference) -> None:
    for word, changes in (("better", one.better), ("worse", one.worse)):
        if changes:
            click.echo(f"\n{one.method}, {one.measure}, {word}:")
        for change in changes[:SHOWN]:
            click.echo(f"  {change.before:.3f} → {change.after:.3f}  {change.text}")
        if len(changes) > SHOWN:
            click.echo(f"  and {len(changes) - SHOWN} more; --json lists all")
