r"""Make claims, fit the support checker's weights on them, and measure it on articles it has not seen.

    python scripts/fit_support_checker.py --teach train/squad11-train.json.gz train/qed-train.json.gz ... \
        --report tune/qed-dev.json.gz tune/drcd-dev.json.gz [--claims 1200] [--write]

Only articles that the shipped reader did not learn from are used (its settings say which were held
out); half of them teach, the other half measure. Files under ``--report`` teach nothing. With
``--write`` the weights, thresholds and figures go into ``qa_bot/support/calibration.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from knowledge_base.encoders.bundled import bundled_encoder
from qa_bot.readers.network import ReaderModel
from qa_bot.support.checker import CALIBRATION
from qa_bot.support.features import AGAINST, LEXICAL, READ, Measurer
from qa_bot.training.claims import TRUE_KINDS, Claim, ClaimMaker
from qa_bot.training.data import hold_out, read_questions

Floats = npt.NDArray[np.float64]

ROUNDS = 4
"""How often evidence is chosen anew while the weights are fitted."""

LEVEL = 0.01
"""Thresholds whose error is within this of the least are as good; the middle one is taken."""

RIDGE = 3e-4
"""How much large weights are held back."""


@dataclass(frozen=True, slots=True)
class Row:
    """A claim with what was measured of it beside its best evidence, and beside the next best."""

    claim: Claim
    candidates: list[dict[str, float]]


def main() -> None:
    """Make, fit, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--teach", type=Path, nargs="+", required=True)
    parser.add_argument("--report", type=Path, nargs="*", default=[])
    parser.add_argument("--claims", type=int, default=1200, help="claims of each file and half")
    parser.add_argument("--seed", default="11")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rows", type=Path, help="also write every row, to look at, as JSON lines")
    parser.add_argument("--again", type=Path, help="rows of such a file instead of new ones")
    given = parser.parse_args()
    taught, held, reported = read_rows(given.again) if given.again else make_rows(given)
    sets = {"held out": [row for rows in held.values() for row in rows]}
    sets |= {f"held out, {name}": rows for name, rows in held.items()}
    sets |= reported
    found: dict[str, Any] = {}
    for name, features in (("read", READ), ("lexical", LEXICAL)):
        fit = fitted(taught, features)
        # what no network read is weighed by the lexical fit alone
        measurable = {
            k: [r for r in rows if set(features) <= set(r.candidates[0])]
            for k, rows in sets.items()
        }
        figures = {k: report(rows, features, fit) for k, rows in measurable.items() if rows}
        found[name] = {**fit, "claims": len(taught), "auroc": figures}
    text = written(found)
    print(text)
    if given.rows:
        write_rows(given.rows, taught, held, reported)
    if given.write:
        CALIBRATION.write_text(text + "\n", "utf-8")


def make_rows(
    given: argparse.Namespace,
) -> tuple[list[Row], dict[str, list[Row]], dict[str, list[Row]]]:
    """Return the claims that teach, those of the same files that measure, and those of other files."""
    model = ReaderModel()
    measurer = Measurer(bundled_encoder(), model)
    taught: list[Row] = []
    held: dict[str, list[Row]] = {}
    for path in given.teach:
        teach, measure = halves(path, model.settings["training"], given.seed)
        taught += measured(measurer, teach, given.claims, f"{given.seed}/teach/{path.name}")
        held[path.name] = measured(
            measurer, measure, given.claims, f"{given.seed}/measure/{path.name}"
        )
    reported = {
        path.name: measured(
            measurer, read_questions(path), given.claims, f"{given.seed}/{path.name}"
        )
        for path in given.report
    }
    return taught, held, reported


def halves(path: Path, training: dict[str, Any], seed: str) -> tuple[Any, Any]:
    """Return the articles that teach and those that measure, none of which the reader learned from."""
    articles = read_questions(path)
    if path.name in training["data"]:
        _, articles = hold_out(articles, training["hold_out"], training["seed"])
    names = sorted(articles)
    random.Random(seed).shuffle(names)
    half = len(names) // 2
    return {n: articles[n] for n in names[:half]}, {n: articles[n] for n in names[half:]}


def measured(measurer: Measurer, articles: Any, count: int, seed: str) -> list[Row]:
    """Return claims of these articles with what is measured of them."""
    started = time.perf_counter()
    rows = []
    for claim in ClaimMaker(articles, seed).claims(count):
        found = [measured.values for measured in measurer.measure(claim.sentence, claim.passages)]
        if found:
            rows.append(Row(claim, found))
    spent = 1000 * (time.perf_counter() - started) / max(1, len(rows))
    print(f"{seed}: {len(articles)} articles, {len(rows)} claims, {spent:.0f} ms each", flush=True)
    return rows


def design(rows: Sequence[Row], features: Sequence[str], weights: Floats | None = None) -> Floats:
    """Return each row's features beside the evidence that supports it best under these weights.

    Without weights that is the best window; what no network read has 0 for what it would have said.
    """
    chosen = []
    for row in rows:
        some = np.array([[c.get(name, 0.0) for name in features] for c in row.candidates], float)
        chosen.append(some[0] if weights is None else some[int(np.argmax(some @ weights))])
    return np.array(chosen)


