"""Runs a BERT graph on the CPU with ONNX Runtime: int8 where that stays true, float32 otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.bert_onnx import BertShape, build_bert, quantize
from knowledge_base.encoders.model_cache import cached
from knowledge_base.encoders.tokens import Ints

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, npt.NDArray[Any]]

GRAPH_VERSION = 1
"""Raised whenever the graph builder changes what it makes, so that old caches are passed over."""

LEAST_COSINE = 0.985
"""The least mean cosine, int8 against float32 over probe inputs, at which int8 is accepted."""


class Runtime(Protocol):
    """Runs an encoder's network."""

    name: str

    def __call__(self, ids: Ints, mask: Ints, types: Ints | None = None) -> Floats:
        """Return hidden states ``(b, s, hidden)`` for ids and mask ``(b, s)``."""


class OnnxRuntime:
    """An ONNX Runtime session over a graph of ``build_bert``; safe to call from many threads."""

    def __init__(self, path: Path, name: str, threads: int | None = None) -> None:
        """Open a graph; ``threads`` of one call, by default one a core."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # spinning threads would keep the cores busy between questions
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.name = name

    def __call__(self, ids: Ints, mask: Ints, types: Ints | None = None) -> Floats:
        """Return hidden states ``(b, s, hidden)`` for ids and mask ``(b, s)``."""
        feed = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids) if types is None else types,
        }
        hidden: Floats = self._session.run(None, feed)[0]
        return hidden


def open_runtime(
    key: str,
    shape: BertShape,
    weights: Callable[[], Weights],
    *,
    precision: str = "auto",
    threads: int | None = None,
) -> OnnxRuntime:
    """Return a runtime for these weights, building its graph once and caching it under ``key``.

    Args:
        key: Names the weights; other weights need another key.
        shape: The numbers of the model's configuration.
        weights: Called only when no cached graph exists.
        precision: ``"int8"``, ``"fp32"``, or ``"auto"``: int8 if its hidden states agree with
            float32 (mean cosine at least ``LEAST_COSINE`` over probe inputs), else float32.
        threads: Threads of one call; by default one a core.
    """
    stem = f"{key}-v{GRAPH_VERSION}"
    if precision == "fp32":
        return OnnxRuntime(
            cached(f"{stem}-fp32.onnx", _maker(shape, weights, False)), "onnx-fp32", threads
        )
    path = cached(f"{stem}-int8.onnx", _maker(shape, weights, True))
    runtime = OnnxRuntime(path, "onnx-int8", threads)
    verdict = cached(
        f"{stem}-int8.verdict", lambda target: _judge(target, runtime, shape, weights)
    ).read_text()
    if precision == "int8" or float(verdict) >= LEAST_COSINE:
        return runtime
    return open_runtime(key, shape, weights, precision="fp32", threads=threads)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _maker(shape: BertShape, weights: Callable[[], Weights], int8: bool) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        model = build_bert(weights(), shape)
        if int8:
            quantize(model, target)
        else:
            target.write_bytes(model.SerializeToString())

    return make


def _judge(
    target: Path, runtime: OnnxRuntime, shape: BertShape, weights: Callable[[], Weights]
) -> None:
    """Write the mean cosine of int8 with float32 token states over random word sequences."""
    table = weights()["embeddings.word_embeddings.weight"]
    draw = np.random.default_rng(0)
    reference = target.with_suffix(".reference")
    try:
        reference.write_bytes(build_bert(weights(), shape).SerializeToString())
        exact = OnnxRuntime(reference, "onnx-fp32")
        cosines = []
        for length in (8, 16, 32, 64):
            ids = draw.integers(1000 % len(table), len(table), (8, length), np.int32)
            mask = np.ones_like(ids)
            ours, theirs = (run(ids, mask).mean(axis=1) for run in (runtime, exact))
            norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
            cosines.append(float(np.mean((ours * theirs).sum(axis=1) / norms)))
    finally:
        reference.unlink(missing_ok=True)
    target.write_text(f"{np.mean(cosines):.6f}")
