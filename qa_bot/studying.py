"""Beside answering: holding a claim to the documents, and summarising one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge_base.errors import SourceNotFound
from knowledge_base.loaders.language import language_of
from knowledge_base.types import Passage, ScoredPassage
from qa_bot import redaction
from qa_bot.bootstrap import DEFAULT_BASE, App
from qa_bot.citations import cite
from qa_bot.components import open_checker
from qa_bot.context import fields_of
from qa_bot.errors import ConfigError, GeneratorFailed, InvalidQuestion
from qa_bot.links import hosts_in
from qa_bot.outgoing import safe
from qa_bot.readers.composition import Composition
from qa_bot.readers.generative import GenerativeReader
from qa_bot.readers.network import read_as
from qa_bot.readers.quoting import best_quote
from qa_bot.types import Citation, Message, Summary, Support, Verdict

PASSAGES = 8
"""Passages that a claim is held to."""

VERDICT = 12
"""Tokens of a model's verdict, at the most."""

SUMMARY = 512
"""Tokens of a summary, at the most."""


def verify(app: App, claim: str, kb: str = DEFAULT_BASE) -> Verdict:
    """Return whether the documents of a knowledge base support a claim.

    The bundled checker decides; a model, where the settings name one, can only deny what it finds.

    Raises:
        InvalidQuestion: If the claim is empty.
        KnowledgeBaseNotFound: If there is no such knowledge base.
    """
    claim = " ".join(claim.split())
    if not any(character.isalnum() for character in claim):
        raise InvalidQuestion(f"there is no claim in {claim!r}; write one sentence")
    bot = app.bot(kb)
    hits = bot.knowledge_base.widened(bot.knowledge_base.retrieve(claim, PASSAGES).hits)
    if not hits:
        return Verdict(claim, Support(0.0, False, None), None)
    reader = bot.reader
    checker = (
        reader.checker
        if isinstance(reader, GenerativeReader)
        else open_checker(app.encoder, reader)
    )
    support = checker.check(claim, [read_as(hit) for hit in hits])
    verdict = Verdict(claim, support, _nearest(app, claim, hits, support))
    if not isinstance(reader, GenerativeReader):
        return verdict
    verdict = replace(verdict, model=reader.generator.name)
    try:
        return replace(verdict, by_model=_asked(reader, claim, hits))
    except GeneratorFailed as error:
        return replace(verdict, note=str(error))


def summarise(app: App, source: str, kb: str = DEFAULT_BASE, sentences: int = 5) -> Summary:
    """Return a document in a few sentences that a model writes, each held to its passages.

    A document that the model cannot hold is read in passages from all over it.

    Args:
        app: The app.
        source: The document: a whole source, or its ending after a slash.
        kb: The knowledge base.
        sentences: How many are wanted at the most.

    Raises:
        ConfigError: If the settings name no model.
        SourceNotFound: If the source names no document, or several, or one without text.
        GeneratorFailed: If the model fails or cannot hold one passage.
    """
    bot = app.bot(kb)
    reader = bot.reader
    if not isinstance(reader, GenerativeReader):
        raise ConfigError("a summary is written by a model, and none is named; name one: --model")
    passages = bot.knowledge_base.passages_of(source)
    if not passages:
        raise SourceNotFound(f"the document {source!r} holds no text; name another")
    messages, hits = _fitting(reader, passages, sentences)
    title = passages[0].title
    composition = Composition(title, hits, reader.checker, strict=reader.strict)
    for piece in reader.generator.stream(messages, max_tokens=SUMMARY):
        composition.add(piece)
    composition.finish()
    made = composition.composed()
    text = safe(made.text, hosts_in(hit.passage.text for hit in hits), redact=app.redact)
    citations = tuple(_redacted(app, citation) for citation in made.citations)
    name, read = reader.generator.name, len(hits)
    return Summary(
        passages[0].source, title, text, citations, made.claims, name, read, len(passages)
    )


def _nearest(
    app: App, claim: str, hits: Sequence[ScoredPassage], support: Support
) -> Citation | None:
    if support.passage is None:
        return None
    hit = hits[support.passage]
    span = best_quote(claim, hit)
    return _redacted(app, cite(hit, span.start, span.end, 1))


def _redacted(app: App, citation: Citation) -> Citation:
    return replace(citation, quote=redaction.redacted(citation.quote)) if app.redact else citation


def _asked(reader: GenerativeReader, claim: str, hits: Sequence[ScoredPassage]) -> bool:
    """Return what the model says of a claim, from as many of the best passages as it holds.

    Raises:
        GeneratorFailed: If it fails, or says neither yes nor no.
    """
    left = len(hits)
    while True:
        parts = reader.prompts.render(
            "verify",
            language_of(claim),
            claim=claim,
            passages=[read_as(hit) for hit in hits[:left]],
        )
        messages = [Message(part.role, part.content) for part in parts]
        if left == 1 or reader.generator.count(messages) + VERDICT <= reader.generator.window:
            break
        left //= 2
    said = "".join(reader.generator.stream(messages, max_tokens=VERDICT)).strip(" *_.\"'\n")
    for word, verdict in (("UNSUPPORTED", False), ("SUPPORTED", True)):
        if said.upper().startswith(word):
            return verdict
    raise GeneratorFailed(
        f"the model {reader.generator.name} gave no verdict but {said[:40]!r}; try another model"
    )


def _fitting(
    reader: GenerativeReader, passages: Sequence[Passage], sentences: int
) -> tuple[list[Message], list[ScoredPassage]]:
    """Return the prompt with all passages, or every second, fourth ... until it fits."""
    step = 1
    while True:
        hits = [ScoredPassage(passage, 1.0) for passage in passages[::step]]
        parts = reader.prompts.render(
            "summarise",
            language_of(passages[0].text),
            title=passages[0].title,
            passages=fields_of(hits),
            sentences=sentences,
        )
        messages = [Message(part.role, part.content) for part in parts]
        if len(hits) == 1 or reader.generator.count(messages) + SUMMARY <= reader.generator.window:
            return messages, hits
        step *= 2
