"""What a generator model is good for: three fixed questions over three documents of the sample base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa_bot.bootstrap import App
from qa_bot.errors import GeneratorFailed
from qa_bot.protocols import Generator
from qa_bot.types import Answer, Message

SAMPLE = Path(__file__).parent / "sample"
"""The documents; they are the sample base's own, so that the trial runs wherever the package is."""

QUESTIONS = (
    "How long does a card refund take?",
    "What does a repair of a vacuum cleaner cost?",
    "自签收次日起几天内可以无理由退货？",
)


@dataclass(frozen=True, slots=True)
class Tried:
    """How a model answered one question.

    ``outcome`` is ``answered``, ``declined`` (it said that there is no answer, or nothing it wrote
    was supported), ``failed`` (the passages were quoted instead) or ``not asked`` (no evidence).
    ``sentences`` of which ``cited`` carried a mark as the model wrote it, and ``supported`` say what a
    passage says; ``false_marks`` named no passage. Times in milliseconds.
    """

    question: str
    outcome: str
    answer: str
    sentences: int = 0
    cited: int = 0
    supported: int = 0
    false_marks: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    first_token_ms: float | None = None
    tokens_per_second: float | None = None
    error: str = ""

    @property
    def in_form(self) -> bool:
        """Whether it answered in whole sentences, each with a mark of its own, none of them false."""
        return self.outcome == "answered" and self.cited == self.sentences and not self.false_marks


def try_model(app: App) -> Iterator[Tried]:
    """Yield how the model of an app's settings answers each question.

    Args:
        app: An app over an empty home folder.

    Raises:
        UnknownComponent: If the settings name a model that cannot be.
        GeneratorFailed: If it is missing or damaged, or none is named.
    """
    generator = app.generator
    if generator is None:
        raise GeneratorFailed("no model is named; name one, or a server with --base-url")
    bot = app.bot()
    bot.knowledge_base.sync([SAMPLE])
    for question in QUESTIONS:
        yield _tried(question, bot.ask(question), generator)


def _tried(question: str, answer: Answer, generator: Generator) -> Tried:
    told: dict[str, Any] = dict(answer.explain.get("generator", {}))
    if not told.get("asked"):
        return Tried(question, "not asked", answer.text)
    if "failed" in told:
        return Tried(question, "failed", answer.text, error=str(told["failed"]))
    marks = told.get("marks", {})
    held = [claim for claim in answer.claims if claim.support is not None]
    wrote = str(told.get("wrote", answer.text))
    tokens = generator.count([Message("assistant", wrote)]) - generator.count(
        [Message("assistant", "")]
    )
    first, total = told.get("first_token_ms"), told.get("total_ms")
    writing = (total - first) / 1000 if first is not None and total is not None else 0.0
    cited = sum(bool(claim.citations) for claim in held)
    return Tried(
        question,
        "declined" if answer.abstained else "answered",
        wrote,
        sentences=len(held),
        cited=max(0, cited - int(marks.get("added", 0))),
        supported=sum(claim.support is not None and claim.support.supported for claim in held),
        false_marks=int(marks.get("dropped", 0)),
        prompt_tokens=int(told.get("prompt_tokens", 0)),
        answer_tokens=tokens,
        first_token_ms=first,
        tokens_per_second=round((tokens - 1) / writing, 2) if writing > 0 and tokens > 1 else None,
    )
