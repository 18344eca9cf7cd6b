"""Local models: any causal or sequence-to-sequence model of transformers, streamed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from qa_bot.errors import GeneratorFailed
from qa_bot.models.chat_template import ChatTemplate
from qa_bot.models.thoughts import OPENING
from qa_bot.models.weights import Loaded, load
from qa_bot.models.window import room_for_answer
from qa_bot.types import Message

LONGEST_CHARACTER = 5
"""Tokens after which bytes that make no character are shown as they are; UTF-8 has at most four."""


def open_local_model(name: str, *, precision: str = "auto", window: int = 0) -> LocalGenerator:
    """Return the model of a folder, or of a name on the hub.

    Raises:
        GeneratorFailed: If it is missing or damaged, or the hub cannot be reached.
    """
    return LocalGenerator(load(name, precision=precision, window=window), name)


class LocalGenerator:
    """A model in this process. Conversations queue, first come, first served; answers are greedy.

    One thread of its own runs the model: streams cannot mix, and a stream that is closed ends the
    model at the next token, or leaves the queue.
    """

    def __init__(self, loaded: Loaded, name: str) -> None:
        """Take a loaded model."""
        self.name = name
        self.window = loaded.window
        self.precision = loaded.precision
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        self._template = ChatTemplate(loaded.tokenizer, name, seq2seq=loaded.is_seq2seq)
        self._greedy = _greedy(loaded)
        self._device = _computing(loaded.model.device)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="generator")

    def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens of the prompt, as the model reads it."""
        return len(self._template.tokens(messages))

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        """Yield the answer's text as it comes; closing the iterator stops the model.

        Raises:
            PromptTooLong: If the messages do not fit into the window.
            GeneratorFailed: If the model fails while it writes.
        """
        prompt = self._template.tokens(messages)
        room = room_for_answer(self.name, self.window, len(prompt), max_tokens)
        pieces = _Pieces(self._tokenizer)
        job = self._worker.submit(self._generate, prompt, room, pieces)
        # a job that ends without a word, or never begins, ends its stream too
        job.add_done_callback(lambda _: pieces.end())
        try:
            if self._template.opens_thoughts:
                yield OPENING
            yield from pieces
            self._settled(job)
        finally:
            job.cancel()
            pieces.stop()

    def _generate(self, prompt: list[int], room: int, pieces: _Pieces) -> None:
        if pieces.stopped:
            return
        ids = torch.tensor([prompt], device=self._device)
        limited = copy(self._greedy)
        limited.max_new_tokens = room
        with torch.inference_mode():
            self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                generation_config=limited,
                streamer=pieces,
                stopping_criteria=StoppingCriteriaList([_Stop(pieces)]),
            )

    def _settled(self, job: Future[None]) -> None:
        try:
            job.result()
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise GeneratorFailed(
                f"the model {self.name!r} ran out of memory; send fewer passages (the setting "
                "`passages`), set `model_precision` to 4bit, or name a smaller model"
            ) from error
        except (RuntimeError, ValueError, LookupError, TypeError, AttributeError, OSError) as error:
            words = str(error).strip().splitlines() or [type(error).__name__]
            raise GeneratorFailed(
                f"the model {self.name!r} broke off ({words[0][:200]}); ask again, or check its files"
            ) from error


class _Pieces(BaseStreamer):
    """Tokens in from the model's thread, whole characters out to the one that reads."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        # what comes first is the prompt, or the start token of a decoder
        self._first = True
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._tokens: list[int] = []
        self._shown = self._kept = 0

    @property
    def stopped(self) -> bool:
        """Whether nobody reads any more."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Have the model end at the next token."""
        self._stop.set()

    def put(self, value: Any) -> None:
        """Take what the model wrote."""
        if self._first:
            self._first = False
            return
        self._tokens.extend(int(token) for token in value.reshape(-1))
        if piece := self._next():
            self._queue.put(piece)

    def end(self) -> None:
        """Give what is left, and the end."""
        rest = self._next(last=True)
        if rest:
            self._queue.put(rest)
        self._queue.put(None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._queue.get, None)

    def _next(self, *, last: bool = False) -> str:
        """Return the text that the newest tokens add; "" while they end inside a character.

        What was shown is decoded again with them, since tokenizers write a token according to
        the one before it (a space, a part of a character).
        """
        before = self._text(self._kept, self._shown)
        now = self._text(self._kept, len(self._tokens))
        broken = now.endswith("\ufffd") and len(self._tokens) - self._shown < LONGEST_CHARACTER
        if len(now) <= len(before) or (broken and not last):
            return ""
        self._kept, self._shown = self._shown, len(self._tokens)
        return now[len(before) :]

    def _text(self, start: int, end: int) -> str:
        return str(self._tokenizer.decode(self._tokens[start:end], skip_special_tokens=True))


class _Stop(StoppingCriteria):
    def __init__(self, pieces: _Pieces) -> None:
        self._pieces = pieces

    def __call__(self, input_ids: Any, *_: Any, **__: Any) -> Any:
        return torch.full((input_ids.shape[0],), self._pieces.stopped, device=input_ids.device)


def _computing(device: torch.device) -> torch.device:
    """Return where a model computes whose first weights are on ``device``: "meta" are those on disk."""
    if device.type != "meta":
        return device
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _greedy(loaded: Loaded) -> Any:
    """Return the model's own generation settings, without chance and without limits of length."""
    config: Any = GenerationConfig.from_dict(loaded.model.generation_config.to_dict())
    config.update(
        do_sample=False, temperature=None, top_p=None, top_k=None, min_p=None, typical_p=None,
        max_length=None, num_beams=1, return_dict_in_generate=False,
    )  # fmt: skip
    if config.pad_token_id is None:
        config.pad_token_id = loaded.tokenizer.pad_token_id or _first(config.eos_token_id)
    return config


def _first(ids: int | list[int] | None) -> int | None:
    return ids[0] if isinstance(ids, list) else ids
