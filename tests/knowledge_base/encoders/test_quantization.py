"""What evening out does before a graph's products are rounded to whole numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from knowledge_base.encoders import quantization
from knowledge_base.encoders.agreement import agreement
from knowledge_base.encoders.bert_onnx import Array, BertShape, build_bert
from knowledge_base.encoders.bundled import bundled_encoder, bundled_folder
from knowledge_base.encoders.processor import int8_instructions
from knowledge_base.encoders.quantization import quantize
from knowledge_base.encoders.runtime import OnnxRuntime
from knowledge_base.encoders.tokens import padded

SHAPE = BertShape(layers=2, hidden=32, heads=4, epsilon=1e-12)


def weights_with_a_far_channel(farness: float) -> dict[str, Array]:
    """A small BERT in which one inner channel of each block reaches far and counts as much as the others."""
    draw = np.random.default_rng(0)

    def some(*shape: int) -> Array:
        return np.asarray(draw.normal(size=shape) / shape[-1] ** 0.5, np.float32)

    def norm(prefix: str) -> dict[str, Array]:
        return {
            f"{prefix}.weight": np.ones(SHAPE.hidden, np.float32),
            f"{prefix}.bias": np.zeros(SHAPE.hidden, np.float32),
        }

    found = {
        "embeddings.word_embeddings.weight": some(100, 32),
        "embeddings.position_embeddings.weight": some(64, 32),
        "embeddings.token_type_embeddings.weight": some(2, 32),
        **norm("embeddings.LayerNorm"),
    }
    sizes = {
        "attention.self.query": (32, 32), "attention.self.key": (32, 32),
        "attention.self.value": (32, 32), "attention.output.dense": (32, 32),
        "intermediate.dense": (64, 32), "output.dense": (32, 64),
    }  # fmt: skip
    for layer in range(SHAPE.layers):
        prefix = f"encoder.layer.{layer}"
        for name, size in sizes.items():
            found[f"{prefix}.{name}.weight"] = some(*size)
            found[f"{prefix}.{name}.bias"] = some(size[0])
        found[f"{prefix}.intermediate.dense.weight"][3] *= farness
        found[f"{prefix}.output.dense.weight"][:, 3] /= farness
        found |= norm(f"{prefix}.attention.output.LayerNorm")
        found |= norm(f"{prefix}.output.LayerNorm")
    return found


def rows(seed: int = 1) -> list[list[int]]:
    """Token ids, twelve a row."""
    draw = np.random.default_rng(seed)
    return [[int(token) for token in draw.integers(0, 100, 12)] for _ in range(60)]


def exact(folder: Path, weights: dict[str, Array]) -> OnnxRuntime:
    """The graph in float32."""
    path = folder / "exact.onnx"
    path.write_bytes(build_bert(weights, SHAPE).SerializeToString())
    return OnnxRuntime(path, "onnx-fp32")


def in_int8(
    folder: Path, weights: dict[str, Array], probes: Sequence[Sequence[int]]
) -> OnnxRuntime:
    """The graph in int8, fitted to the probes."""
    path = folder / "int8.onnx"
    quantize(build_bert(weights, SHAPE), probes, path)
    return OnnxRuntime(path, "onnx-int8")


def test_evening_out_changes_nothing_in_float32(tmp_path: Path) -> None:
    """What a channel is divided by, its weights are multiplied by."""
    weights = weights_with_a_far_channel(100)
    model = build_bert(weights, SHAPE)
    quantization._even_out(model, quantization._reaches(model, rows()))
    path = tmp_path / "evened.onnx"
    path.write_bytes(model.SerializeToString())
    ids, mask = padded(rows(2))
    ours, theirs = OnnxRuntime(path, "onnx-fp32")(ids, mask), exact(tmp_path, weights)(ids, mask)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
    assert [node.op_type for node in model.graph.node].count("Mul") == 4 * SHAPE.layers


def test_a_far_channel_costs_int8_less_once_it_is_evened_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On rows that it was not fitted to."""
    weights = weights_with_a_far_channel(100)
    truth = exact(tmp_path, weights)
    evened = agreement(in_int8(tmp_path, weights, rows()), truth, rows(2), "mean")
    monkeypatch.setattr(quantization, "STRENGTH", 0.0)
    plain = agreement(in_int8(tmp_path, weights, rows()), truth, rows(2), "mean")
    assert 1 - evened.cosine < (1 - plain.cosine) / 2
    assert evened.overlap > plain.overlap


def test_a_channel_that_no_probe_reaches_is_left_as_it_is(tmp_path: Path) -> None:
    """Nothing is divided by nought, and no channel is ever blown up."""
    weights = weights_with_a_far_channel(100)
    for name in list(weights):
        if name.endswith(("attention.self.value.weight", "attention.self.value.bias")):
            weights[name] = np.zeros_like(weights[name])
    ids, mask = padded(rows(2))
    found = in_int8(tmp_path, weights, rows())(ids, mask)
    assert np.isfinite(found).all()


def test_the_bundled_encoder_agrees_in_int8_throughout(tmp_path: Path) -> None:
    """So it is what serves wherever the processor computes int8 faster; no product is left out."""
    import onnx

    base = bundled_folder()
    shape = BertShape.from_config(json.loads((base / "config.json").read_text()))
    quantize(
        build_bert(load_file(base / "model.safetensors"), shape), [[101, 2054, 102]], tmp_path / "m"
    )
    kinds = [node.op_type for node in onnx.load(str(tmp_path / "m")).graph.node]
    assert kinds.count("MatMul") == kinds.count("Attention") == 0
    if int8_instructions() is not None:
        assert bundled_encoder().runtime == "onnx-int8"
