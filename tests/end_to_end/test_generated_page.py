"""A model's answer in a real browser: streamed, checked, stopped, asked anew, gone on with, saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from prompts.render import Prompts
from qa_bot.bootstrap import App, open_app
from qa_bot.components import open_checker
from qa_bot.config import Config
from qa_bot.readers.generative import GenerativeReader
from qa_bot.readers.trained import TrainedReader

pytestmark = pytest.mark.slow

Open = Callable[..., Page]

QUESTION = "Within how many working days is the refund paid?"
RECEIPT = "How long should the receipt be kept?"
SUPPORTED = "The refund is paid within **five** working days"
INVENTED = "Refunds over 900 EUR are approved by the mayor of Oslo"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return an app whose settings name a model."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "returns.md").write_text(
        "# Returns\n\nGoods may be returned within 30 days of the delivery.\n\n"
        "## Refunds\n\nThe refund is paid within five working days after the parcel has arrived.\n\n"
        f"## {RECEIPT}\n\nThe receipt should be kept for two years.\n"
    )
    opened = open_app(Config(home=str(tmp_path_factory.mktemp("home")), model="echo"))
    opened.bot().knowledge_base.sync([folder])
    yield opened
    opened.close()


@pytest.fixture
def written(app: App, replaying: Any) -> Iterator[Callable[..., Any]]:
    """Return what lets the model write a text, slowly; afterwards the echo is back."""
    bot = app.bot()
    echo = bot.reader

    def write(text: str, **options: Any) -> Any:
        generator = replaying(text, **options)
        assert isinstance(echo, GenerativeReader)
        assert isinstance(echo.extractive, TrainedReader)
        checker = open_checker(app.encoder, echo.extractive)
        bot.reader = GenerativeReader(generator, echo.extractive, checker, Prompts())
        return generator

    yield write
    bot.reader = echo


def ask(page: Page, question: str = QUESTION) -> None:
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def test_an_unsupported_sentence_is_marked(open_page: Open, written: Callable[..., Any]) -> None:
    """Citations can be seen while the answer streams; then what lacks support is underlined and said."""
    written(f"{SUPPORTED} [1]. {INVENTED} [1]. Ask the shop.", pause=0.12)
    page = open_page()
    ask(page)
    expect(page.locator("#live .answer .cite").first).to_be_visible()
    expect(page.locator("#live .answer strong")).to_have_text("five")
    mark = page.locator("#thread .answer mark.unsupported").first
    expect(mark).to_contain_text(INVENTED)
    expect(mark).to_have_attribute("title", "Not supported by the documents")
    expect(page.locator("#thread .answer mark")).not_to_have_count(0)
    assert SUPPORTED.replace("**", "") not in (mark.text_content() or "")
    expect(page.locator("#thread .unsupported-remark")).to_contain_text("no support was found")
    expect(page.locator("#thread .written-by")).to_have_text("Written by replaying")
    page.locator("#thread .cite").first.click()
    expect(page.locator("#panel mark").first).to_contain_text("five working days")


def test_an_answer_is_stopped_in_its_middle(
    open_page: Open, app: App, written: Callable[..., Any]
) -> None:
    """The model stops too, and nothing is kept."""
    generator = written(f"{SUPPORTED} [1]. " + "And so on it goes. " * 200, pause=0.1)
    page = open_page()
    ask(page)
    expect(page.locator("#live .answer")).to_contain_text("working days")
    page.click("#question .stop-button")
    expect(page.locator("#live .turn[data-state=stopped]")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("This answer was not kept")
    page.wait_for_timeout(700)
    assert generator.closed == 1
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()


def test_a_model_that_breaks_off_leaves_the_quoted_answer(
    open_page: Open, written: Callable[..., Any]
) -> None:
    """With one line that says why."""
    written("Refunds take ninety years, they say.", breaks_after=4, pause=0.1)
    page = open_page()
    ask(page)
    expect(page.locator("#thread .answer")).to_contain_text("five working days after the parcel")
    expect(page.locator("#thread .answer")).not_to_contain_text("ninety")
    expect(page.locator("#thread .remark")).to_contain_text("The model did not finish")
    expect(page.locator("#thread .remark")).to_contain_text("closed the connection")


def test_another_answer_a_follow_up_and_the_file(
    open_page: Open, written: Callable[..., Any]
) -> None:
    """The question is asked of no model instead; then what is suggested; then all is saved."""
    written(f"{SUPPORTED} [1]. {INVENTED} [1].")
    page = open_page()
    ask(page)
    expect(page.locator("#thread mark.unsupported")).to_have_count(1)
    suggested = page.locator("#live .follow-ups button", has_text=RECEIPT)
    expect(suggested).to_be_visible()
    page.click("#thread details.models summary")
    page.click("#thread details.models button[data-model=quote]")
    expect(page.locator("#thread mark.unsupported")).to_have_count(0)
    expect(page.locator("#thread .turn")).to_have_count(1)
    expect(page.locator("#thread .answer")).to_contain_text("after the parcel has arrived")
    expect(suggested).to_be_visible()
    written("The receipt should be kept for two years [1].")
    suggested.click()
    expect(page.locator("#thread .turn")).to_have_count(2)
    expect(page.locator("#thread .answer").last).to_contain_text("kept for two years")
    with page.expect_download() as download:
        page.click("#thread a[download]")
    text = download.value.path().read_text(encoding="utf-8")
    assert f"## {QUESTION}" in text
    assert "> The receipt should be kept for two years." in text
