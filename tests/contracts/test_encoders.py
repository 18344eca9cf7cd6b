"""One suite for every encoder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge_base.components import ENCODERS, open_encoder
from knowledge_base.encoders.bundled import bundled_folder
from knowledge_base.encoders.runtime import RUNTIMES
from knowledge_base.encoders.shared import SharedEncoder
from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.errors import EncoderError, UnknownComponent
from knowledge_base.protocols import Encoder

TEXTS = ["How long is the warranty?", "退货须在30天内办理。", "x", "The shop opens at nine. " * 80]


@pytest.fixture(params=[*sorted(set(ENCODERS) - {"minilm"}), *RUNTIMES, "shared"], scope="module")
def encoder(request: pytest.FixtureRequest) -> Encoder:
    if request.param == "shared":
        return SharedEncoder(open_encoder("minilm"))
    if request.param in RUNTIMES:
        return open_encoder("minilm", request.param)
    return open_encoder(request.param)


def test_an_encoder_is_one_by_its_protocol(encoder: Encoder) -> None:
    """It has the attributes and methods that the knowledge base uses."""
    assert isinstance(encoder, Encoder)
    assert encoder.metric in ("cosine", "ip")


def test_vectors_are_float32_rows_in_the_order_given(encoder: Encoder) -> None:
    """Shape (n, d); reordering the texts reorders the rows."""
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (4, encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(encoder.encode_passages(TEXTS[::-1]), vectors[::-1], atol=0.02)


def test_the_same_texts_give_the_same_vectors(encoder: Encoder) -> None:
    """To the last bit, for questions and for passages."""
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS), encoder.encode_passages(TEXTS))
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS), encoder.encode_queries(TEXTS))


def test_a_very_long_text_and_unknown_characters_are_encoded(encoder: Encoder) -> None:
    """A text beyond the window, one of no known letter, an empty one, and what no font shows."""
    odd = ["word " * 20_000, "\u16a0\u16a2\u16a6 \U0001f9ff", "", "\x00\x07\ufffd", "a" * 50_000]
    vectors = encoder.encode_passages(odd)
    assert vectors.shape == (5, encoder.dimension)
    assert np.isfinite(vectors).all()


def test_cosine_vectors_come_normalised(encoder: Encoder) -> None:
    """So that a dot product is the cosine."""
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_queries(TEXTS), axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    """An empty list is allowed."""
    assert encoder.encode_queries([]).shape == (0, encoder.dimension)


def test_a_text_alone_gives_what_it_gives_in_a_batch(encoder: Encoder) -> None:
    """Within what int8 activations allow."""
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    together = encoder.encode_passages(TEXTS)
    assert float((alone * together).sum(axis=1).min()) > 0.95


def test_many_threads_get_what_one_gets(encoder: Encoder) -> None:
    """No state is shared between calls."""
    expected = encoder.encode_queries(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: encoder.encode_queries(TEXTS), range(8)):
            np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    """The message helps to choose."""
    with pytest.raises(UnknownComponent, match="choose one of minilm, hashing"):
        open_encoder("word2vec")


def test_weights_with_another_checksum_are_refused(tmp_path: object) -> None:
    """Before they are used."""
    with pytest.raises(EncoderError, match="has the checksum 53aa51172d14"):
        TransformerEncoder(bundled_folder(), sha256="0" * 64)


def test_the_share_of_unknown_tokens_tells_what_the_vocabulary_reads(
    minilm: TransformerEncoder,
) -> None:
    """English is read whole, and so is Chinese by its glosses; Japanese and Korean are not."""
    assert minilm.unknown_share("How long is the warranty?") == 0.0
    assert minilm.unknown_share("净化器滤网更换周期") == 0.0
    assert minilm.unknown_share("保証期間はどのくらいですか") > 0.3


@pytest.mark.slow
def test_bundled_vectors_equal_those_of_transformers() -> None:
    """In float32 to four digits; in int8 to a cosine of 0.98."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(bundled_folder())
    model = AutoModel.from_pretrained(bundled_folder()).eval()
    encoder = TransformerEncoder(bundled_folder(), runtime="onnx-fp32")
    read = [encoder.tokens.read_as(text) for text in TEXTS]  # Chinese word by word in English
    batch = tokenizer(read, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None].float()
    expected = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1)).numpy()
    exact = encoder.encode_passages(TEXTS)
    np.testing.assert_allclose(exact, expected, atol=1e-4)
    quantized = TransformerEncoder(bundled_folder(), runtime="onnx-int8").encode_passages(TEXTS)
    assert float((quantized * expected).sum(axis=1).min()) > 0.97
