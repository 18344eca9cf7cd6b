"""The reader's network in torch: a BERT encoder with a span head and a head on [CLS]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from qa_bot.training.features import Batch

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

    def trained(self) -> dict[str, Tensor]:
        """Return the weights that training changes: all but the word embeddings."""
        return {
            name: tensor
            for name, tensor in self.state_dict().items()
            if not name.endswith(("word_embeddings.weight", "position_ids", "token_type_ids"))
        }


def loss_of(network: nn.Module, batch: Batch) -> Tensor:
    """Return the loss of a batch: the span over all tokens ([CLS] means none), and both [CLS] heads."""
    ids, mask, types = (torch.from_numpy(array) for array in (batch.ids, batch.mask, batch.types))
    spans, heads = network(ids, mask, types)
    # only [CLS] and the passage can hold a start or an end
    allowed = (types == 1) & (mask == 1)
    allowed[:, 0] = True
    spans = spans.float().masked_fill(~allowed[..., None], -1e4)
    heads = heads.float()
    start = functional.cross_entropy(spans[..., 0], torch.from_numpy(batch.starts))
    end = functional.cross_entropy(spans[..., 1], torch.from_numpy(batch.ends))
    answerable = functional.binary_cross_entropy_with_logits(
        heads[:, 0], torch.from_numpy(batch.answerable).float()
    )
    relevant = functional.binary_cross_entropy_with_logits(
        heads[:, 1], torch.from_numpy(batch.relevant).float()
    )
    total: Tensor = (start + end) / 2 + 0.5 * (answerable + relevant)
    return total


def as_arrays(network: ReaderNetwork) -> dict[str, Any]:
    """Return the trained weights in half precision, under the names that are shipped."""
    return {
        name.removeprefix("bert."): tensor.detach().to(torch.float16).numpy()
        for name, tensor in network.trained().items()
    }
