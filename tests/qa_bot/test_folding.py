"""Long conversations are folded, now and then, and never lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from prompts.render import Prompts
from qa_bot.context import Packer
from qa_bot.errors import GeneratorFailed
from qa_bot.folding import Folder
from qa_bot.types import Conversation, Message, Turn


class Summing:
    """A generator whose summary says how many exchanges and which summary it was given."""

    name = "summing"

    def __init__(self, window: int = 1600) -> None:
        self.window = window
        self.asked = 0
        self.fails = False
        self.largest = 0

    def count(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) + 3 for message in messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 512) -> Iterator[str]:
        self.asked += 1
        self.largest = max(self.largest, self.count(messages) + max_tokens)
        if self.fails:
            raise GeneratorFailed("the model is gone; start it")
        user = messages[-1].content
        before = user.partition("<summary>")[2].partition("</summary>")[0].strip()
        yield f"{before} +{user.count('User: ')}".strip()


def conversation(length: int, words: int = 60) -> Conversation:
    turns = tuple(
        Turn(n, f"Question {n}?", "", " ".join(["word"] * words), {}, None, 0.0)
        for n in range(1, length + 1)
    )
    return Conversation("c", "", "default", 0, 0, turns)


def folder(generator: Summing) -> Folder:
    prompts = Prompts()
    return Folder(generator, prompts, Packer(generator, prompts))


def test_a_short_conversation_is_left_as_it_is() -> None:
    """No model is asked."""
    generator = Summing()
    folded = folder(generator).fold(conversation(3))
    assert (folded.summary, len(folded.turns), generator.asked) == ("", 3, 0)
    assert folder(generator).fold(None).turns == ()


def test_what_is_old_is_folded_once_in_several_questions() -> None:
    """Every exchange is either in the summary or as it was, whatever the length."""
    generator = Summing()
    made = folder(generator)
    for length in range(1, 21):
        folded = made.fold(conversation(length))
        inside = sum(int(part) for part in folded.summary.split("+") if part.strip())
        assert inside + len(folded.turns) == length
        assert [t.id for t in folded.turns] == list(range(inside + 1, length + 1))
    assert 1 < generator.asked < 10


def test_a_very_long_conversation_is_folded_in_parts_that_fit() -> None:
    """As after a restart."""
    generator = Summing()
    folded = folder(generator).fold(conversation(60))
    assert sum(int(part) for part in folded.summary.split("+") if part.strip()) > 50
    assert generator.asked > 1
    assert generator.largest <= generator.window


def test_a_conversation_that_was_edited_is_folded_anew() -> None:
    """What is no longer there is not remembered."""
    generator = Summing()
    made = folder(generator)
    made.fold(conversation(12))
    edited = conversation(12)
    edited = replace(edited, turns=tuple(replace(turn, id=turn.id + 100) for turn in edited.turns))
    folded = made.fold(edited)
    assert int(folded.summary.strip("+")) + len(folded.turns) == 12


@pytest.mark.parametrize("length", [12])
def test_where_the_model_fails_the_recent_exchanges_are_kept(length: int) -> None:
    """The question is answered all the same."""
    generator = Summing()
    generator.fails = True
    folded = folder(generator).fold(conversation(length))
    assert folded.summary == ""
    assert folded.turns[-1].id == length
    assert 0 < len(folded.turns) < length
