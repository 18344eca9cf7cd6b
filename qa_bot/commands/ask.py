"""``qa-bot ask`` and ``qa-bot search``: one question, or a file of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa_bot.commands.options import (
    common,
    filtered,
    modelled,
    nothing_yet,
    opened,
    ranked,
    settings,
    write_json,
)
from qa_bot.errors import InvalidQuestion

if TYPE_CHECKING:
    from knowledge_base.types import Filter, Tuning
    from qa_bot.types import Answer, Conversation


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a file: its line from 1, its own id, and the conversation before it."""

    line: int
    question: str
    id: Any = None
    history: tuple[Any, ...] = ()


@click.command()
@click.argument("question", required=False)
@click.option("--file", "file", type=click.File(encoding="utf-8"), help="One question a line.")
@click.option(
    "-k", default=5, show_default=True, type=click.IntRange(1, 100), help="Passages shown."
)
@click.option("--conversation", help="Go on in this conversation, or 'new' to start one.")
@click.option("--caution", type=click.Choice(["strict", "balanced", "eager"]))
@filtered
@modelled
@common
def ask(
    question: str | None,
    file: Any,
    k: int,
    conversation: str | None,
    caution: str | None,
    restricted: Filter | None,
    generator: Mapping[str, str | None],
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Answer a question from the documents, with citations."""
    from qa_bot.faces import answer_json

    questions = _questions(question, file)
    config = settings(config_file, home=home, encoder=encoder, caution=caution, **generator)
    with opened(config) as app:
        bot = app.bot(kb)
        if file is None:
            if conversation == "new":
                conversation = app.conversations.start(kb).id
            answer = bot.ask(
                next(questions).question, conversation_id=conversation, k=k, filter=restricted
            )
            write_json(answer_json(answer)) if as_json else _say(answer)
            if not answer.passages and not bot.knowledge_base.count():
                click.echo(nothing_yet(app, kb), err=True)
            return

        def answered(asked: Asked) -> dict[str, Any]:
            return answer_json(
                bot.answer_in(asked.question, _conversation(asked, kb), k, restricted)
            )

        _each(questions, answered)


@click.command()
@click.argument("query", required=False)
@click.option("--file", "file", type=click.File(encoding="utf-8"), help="One query a line.")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1, 1000), help="Passages.")
@filtered
@ranked
@common
def search(
    query: str | None,
    file: Any,
    k: int,
    restricted: Filter | None,
    tuning: Tuning,
    home: str | None,
    config_file: Path | None,
    encoder: str | None,
    kb: str,
    as_json: bool,
) -> None:
    """Find the passages that match a query."""
    from qa_bot.faces import retrieval_json

    queries = _questions(query, file)
    with opened(settings(config_file, home=home, encoder=encoder)) as app:
        bot = app.bot(kb)

        def found(asked: Asked) -> dict[str, Any]:
            rewrite = bot.rewriter.rewrite(asked.question, _conversation(asked, kb))
            hits = bot.knowledge_base.retrieve(
                rewrite.query, k, restricted, tuning, rewrite.wordings
            )
            return retrieval_json(hits)

        if file is not None:
            _each(queries, found)
            return
        retrieval = found(next(queries))
        if as_json:
            write_json(retrieval)
            return
        for number, hit in enumerate(retrieval["passages"], 1):
            page = f", page {hit['page']}" if hit["page"] else ""
            click.secho(f"{number}. {hit['source']}{page}  ({hit['score']:.3f})", bold=True)
            click.echo(f"   {' '.join(hit['text'].split())[:300]}")
            for one in hit["suspicions"]:
                click.secho(f"   speaks to a model ({one['kind']}): {one['quote']!r}", fg="yellow")
        if not retrieval["passages"]:
            empty = not bot.knowledge_base.count()
            click.echo(nothing_yet(app, kb) if empty else "Nothing found.")


def _questions(given: str | None, file: Any) -> Iterator[Asked]:
    """Return the questions of the command line or of a file, checking that there is just one of both."""
    if (given is None) == (file is None):
        raise click.UsageError("give one question, or --file FILE with one a line")
    if given is not None:
        if not given.strip():
            raise InvalidQuestion("the question is empty; write a few words")
        return iter([Asked(1, given.strip())])
    return _lines(file)


def _lines(file: Any) -> Iterator[Asked]:
    for number, line in enumerate(file, 1):
        text = line.strip().lstrip("\ufeff")
        if not text:
            continue
        try:
            record = json.loads(text) if text.startswith("{") else {"question": text}
        except ValueError as error:
            raise InvalidQuestion(f"line {number} is not valid JSON: {error}; mend it") from error
        if not isinstance(record.get("question"), str):
            raise InvalidQuestion(f'line {number} has no "question"; add one')
        history = record.get("history") or ()
        if not isinstance(history, (list, tuple)):
            raise InvalidQuestion(f'line {number}: "history" must be a list of turns')
        yield Asked(number, record["question"], record.get("id"), tuple(history))


def _each(questions: Iterator[Asked], answered: Any) -> None:
    """Write one JSON line for each question, in order; a question that fails becomes an error line."""
    failed = False
    for asked in questions:
        head: dict[str, Any] = {} if asked.id is None else {"id": asked.id}
        try:
            if not any(character.isalnum() for character in asked.question):
                raise InvalidQuestion(f"line {asked.line} holds no question; write a few words")
            write_json({**head, **answered(asked)}, line=True)
        except InvalidQuestion as error:
            failed = True
            write_json({**head, "question": asked.question, "error": str(error)}, line=True)
    if failed:
        raise click.exceptions.Exit(1)


def _conversation(asked: Asked, kb: str) -> Conversation | None:
    """Return the conversation before a question of a file; None where there is none.

    A turn is a plain question, ``{"question", "answer"}``, or ``{"role", "content"}`` messages.
    """
    from qa_bot.types import Conversation, Turn

    exchanges: list[list[str]] = []
    for item in asked.history:
        if isinstance(item, str):
            exchanges.append([item, ""])
        elif isinstance(item, Mapping) and "question" in item:
            exchanges.append([str(item["question"]), str(item.get("answer") or "")])
        elif isinstance(item, Mapping) and "content" in item:
            if item.get("role") == "user":
                exchanges.append([str(item["content"]), ""])
            elif exchanges:
                exchanges[-1][1] = str(item["content"])
        elif isinstance(item, (list, tuple)) and len(item) == 2:
            exchanges.append([str(item[0]), str(item[1])])
        else:
            raise InvalidQuestion(
                f"line {asked.line}: a turn of the history must be text or "
                f'{{"question", "answer"}}, got {item!r:.60}'
            )
    turns = tuple(
        Turn(number, question, question, answer, {}, None, float(number))
        for number, (question, answer) in enumerate(exchanges, 1)
    )
    return Conversation("", "", kb, 0.0, 0.0, turns) if turns else None


def _say(answer: Answer) -> None:
    if answer.rewritten != answer.question:
        click.secho(f"Searched for: {answer.rewritten}", dim=True)
    if answer.note:
        click.secho(answer.note, dim=True)
    click.echo(answer.text)
    if answer.abstained:
        click.echo(answer.reason)
        for hit in answer.passages[:3]:
            click.secho(f"  near: {hit.passage.source}", dim=True)
        return
    for claim in answer.claims:
        if claim.support is not None and not claim.support.supported:
            words = " ".join(answer.text[claim.start : claim.end].split())
            click.secho(f"Not supported by the documents: {words}", fg="yellow")
    click.echo()
    for citation in answer.citations:
        page = f", page {citation.page}" if citation.page else ""
        click.secho(f"[{citation.number}] {citation.source}{page}", bold=True)
        click.echo(f"    {' '.join(citation.quote.split())}")
    if answer.conversation_id:
        click.secho(f"Conversation: {answer.conversation_id}", dim=True)
