"""Two regressions that turn features into a choice among sentences, and into a probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Array = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

PENALTY = 0.1
"""Of the squared weights in ``logistic``: slight."""

SPREAD = 1.0
"""The same in ``listwise``: what it is fitted on are a few hundred lists."""


def logistic(values: Array, right: Truth, counts: Array | None = None) -> Array:
    """Return bias and weights of a logistic regression, by Newton's method with a slight penalty.

    Args:
        values: Features, shape ``(n, d)``.
        right: What is to be told from them, shape ``(n,)``.
        counts: How much each row counts, shape ``(n,)``; all the same if not given.
    """
    rows = np.column_stack([np.ones(len(values)), values])
    counts = np.ones(len(values)) if counts is None else counts
    weights = np.zeros(rows.shape[1])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (counts * (right - chance)) - PENALTY * weights
        spread = counts * chance * (1 - chance)
        curve = (rows * spread[:, None]).T @ rows + PENALTY * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def listwise(lists: Sequence[tuple[Array, Truth]]) -> Array:
    """Return the weights by which a right row of each list wins over the others of its list.

    The loss is ListNet's of the first place (Cao et al., 2007): less the logarithm of the right rows'
    share of a softmax over the list. No weight is below nought: each feature speaks for a sentence,
    and one that the data gives a negative weight makes up for another's.

    Args:
        lists: Of each list the features, shape ``(n, d)``, and which rows are right. A list with no
            right row, or no other, says nothing.
    """
    telling = [one for one in lists if one[1].any() and not one[1].all()]
    width = lists[0][0].shape[1]

    def loss(weights: Array) -> tuple[float, Array]:
        total, slope = 0.5 * SPREAD * float(weights @ weights), SPREAD * weights
        for values, right in telling:
            logits = values @ weights
            shares = np.exp(logits - logits.max())
            aimed = shares * right
            total += float(np.log(shares.sum()) - np.log(aimed.sum()))
            slope = slope + values.T @ (shares / shares.sum() - aimed / aimed.sum())
        return total, slope

    found = minimize(
        loss, np.zeros(width), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * width
    )
    return np.asarray(found.x, float)
