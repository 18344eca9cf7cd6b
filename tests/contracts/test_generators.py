"""One suite for every generator model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from knowledge_base.errors import UnknownComponent
from qa_bot.components import open_generator
from qa_bot.errors import GeneratorFailed
from qa_bot.models.echo import EchoGenerator
from qa_bot.protocols import Generator
from qa_bot.types import Message

ASKED = [
    Message("system", "Answer briefly."),
    Message("user", "How long is the warranty? 保修多久"),
]


MODELS = [
    "echo",
    "tiny_causal",
    pytest.param("tiny_seq2seq", marks=pytest.mark.slow),
    pytest.param("served", marks=pytest.mark.slow),
]


@pytest.fixture(params=MODELS, scope="module")
def generator(request: pytest.FixtureRequest) -> Generator:
    if request.param == "echo":
        return open_generator("echo")
    if request.param == "served":
        server = request.getfixturevalue("served")
        return open_generator(server.model, server.url, window=256)
    return open_generator(str(request.getfixturevalue(request.param)))


def test_a_generator_is_one_by_its_protocol(generator: Generator) -> None:
    """It has the name, the window and the methods that the bot uses."""
    assert isinstance(generator, Generator)
    assert generator.name
    assert generator.window > 0


def test_text_comes_in_pieces_none_of_them_empty(generator: Generator) -> None:
    """Piece by piece, and none is empty."""
    pieces = list(generator.stream(ASKED, max_tokens=12))
    assert len(pieces) > 1
    assert all(pieces)


def test_more_text_counts_more(generator: Generator) -> None:
    """And every message costs its frame."""
    one = generator.count(ASKED[1:])
    assert 0 < one < generator.count(ASKED)
    longer = [Message("user", ASKED[1].content * 20)]
    assert generator.count(longer) > 10 * one / 2


def test_an_answer_is_no_longer_than_asked(generator: Generator) -> None:
    """In tokens, of which a piece has at least one."""
    assert len(list(generator.stream(ASKED, max_tokens=3))) <= 3


def test_a_prompt_beyond_the_window_is_refused_before_anything_is_generated(
    generator: Generator,
) -> None:
    """With both numbers and what to do."""
    long = [Message("user", "word " * (generator.window + 10))]
    with pytest.raises(GeneratorFailed, match="send fewer passages"):
        list(generator.stream(long))


def test_a_closed_stream_leaves_the_model_free_for_the_next(generator: Generator) -> None:
    """Nothing of the first is left over."""
    expected = list(generator.stream(ASKED, max_tokens=8))
    stream = generator.stream(ASKED, max_tokens=200)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert list(generator.stream(ASKED, max_tokens=8)) == expected


def test_conversations_at_a_time_are_never_interleaved(generator: Generator) -> None:
    """Each of many threads gets what it would get alone."""
    prompts = [[Message("user", word * 9)] for word in ("When? ", "退货 ", "12 EUR, ", "a")]
    alone = ["".join(generator.stream(prompt, max_tokens=6)) for prompt in prompts]
    with ThreadPoolExecutor(4) as pool:
        together = list(
            pool.map(lambda prompt: "".join(generator.stream(prompt, max_tokens=6)), prompts)
        )
    assert len(set(alone)) > 2
    assert together == alone


def test_the_echo_says_the_last_message_again() -> None:
    """Whole, where there is room."""
    assert "".join(EchoGenerator().stream(ASKED)) == ASKED[1].content


def test_unknown_names_are_refused_with_what_can_be_named() -> None:
    """The message helps to choose."""
    with pytest.raises(UnknownComponent, match="choose one of echo, a model's folder"):
        open_generator("gibberish")
