"""Trains the reader: accelerate, bf16, warm-up and decay by time or by steps, resumable."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from tqdm import tqdm

from knowledge_base.encoders.bundled import bundled_folder
from knowledge_base.encoders.tokens import WordPieces
from qa_bot.training.data import ExampleStream, read_squad
from qa_bot.training.data import hold_out as split
from qa_bot.training.export import export
from qa_bot.training.features import Batch, batches
from qa_bot.training.network import ReaderNetwork, loss_of


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How to train. With ``minutes`` the schedule follows the clock, otherwise ``steps``."""

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
    weight_decay: float = 0.01
    precision: str = "bf16"
    tensorboard: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; written with every checkpoint. ``seconds`` of work so far."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0
    loss: float = 0.0


def train_reader(config: TrainConfig) -> Path:
    """Train, resuming the checkpoint in ``out`` if there is one; return the exported weights' path.

    The same configuration gives the same weights, whether or not a run was killed and resumed
    (with ``steps``; a schedule by the clock depends on the machine).

    Raises:
        DataError: If a data file cannot be read or holds no question.
    """
    set_seed(config.seed)
    accelerator = Accelerator(
        mixed_precision=config.precision,
        gradient_accumulation_steps=config.accumulate,
        cpu=not torch.cuda.is_available(),
    )
    folder = Path(config.out)
    folder.mkdir(parents=True, exist_ok=True)
    stream = ExampleStream(_articles(config), config.seed)
    tokens = WordPieces.from_file(bundled_folder() / "tokenizer.json", 512)
    network = ReaderNetwork(bundled_folder())
    optimizer = torch.optim.AdamW(
        [parameter for parameter in network.parameters() if parameter.requires_grad],
        lr=config.rate,
        weight_decay=config.weight_decay,
    )
    network, optimizer = accelerator.prepare(network, optimizer)
    progress = _resume(folder, accelerator.unwrap_model(network), optimizer)
    _run(config, folder, accelerator, network, optimizer, stream, tokens, progress)
    return export(accelerator.unwrap_model(network), folder, asdict(config))


def _run(
    config: TrainConfig,
    folder: Path,
    accelerator: Accelerator,
    network: Any,
    optimizer: Any,
    stream: ExampleStream,
    tokens: WordPieces,
    progress: Progress,
) -> None:
    """Take steps until the schedule ends, saving checkpoints on the way."""
    network.train()
    writer = _tensorboard(folder) if config.tensorboard else None
    last = time.monotonic()
    with tqdm(
        total=100.0, unit="%", disable=not os.isatty(2), initial=_done(config, progress)
    ) as bar:
        for epoch, number, batch in _batches(config, stream, tokens, progress):
            done = _done(config, progress)
            if done >= 100.0:
                break
            for group in optimizer.param_groups:
                group["lr"] = config.rate * _factor(done / 100.0, config.warm_up)
            with accelerator.accumulate(network):
                with accelerator.autocast():
                    loss = loss_of(network, batch)
                accelerator.backward(loss)
                accelerator.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
            now = time.monotonic()
            smooth = 0.98 * progress.loss + 0.02 * loss.item() if progress.step else loss.item()
            seconds = progress.seconds + now - last
            progress = Progress(progress.step + 1, epoch, number + 1, seconds, smooth)
            last = now
            bar.update(_done(config, progress) - bar.n)
            bar.set_postfix(loss=f"{smooth:.3f}", step=progress.step, refresh=False)
            if writer is not None:
                writer.add_scalar("loss", smooth, progress.step)
            if progress.step % config.save_every == 0:
                _save(folder, accelerator.unwrap_model(network), optimizer, progress)
    _save(folder, accelerator.unwrap_model(network), optimizer, progress)


def _articles(config: TrainConfig) -> list[list[Any]]:
    articles = []
    for path in config.data:
        kept, _ = split(read_squad(Path(path)), config.hold_out, config.seed)
        articles += list(kept.values())
    return articles


def _batches(
    config: TrainConfig, stream: ExampleStream, tokens: WordPieces, progress: Progress
) -> Iterator[tuple[int, int, Batch]]:
    """Give epoch, number and batch, going on after those that a checkpoint has behind it."""
    epoch = progress.epoch
    while True:
        made = batches(tokens, stream.epoch(epoch), f"{config.seed}/{epoch}", config.budget)
        for number, batch in enumerate(made):
            if epoch > progress.epoch or number >= progress.batch:
                yield epoch, number, batch
        epoch += 1


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


def _save(folder: Path, network: ReaderNetwork, optimizer: Any, progress: Progress) -> None:
    """Write a checkpoint in one step, so that a kill leaves the former one."""
    temporary = folder / "checkpoint.tmp"
    torch.save(
        {
            "network": network.trained(),
            "optimizer": optimizer.state_dict(),
            "progress": json.dumps(asdict(progress)),
        },
        temporary,
    )
    temporary.replace(folder / "checkpoint.pt")
    (folder / "progress.json").write_text(json.dumps(asdict(progress)))


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError("TensorBoard is missing; install it: pip install tensorboard") from error
    return SummaryWriter(str(folder / "tensorboard"))
