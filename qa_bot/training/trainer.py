"""Trains the reader: accelerate, bf16, warm-up and decay by time or by steps, resumable."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from safetensors.numpy import save_file
from tqdm import tqdm

from knowledge_base.encoders.bundled import bundled_encoder, bundled_folder
from knowledge_base.encoders.model_cache import sha256_of
from knowledge_base.encoders.tokens import WordPieces
from qa_bot.training.data import ExampleStream, Question, read_questions
from qa_bot.training.data import hold_out as split
from qa_bot.training.export import WEIGHTS_NAME, export
from qa_bot.training.features import Batch, batches
from qa_bot.training.negatives import mine
from qa_bot.training.network import ReaderNetwork, as_arrays, loss_of

DEVELOPMENT = 300
"""Held-out questions that the weights kept are chosen by."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How to train. With ``minutes`` the schedule follows the clock, otherwise ``steps``.

    ``start`` names a reader's folder to go on from, ``freeze`` how many of the lowest layers stay as
    they are, ``hard_negatives`` asks for wrong passages that the bundled encoder brings up,
    ``negatives`` is the share of questions that are read beside a wrong passage, ``swapped`` that of
    those made unanswerable by another name or number, ``cropped`` that of those read beside a few
    sentences instead of whole passages, ``keep`` how much of the weights of ``start`` is
    in the result, and
    ``precision`` is ``"bf16"``, ``"no"`` (float32) or ``"auto"``, see ``fitting_precision``.
    """

    data: tuple[str, ...]
    out: str
    minutes: float = 0.0
    steps: int = 1000
    rate: float = 2e-4
    warm_up: float = 0.05
    budget: int = 3072
    accumulate: int = 1
    hold_out: float = 0.04
    seed: int = 7
    save_every: int = 100
    evaluate_every: int = 1000
    start: str = ""
    freeze: int = 0
    hard_negatives: bool = False
    negatives: float = 0.5
    swapped: float = 0.15
    cropped: float = 0.0
    keep: float = 0.0
    weight_decay: float = 0.01
    precision: str = "auto"
    tensorboard: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; written with every checkpoint. ``seconds`` of work so far.

    ``best`` is the lowest loss on the development questions, whose weights are kept.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    best: float = math.inf


def train_reader(config: TrainConfig) -> Path:
    """Train, resuming the checkpoint in ``out`` if there is one; return the exported weights' path.

    The same configuration gives the same weights, whether or not a run was killed and resumed
    (with ``steps``; a schedule by the clock depends on the machine).

    Raises:
        DataError: If a data file cannot be read or holds no question.
    """
    set_seed(config.seed)
    precision = fitting_precision() if config.precision == "auto" else config.precision
    accelerator = Accelerator(
        mixed_precision=precision,
        gradient_accumulation_steps=config.accumulate,
        cpu=not torch.cuda.is_available(),
    )
    folder = Path(config.out)
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(config, folder, accelerator)
    run.go()
    best = folder / "best.safetensors"
    if accelerator.is_main_process:
        if best.is_file():
            run.network.load(best)
        if config.keep:
            run.network.move_back(Path(config.start) / WEIGHTS_NAME, config.keep)
        export(run.network, folder, asdict(config))
    accelerator.wait_for_everyone()
    return folder / WEIGHTS_NAME


def fitting_precision() -> str:
    """Return ``"bf16"`` where the GPU or the processor computes in it, else ``"no"`` (float32).

    A processor without it imitates it, a hundred times slower than float32.
    """
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "no"


class _Run:
    """One training run: its data, network, optimizer, and how far it is."""

    def __init__(self, config: TrainConfig, folder: Path, accelerator: Accelerator) -> None:
        self._config, self._folder, self._accelerator = config, folder, accelerator
        self._tokens = WordPieces.from_file(bundled_folder() / "tokenizer.json", 512)
        kept, held = _articles(config)
        with accelerator.main_process_first():  # the first finds, the others read what it found
            mined = _mined(config, folder, kept)
        self._stream = ExampleStream(
            kept, _order(config), config.negatives, config.swapped, config.cropped, mined
        )
        self._development = list(_development(config, held, self._tokens))
        self.network = ReaderNetwork(bundled_folder())
        if config.start:
            self.network.load(Path(config.start) / WEIGHTS_NAME)
        self.network.freeze(config.freeze)
        self._optimizer: Any = torch.optim.AdamW(
            [parameter for parameter in self.network.parameters() if parameter.requires_grad],
            lr=config.rate,
            weight_decay=config.weight_decay,
            fused=True,
        )
        self._wrapped, self._optimizer = accelerator.prepare(self.network, self._optimizer)
        self._progress = _resume(folder, self.network, self._optimizer)

    def go(self) -> None:
        """Take steps until the schedule ends, saving checkpoints on the way."""
        config = self._config
        writer = _tensorboard(self._folder) if config.tensorboard else None
        last = time.monotonic()
        done = _done(config, self._progress)
        with tqdm(total=100.0, unit="%", disable=not os.isatty(2), initial=done) as bar:
            for epoch, number, batch in self._batches():
                done = _done(config, self._progress)
                if done >= 100.0:
                    break
                loss = self._step(batch, config.rate * _factor(done / 100.0, config.warm_up))
                now, before = time.monotonic(), self._progress
                smooth = 0.98 * before.loss + 0.02 * loss if before.step else loss
                seconds = before.seconds + now - last
                self._progress = Progress(
                    before.step + 1, epoch, number + 1, seconds, smooth, before.best
                )
                last = now
                bar.update(_done(config, self._progress) - bar.n)
                bar.set_postfix(loss=f"{smooth:.3f}", step=self._progress.step, refresh=False)
                if writer is not None:
                    writer.add_scalar("loss", smooth, self._progress.step)
                if self._progress.step % config.evaluate_every == 0:
                    self._evaluate(writer)
                if self._progress.step % config.save_every == 0:
                    self._save()
        self._evaluate(writer)
        self._save()

    def _batches(self) -> Iterator[tuple[int, int, Batch]]:
        """Give epoch, number and batch, going on after those that a checkpoint has behind it.

        Of several processes each takes its share of the batches.
        """
        config, progress = self._config, self._progress
        mine, all_of_us = self._accelerator.process_index, self._accelerator.num_processes
        epoch = progress.epoch
        while True:
            seed = f"{config.seed}/{epoch}"
            made = batches(self._tokens, self._stream.epoch(epoch), seed, config.budget)
            for number, batch in enumerate(made):
                behind = epoch == progress.epoch and number < progress.batch
                if not behind and number % all_of_us == mine:
                    yield epoch, number, batch
            epoch += 1

    def _step(self, batch: Batch, rate: float) -> float:
        self._wrapped.train()
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with self._accelerator.accumulate(self._wrapped):
            with self._accelerator.autocast():
                loss = loss_of(self._wrapped, batch)
            self._accelerator.backward(loss)
            self._accelerator.clip_grad_norm_(self._wrapped.parameters(), 1.0)
            self._optimizer.step()
            self._optimizer.zero_grad()
        return float(loss.item())

    def _evaluate(self, writer: Any) -> None:
        """Measure the loss on the development questions and keep the weights if it is the lowest."""
        if not self._development:
            return
        self._wrapped.eval()
        with torch.no_grad(), self._accelerator.autocast():
            losses = [loss_of(self._wrapped, batch).item() for batch in self._development]
        loss = sum(losses) / len(losses)
        if writer is not None:
            writer.add_scalar("development loss", loss, self._progress.step)
        if loss < self._progress.best:
            self._progress = replace(self._progress, best=loss)
            if self._accelerator.is_main_process:
                temporary = self._folder / "best.tmp"
                save_file(as_arrays(self.network), temporary)
                temporary.replace(self._folder / "best.safetensors")

    def _save(self) -> None:
        """Write a checkpoint in one step, so that a kill leaves the former one."""
        if not self._accelerator.is_main_process:
            return
        temporary = self._folder / "checkpoint.tmp"
        torch.save(
            {
                "network": self.network.trained(),
                "optimizer": self._optimizer.state_dict(),
                "progress": json.dumps(asdict(self._progress)),
            },
            temporary,
        )
        temporary.replace(self._folder / "checkpoint.pt")
        (self._folder / "progress.json").write_text(json.dumps(asdict(self._progress)))


def _articles(config: TrainConfig) -> tuple[list[list[Question]], list[list[Question]]]:
    """Return the articles to learn from, and those held out."""
    both: tuple[list[list[Question]], list[list[Question]]] = ([], [])
    for path in config.data:
        for some, articles in zip(
            both,
            split(read_questions(Path(path)), config.hold_out, config.seed),
            strict=True,
        ):
            some.extend(articles.values())
    return both


def _order(config: TrainConfig) -> str:
    """Return what decides the order of the questions: another for each reader that is gone on from.

    Otherwise every run would learn again from the questions that the run before began with.
    """
    if not config.start:
        return f"{config.seed}"
    return f"{config.seed}/{sha256_of(Path(config.start) / WEIGHTS_NAME)}"


def _mined(
    config: TrainConfig, folder: Path, articles: Sequence[Sequence[Question]]
) -> list[list[str]]:
    """Return the wrong passages of every question, found once and kept beside the checkpoint."""
    if not config.hard_negatives:
        return []
    questions = [question for article in articles for question in article]
    paragraphs = sorted({question.context for question in questions})
    kept = folder / "negatives.json"
    if kept.is_file():
        numbers = json.loads(kept.read_text())
    else:
        numbers = mine(questions, paragraphs, bundled_encoder())
        kept.write_text(json.dumps(numbers))
    return [[paragraphs[number] for number in row] for row in numbers]


def _development(
    config: TrainConfig, held: Sequence[list[Question]], tokens: WordPieces
) -> Iterator[Batch]:
    """Give the batches of some held-out questions, the same at every evaluation."""
    articles = [article for article in held if article]
    if articles:
        stream = ExampleStream(articles, f"{config.seed}", negatives=1.0, swapped=0.0)
        some = islice(stream.epoch(0), DEVELOPMENT)
        yield from batches(tokens, some, f"{config.seed}", config.budget)


def _done(config: TrainConfig, progress: Progress) -> float:
    """Return how much of the schedule is behind, in per cent."""
    if config.minutes:
        return min(100.0, 100.0 * progress.seconds / (60.0 * config.minutes))
    return min(100.0, 100.0 * progress.step / config.steps)


def _factor(done: float, warm_up: float) -> float:
    """Return the share of the peak rate: up in a line, then down in a line to nearly nothing."""
    return done / warm_up + 0.02 if done < warm_up else max(0.01, (1 - done) / (1 - warm_up))


def _resume(folder: Path, network: ReaderNetwork, optimizer: Any) -> Progress:
    path = folder / "checkpoint.pt"
    if not path.is_file():
        return Progress()
    saved = torch.load(path, weights_only=True)
    network.load_state_dict(saved["network"], strict=False)
    optimizer.load_state_dict(saved["optimizer"])
    return replace(Progress(), **json.loads(saved["progress"]))


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError("TensorBoard is missing; install it: pip install tensorboard") from error
    return SummaryWriter(str(folder / "tensorboard"))
