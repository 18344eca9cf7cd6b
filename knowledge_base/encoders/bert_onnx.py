"""Builds the ONNX graph of a BERT encoder straight from its weights, without torch.

Attention and the embeddings are ONNX Runtime's fused operators; a residual and its norm are not: on a
CPU its SkipLayerNormalization takes three times as long as two additions and a norm. The graph knows
nothing of pooling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx

Array = npt.NDArray[Any]

STANDARD = ("MatMul", "Add", "LayerNormalization")
"""Operators of ONNX itself; the others are ONNX Runtime's."""

NOT_FUSED = ("SkipLayerNormFusion", "BiasGeluFusion")
"""What ONNX Runtime's optimizer leaves: the one is slower, the other keeps a bias out of its int8 product."""


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
        domain = "" if operator in STANDARD else "com.microsoft"
        self.nodes.append(
            self._helper.make_node(
                operator, inputs, outputs, domain=domain, name=outputs[0], **attributes
            )
        )
        return outputs[0]

    def linear(self, prefix: str, given: str) -> str:
        kernel = self.weight(f"{prefix}.weight", self._weights[f"{prefix}.weight"].T)
        product = self.node("MatMul", [given, kernel], [f"{prefix}.product"])
        return self.node("Add", [product, self.weight(f"{prefix}.bias")], [f"{prefix}.out"])

    def add_and_norm(self, given: str, residual: str, norm: str) -> str:
        total = self.node("Add", [given, residual], [f"{norm}.total"])
        return self.node(
            "LayerNormalization",
            [total, self.weight(f"{norm}.weight"), self.weight(f"{norm}.bias")],
            [f"{norm}.out"],
            axis=-1,
            epsilon=self._shape.epsilon,
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
        after = self.add_and_norm(
            self.linear(f"{prefix}.attention.output.dense", attended),
            hidden,
            f"{prefix}.attention.output.LayerNorm",
        )
        inner = self.linear(f"{prefix}.intermediate.dense", after)
        activated = self.node("Gelu", [inner], [f"{prefix}.gelu"])
        return self.add_and_norm(
            self.linear(f"{prefix}.output.dense", activated), after, f"{prefix}.output.LayerNorm"
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
