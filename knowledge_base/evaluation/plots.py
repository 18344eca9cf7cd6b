"""Plots of a report, as PNG files. The only module that imports matplotlib."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SIZE = (6.4, 4.0)
"""Of a plot, in inches."""

DPI = 160

STYLES = ("-", "--", ":")


def write_plots(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write one file a curve, one of risk against coverage, one of latency; return the files.

    A plot that would be empty is left out.
    """
    methods: Mapping[str, Any] = report["methods"]
    title = report["dataset"]["name"]
    written = []
    for curve in dict.fromkeys(name for method in methods.values() for name in method["curves"]):
        figure, axes = _blank(title, "k", curve)
        for number, (name, method) in enumerate(methods.items()):
            points = method["curves"].get(curve, [])
            # of two curves that run together both are seen
            style = STYLES[number % len(STYLES)]
            axes.plot(*zip(*points, strict=True), style, marker="o", markersize=3, label=name)
        axes.set_xscale("log")
        ticks = sorted({int(x) for m in methods.values() for x, _ in m["curves"].get(curve, [])})
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.legend(fontsize="small")
        written.append(_saved(figure, folder / f"{_file_name(curve)}.png"))
    if any(method["risk_coverage"] for method in methods.values()):
        figure, axes = _blank(
            title, "coverage: share of the questions answered", "risk: share wrong"
        )
        for name, method in methods.items():
            axes.plot(*zip(*method["risk_coverage"], strict=True), label=name)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(bottom=0.0)
        axes.legend(fontsize="small")
        written.append(_saved(figure, folder / "risk-coverage.png"))
    written.append(_latency(methods, title, folder))
    return written


def _latency(methods: Mapping[str, Any], title: str, folder: Path) -> Path:
    figure, axes = _blank(title, "milliseconds a question", "")
    rows = range(len(methods))
    for share, offset in (("p50", -0.2), ("p95", 0.2)):
        widths = [method["timings_ms"].get(share) or 0.0 for method in methods.values()]
        bars = axes.barh([row + offset for row in rows], widths, height=0.38, label=share)
        axes.bar_label(bars, fmt="%.1f", fontsize="x-small", padding=2)
    axes.set_yticks(list(rows), list(methods))
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.legend(fontsize="small")
    return _saved(figure, folder / "latency.png")


def _blank(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a window, and without pyplot's state
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path


def _file_name(curve: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", curve.lower()).strip("-")
