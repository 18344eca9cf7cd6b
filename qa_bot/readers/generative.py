"""The reader that composes: a generator LLM writes from the passages, each sentence held to them.

The extractive reader reads first. Where it finds no evidence the model is not asked; where the model
fails, before or in the middle of its answer, the extractive answer is given with a line that says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from knowledge_base.types import ScoredPassage
from prompts.load import LANGUAGES
from prompts.render import Prompts
from qa_bot.citations import strip_marks
from qa_bot.context import Packed, Packer, Reach
from qa_bot.errors import GeneratorFailed
from qa_bot.folding import Folded, Folder
from qa_bot.phrases import phrase
from qa_bot.protocols import Generator, Reader, SupportChecker
from qa_bot.readers.composition import Composed, Composition
from qa_bot.readers.evidence import pieces
from qa_bot.types import Citation, Conversation, Reading

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Writing:
    """One answer while the model writes it: how long it took, and what is shown of it."""

    composition: Composition
    refusals: Sequence[str]
    started: float = field(default_factory=time.perf_counter)
    first: float | None = None
    held: str = ""
    shown: bool = False

    def add(self, piece: str) -> str:
        """Return what is to be shown after another piece; a refusal that begins is held back."""
        if piece and self.first is None:
            self.first = time.perf_counter()
        return self.released(self.composition.add(piece))

    def released(self, text: str) -> str:
        if self.shown:
            return text
        self.held += text
        said = _bare(self.held)
        if any(refusal.startswith(said) for refusal in self.refusals):
            return ""
        self.shown = True
        return self.held

    def timings(self) -> dict[str, float]:
        """Return the milliseconds to the first piece, and of the whole answer."""
        now = time.perf_counter()
        first = now if self.first is None else self.first
        return {
            "first_token_ms": round((first - self.started) * 1000, 3),
            "total_ms": round((now - self.started) * 1000, 3),
        }


class GenerativeReader:
    """Composes answers with a model. Safe to use from many threads."""

    def __init__(
        self,
        generator: Generator,
        extractive: Reader,
        checker: SupportChecker,
        prompts: Prompts,
        *,
        reach: Reach | None = None,
        strict: bool = False,
    ) -> None:
        """Take the parts.

        Args:
            generator: Writes the answer.
            extractive: Tells whether there is evidence, and answers where the model fails.
            checker: Holds each sentence to the passages.
            prompts: What the model is told.
            reach: Gives a passage its neighbours.
            strict: Whether sentences without support are removed instead of marked.
        """
        self.generator = generator
        self.extractive = extractive
        self.name = extractive.name
        self.checker = checker
        self.prompts = prompts
        self._packer = Packer(generator, prompts, reach=reach)
        self._folder = Folder(generator, prompts, self._packer)
        self.strict = strict
        self._lock = threading.Lock()
        self._counts = {"answered": 0, "declined": 0, "failed": 0}

    @property
    def counts(self) -> Mapping[str, int]:
        """How often the model ``answered``, ``declined`` and ``failed``."""
        with self._lock:
            return dict(self._counts)

    def prepare(self) -> None:
        """Load the model; where that fails, the first question says so."""
        try:
            log.info("%s reads %d tokens", self.generator.name, self.generator.window)
        except GeneratorFailed as error:
            log.warning("the model %s is not there: %s", self.generator.name, error)

    def read(self, question: str, hits: Sequence[ScoredPassage]) -> Reading:
        """Return the answer, or an abstention with its reason."""
        for piece in self.stream(question, hits):
            if isinstance(piece, Reading):
                return piece
        raise AssertionError("a reader's stream ends with its reading")

    def stream(self, question: str, hits: Sequence[ScoredPassage]) -> Iterator[str | Reading]:
        """Yield pieces of the answer's text as they come, and at last the reading itself."""
        return self.stream_in(question, hits, None)

    def stream_in(
        self,
        question: str,
        hits: Sequence[ScoredPassage],
        conversation: Conversation | None,
    ) -> Iterator[str | Reading]:
        """Yield as ``stream`` does; the model also reads the conversation before the question."""
        quoted = self.extractive.read(question, hits)
        if quoted.abstained:
            yield _explained(quoted, {"asked": False})
            return
        shown = False
        try:
            for piece in self._written(question, hits, conversation, quoted):
                shown = shown or bool(piece)
                if isinstance(piece, Reading):
                    self._count("declined" if piece.abstained else "answered")
                yield piece
        except GeneratorFailed as error:
            self._count("failed")
            log.warning("the passages are quoted instead: %s", error)
            if not shown:
                yield from pieces(quoted)
            note = phrase("model_failed", question, why=str(error))
            yield _explained(replace(quoted, note=note), {"asked": True, "failed": str(error)})

    def _written(
        self,
        question: str,
        hits: Sequence[ScoredPassage],
        conversation: Conversation | None,
        quoted: Reading,
    ) -> Iterator[str | Reading]:
        """Yield what the model writes and the reading made of it.

        Raises:
            GeneratorFailed: If it cannot be reached, breaks off, or writes nothing.
        """
        folded = self._folder.fold(conversation)
        packed = self._packer.pack(question, hits, folded.turns, folded.summary)
        composition = Composition(question, packed.passages, self.checker, strict=self.strict)
        writing = _Writing(composition, self._refusals())
        with closing(
            _closable(self.generator.stream(packed.messages, max_tokens=packed.room))
        ) as said:
            for piece in said:
                yield writing.add(piece)
        yield writing.released(composition.finish())
        if writing.first is None:
            raise GeneratorFailed(
                f"the model {self.generator.name} wrote nothing; ask again or name another model"
            )
        composed = composition.composed()
        explain = _explain(self.generator, packed, folded, composition, writing.timings())
        yield self._reading(question, quoted, composed, packed, explain)

    def _reading(
        self,
        question: str,
        quoted: Reading,
        composed: Composed,
        packed: Packed,
        explain: Mapping[str, Any],
    ) -> Reading:
        """Return the reading of a composed answer: an abstention where nothing supports it."""
        read = packed.passages
        first = _bare(composed.text[: composed.claims[0].end]) if composed.claims else ""
        declined = any(first.startswith(refusal) for refusal in self._refusals())
        if declined or not composed.supported:
            reason = phrase("model_declined" if declined else "unsupported", question)
            reading = Reading("", None, True, 0.0, reason=reason, explain=quoted.explain, read=read)
            return _explained(reading, {**explain, "wrote": composed.text})
        held = [claim.support for claim in composed.claims if claim.support is not None]
        rate = sum(support.supported for support in held) / len(held)
        reading = Reading(
            answer=composed.text,
            short_answer=_short(quoted, composed),
            abstained=False,
            confidence=quoted.confidence * rate,
            citations=tuple(_spanned(citation, quoted) for citation in composed.citations),
            explain=quoted.explain,
            claims=composed.claims,
            read=read,
        )
        return _explained(reading, explain)

    def _refusals(self) -> list[str]:
        """Return the sentences by which the model says that there is no answer, bare."""
        return [_bare(self.prompts.render("no_answer", code)[0].content) for code in LANGUAGES]

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1


