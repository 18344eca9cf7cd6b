"""Models that are opened when they are first asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge_base.errors import UnknownComponent
from qa_bot.bootstrap import open_app
from qa_bot.config import Config
from qa_bot.errors import GeneratorFailed
from qa_bot.models.echo import EchoGenerator
from qa_bot.models.on_demand import OnDemandGenerator
from qa_bot.types import Message

ASKED = [Message("user", "one two")]


def test_a_model_is_opened_once_however_many_ask() -> None:
    """And only when somebody asks."""
    opened: list[EchoGenerator] = []

    def open_echo() -> EchoGenerator:
        opened.append(EchoGenerator())
        return opened[-1]

    model = OnDemandGenerator("later", open_echo)
    assert (model.name, model.opened, opened) == ("later", None, [])
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda _: "".join(model.stream(ASKED)), range(8)))
    assert texts == ["one two"] * 8
    assert len(opened) == 1
    assert model.name == "echo"


def test_a_model_that_cannot_be_opened_is_tried_again_after_a_rest() -> None:
    """In between the same error comes at once."""
    now, tries, whole = 0.0, 0, False

    def open_it() -> EchoGenerator:
        nonlocal tries
        tries += 1
        if not whole:
            raise GeneratorFailed("its weights are cut off; fetch it again")
        return EchoGenerator()

    model = OnDemandGenerator("damaged", open_it, clock=lambda: now)
    for _ in range(3):
        with pytest.raises(GeneratorFailed, match="cut off"):
            model.count(ASKED)
    assert tries == 1
    now, whole = 31.0, True
    assert model.count(ASKED) > 0
    assert tries == 2


def test_a_name_that_cannot_be_is_told_when_the_bot_is_opened(tmp_path: Path) -> None:
    """Not at the first question, when the page is long open."""
    app = open_app(Config(home=str(tmp_path / "home"), model="gibberish"))
    try:
        with pytest.raises(UnknownComponent, match="no generator model is called 'gibberish'"):
            app.bot()
    finally:
        app.close()
