"""The reader's network in torch: a BERT encoder with a span head and a head on [CLS]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from qa_bot.errors import ReaderError
from qa_bot.training.features import UNKNOWN, Batch

SPAN, CLS = "span", "cls"


class ReaderNetwork(nn.Module):
    """Scores every token as start and end of the answer, and the passage as a whole."""

    def __init__(self, folder: Path) -> None:
        """Start from a BERT folder; its word embeddings are used as they are and never trained."""
        super().__init__()
        from transformers import BertModel

        self.bert = BertModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            attn_implementation="eager",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        hidden = self.bert.config.hidden_size
        self.span = nn.Linear(hidden, 2)
        self.cls = nn.Linear(hidden, 2)
        for head in (self.span, self.cls):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Return span logits ``(b, s, 2)`` and [CLS] logits ``(b, 2)``: answerable, relevant."""
        hidden = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types)
        states = hidden.last_hidden_state
        return self.span(states), self.cls(states[:, 0])

    def freeze(self, layers: int) -> None:
        """Leave the embeddings and this many of the lowest layers as they are: a cheaper step."""
        for part in (self.bert.embeddings, *self.bert.encoder.layer[:layers]) if layers else ():
            part.requires_grad_(False)

    def load(self, weights: Path) -> None:
        """Start from weights that ``export`` wrote."""
        named = {
            name if name.startswith(("span.", "cls.")) else f"bert.{name}": tensor.float()
            for name, tensor in load_file(weights).items()
        }
        missing, unexpected = self.load_state_dict(named, strict=False)
        strange = [*unexpected, *(name for name in missing if name in self.trained())]
        if strange:
            raise ReaderError(f"{weights} are no reader's weights: {strange[0]} does not fit")

    def move_back(self, weights: Path, share: float) -> None:
        """Take this share of the weights from a file: what was learned before is forgotten less.

        As WiSE-FT does (Wortsman et al., 2022).
        """
        learned = {name: tensor.clone() for name, tensor in self.trained().items()}
        self.load(weights)
        with torch.no_grad():
            for name, tensor in self.trained().items():
                tensor.mul_(share).add_(learned[name], alpha=1 - share)

    def trained(self) -> dict[str, Tensor]:
        """Return the weights that training changes: all but the word embeddings."""
        return {
            name: tensor
            for name, tensor in self.state_dict().items()
            if not name.endswith(("word_embeddings.weight", "position_ids", "token_type_ids"))
        }


def loss_of(network: nn.Module, batch: Batch) -> Tensor:
    """Return the loss of a batch.

    The span over a passage's own tokens, [CLS] meaning none; the span over the tokens of all the
    passages of its question (shared normalisation, Clark and Gardner, 2018); whether the passage
    answers; and which of a question's passages is the right one.
    """
    device = next(network.parameters()).device
    ids, mask, types, starts, ends, answerable, relevant, groups = (
        torch.from_numpy(array).to(device)
        for array in (
            *(batch.ids, batch.mask, batch.types, batch.starts, batch.ends),
            *(batch.answerable, batch.relevant, batch.groups),
        )
    )
    spans, heads = network(ids, mask, types)
    # only [CLS] and the passage can hold a start or an end
    allowed = (types == 1) & (mask == 1)
    shared = spans.float().masked_fill(~allowed[..., None], -1e4)
    allowed[:, 0] = True
    spans = spans.float().masked_fill(~allowed[..., None], -1e4)
    heads = heads.float()
    total = 0.5 * functional.binary_cross_entropy_with_logits(heads[:, 0], answerable.float())
    total = total + 0.5 * functional.binary_cross_entropy_with_logits(heads[:, 1], relevant.float())
    total = total + 0.5 * _among(heads[:, 1], heads[:, 1], relevant == 1, groups)
    for column, targets in ((0, starts), (1, ends)):
        known = (targets != UNKNOWN).any()
        if known:
            total = total + 0.35 * functional.cross_entropy(
                spans[..., column], targets, ignore_index=UNKNOWN
            )
        reached = shared[..., column]
        aimed = reached.gather(1, targets.clamp(min=0)[:, None])[:, 0]
        total = total + 0.25 * _among(reached.logsumexp(1), aimed, targets > 0, groups)
    return total


def _among(mass: Tensor, aimed: Tensor, right: Tensor, groups: Tensor) -> Tensor:
    """Return how far the right rows are from winning among their question's rows.

    Args:
        mass: What each row weighs, in logits, shape ``(b,)``.
        aimed: The logit that the row should win with, shape ``(b,)``.
        right: Which rows are right; others only compete.
        groups: The question of each row.
    """
    if not bool(right.any()):
        return mass.sum() * 0.0
    same = groups[:, None] == groups[None, :]
    everything = mass[None, :].masked_fill(~same, -1e4).logsumexp(1)
    return (everything - aimed)[right].mean()


def as_arrays(network: ReaderNetwork) -> dict[str, Any]:
    """Return the trained weights in half precision, under the names that are shipped."""
    return {
        name.removeprefix("bert."): tensor.detach().cpu().to(torch.float16).numpy()
        for name, tensor in network.trained().items()
    }
