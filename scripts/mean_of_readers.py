"""Averages trained readers into one, as Model soups does (Wortsman et al., 2022).

    python scripts/mean_of_readers.py OUT FOURTH=0.08 FIFTH=0.12 SIXTH=0.2 SEVENTH=0.6

The shares sum to 1. The settings are those of the last reader that is named; its calibration is no longer
true of the mean: fit it anew with ``scripts/fit_reader_calibration.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from knowledge_base.encoders.model_cache import sha256_of
from qa_bot.training.export import WEIGHTS_NAME


def mean(shares: dict[Path, float]) -> dict[str, np.ndarray]:
    """Return the weighted mean of the readers' tensors, in half precision.

    Raises:
        ValueError: If the shares do not sum to 1.
    """
    if abs(sum(shares.values()) - 1.0) > 1e-6:
        raise ValueError(f"the shares sum to {sum(shares.values()):.3f}, not to 1")
    total: dict[str, np.ndarray] = {}
    for folder, share in shares.items():
        for name, tensor in load_file(folder / WEIGHTS_NAME).items():
            total[name] = total.get(name, np.float32(0)) + share * tensor.astype(np.float32)
    return {name: tensor.astype(np.float16) for name, tensor in total.items()}


def main() -> None:
    """Read the readers, write their mean."""
    out, *named = sys.argv[1:]
    shares = {Path(name): float(share) for name, _, share in (one.rpartition("=") for one in named)}
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(mean(shares), folder / WEIGHTS_NAME)
    settings = json.loads((list(shares)[-1] / "reader.json").read_text(encoding="utf-8"))
    settings["sha256"] = sha256_of(folder / WEIGHTS_NAME)
    (folder / "reader.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