def fitted(rows: Sequence[Row], features: Sequence[str]) -> dict[str, Any]:
    """Return bias, weights and the threshold that errs least, both kinds of error counted alike.

    Evidence is chosen by the weights that are fitted, in turn, as it will be chosen afterwards.
    """
    truth = np.array([row.claim.supported for row in rows])
    signs = [-1.0 if name in AGAINST else 1.0 for name in features]
    weights: Floats | None = None
    for _ in range(ROUNDS):
        values = design(rows, features, None if weights is None else weights[1:])
        weights = constrained(values, truth, signs)
    assert weights is not None
    scores = 1 / (1 + np.exp(-(weights[0] + design(rows, features, weights[1:]) @ weights[1:])))
    steps = np.linspace(0.05, 0.95, 91)
    errors = [((scores[truth] < t).mean() + (scores[~truth] >= t).mean()) / 2 for t in steps]
    return {
        "bias": round(float(weights[0]), 4),
        "weights": {n: round(float(w), 4) for n, w in zip(features, weights[1:], strict=True)},
        "threshold": round(float(np.median(steps[np.array(errors) <= min(errors) + LEVEL])), 2),
    }


def constrained(values: Floats, truth: npt.NDArray[np.bool_], signs: Sequence[float]) -> Floats:
    """Return bias and weights of a logistic regression, each weight of the sign that it must have.

    Features are correlated, and free weights of opposite signs would only fit the data's accidents.
    """
    share = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = weights[0] + values @ weights[1:]
        error = 1 / (1 + np.exp(-logits)) - truth
        gradient = np.r_[share @ error, values.T @ (share * error) + RIDGE * weights[1:]]
        entropy = share @ (np.logaddexp(0, logits) - truth * logits)
        return float(entropy + RIDGE / 2 * weights[1:] @ weights[1:]), gradient

    bounds = [(None, None), *((0, None) if sign > 0 else (None, 0) for sign in signs)]
    start = np.zeros(values.shape[1] + 1)
    found: Floats = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return found


def report(rows: Sequence[Row], features: Sequence[str], fit: dict[str, Any]) -> dict[str, Any]:
    """Return AUROC over all, for each kind of false claim, and what the threshold does."""
    weights = np.array([fit["weights"][name] for name in features])
    scores = 1 / (1 + np.exp(-(fit["bias"] + design(rows, features, weights) @ weights)))
    truth = np.array([row.claim.supported for row in rows])
    kinds = [row.claim.kind for row in rows]
    figures: dict[str, Any] = {
        "claims": len(rows),
        "all": round(float(roc_auc_score(truth, scores)), 3),
        "true kept": round(float((scores[truth] >= fit["threshold"]).mean()), 3),
        "false caught": round(float((scores[~truth] < fit["threshold"]).mean()), 3),
    }
    copied = np.array([kind == "verbatim" for kind in kinds])
    figures["all but verbatim"] = round(float(roc_auc_score(truth[~copied], scores[~copied])), 3)
    for kind in sorted(set(kinds)):
        own = np.array([k == kind for k in kinds])
        # a kind of true claim stands against all false ones, and the other way round
        chosen = (own | ~truth) if kind in TRUE_KINDS else (own | truth)
        auroc = float(roc_auc_score(truth[chosen], scores[chosen]))
        figures[kind] = [int(own.sum()), round(auroc, 3)]
    return figures


def written(found: dict[str, Any]) -> str:
    """Return the table as JSON, a line for the weights and one for each set's figures."""
    parts = []
    for name, fit in found.items():
        lines = [f'  "{key}": {json.dumps(value)}' for key, value in fit.items() if key != "auroc"]
        figures = ",\n".join(
            f"   {json.dumps(k)}: {json.dumps(v)}" for k, v in fit["auroc"].items()
        )
        lines.append(f'  "auroc": {{\n{figures}\n  }}')
        parts.append(f' "{name}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}"


def write_rows(
    path: Path, taught: list[Row], held: dict[str, list[Row]], reported: dict[str, list[Row]]
) -> None:
    """Write each claim with its features, one a line."""
    sets = [("taught", "", taught)]
    sets += [("held", name, rows) for name, rows in held.items()]
    sets += [("reported", name, rows) for name, rows in reported.items()]
    with path.open("w", encoding="utf-8") as file:
        for role, name, rows in sets:
            for row in rows:
                line = {
                    "role": role,
                    "set": name,
                    "claim": asdict(row.claim),
                    "candidates": row.candidates,
                }
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_rows(path: Path) -> tuple[list[Row], dict[str, list[Row]], dict[str, list[Row]]]:
    """Return what ``write_rows`` wrote."""
    taught: list[Row] = []
    held: dict[str, list[Row]] = {}
    reported: dict[str, list[Row]] = {}
    for line in map(json.loads, path.read_text("utf-8").splitlines()):
        row = Row(Claim(**line["claim"]), line["candidates"])
        if line["role"] == "taught":
            taught.append(row)
        else:
            sets = held if line["role"] == "held" else reported
            sets.setdefault(line["set"], []).append(row)
    return taught, held, reported


if __name__ == "__main__":
    main()
