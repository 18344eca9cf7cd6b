"""What leaves the bot: links held to the cited documents, personal data taken out where asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from knowledge_base.types import ScoredPassage
from qa_bot import links, redaction
from qa_bot.types import Answer, Claim


class Outgoing:
    """An answer's text while it is streamed: what may be part of a link or a number is held back."""

    def __init__(self, hosts: Collection[str], *, redact: bool) -> None:
        """Take the hosts that links may lead to, and whether personal data is taken out."""
        self._hosts, self._redact = hosts, redact
        self._text = ""
        self._shown = 0

    def feed(self, piece: str) -> str:
        """Take a piece; return what can be shown."""
        self._text += piece
        end = links.open_end(self._text)
        if self._redact:
            end = min(end, redaction.open_end(self._text))
        return self._released(end)

    def finish(self) -> str:
        """Return what is left."""
        return self._released(len(self._text))

    def _released(self, end: int) -> str:
        if end <= self._shown:
            return ""
        # every change keeps the length, so that what was shown before stays as it was
        made = safe(self._text[:end], self._hosts, redact=self._redact)[self._shown :]
        self._shown = end
        return made


def safe(text: str, hosts: Collection[str], *, redact: bool) -> str:
    """Return a text whose links lead to these hosts alone, without personal data where that is asked."""
    made = links.harmless(text, hosts)
    return redaction.redacted(made) if redact else made


def guarded(answer: Answer, texts: Callable[[], Iterable[str]], *, redact: bool) -> Answer:
    """Return an answer as it may leave.

    Args:
        answer: As it was assembled.
        texts: Gives the texts of the cited documents; asked only where the answer has a link.
        redact: Whether personal data is taken out of the answer and of what it quotes.
    """
    hosts = frozenset[str]()
    if links.harmless(answer.text, hosts) != answer.text:
        hosts = links.hosts_in(texts())
    answer = replace(answer, text=safe(answer.text, hosts, redact=redact))
    if not redact:
        return answer
    short = answer.short_answer
    return replace(
        answer,
        short_answer=None if short is None else redaction.redacted(short),
        citations=tuple(
            replace(citation, quote=redaction.redacted(citation.quote))
            for citation in answer.citations
        ),
        passages=tuple(shown(answer.passages, redact=True)),
        explain=_without_data(answer.explain),
        claims=tuple(_claim_without_data(claim) for claim in answer.claims),
    )


def shown(hits: Sequence[ScoredPassage], *, redact: bool) -> Sequence[ScoredPassage]:
    """Return hits as they may be shown."""
    if not redact:
        return hits
    return tuple(
        replace(hit, passage=replace(hit.passage, text=redaction.redacted(hit.passage.text)))
        for hit in hits
    )


def _without_data(value: Any) -> Any:
    """Return a value of plain types with every text in it redacted."""
    if isinstance(value, str):
        return redaction.redacted(value)
    if isinstance(value, Mapping):
        return {key: _without_data(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_data(inner) for inner in value]
    return value


def _claim_without_data(claim: Claim) -> Claim:
    if claim.support is None:
        return claim
    conflicts = tuple(map(redaction.redacted, claim.support.conflicts))
    return replace(claim, support=replace(claim.support, conflicts=conflicts))
