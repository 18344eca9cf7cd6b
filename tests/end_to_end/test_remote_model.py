"""The remote path against a real OpenAI-compatible server: ``transformers serve`` on a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qa_bot.bootstrap import open_app
from qa_bot.components import open_generator
from qa_bot.config import Config
from qa_bot.errors import GeneratorFailed
from qa_bot.models.guarded import GuardedGenerator
from qa_bot.types import Finished, Message, Token

pytestmark = pytest.mark.slow

ASKED = [
    Message("system", "Answer briefly."),
    Message("user", "How long is the warranty? 保修多久"),
]


def test_a_server_answers_what_the_model_answers_here(served: Any) -> None:
    """The same text, piece for piece: messages, limit and template arrive as they were sent."""
    remote = open_generator(served.model, served.url, window=256)
    # the server computes as the weights are kept, and here bf16 would be chosen where the processor has it
    local = open_generator(served.model, precision="fp32")
    assert list(remote.stream(ASKED, max_tokens=12)) == list(local.stream(ASKED, max_tokens=12))


def test_the_servers_own_count_puts_the_estimate_right(served: Any) -> None:
    """It never falls short of the true count, and is near it."""
    remote, local = (
        open_generator(served.model, served.url, window=256),
        open_generator(served.model),
    )
    list(remote.stream(ASKED, max_tokens=2))
    true = local.count(ASKED)
    assert true <= remote.count(ASKED) <= 1.3 * true


def test_without_a_name_the_servers_first_model_answers(served: Any) -> None:
    """A server that offers none says so in one line."""
    with pytest.raises(GeneratorFailed, match="offers no model"):
        list(open_generator("", served.url, window=256).stream(ASKED))


def test_a_model_that_the_server_does_not_have_is_named(served: Any) -> None:
    """In one line, without a traceback."""
    with pytest.raises(GeneratorFailed, match="'nobody/nothing at http") as found:
        list(open_generator("nobody/nothing", served.url, window=256).stream(ASKED))
    assert "\n" not in str(found.value)


def test_a_server_that_is_killed_while_it_answers_is_a_failure_that_is_counted(
    mortal_server: Any,
) -> None:
    """Not an answer that ends early."""
    model = open_generator(mortal_server.model, mortal_server.url, window=256)
    stream = model.stream(ASKED, max_tokens=190)
    next(stream)
    mortal_server.process.kill()
    with pytest.raises(GeneratorFailed, match="is its server running"):
        list(stream)
    assert isinstance(model, GuardedGenerator)
    assert (model.health.asked, model.health.failed) == (1, 1)
    with pytest.raises(GeneratorFailed):
        list(model.stream(ASKED))
    assert model.health.failed == 2


def test_when_the_server_dies_the_user_gets_the_quoted_answer_and_one_line_why(
    mortal_server: Any, tmp_path: Path, folder: Path
) -> None:
    """The whole way from the page's stream to the counts of the API."""
    config = Config(
        home=str(tmp_path / "home"),
        model=mortal_server.model,
        base_url=mortal_server.url,
        model_window=4096,
    )
    app = open_app(config)
    try:
        bot = app.bot()
        bot.knowledge_base.sync([folder])
        killed, answer = False, None
        for event in bot.stream("Within how many days may goods be returned?"):
            if isinstance(event, Token) and not killed:
                mortal_server.process.kill()
                killed = True
            if isinstance(event, Finished):
                answer = event.answer
        assert killed
        assert answer is not None
        assert "30 days" in answer.text
        assert "is its server running" in answer.note
        assert "\n" not in answer.note
        assert app.generated()["failed"] == 1
        (health,) = app.health()
        assert health.failed >= 1
        assert "is its server running" in health.last_error
    finally:
        app.close()
