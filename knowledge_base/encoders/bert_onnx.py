"""Builds the ONNX graph of a BERT encoder straight from its weights, without torch.

The graph uses ONNX Runtime's fused operators (Attention, SkipLayerNormalization, BiasGelu), the
same ones its own optimizer would find in an exported graph. It knows nothing of pooling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx

Array = npt.NDArray[Any]

KEPT = re.compile(r"encoder\.layer\.(0\.|[12]\.output\.dense\.)")
"""What int8 leaves in float32: the first layer, and the second linear layer of the next two blocks.

Their inputs have a few values far above the rest, which one scale for all cannot hold.
"""


@dataclass(frozen=True, slots=True)
class BertShape:
    """The numbers of a BERT configuration that the graph depends on."""

    layers: int
    hidden: int
    heads: int
    epsilon: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> BertShape:
        """Read the numbers from a Hugging Face ``config.json``.

        Raises:
            KeyError: If the configuration is not that of a BERT.
        """
        return cls(
            layers=int(config["num_hidden_layers"]),
            hidden=int(config["hidden_size"]),
            heads=int(config["num_attention_heads"]),
            epsilon=float(config.get("layer_norm_eps", 1e-12)),
        )


class _Graph:
    """Collects nodes and weights."""

    def __init__(self, weights: Mapping[str, Array], shape: BertShape) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._to_tensor = helper, numpy_helper.from_array
        self._weights, self._shape = weights, shape
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def weight(self, name: str, value: Array | None = None) -> str:
        array = self._weights[name] if value is None else value
        self.tensors.append(self._to_tensor(np.ascontiguousarray(array, np.float32), name))
        return name

    def node(self, operator: str, inputs: list[str], outputs: list[str], **attributes: Any) -> str:
        domain = "" if operator in ("MatMul", "Add") else "com.microsoft"
        self.nodes.append(
            self._helper.make_node(
                operator, inputs, outputs, domain=domain, name=outputs[0], **attributes
            )
        )
        return outputs[0]

    def linear(self, prefix: str, given: str) -> str:
        transposed = self._weights[f"{prefix}.weight"].T
        return self.node(
            "MatMul", [given, self.weight(f"{prefix}.weight", transposed)], [f"{prefix}.product"]
        )

    def skip_norm(self, given: str, residual: str, dense: str, norm: str) -> str:
        inputs = [
            given,
            residual,
            self.weight(f"{norm}.weight"),
            self.weight(f"{norm}.bias"),
            self.weight(f"{dense}.bias"),
        ]
        return self.node(
            "SkipLayerNormalization", inputs, [f"{norm}.out"], epsilon=self._shape.epsilon
        )

    def layer(self, number: int, hidden: str) -> str:
        prefix = f"encoder.layer.{number}"
        parts = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
        qkv = np.concatenate([self._weights[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        attended = self.node(
            "Attention",
            [
                hidden,
                self.weight(f"{prefix}.qkv.weight", qkv),
                self.weight(f"{prefix}.qkv.bias", bias),
                "mask_index",
            ],
            [f"{prefix}.attended"],
            num_heads=self._shape.heads,
        )
        dense = f"{prefix}.attention.output.dense"
        after = self.skip_norm(
            self.linear(dense, attended), hidden, dense, f"{prefix}.attention.output.LayerNorm"
        )
        inner = f"{prefix}.intermediate.dense"
        activated = self.node(
            "BiasGelu", [self.linear(inner, after), self.weight(f"{inner}.bias")], [f"{inner}.gelu"]
        )
        outer = f"{prefix}.output.dense"
        return self.skip_norm(
            self.linear(outer, activated), after, outer, f"{prefix}.output.LayerNorm"
        )


def build_bert(weights: Mapping[str, Array], shape: BertShape) -> onnx.ModelProto:
    """Return the graph of a BERT encoder.

    Inputs: ``input_ids``, ``attention_mask``, ``token_type_ids``, int32, shape ``(b, s)``; padding
    must stand at the right. Output: ``last_hidden_state``, float32, shape ``(b, s, hidden)``;
    its rows at padded positions mean nothing.

    Args:
        weights: The tensors of ``BertModel`` under their usual names, without a prefix.
        shape: The numbers of the configuration.

    Raises:
        KeyError: If a weight is missing; the error names it.
    """
    from onnx import TensorProto, helper

    graph = _Graph(weights, shape)
    embeddings = "embeddings"
    hidden = graph.node(
        "EmbedLayerNormalization",
        [
            "input_ids",
            "token_type_ids",
            graph.weight(f"{embeddings}.word_embeddings.weight"),
            graph.weight(f"{embeddings}.position_embeddings.weight"),
            graph.weight(f"{embeddings}.token_type_embeddings.weight"),
            graph.weight(f"{embeddings}.LayerNorm.weight"),
            graph.weight(f"{embeddings}.LayerNorm.bias"),
            "attention_mask",
        ],
        ["embedded", "mask_index"],
        epsilon=shape.epsilon,
    )
    for number in range(shape.layers):
        hidden = graph.layer(number, hidden)
    graph.nodes[-1].output[0] = "last_hidden_state"
    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT32, ["b", "s"]) for n in names]
    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, ["b", "s", shape.hidden]
    )
    return helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, [output], graph.tensors),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
        ir_version=9,
    )


def quantize(model: onnx.ModelProto, target: Path) -> None:
    """Write an int8 version of a graph: weights per channel, activations as they come.

    The linear layers and the attention are quantized but for those of ``KEPT``; embeddings and
    norms stay in float32.
    """
    import logging

    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(
        logging.ERROR
    )  # it advises, by the root logger, a step that this graph has no need of
    try:
        quantize_dynamic(
            model,
            str(target),
            op_types_to_quantize=["MatMul", "Attention"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[node.name for node in model.graph.node if KEPT.match(node.name)],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    finally:
        root.setLevel(level)
