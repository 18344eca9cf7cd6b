"""What an evaluation leaves: a JSON report, a Markdown table, and plots.

A report is plain JSON values; docs/evaluation.md shows its form.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from knowledge_base.evaluation.datasets import DataSet, DataSetError, Query
from knowledge_base.evaluation.measures import interval

Report: TypeAlias = dict[str, Any]

FORM = 1
"""The version of the report's form."""

LIBRARIES = ("qa-bot", "ir-measures", "scikit-learn", "numpy", "tantivy", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one method reached.

    ``values`` gives each measure for each query; ``timings_ms`` the percentiles of a question's time;
    ``curves`` points by the curve's name, y by x; ``figures`` numbers that are not means over queries.
    """

    values: Mapping[str, Mapping[str, float]]
    timings_ms: Mapping[str, float]
    curves: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    risk_coverage: Sequence[tuple[float, float]] = ()
    """Points ``(coverage, risk)``, both 0 to 1."""


def make_report(
    kind: str,
    dataset: DataSet,
    queries: Sequence[Query],
    measured: Mapping[str, Measured],
    settings: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> Report:
    """Return the whole report; intervals are drawn with the ``seed`` of the settings.

    Args:
        kind: ``retrieval`` or ``answers``.
        dataset: What was measured on.
        queries: Those that were asked.
        measured: By the name of the method.
        settings: Everything that another run needs to give the same.
        notes: What a reader should know of this run, one sentence each.
    """
    seed = int(settings.get("seed", 7))
    return {
        "form": FORM,
        "kind": kind,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": {
            "name": dataset.name,
            "form": dataset.form,
            "split": dataset.split,
            "queries": len(queries),
        },
        "settings": dict(settings),
        "versions": _versions(),
        "machine": {"cpus": os.cpu_count(), "architecture": platform.machine()},
        "notes": list(notes),
        "methods": {name: _method(one, seed) for name, one in measured.items()},
        "queries": {query.id: query.text for query in queries},
    }


def summary(report: Report) -> Report:
    """Return a report without what it says of single queries."""
    methods = {
        name: {key: value for key, value in method.items() if key != "per_query"}
        for name, method in report["methods"].items()
    }
    kept = {key: value for key, value in report.items() if key not in ("queries", "answers")}
    return {**kept, "methods": methods}


def markdown(report: Report) -> str:
    """Return the report as a heading, a table of methods by measures, and its notes."""
    dataset, settings, methods = report["dataset"], report["settings"], report["methods"]
    split = f", {dataset['split']}" if dataset["split"] else ""
    rows = {name: _row(method) for name, method in methods.items()}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    table = [["method", *columns]]
    table += [[name, *(row.get(column, "-") for column in columns)] for name, row in rows.items()]
    if len(rows) == 1:  # one method reads better downwards
        table = [list(line) for line in zip(*table, strict=True)]
    lines = [
        f"# {report['kind'].capitalize()}: {dataset['name']}{split}",
        "",
        f"{dataset['queries']:,} questions, {settings['documents']:,} documents, "
        f"{settings['passages']:,} passages; encoder {settings['encoder']}. "
        "In brackets: 95 % confidence interval (bootstrap over questions).",
        "",
        f"| {' | '.join(table[0])} |",
        f"|{'|'.join(['---'] * len(table[0]))}|",
        *(f"| {' | '.join(line)} |" for line in table[1:]),
        "",
        *(f"- {note}" for note in report["notes"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``report.json``, ``report.md`` and the plots into a folder; return the files.

    Raises:
        DataSetError: If the folder cannot be written.
    """
    from knowledge_base.evaluation.plots import write_plots

    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / "report.json", folder / "report.md"]
        files[0].write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
        files[1].write_text(markdown(report), "utf-8")
        return [*files, *write_plots(report, folder)]
    except OSError as error:
        raise DataSetError(
            f"{folder} cannot be written: {error.strerror or error}; name another folder with --out"
        ) from error


def read_report(path: Path) -> Report:
    """Read a report that ``write_report`` left; a folder means its ``report.json``.

    Raises:
        DataSetError: If it is none, or one of another form.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataSetError(
            f"{file} cannot be read: {error.strerror or error}; `qa-bot eval ... --out` writes one"
        ) from error
    except ValueError as error:
        raise DataSetError(f"{file} is not valid JSON: {error}; give a report.json") from error
    if not isinstance(found, dict) or found.get("form") != FORM or "methods" not in found:
        raise DataSetError(
            f"{file} is no report of this version; write it anew with `qa-bot eval ... --out`"
        )
    return found


def _method(measured: Measured, seed: int) -> dict[str, Any]:
    per_query: dict[str, dict[str, float]] = {}
    for name, values in measured.values.items():
        for query, value in values.items():
            per_query.setdefault(query, {})[name] = value
    return {
        "measures": {
            name: _plain(asdict(interval(list(values.values()), seed)))
            for name, values in measured.values.items()
        },
        "figures": _plain(measured.figures),
        "timings_ms": _plain(measured.timings_ms),
        "curves": {
            name: [[x, round(y, 4)] for x, y in points.items()]
            for name, points in measured.curves.items()
        },
        "risk_coverage": [[round(x, 4), round(y, 4)] for x, y in measured.risk_coverage],
        "per_query": per_query,
    }


def _plain(numbers: Mapping[str, float]) -> dict[str, float | int | None]:
    """Return numbers rounded, those that are none as null."""
    return {
        name: value if isinstance(value, int) else round(value, 4) if math.isfinite(value) else None
        for name, value in numbers.items()
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # run from its source tree
            found[name] = "unknown"
    return found


def _row(method: Mapping[str, Any]) -> dict[str, str]:
    """Return the cells of a method by their column."""
    row = {name: _cell(measure) for name, measure in method["measures"].items()}
    row |= {name: _number(value, 3) for name, value in method["figures"].items()}
    timings = method["timings_ms"]
    return row | {f"{share} ms": _number(timings.get(share), 1) for share in ("p50", "p95")}


def _cell(measure: Mapping[str, Any]) -> str:
    if measure["mean"] is None:
        return "-"
    return f"{measure['mean']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