def _closable(stream: Iterator[str]) -> Any:
    """Return an iterator that can be closed: what is not a generator gets a close that does nothing."""
    return stream if hasattr(stream, "close") else (piece for piece in stream)


def _explained(reading: Reading, generator: Mapping[str, Any]) -> Reading:
    return replace(reading, explain={**reading.explain, "generator": dict(generator)})


def _explain(
    generator: Generator,
    packed: Packed,
    folded: Folded,
    composition: Composition,
    timings: Mapping[str, float],
) -> dict[str, Any]:
    return {
        "asked": True,
        "model": generator.name,
        "window": generator.window,
        "prompt_tokens": packed.tokens,
        "answer_room": packed.room,
        "passages": [
            {"number": number, "id": hit.passage.id}
            for number, hit in enumerate(packed.passages, 1)
        ],
        "left_out": [asdict(left) for left in packed.left_out],
        "turns": packed.turns,
        "summary": folded.summary,
        "marks": asdict(composition.counts),
        **timings,
    }


def _bare(text: str) -> str:
    """Return a text without marks, white space and what stands at its ends, in lower case."""
    return "".join(strip_marks(text).split()).strip("*_\"'“”").rstrip(".。!！").lower()


def _short(quoted: Reading, composed: Composed) -> str | None:
    """Return the extractive reader's short answer where the model's answer has it too."""
    short = quoted.short_answer
    if short is None:
        return None
    said = " ".join(strip_marks(composed.text).lower().split())
    return short if " ".join(short.lower().split()) in said else None


def _spanned(citation: Citation, quoted: Reading) -> Citation:
    """Return a citation with the words that settle the question, where its quote holds them."""
    for other in quoted.citations:
        start, end = other.span_start, other.span_end
        if other.source != citation.source or start is None or end is None:
            continue
        if citation.start <= start < end <= citation.end:
            return replace(citation, span_start=start, span_end=end)
    return citation
