"""int8 for a graph of ``build_bert``: its products in whole numbers, after their inputs were evened out.

One scale has to hold all activations of a product, and a few channels reach ten to twenty times as far as
the rest, which is left with few of the 256 steps. So a far channel is divided before the product and
its row of weights multiplied by the same number, which changes nothing in float32 (SmoothQuant,
Xiao et al. 2023, arXiv:2211.10438).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge_base.encoders.pooling import Floats

if TYPE_CHECKING:
    import onnx

PRODUCTS = ("MatMul", "Attention")
"""The operators that multiply with weights: their second input."""

FAR = 1.5
"""A channel is evened out if it reaches farther than so many times the median channel of its product."""

STRENGTH = 0.7
"""How much of the way: 0 leaves it all to the activations, 1 all to the weights, which are rounded too."""


def quantize(model: onnx.ModelProto, probes: Iterable[Sequence[int]], target: Path) -> None:
    """Write an int8 version of a graph: weights per channel, activations as they come.

    Args:
        model: A graph of ``build_bert``; it is changed.
        probes: Rows of token ids that show how far activations reach.
        target: Where the graph is written.
    """
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    _even_out(model, _reaches(model, probes))
    root = logging.getLogger()
    level = root.level
    # it advises, by the root logger, a step that this graph has no need of
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(
            model,
            str(target),
            op_types_to_quantize=list(PRODUCTS),
            per_channel=True,
            # two products of eight bits overflow the sixteen in which AVX2 adds them
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    finally:
        root.setLevel(level)


def _products(model: onnx.ModelProto) -> list[Any]:
    return [node for node in model.graph.node if node.op_type in PRODUCTS]


def _reaches(model: onnx.ModelProto, probes: Iterable[Sequence[int]]) -> dict[str, Floats]:
    """Return for each input of a product how far each of its channels reaches from nought."""
    import onnxruntime
    from onnx import ModelProto, TensorProto, helper

    names = list(dict.fromkeys(node.input[0] for node in _products(model)))
    watched = ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    session = onnxruntime.InferenceSession(
        watched.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: dict[str, Floats] = {}
    for row in probes:
        ids = np.asarray([row], np.int32)
        feed = {
            "input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)
        }  # fmt: skip
        for name, values in zip(names, session.run(names, feed), strict=True):
            reach = np.abs(values[0]).max(axis=0)
            found[name] = np.maximum(found[name], reach) if name in found else reach
    return found


def _even_out(model: onnx.ModelProto, reaches: dict[str, Floats]) -> None:
    """Divide the far channels before each product, and multiply its weights by the same."""
    from onnx import helper, numpy_helper

    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in _products(model):
        given, kernel = node.input[0], weights[node.input[1]]
        reach = reaches[given]
        usual = max(float(np.median(reach)), float(np.finfo(np.float32).tiny))
        scale = np.maximum(1, reach / (FAR * usual)) ** STRENGTH
        evened = numpy_helper.to_array(kernel) * scale[:, None]
        kernel.CopyFrom(numpy_helper.from_array(evened.astype(np.float32), kernel.name))
        divisor = numpy_helper.from_array((1 / scale).astype(np.float32), f"{node.name}.evening")
        model.graph.initializer.append(divisor)
        node.input[0] = f"{node.name}.evened"
        step = helper.make_node("Mul", [given, divisor.name], [node.input[0]], name=node.input[0])
        model.graph.node.insert(list(model.graph.node).index(node), step)
