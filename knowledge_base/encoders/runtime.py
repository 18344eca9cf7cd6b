"""Runs a BERT: with torch on a GPU; else with ONNX Runtime, int8 where that is faster and true."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from knowledge_base.encoders.agreement import LEAST_COSINE, LEAST_OVERLAP, Agreement, agreement
from knowledge_base.encoders.bert_onnx import NOT_FUSED, BertShape, build_bert
from knowledge_base.encoders.model_cache import cached
from knowledge_base.encoders.pooling import Floats, pool
from knowledge_base.encoders.processor import cores, has_gpu, int8_instructions
from knowledge_base.encoders.quantization import quantize
from knowledge_base.encoders.tokens import Ints
from knowledge_base.errors import EncoderError

Weights = Mapping[str, npt.NDArray[Any]]

RUNTIMES = ("auto", "onnx-int8", "onnx-fp32", "torch")
"""What ``--runtime`` takes."""

GRAPH_VERSION = 4
"""Raised whenever the graph builder changes what it makes, so that old caches are passed over."""

CPU_BATCH_TOKENS = 512
"""The most padded tokens of one call on a CPU: more fall out of its cache, and short texts get padded."""


AWAKE_US = 100
"""How long a thread waits awake for the next product, in microseconds."""


class Runtime(Protocol):
    """Runs an encoder's network. Safe to use from many threads."""

    name: str
    note: str
    """Why this runtime was chosen, in words."""
    batch_tokens: int
    """The most padded tokens that one call should get."""

    def __call__(self, ids: Ints, mask: Ints, types: Ints | None = None) -> Floats:
        """Return hidden states ``(b, s, hidden)`` for ids and mask ``(b, s)``."""

    def pooled(self, ids: Ints, mask: Ints, pooling: str) -> Floats:
        """Return one pooled state a row, shape ``(b, hidden)``."""

    def together(self, texts: Sequence[str], encode: Callable[[Sequence[str]], Floats]) -> Floats:
        """Return what ``encode`` gives for texts, shared out where several processes run this."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network to be run: its shape, where its weights come from, and what it is checked on.

    ``key`` names the weights; other weights need another. ``weights`` is called only where no cached
    graph exists. ``probes`` gives rows of token ids, on which int8 is fitted and compared with float32 after
    ``pooling``; with ``ranked`` false only the cosine counts, for a network that ranks nothing by it.
    """

    key: str
    shape: BertShape
    weights: Callable[[], Weights]
    probes: Callable[[], Sequence[Sequence[int]]]
    pooling: str = "mean"
    ranked: bool = True


class OnnxRuntime:
    """An ONNX Runtime session over a graph of ``build_bert``; safe to call from many threads."""

    batch_tokens = CPU_BATCH_TOKENS

    def __init__(self, path: Path, name: str, threads: int | None = None, note: str = "") -> None:
        """Open a graph; ``threads`` of one call, by default one a core."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # a thread that sleeps between two products of a short text takes longer to wake than to multiply;
        # one that went on spinning after the text would keep a core busy between questions
        options.add_session_config_entry("session.force_spinning_stop", "1")
        # nor for one that another thread keeps from its core: 64 users' questions cost a tenth less
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(AWAKE_US))
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=NOT_FUSED
        )
        self.name, self.note = name, note

    def __call__(self, ids: Ints, mask: Ints, types: Ints | None = None) -> Floats:
        """Return hidden states ``(b, s, hidden)`` for ids and mask ``(b, s)``."""
        feed = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids) if types is None else types,
        }
        hidden: Floats = self._session.run(None, feed)[0]
        return hidden

    def pooled(self, ids: Ints, mask: Ints, pooling: str) -> Floats:
        """Return one pooled state a row, shape ``(b, hidden)``."""
        return pool(self(ids, mask), mask, pooling)

    def together(self, texts: Sequence[str], encode: Callable[[Sequence[str]], Floats]) -> Floats:
        """Return what ``encode`` gives for texts: there is one process."""
        return encode(texts)


def open_runtime(network: Network, runtime: str = "auto", *, threads: int | None = None) -> Runtime:
    """Return what runs a network, its graph built once and cached.

    Args:
        network: What is to be run.
        runtime: One of ``RUNTIMES``. ``"auto"`` takes torch where a GPU is here; else int8 where the
            processor computes it faster and it agrees with float32 (``agreement.py``); else float32.
        threads: Threads of one call on a CPU; by default one a core.

    Raises:
        EncoderError: If there is no such runtime.
    """
    if runtime not in RUNTIMES:
        raise EncoderError(f"there is no runtime {runtime!r}; choose one of {', '.join(RUNTIMES)}")
    if runtime == "torch" or (runtime == "auto" and has_gpu()):
        from knowledge_base.encoders.torch_runtime import TorchRuntime

        return TorchRuntime(network, "asked for" if runtime == "torch" else "a GPU is here")
    if runtime == "auto":
        return _fitting(network, threads)
    if runtime == "onnx-int8":
        return _quantized(network, threads, "asked for")
    return _exact(network, threads, "asked for")


def _fitting(network: Network, threads: int | None) -> OnnxRuntime:
    """Return int8 if it is faster here and stays true, else float32; the note says why."""
    instructions = int8_instructions()
    if instructions is None:
        return _exact(network, threads, "the processor has no fast instructions for int8")
    runtime = _quantized(network, threads, "")
    found = _agreement(network, runtime, instructions)
    if found.holds:
        runtime.note = f"int8 by {instructions}: {found}"
        return runtime
    least = f"{LEAST_COSINE} and {LEAST_OVERLAP} are needed"
    return _exact(network, threads, f"int8 by {instructions} was left: {found}, {least}")


def _stem(network: Network) -> str:
    return f"{network.key}-v{GRAPH_VERSION}"


def _exact(network: Network, threads: int | None, note: str) -> OnnxRuntime:
    def make(target: Path) -> None:
        target.write_bytes(build_bert(network.weights(), network.shape).SerializeToString())

    path = cached(f"{_stem(network)}-fp32.onnx", make)
    return OnnxRuntime(path, "onnx-fp32", threads, note)


def _quantized(network: Network, threads: int | None, note: str) -> OnnxRuntime:
    def make(target: Path) -> None:
        quantize(build_bert(network.weights(), network.shape), network.probes(), target)

    path = cached(f"{_stem(network)}-int8.onnx", make)
    return OnnxRuntime(path, "onnx-int8", threads, note)


def _agreement(network: Network, runtime: OnnxRuntime, instructions: str) -> Agreement:
    """Compare int8 with float32 once a kind of processor: the same graph rounds otherwise on another."""

    def make(target: Path) -> None:
        reference = target.with_suffix(".reference")
        try:
            model = build_bert(network.weights(), network.shape)
            reference.write_bytes(model.SerializeToString())
            exact = OnnxRuntime(reference, "onnx-fp32")
            found = agreement(runtime, exact, network.probes(), network.pooling)
        finally:
            reference.unlink(missing_ok=True)
        target.write_text(json.dumps(asdict(found)), encoding="utf-8")

    kind = instructions.lower().replace(" ", "-")
    path = cached(f"{_stem(network)}-int8-{network.pooling}-{kind}.verdict", make)
    found = Agreement(**json.loads(path.read_text(encoding="utf-8")))
    return found if network.ranked else Agreement(found.cosine, 1.0)
