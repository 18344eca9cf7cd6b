"""What this machine computes with: the processor's instructions for int8, and whether a GPU is here."""

from __future__ import annotations

import functools
import os
import platform
from pathlib import Path

INT8: tuple[tuple[str, frozenset[str]], ...] = (
    ("AMX", frozenset({"amx_int8"})),
    ("VNNI", frozenset({"avx512_vnni", "avx_vnni"})),
    ("dot product", frozenset({"asimddp", "i8mm"})),
    ("AVX2", frozenset({"avx2"})),
)
"""Instructions that make int8 faster than float32, best first, and what Linux calls them.

All but AVX2 multiply and sum whole: AVX2 sums pairs in 16 bits, where large ones saturate. It is still
1.5 times as fast as float32, and whether a model bears it is checked on the machine that runs it.
"""

DRIVER = Path("/proc/driver/nvidia/version")
"""Is there where a driver of NVIDIA is loaded."""


@functools.cache
def int8_instructions() -> str | None:
    """Return the best instructions for int8 that this processor has, or None."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "dot product"
    flags = _flags()
    return next((name for name, needed in INT8 if needed & flags), None)


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_gpu() -> bool:
    """Return whether torch could use a GPU; torch is imported only where a driver is loaded."""
    if not (DRIVER.exists() or os.environ.get("CUDA_VISIBLE_DEVICES")):
        return False
    import torch

    return torch.cuda.is_available()


def _flags() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:  # another system: what it has is not known, and float32 is safe
        return frozenset()
    line = next((s for s in text.splitlines() if s.startswith(("flags", "Features"))), "")
    return frozenset(line.partition(":")[2].split())
