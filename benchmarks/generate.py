"""Measures a local model's engine: time to the first piece, tokens a second, one and several users.

``python benchmarks/generate.py [--shape small|0.5b|1.5b] [--prompt 512] [--answer 64] [--out FILE]`` makes a
Llama of random weights of that shape, with a tokenizer, loads it as ``--model FOLDER`` does, and writes JSON.
The same prompts also go to ``model.generate`` alone, in the same run and in turn: what streaming,
stopping and queueing cost is the ratio of the two. With ``--model FOLDER`` a model of yours is measured.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import torch

from qa_bot.models.local import LocalGenerator
from qa_bot.models.weights import load
from qa_bot.types import Message

SHAPES: dict[str, dict[str, int]] = {
    # hidden width, feed-forward width, layers, heads, key-value heads, vocabulary
    "small": dict(zip("hfldkv", (512, 1408, 8, 8, 4, 8_000), strict=True)),
    "0.5b": dict(zip("hfldkv", (896, 4864, 24, 14, 2, 151_936), strict=True)),
    "1.5b": dict(zip("hfldkv", (1536, 8960, 28, 12, 2, 151_936), strict=True)),
}
"""A small one for two cores; and those of common models of half and one and a half billion weights."""

README = Path(__file__).parents[1] / "README.md"


def made(shape: str, folder: Path) -> Path:
    """Save a model of random weights with a byte-level tokenizer, whose every answer is words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

    text = Tokenizer(models.BPE())
    text.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    text.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    text.train_from_iterator([README.read_text(encoding="utf-8")], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=text)
    wide = SHAPES[shape]
    set_seed(7)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=wide["v"],
            hidden_size=wide["h"],
            intermediate_size=wide["f"],
            num_hidden_layers=wide["l"],
            num_attention_heads=wide["d"],
            num_key_value_heads=wide["k"],
            max_position_embeddings=8192,
            bos_token_id=None,
            eos_token_id=None,
        )
    )
    with torch.no_grad():  # tokens that the tokenizer does not know would be no text
        model.lm_head.weight[len(tokenizer) :] = 0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def prompt(generator: LocalGenerator, tokens: int, number: int) -> list[Message]:
    """Return a prompt of about so many tokens, another for each number."""
    words = README.read_text(encoding="utf-8").split()
    words = words[37 * number :] + words
    length, told = tokens // 3, 0
    while told < tokens:
        length += max(1, (tokens - told) // 3)
        told = generator.count([Message("user", " ".join(words[:length]))])
    return [Message("user", " ".join(words[:length]))]


def asked(generator: LocalGenerator, messages: Sequence[Message], answer: int) -> dict[str, float]:
    """Return the seconds to the first piece and to the end."""
    started = time.perf_counter()
    first = 0.0
    for _ in generator.stream(messages, max_tokens=answer):
        first = first or time.perf_counter() - started
    return {"first": first, "whole": time.perf_counter() - started}


def alone(generator: LocalGenerator, messages: Sequence[Message], answer: int) -> float:
    """Return the seconds that ``model.generate`` takes by itself."""
    tokens = generator._template.tokens(messages)
    ids = torch.tensor([tokens], device=generator._model.device)
    started = time.perf_counter()
    with torch.inference_mode():
        generator._model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=answer,
            do_sample=False, pad_token_id=0,
        )  # fmt: skip
    return time.perf_counter() - started


