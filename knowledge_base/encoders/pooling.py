"""From token states to one state a text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.tokens import Ints

Floats = npt.NDArray[np.float32]

POOLINGS = ("mean", "cls", "max")


def pool(hidden: Floats, mask: Ints, pooling: str) -> Floats:
    """Return one state a text, shape ``(b, h)``, from states ``(b, s, h)`` and a mask ``(b, s)``."""
    known = mask[..., None] > 0
    if pooling == "cls":
        return np.asarray(hidden[:, 0], np.float32)
    if pooling == "max":
        return np.asarray(np.where(known, hidden, np.float32(-1e9)).max(axis=1), np.float32)
    weight = mask.astype(np.float32)
    kept = np.where(known, hidden, np.float32(0))
    summed = np.einsum("bsh,bs->bh", kept, weight)
    return np.asarray(summed / weight.sum(axis=1, keepdims=True), np.float32)
