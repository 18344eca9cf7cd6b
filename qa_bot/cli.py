"""The command line: names, common options, and how errors end a process.

Commands live in ``qa_bot/commands`` and are imported when they are called, so that ``--help`` and
mistakes in the arguments answer at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from qa_bot.commands import BEFORE

COMMANDS: Mapping[str, tuple[str, str]] = {
    "ingest": ("ingest:ingest", "Take files, folders and zip archives into a knowledge base."),
    "ask": ("ask:ask", "Answer a question from the documents, with citations."),
    "search": ("ask:search", "Find the passages that match a query."),
    "verify": ("study:verify", "Tell whether the documents support a claim, and quote them."),
    "summarise": (
        "study:summarise",
        "Summarise a document; a model writes, every sentence is checked.",
    ),
    "explain": ("explain:explain", "Tell why a document was, or was not, found."),
    "similar": ("explain:similar", "Find documents like a given one; copies are flagged."),
    "glossary": ("explain:glossary", "Show or replace a knowledge base's glossary."),
    "chat": ("serve:chat", "Open the web page."),
    "serve": ("serve:serve", "Serve the web page and the HTTP API."),
    "status": ("manage:status", "Show the home folder, its knowledge bases and models."),
    "documents": ("manage:documents", "List the documents of a knowledge base."),
    "remove": ("manage:remove", "Remove documents, or a whole knowledge base."),
    "export": (
        "manage:export",
        "Write the documents as JSON lines, or a conversation as Markdown.",
    ),
    "models": ("models:models", "List the encoders and readers that can be named."),
    "doctor": ("manage:doctor", "Check the registry against the indexes; --repair mends them."),
    "eval": ("evaluate:evaluation", "Measure retrieval and answers on questions; compare runs."),
    "train": ("train:train", "Train the project's own reader on your questions."),
    "reindex": ("manage:reindex", "Build the indexes anew, beside the old ones, then swap."),
}
"""Each command's place in ``qa_bot/commands`` and its line in the help."""

DONE, FAILED_IN_PART, WRONG_REQUEST, INTERRUPTED = 0, 1, 2, 130


class LazyGroup(click.Group):
    """Imports a command when it is called; its name and help line are known before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place[0].partition(":")
        found: click.Command = getattr(importlib.import_module(f"qa_bot.commands.{module}"), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help's list of commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qa-bot")
@click.option("--home", help="As after the command: the folder that holds everything.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="As after the command: a settings file.",
)
@click.pass_context
def group(context: click.Context, home: str | None, config: Path | None) -> None:
    """Answer questions from your own documents, with the evidence beside every answer."""
    context.meta[BEFORE] = {"home": home, "config": config}


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and exit with its status: 0 done, 1 failed in part, 2 wrong request."""
    try:
        # what is returned is the status that a command left with, if it left early
        status = group.main(arguments, prog_name="qa-bot", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG_REQUEST)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was done is kept; the same command goes on from there.", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # the reader of our output has gone; there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:  # the outermost face: every known error is one line
        if not _is_ours(error):
            raise
        click.echo(f"Error: {error}", err=True)
        sys.exit(WRONG_REQUEST)


def _is_ours(error: Exception) -> bool:
    from knowledge_base.errors import KnowledgeBaseError
    from prompts.errors import PromptError
    from qa_bot.errors import QABotError

    return isinstance(error, (KnowledgeBaseError, PromptError, QABotError))


if __name__ == "__main__":
    main()