def one_user(generator: LocalGenerator, length: int, answer: int, rounds: int) -> dict[str, Any]:
    """Return medians over the rounds; the engine and ``model.generate`` alone in turn."""
    laps, bare = [], []
    for number in range(rounds):
        messages = prompt(generator, length, number)
        laps.append(asked(generator, messages, answer))
        bare.append(alone(generator, messages, answer))
    ratios = [lap["whole"] / one for lap, one in zip(laps, bare, strict=True)]
    median = statistics.median
    return {
        "prompt_tokens": generator.count(messages),
        "answer_tokens": answer,
        "first_piece_ms": round(1000 * median(lap["first"] for lap in laps), 1),
        "tokens_per_second": round(
            median((answer - 1) / (lap["whole"] - lap["first"]) for lap in laps), 2
        ),
        "whole_seconds": round(median(lap["whole"] for lap in laps), 3),
        "generate_alone_seconds": round(median(bare), 3),
        "ratio_to_generate_alone": round(median(ratios), 3),
        "ratio_from_to": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def users(generator: LocalGenerator, length: int, answer: int, many: int) -> dict[str, Any]:
    """Return what so many users get who ask at once."""
    prompts = [prompt(generator, length, number) for number in range(many)]
    started = time.perf_counter()
    with ThreadPoolExecutor(many) as pool:
        laps = list(pool.map(lambda messages: asked(generator, messages, answer), prompts))
    whole = time.perf_counter() - started
    return {
        "users": many,
        "tokens_per_second_together": round(many * answer / whole, 2),
        "first_piece_ms_mean": round(1000 * statistics.mean(lap["first"] for lap in laps), 1),
        "first_piece_ms_last": round(1000 * max(lap["first"] for lap in laps), 1),
    }


def batched(
    folder: str, length: int, answer: int, many: int, rounds: int, precision: str
) -> dict[str, Any]:
    """Return what transformers' continuous batching makes of such prompts, and a queue, in turn.

    It needs a model of its own, since it changes how the model attends.
    """
    from transformers import ContinuousBatchingConfig, GenerationConfig

    generator = LocalGenerator(load(folder, precision=precision), "batched")
    prompts = [
        generator._template.tokens(prompt(generator, length, number)) for number in range(many)
    ]
    model: Any = load(folder, precision=precision).model
    blocks = many * (1 + (2 * length + answer) // 256)
    manager = model.init_continuous_batching(
        generation_config=GenerationConfig(
            max_new_tokens=answer, do_sample=False, eos_token_id=-1, pad_token_id=0
        ),
        continuous_batching_config=ContinuousBatchingConfig(
            num_blocks=blocks, max_batch_tokens=512
        ),
    )
    manager.start()
    manager.add_request(prompts[0][:100], max_new_tokens=4)  # to warm up
    manager.get_result(timeout=300)
    together, queued = [], []
    for turn in range(rounds):  # in turn, so that other work on the machine meets both
        started = time.perf_counter()
        for tokens in prompts:
            manager.add_request([*tokens[turn:], *tokens[:turn]], max_new_tokens=answer)
        for _ in prompts:
            manager.get_result(timeout=600)
        together.append(time.perf_counter() - started)
        started = time.perf_counter()
        for number in range(many):
            asked(generator, prompt(generator, length, number), answer)
        queued.append(time.perf_counter() - started)
    manager.stop(block=True)
    ratios = [slow / fast for slow, fast in zip(queued, together, strict=True)]
    return {
        "users": many,
        "tokens_per_second_together": round(many * answer / statistics.median(together), 2),
        "tokens_per_second_queued": round(many * answer / statistics.median(queued), 2),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_from_to": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def stopping(generator: LocalGenerator, length: int) -> float:
    """Return the milliseconds from a closed stream until the model is free."""
    stream: Any = generator.stream(prompt(generator, length, 0), max_tokens=4000)
    next(stream)
    started = time.perf_counter()
    stream.close()
    generator._worker.submit(lambda: None).result()
    return round(1000 * (time.perf_counter() - started), 1)


def main() -> None:
    """Measure and write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shape", choices=list(SHAPES), default="small")
    options.add_argument("--model", help="a model's folder instead of random weights")
    options.add_argument("--prompt", type=int, default=512, help="tokens of the prompt")
    options.add_argument("--answer", type=int, default=64, help="tokens of the answer")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--users", type=int, default=4)
    options.add_argument("--precision", default="auto")
    options.add_argument(
        "--threads", type=int, default=0, help="of the processor; 0: torch decides"
    )
    options.add_argument("--batched", action="store_true", help="continuous batching too")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.model or str(made(given.shape, Path(temporary)))
        started = time.perf_counter()
        loaded = load(folder, precision=given.precision)
        loading = time.perf_counter() - started
        generator = LocalGenerator(loaded, given.model or given.shape)
        asked(generator, prompt(generator, given.prompt, 0), 8)  # to warm up
        found = {
            "model": given.model or f"random weights, shape {given.shape}",
            "parameters": sum(one.numel() for one in loaded.model.parameters()),
            "precision": loaded.precision,
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
            "machine": f"{psutil.cpu_count(logical=False)} cores, {platform.machine()}",
            "threads": torch.get_num_threads(),
            "load_average": [round(one, 1) for one in psutil.getloadavg()],
            "torch": torch.__version__,
            "load_seconds": round(loading, 2),
            "one_user": one_user(generator, given.prompt, given.answer, given.rounds),
            "several_users": users(generator, given.prompt, given.answer, given.users),
            "stop_ms": stopping(generator, given.prompt),
        }
        if given.batched:
            found["continuous_batching"] = batched(
                folder, given.prompt, given.answer, given.users, given.rounds, given.precision
            )
    text = json.dumps(found, indent=2)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
