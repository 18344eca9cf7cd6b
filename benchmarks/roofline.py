"""The share of what the processor can multiply that encoders reach, beside plain products in the same run.

``python benchmarks/roofline.py SQUAD_FILE [--paragraphs 64] [--out FILE]`` encodes paragraphs with every
runtime, counts the multiplications and additions of its linear layers and attention, and divides them by
those that one large product of matrices does in a second: float32, and int8 as ONNX Runtime computes it.
Processor seconds are taken, not the clock's, as the machine may do other work.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.encoders.processor import cores, int8_instructions
from qa_bot.training.data import read_questions

ROWS, INNER, COLUMNS = 2048, 1024, 1024
"""The shape of the plain product."""

HIDDEN, INTERMEDIATE, LAYERS = 384, 1536, 6
"""MiniLM's."""


def per_second(operations: float, run: Callable[[], Any], least: float = 2.0) -> float:
    """Return operations a processor second, the best of three."""
    run()
    best = 0.0
    for _ in range(3):
        started, count = time.process_time(), 0
        while time.process_time() - started < least / 3:
            run()
            count += 1
        best = max(best, operations * count / (time.process_time() - started))
    return best


def product(int8: bool) -> float:
    """Return the operations a processor second of one large product, in ONNX Runtime."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime.quantization import QuantType, quantize_dynamic

    draw = np.random.default_rng(0)
    right = draw.normal(size=(INNER, COLUMNS)).astype(np.float32)
    left = draw.normal(size=(ROWS, INNER)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [ROWS, INNER])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [ROWS, COLUMNS])],
        [numpy_helper.from_array(right, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "product.onnx"
        if int8:
            quantize_dynamic(model, str(path), per_channel=True, weight_type=QuantType.QInt8)
        else:
            path.write_bytes(model.SerializeToString())
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    return per_second(2.0 * ROWS * INNER * COLUMNS, lambda: session.run(None, {"x": left}))


def operations(tokens: int) -> float:
    """Return the multiplications and additions that MiniLM does for a text of so many tokens."""
    linear = 2.0 * tokens * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * INTERMEDIATE)
    attention = 2.0 * 2 * tokens * tokens * HIDDEN
    return LAYERS * (linear + attention)


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--paragraphs", type=int, default=64)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    asked = read_questions(given.file).values()
    texts = list(dict.fromkeys(question.context for some in asked for question in some))
    texts = texts[:: max(1, len(texts) // given.paragraphs)][: given.paragraphs]
    found: dict[str, Any] = {
        "cores": cores(),
        "int8": int8_instructions(),
        "paragraphs": len(texts),
    }
    for int8, name in ((False, "onnx-fp32"), (True, "onnx-int8")):
        encoder = bundled_encoder(name)
        needed = sum(operations(min(encoder.tokens.count(t), encoder.tokens.window)) for t in texts)
        peak = product(int8)
        reached = per_second(needed, lambda encoder=encoder: encoder.encode_passages(texts))
        found[name] = {
            "product_gops": round(peak / 1e9, 1),
            "encoder_gops": round(reached / 1e9, 1),
            "share": round(reached / peak, 3),
            "paragraphs_per_cpu_s": round(reached / needed * len(texts), 1),
        }
    text = json.dumps(found, indent=1)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
