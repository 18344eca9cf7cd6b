"""What every test can ask for: a clean environment, small documents, a real encoder."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase
from qa_bot.errors import GeneratorFailed
from qa_bot.types import Message

# how long an example takes says how busy the machine is; speed is measured in benchmarks/
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

SHARED_DATA = Path(
    os.environ.get("QA_BOT_SHARED_DATA") or Path(__file__).parents[1].parent / "shared" / "data"
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away settings of the machine; models stay in the cache that is there."""
    for name in list(os.environ):
        if name.startswith("QA_BOT_") and name not in ("QA_BOT_CACHE", "QA_BOT_SHARED_DATA"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("QA_BOT_HOME", str(tmp_path / "default-home"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of shared data; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of shared data is not here (set QA_BOT_SHARED_DATA)")
    return SHARED_DATA


@pytest.fixture(scope="session")
def minilm() -> TransformerEncoder:
    """Return the bundled encoder, opened once."""
    return bundled_encoder()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return an owned home folder."""
    opened = Home(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def base(home: Home) -> Iterator[KnowledgeBase]:
    """Return an empty knowledge base over the hashing encoder: real stores, no model."""
    encoder = HashingEncoder()
    opened = KnowledgeBase(home, home.create("test", encoder), encoder)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three small documents."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "returns.md").write_text(
        "# Returns\n\nGoods may be returned within 30 days.\n\n"
        "## Refunds\n\nThe refund is paid within five days. A fee of 4 EUR is deducted.\n"
    )
    (documents / "delivery.txt").write_text(
        "Delivery takes two days.\n\nExpress delivery costs 9 EUR and takes one day.\n"
    )
    (documents / "hours.html").write_text(
        "<html><body><nav>Home Help</nav><main><h1>Opening hours</h1>"
        "<p>The shop is open from nine to five.</p></main></body></html>"
    )
    return documents


CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def tiny_causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a Llama of 100,000 random weights with a tokenizer and a chat template."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    folder = tmp_path_factory.mktemp("models") / "tiny-causal"
    tokenizer = tiny_tokenizer(CHAT_TEMPLATE)
    set_seed(5)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
            initializer_range=0.8,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    return saved(model, tokenizer, folder)


@pytest.fixture(scope="session")
def tiny_seq2seq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a T5 of random weights, whose tokenizer has no chat template."""
    from transformers import T5Config, T5ForConditionalGeneration, set_seed

    tokenizer = tiny_tokenizer(None)
    set_seed(5)
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=32,
            d_kv=8,
            d_ff=64,
            num_layers=2,
            num_heads=4,
            initializer_factor=4.0,
            tie_word_embeddings=False,
            decoder_start_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    return saved(model, tokenizer, tmp_path_factory.mktemp("models") / "tiny-seq2seq")


def tiny_tokenizer(chat_template: str | None) -> Any:
    """Return a byte-level tokenizer made from the project's own page; it reads every text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<pad>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([readme], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        eos_token="<|im_end|>",
        additional_special_tokens=special[1:2],
        chat_template=chat_template,
        model_max_length=256,
    )


def saved(model: Any, tokenizer: Any, folder: Path) -> Path:
    """Save a random model that prefers whole words: half a character or an end makes no piece."""
    import torch

    words = [
        bool(re.fullmatch(r"[ a-zA-Z]{2,}", tokenizer.decode([token])))
        for token in range(len(tokenizer))
    ]
    with torch.no_grad():
        model.lm_head.weight[~torch.tensor(words)] = 0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@dataclass
class Served:
    """A running ``transformers serve``: a real OpenAI-compatible server over a tiny model."""

    url: str
    model: str
    process: subprocess.Popen[bytes]


@contextmanager
def serving(model: Path, folder: Path) -> Iterator[Served]:
    """Serve a model until the end; what the server says goes to a file in ``folder``."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (folder / "hub").mkdir()
    code = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", code, "serve", str(model), "--port", str(port)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder / "hub")}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--device", "cpu"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert process.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield Served(f"http://127.0.0.1:{port}/v1", str(model), process)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def served(tiny_causal: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server over the tiny causal model that runs as long as the tests do."""
    with serving(tiny_causal, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def mortal_server(tiny_causal: Path, tmp_path: Path) -> Iterator[Served]:
    """Return a server of one test's own, which it may kill."""
    with serving(tiny_causal, tmp_path) as running:
        yield running


class Replaying:
    """A generator for tests that gives texts it was given: what an LLM writes cannot be foreseen.

    One after the other, word by word, the last one for ever; it may break off after some words.
    """

    name = "replaying"

    def __init__(
        self, *texts: str, breaks_after: int | None = None, window: int = 4000, pause: float = 0
    ) -> None:
        self.window = window
        self._texts, self._breaks_after, self._pause = list(texts), breaks_after, pause
        self.prompts: list[tuple[Message, ...]] = []
        self.closed = 0

    def count(self, messages: Sequence[Message]) -> int:
        """Count words, and three for each message."""
        return sum(len(message.content.split()) + 3 for message in messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        """Give the next text."""
        self.prompts.append(tuple(messages))
        text = self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]
        try:
            for number, word in enumerate(text.split(" ") if text else []):
                if number == self._breaks_after:
                    raise GeneratorFailed("the server at http://x closed the connection; start it")
                time.sleep(self._pause)
                yield word if number == 0 else f" {word}"
        finally:
            self.closed += 1


@pytest.fixture(scope="session")
def replaying() -> type[Replaying]:
    """Return the class of a generator that gives the texts that it is made with."""
    return Replaying
