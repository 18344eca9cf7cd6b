"""Encoders read from folders give what transformers' own classes give, on small models made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    DPRConfig,
    DPRContextEncoder,
    DPRQuestionEncoder,
)

from knowledge_base.chunking.context import encoded_text
from knowledge_base.components import open_encoder
from knowledge_base.encoders.bundled import bundled_folder
from knowledge_base.encoders.dpr import DPREncoder
from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.errors import EncoderError
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase

SMALL: dict[str, Any] = {
    "vocab_size": 30522,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 96,
}
TEXTS = ["How long is the warranty?", "The lamp costs 4 EUR.", "Two years. " * 40]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return BertTokenizerFast(tokenizer_file=str(bundled_folder() / "tokenizer.json"))


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """Return the folder of a small BERT with random weights."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(1)
    BertModel(BertConfig(**SMALL)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> tuple[Path, Path]:
    """Return the folders of a small DPR question encoder and context encoder."""
    folders = []
    for seed, (name, kind) in enumerate(
        [("question", DPRQuestionEncoder), ("context", DPRContextEncoder)]
    ):
        folder = tmp_path_factory.mktemp(name)
        torch.manual_seed(seed)
        kind(DPRConfig(**SMALL, projection_dim=24)).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        folders.append(folder)
    return folders[0], folders[1]


def states(folder: Path, tokenizer: Any, text: str, window: int) -> Any:
    """Return the token states that transformers gives."""
    given = tokenizer(text, truncation=True, max_length=window, return_tensors="pt")
    with torch.no_grad():
        return BertModel.from_pretrained(folder).eval()(**given).last_hidden_state[0].numpy()


def unit(vector: Any) -> Any:
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_a_folder_is_pooled_as_it_says(
    bert: Path, tokenizer: Any, tmp_path: Path, pooling: str
) -> None:
    """With its own window; a plain BERT by the mean."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in bert.iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "1_Pooling").mkdir()
    modes = {
        f"pooling_mode_{n}_token{'s' * (n != 'cls')}": n == pooling for n in ("mean", "cls", "max")
    }
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 40}')
    encoder = TransformerEncoder(folder, runtime="onnx-fp32")
    assert encoder.tokens.window == 40
    for text, vector in zip(TEXTS, encoder.encode_passages(TEXTS), strict=True):
        found = states(bert, tokenizer, text, 40)
        pooled = {"mean": found.mean(0), "cls": found[0], "max": found.max(0)}[pooling]
        np.testing.assert_allclose(vector, unit(pooled), atol=1e-4)


def test_prompts_stand_before_queries_and_passages(bert: Path, tmp_path: Path) -> None:
    """They take their tokens from the window, and change the fingerprint."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in bert.iterdir():
        (folder / file.name).symlink_to(file)
    plain = TransformerEncoder(folder, runtime="onnx-fp32")
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    prompted = TransformerEncoder(folder, runtime="onnx-fp32")
    np.testing.assert_allclose(
        prompted.encode_queries(["a lamp"]), plain.encode_queries(["query: a lamp"]), atol=1e-5
    )
    np.testing.assert_allclose(
        prompted.encode_passages(["a lamp"]), plain.encode_passages(["passage: a lamp"]), atol=1e-5
    )
    assert prompted.tokens.window == plain.tokens.window - 2
    assert prompted.fingerprint != plain.fingerprint
    shares = prompted.token_shares("lamp", "a lamp")
    cosine = prompted.encode_passages(["a lamp"])[0] @ prompted.encode_queries(["lamp"])[0]
    assert sum(share.share for share in shares) == pytest.approx(float(cosine), abs=1e-4)


def test_two_towers_give_what_dpr_gives(towers: tuple[Path, Path], tokenizer: Any) -> None:
    """[CLS] through the projection, title and text joined by [SEP], compared by the dot product."""
    encoder = DPREncoder(*towers, runtime="onnx-fp32")
    assert (encoder.metric, encoder.dimension) == ("ip", 24)
    text = encoded_text(("Lamps",), TEXTS[1], encoder.joint)
    ids = tokenizer("Lamps", TEXTS[1], return_tensors="pt")
    with torch.no_grad():
        passage = DPRContextEncoder.from_pretrained(towers[1]).eval()(
            ids["input_ids"], ids["attention_mask"]
        )
        asked = tokenizer(TEXTS[0], return_tensors="pt")
        question = DPRQuestionEncoder.from_pretrained(towers[0]).eval()(**asked)
    np.testing.assert_allclose(
        encoder.encode_passages([text]), passage.pooler_output.numpy(), atol=1e-4
    )
    np.testing.assert_allclose(
        encoder.encode_queries(TEXTS[:1]), question.pooler_output.numpy(), atol=1e-4
    )


def test_a_knowledge_base_is_searched_with_two_towers(
    towers: tuple[Path, Path], home: Home, folder: Path
) -> None:
    """Named by two folders; what the dense side says is the dot product."""
    encoder = open_encoder(f"{towers[0]},{towers[1]}")
    base = KnowledgeBase(home, home.create("dpr", encoder), encoder)
    base.sync([folder])
    hit = base.retrieve("express delivery", 1).hits[0]
    passage = encoded_text(hit.passage.headings, hit.passage.text, encoder.joint)
    product = (
        encoder.encode_passages([passage])[0] @ encoder.encode_queries(["express delivery"])[0]
    )
    assert hit.explain.dense_score == pytest.approx(float(product), rel=0.02, abs=0.02)
    assert all(check.ok for check in base.doctor() if check.name != "recall@10")
    base.close()


def test_an_adapter_changes_the_weights_that_it_names(bert: Path, tmp_path: Path) -> None:
    """As a model with the product added to them; and the fingerprint."""
    adapted, merged = tmp_path / "adapted", tmp_path / "merged"
    draw = np.random.default_rng(1)
    low, high = (draw.normal(size=shape).astype(np.float32) for shape in ((4, 32), (32, 4)))
    target = "encoder.layer.0.attention.self.query"
    for made in (adapted, merged):
        made.mkdir()
        for file in bert.iterdir():
            (made / file.name).write_bytes(file.read_bytes())
    named = f"base_model.model.{target}"
    save_file(
        {f"{named}.lora_A.weight": low, f"{named}.lora_B.weight": high},
        adapted / "adapter_model.safetensors",
    )
    (adapted / "adapter_config.json").write_text('{"r": 4, "lora_alpha": 8}')
    weights = load_file(merged / "model.safetensors")
    weights[f"{target}.weight"] = weights[f"{target}.weight"] + 2.0 * (high @ low)
    save_file(weights, merged / "model.safetensors")
    one, other = (TransformerEncoder(made, runtime="onnx-fp32") for made in (adapted, merged))
    np.testing.assert_allclose(one.encode_passages(TEXTS), other.encode_passages(TEXTS), atol=1e-5)
    assert one.fingerprint != TransformerEncoder(bert, runtime="onnx-fp32").fingerprint


def test_an_older_file_of_weights_is_read(bert: Path, tmp_path: Path) -> None:
    """pytorch_model.bin and vocab.txt, as DPR's own checkpoints have them."""
    old = tmp_path / "old"
    old.mkdir()
    model = BertModel.from_pretrained(bert)
    torch.save(model.state_dict(), old / "pytorch_model.bin")
    (old / "config.json").write_bytes((bert / "config.json").read_bytes())
    words = json.loads((bert / "tokenizer.json").read_text())["model"]["vocab"]
    (old / "vocab.txt").write_text("\n".join(sorted(words, key=words.get)) + "\n")
    one, other = (TransformerEncoder(folder, runtime="onnx-fp32") for folder in (old, bert))
    np.testing.assert_allclose(one.encode_passages(TEXTS), other.encode_passages(TEXTS), atol=1e-5)


def test_what_is_no_encoder_is_one_clear_line(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing file, another kind of model, an unknown step, two that do not fit, no network."""
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(EncoderError, match=r"config\.json cannot be read"):
        open_encoder(str(empty))
    (empty / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(EncoderError, match="model of type 'gpt2'; a BERT-like encoder is needed"):
        open_encoder(str(empty))
    (empty / "config.json").write_bytes((bert / "config.json").read_bytes())
    with pytest.raises(EncoderError, match="holds no weights"):
        open_encoder(str(empty))
    (empty / "2_Dense").mkdir()
    with pytest.raises(EncoderError, match="adds the step 2_Dense"):
        open_encoder(str(empty))
    with pytest.raises(EncoderError, match="name two of one pair"):
        open_encoder(f"{bert},{bundled_folder()}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match="'nobody/nothing' is in no local folder or cache"):
        open_encoder("nobody/nothing")
