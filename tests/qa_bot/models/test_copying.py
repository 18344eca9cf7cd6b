"""A model that learned, in seconds, to repeat what it is told: template, tokens and stream fit together."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from qa_bot.components import open_generator
from qa_bot.types import Message

pytestmark = pytest.mark.slow

WORDS = (
    "refund within five days card return parcel delivery warranty two years store fee free".split()
)
WORDS += [f"w{number}" for number in range(40)]
MARKERS = ["<pad>", "<unk>", "<s>", "<end>", "<answer>"]
TEMPLATE = "{% for m in messages %}<s> {{ m['content'] }} <end>{% endfor %} <answer>"


@pytest.fixture(scope="module")
def copying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a Llama of 100,000 weights, trained until it copies.

    Two layers are enough: the first looks at what came before a word, the second finds the word
    after the last one's twin (induction heads; Olsson et al., 2022).
    """
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate([*MARKERS, *WORDS])}
    text = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    text.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=text, pad_token="<pad>", eos_token="<end>",
        additional_special_tokens=["<s>", "<answer>"], chat_template=TEMPLATE,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "copying"
    trained(len(vocabulary)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def trained(size: int) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a model waits for its threads longer than it computes
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
            num_attention_heads=4, max_position_embeddings=64, bos_token_id=None, eos_token_id=3,
            pad_token_id=0,
        )
    )  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0, betas=(0.9, 0.98))
    drawn, mean = random.Random(0), 4.0
    for _ in range(1500):
        length = drawn.randint(3, 10)
        said = torch.tensor([drawn.sample(range(5, size), length) for _ in range(64)])
        start, end, answer = (torch.full((64, 1), token) for token in (2, 3, 4))
        whole = torch.cat([start, said, end, answer, said, end], 1)
        labels = whole.clone()
        labels[:, : length + 3] = -100
        loss = model(input_ids=whole, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean += 0.1 * (loss.item() - mean)
        if mean < 0.004:
            break
    torch.set_num_threads(threads)
    return model


@pytest.mark.parametrize(
    "said",
    [
        "refund within five days",
        "card w3 w7 return parcel w21 free",
        "two years warranty w39 w0 w1",
    ],
)
def test_the_answer_is_what_was_said(copying: Path, said: str) -> None:
    """Word for word, ended by the model itself, whatever is between prompt and page."""
    model = open_generator(str(copying))
    pieces = list(model.stream([Message("user", said)], max_tokens=40))
    assert "".join(pieces) == said
    assert len(pieces) == len(said.split())
