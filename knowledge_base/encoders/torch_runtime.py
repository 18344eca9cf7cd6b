"""Runs a BERT with torch: on a GPU in half precision, or on a CPU in float32 where it is asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge_base.encoders.pooling import Floats
from knowledge_base.encoders.tokens import Ints

if TYPE_CHECKING:
    import torch

    from knowledge_base.encoders.runtime import Network

_LOG = logging.getLogger(__name__)

GPU_BATCH_TOKENS, CPU_BATCH_TOKENS = 131_072, 4096
"""The most padded tokens of one call, to begin with: halved whenever the memory does not hold them."""


class TorchRuntime:
    """A ``BertModel`` with scaled dot-product attention; safe to use from many threads.

    Where a batch does not fit into the GPU's memory it is halved, and so are those that follow; a single
    text that does not fit is encoded on the CPU. Launched by ``accelerate launch`` as several processes,
    each with a GPU, ``together`` shares the texts out among them.
    """

    def __init__(self, network: Network, note: str) -> None:
        """Load the weights onto the device that accelerate gives this process."""
        import torch
        from accelerate import PartialState

        state = PartialState()
        self.processes: int = state.num_processes
        self._device: torch.device = state.device
        gpu = self._device.type == "cuda"
        half = torch.bfloat16 if gpu and torch.cuda.is_bf16_supported() else torch.float16
        self._type = half if gpu else torch.float32
        self._model = _model(network).to(self._device, self._type).eval()
        self.batch_tokens = GPU_BATCH_TOKENS if gpu else CPU_BATCH_TOKENS
        self.name = "torch"
        self.note = f"{note}: {self._device.type}, {str(self._type).removeprefix('torch.')}"
        self._warned = False

    def __call__(self, ids: Ints, mask: Ints, types: Ints | None = None) -> Floats:
        """Return hidden states ``(b, s, hidden)`` for ids and mask ``(b, s)``."""
        return self._fitting(ids, mask, types, "none")

    def pooled(self, ids: Ints, mask: Ints, pooling: str) -> Floats:
        """Return one pooled state a row, shape ``(b, hidden)``; only these leave the GPU."""
        return self._fitting(ids, mask, None, pooling)

    def together(self, texts: Sequence[str], encode: Callable[[Sequence[str]], Floats]) -> Floats:
        """Share texts out among the processes; every one must call this, and each gets all vectors."""
        from accelerate import PartialState
        from accelerate.utils import gather_object

        if self.processes == 1:
            return encode(texts)
        with PartialState().split_between_processes(list(texts)) as mine:
            part = encode(mine)
        return np.concatenate(gather_object([part]))

    def _fitting(self, ids: Ints, mask: Ints, types: Ints | None, pooling: str) -> Floats:
        """Run a batch, or its halves where the memory does not hold it."""
        import torch

        try:
            return self._run(self._model, ids, mask, types, pooling)
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
        if not self._warned:
            self._warned = True
            _LOG.warning(
                "the memory of %s does not hold %d texts of %d tokens; batches are halved",
                self._device, *ids.shape,
            )  # fmt: skip
        if len(ids) == 1:
            return self._on_cpu(ids, mask, types, pooling)
        self.batch_tokens = max(ids.shape[1], min(self.batch_tokens, ids.size) // 2)
        middle = len(ids) // 2
        halves = [
            self._fitting(ids[part], mask[part], None if types is None else types[part], pooling)
            for part in (slice(middle), slice(middle, None))
        ]
        return np.concatenate(halves)

    def _on_cpu(self, ids: Ints, mask: Ints, types: Ints | None, pooling: str) -> Floats:
        import copy

        import torch

        return self._run(
            copy.deepcopy(self._model).to("cpu", torch.float32), ids, mask, types, pooling
        )

    def _run(self, model: Any, ids: Ints, mask: Ints, types: Ints | None, pooling: str) -> Floats:
        import torch

        device = next(model.parameters()).device
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        with torch.inference_mode():
            moved = {n: _moved(a, device) for n, a in given.items() if a is not None}
            hidden = model(**moved).last_hidden_state
            found: Floats = _pool(hidden, moved["attention_mask"], pooling).float().cpu().numpy()
        return found


def _model(network: Network) -> Any:
    """Return a ``BertModel`` with a network's weights; its sizes are read from them.

    Scaled dot-product attention is what transformers takes by itself where torch has it.
    """
    import torch
    from transformers import BertConfig, BertModel

    weights = {
        name: torch.from_numpy(np.array(tensor, np.float32))
        for name, tensor in network.weights().items()
    }
    shape = network.shape
    config = BertConfig(
        vocab_size=len(weights["embeddings.word_embeddings.weight"]),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=len(weights["encoder.layer.0.intermediate.dense.weight"]),
        max_position_embeddings=len(weights["embeddings.position_embeddings.weight"]),
        type_vocab_size=len(weights["embeddings.token_type_embeddings.weight"]),
        layer_norm_eps=shape.epsilon,
    )
    model = BertModel(config, add_pooling_layer=False)
    missing = model.load_state_dict(weights, strict=False).missing_keys
    if missing:
        raise KeyError(missing[0])
    return model


def _moved(array: Ints, device: torch.device) -> torch.Tensor:
    """Return an array on a device; from pinned memory, so that the copy does not hold up the CPU."""
    import torch

    tensor = torch.from_numpy(array.astype(np.int64))
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def _pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    if pooling == "none":
        return hidden
    if pooling == "cls":
        return hidden[:, 0]
    known = mask[..., None].bool()
    if pooling == "max":
        return hidden.masked_fill(~known, float("-inf")).amax(dim=1)
    kept = hidden.float().masked_fill(~known, 0.0)
    return kept.sum(dim=1) / mask.sum(dim=1, keepdim=True)
