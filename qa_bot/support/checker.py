"""Holds a sentence to its passages: features, fitted weights, one number between 0 and 1."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge_base.protocols import Encoder
from qa_bot.errors import ReaderError
from qa_bot.readers.network import ReaderModel
from qa_bot.support.features import LEXICAL, READ, Measurer
from qa_bot.types import Support

CALIBRATION = Path(__file__).parent / "calibration.json"
"""Weights and thresholds, and what was measured of them; ``scripts/fit_support_checker.py`` writes it."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A bias, a weight for each feature by its name, and the score from which a sentence is supported."""

    bias: float
    weights: Mapping[str, float]
    threshold: float

    def score(self, values: Mapping[str, float]) -> float:
        """Return the logistic of the weighed features."""
        total = self.bias + sum(weight * values[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, total))))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fit for text that the networks read, and the one that goes by words and facts alone."""

    read: Fit
    lexical: Fit

    @classmethod
    def from_file(cls, path: Path = CALIBRATION) -> Calibration:
        """Read it.

        Raises:
            ReaderError: If the file is missing, damaged or of other features.
        """
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            read, lexical = (
                Fit(float(fit["bias"]), dict(fit["weights"]), float(fit["threshold"]))
                for fit in (found["read"], found["lexical"])
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReaderError(f"{path} cannot be read ({error!r}); reinstall qa-bot") from error
        if set(read.weights) != set(READ) or set(lexical.weights) != set(LEXICAL):
            raise ReaderError(
                f"{path} weighs other features than {', '.join(READ)}; "
                "run scripts/fit_support_checker.py"
            )
        return cls(read, lexical)


class BundledSupportChecker:
    """Checks sentences with what ships: words, facts, the encoder and the reader's network.

    Safe to use from many threads.
    """

    def __init__(
        self, encoder: Encoder, model: ReaderModel, calibration: Calibration | None = None
    ) -> None:
        """Take the networks; the shipped calibration unless another is given."""
        self._measurer = Measurer(encoder, model)
        self._calibration = calibration or Calibration.from_file()

    def check(self, sentence: str, passages: Sequence[str]) -> Support:
        """Return how well the passages support a sentence.

        Args:
            sentence: One sentence without citation marks.
            passages: The passages' texts, cited ones first.
        """
        best = Support(0.0, False, None)
        for measured in self._measurer.measure(sentence, passages):
            fit = self._calibration.read if measured.readable else self._calibration.lexical
            score = fit.score(measured.values)
            passage = measured.passage if measured.values["coverage"] > 0 else None
            if best.passage is None or score > best.score:
                best = Support(score, score >= fit.threshold, passage, measured.conflicts)
            if best.supported:
                break
        return best


def bundled_checker(encoder: Encoder) -> BundledSupportChecker:
    """Return the shipped checker over an encoder that is open already."""
    return BundledSupportChecker(encoder, ReaderModel())
