"""The torch runtime, on the CPU: what it gives is what ONNX Runtime gives in float32."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from knowledge_base.encoders import tower
from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.encoders.pooling import Floats, pool
from knowledge_base.encoders.torch_runtime import TorchRuntime, _pool
from knowledge_base.encoders.transformer import TransformerEncoder

TEXTS = ["How long is the warranty?", "x", "The shop opens at nine. " * 30, "Two years."]


@pytest.fixture(scope="module")
def encoder() -> TransformerEncoder:
    return bundled_encoder("torch")


def test_torch_gives_what_onnx_gives(encoder: TransformerEncoder) -> None:
    """To four digits, and under the same fingerprint; token shares too."""
    exact = bundled_encoder("onnx-fp32")
    assert encoder.runtime == "torch"
    model: Any = encoder._tower._runtime
    assert model._model.config._attn_implementation == "sdpa"
    assert encoder.fingerprint == exact.fingerprint
    np.testing.assert_allclose(
        encoder.encode_passages(TEXTS), exact.encode_passages(TEXTS), atol=1e-4
    )
    one, other = (e.token_shares("warranty", TEXTS[0]) for e in (encoder, exact))
    assert [s.share for s in one] == pytest.approx([s.share for s in other], abs=1e-4)


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_poolings_are_the_same_on_either_side(pooling: str) -> None:
    """Padded positions count for nothing."""
    hidden = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], np.int32)
    found = _pool(torch.from_numpy(hidden), torch.from_numpy(mask), pooling).numpy()
    np.testing.assert_allclose(found, pool(hidden, mask, pooling), atol=1e-6)


def test_a_batch_that_does_not_fit_is_halved_with_one_warning(
    encoder: TransformerEncoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a GPU says when its memory is full; a single text that does not fit goes to the CPU."""
    expected = encoder.encode_passages(TEXTS)
    runtime: Any = encoder._tower._runtime
    run = TorchRuntime._run
    refused: list[int] = []

    def small(self: TorchRuntime, model: Any, ids: Any, *rest: Any) -> Floats:
        if model is runtime._model and (len(ids) > 1 or ids.shape[1] > 100):
            refused.append(len(ids))
            raise torch.OutOfMemoryError("CUDA out of memory")
        return run(self, model, ids, *rest)

    monkeypatch.setattr(TorchRuntime, "_run", small)
    monkeypatch.setattr(runtime, "batch_tokens", runtime.batch_tokens)
    with caplog.at_level(logging.WARNING):
        found = encoder.encode_passages(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert max(refused) == 4
    assert 1 in refused
    assert len(caplog.records) == 1
    assert runtime.batch_tokens < 4096


def test_many_texts_are_tokenised_ahead(
    encoder: TransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slice by slice, in order."""
    expected = encoder.encode_passages(TEXTS)
    monkeypatch.setattr(tower, "SLICE", 3)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected, atol=1e-5)


SHARED = """
import sys
import numpy as np
from knowledge_base.encoders.bundled import bundled_encoder
texts = [f"Text number {n} about the warranty." for n in range(5)]
vectors = bundled_encoder("torch").encode_passages(texts)
np.save(sys.argv[1], vectors)
"""


@pytest.mark.slow
def test_several_processes_share_the_texts_out(encoder: TransformerEncoder, tmp_path: Any) -> None:
    """As accelerate launches them; each ends with all vectors, in order."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(2):
        environment = {
            **os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true",
            "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path),
        }  # fmt: skip
        command = [sys.executable, "-c", SHARED, str(tmp_path / f"{rank}.npy")]
        processes.append(subprocess.Popen(command, env=environment))
    assert [process.wait(120) for process in processes] == [0, 0]
    expected = encoder.encode_passages([f"Text number {n} about the warranty." for n in range(5)])
    for rank in range(2):
        np.testing.assert_allclose(np.load(tmp_path / f"{rank}.npy"), expected, atol=1e-4)
