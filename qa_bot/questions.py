"""What is refused of a question before anything looks at it, and what is taken out of it."""

from __future__ import annotations

from prompts.escaping import markers
from prompts.view import visible
from qa_bot.errors import InvalidQuestion

LONGEST_QUESTION = 4000
"""The most characters of a question."""

NOTE = "the question holds markers of chat templates or tool calls, which are read as plain words"
"""What is noted of a question that holds some."""


def checked(question: str) -> str:
    """Return a question without control and invisible characters and without white space around it.

    Raises:
        InvalidQuestion: If nothing is asked, or the question is too long.
    """
    # half of a surrogate pair is valid in JSON and nowhere else
    asked = visible(question.encode("utf-8", "replace").decode("utf-8")).strip()
    if not any(character.isalnum() for character in asked):
        raise InvalidQuestion(f"there is no question in {question[:40]!r}; write a few words")
    if len(asked) > LONGEST_QUESTION:
        raise InvalidQuestion(
            f"the question has {len(asked):,} characters; the most is {LONGEST_QUESTION:,}, "
            "shorten it"
        )
    return asked


def notes_on(question: str) -> list[str]:
    """Return what is worth telling about a question; it reaches a model neutralised in any case."""
    return [NOTE] if markers(question) else []
