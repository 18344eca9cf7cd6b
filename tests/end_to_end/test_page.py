"""The web page in a real browser: asked, clicked, typed and looked at as a user would."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from fpdf import FPDF
from playwright.sync_api import Browser, Page, expect

from knowledge_base.types import ScoredPassage
from qa_bot.bootstrap import App, open_app
from qa_bot.config import Config
from qa_bot.protocols import Reader
from qa_bot.types import Reading

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
REFUND = "The refund is paid within five working days after the parcel has arrived."
LANTERN = "The guarantee on the blue lantern lasts seven years from the day of purchase."
HOSTILE = '<img src=x onerror="window.hacked=1"> <script>window.hacked=2</script>'
QUESTION = "Within how many working days is the refund paid?"


class Unhurried:
    """The reader of the settings, speaking word by word, so that a stream can be watched."""

    def __init__(self, reader: Reader, pause: float) -> None:
        self.name = reader.name
        self._reader = reader
        self._pause = pause

    def read(self, question: str, hits: Sequence[ScoredPassage]) -> Reading:
        return self._reader.read(question, hits)

    def stream(self, question: str, hits: Sequence[ScoredPassage]) -> Iterator[str | Reading]:
        reading = self.read(question, hits)
        for word in reading.answer.split(" "):
            time.sleep(self._pause)
            yield f"{word} "
        yield reading


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return an app over three documents, one of them hostile."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "returns.md").write_text(
        "# Returns\n\nGoods may be returned within 30 days of the delivery.\n\n"
        f"## Refunds\n\nKeep the receipt of the parcel shop. {REFUND}\n\n"
        "## Fees\n\nFor a change of mind a fee of four euros is deducted.\n"
    )
    (folder / "notes.txt").write_text(
        f"Notes of the night shift\n\nThe alarm code of the cellar is 4711. {HOSTILE}\n"
    )
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    pdf.multi_cell(0, 7, f"About our lanterns. {LANTERN} It is made of brass.")
    (folder / "lantern.pdf").write_bytes(bytes(pdf.output()))
    opened = open_app(Config(home=str(tmp_path_factory.mktemp("home")), caution="eager"))
    bot = opened.bot()
    bot.knowledge_base.sync([folder])
    bot.reader = Unhurried(bot.reader, 0.06)
    yield opened
    opened.close()


Open = Callable[..., Page]


def ask(page: Page, question: str = QUESTION) -> None:
    """Type a question, send it, and wait until its answer is whole."""
    turns = page.locator("#thread .turn").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    expect(page.locator("#thread .turn")).to_have_count(turns + 1)
    expect(page.locator("#question .submit-button")).to_be_visible()


def test_an_answer_streams_and_its_source_opens(open_page: Open) -> None:
    """The text grows before it is whole; its citation shows the sentence in its surroundings."""
    page = open_page()
    page.evaluate("""() => {
        window.seen = new Set();
        new MutationObserver(() => {
            const text = document.querySelector("#live .answer");
            if (text) window.seen.add(text.textContent.length);
        }).observe(document.querySelector("#live"), { childList: true, subtree: true, characterData: true });
    }""")
    ask(page)
    assert page.evaluate("window.seen.size") >= 4
    answer = page.locator("#thread .answer")
    expect(answer).to_contain_text("within five working days")
    page.locator("#thread .cite").first.click()
    expect(page.locator("#panel mark").first).to_be_visible()
    assert REFUND in page.locator("#panel mark").all_inner_texts()
    expect(page.locator("#panel")).to_contain_text("a fee of four euros is deducted")
    expect(page.locator("#panel h2")).to_have_text("Returns")
    expect(page.locator("#panel .source-head")).to_contain_text("Score")


def test_a_citation_works_from_the_keyboard(open_page: Open) -> None:
    """Enter opens it, Escape closes it, and the focus comes back, visibly."""
    page = open_page()
    ask(page)
    cite = page.locator("#thread .cite").first
    page.keyboard.press("Tab")
    cite.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel .panel")).to_be_hidden()
    expect(cite).to_be_focused()
    assert cite.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"


def test_a_pdf_citation_shows_its_page(open_page: Open) -> None:
    """The page comes as a picture, the text below it."""
    page = open_page()
    ask(page, "How long does the guarantee on the blue lantern last?")
    page.locator("#thread .cite").first.click()
    picture = page.locator("#panel figure img")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('#panel figure img').naturalWidth > 1000")
    expect(picture).to_have_attribute("alt", "Page 1 of lantern, with the quoted lines marked")
    expect(page.locator("#panel mark").first).to_contain_text("seven years")


def test_an_abstention_is_told_apart(open_page: Open) -> None:
    """It is no error: it says that the documents hold no answer, and offers what is nearest."""
    page = open_page()
    ask(page, "Which submarine won the yodelling contest of Antarctica?")
    expect(page.locator(".abstained h3")).to_have_text("Not in these documents")
    assert page.locator(".failed").count() == 0


def test_a_document_can_be_added_asked_and_removed(open_page: Open, tmp_path: Path) -> None:
    """Its progress and a broken neighbour are told; what was asked is answered from it."""
    (tmp_path / "tandem.md").write_text(
        "# Tandems\n\nThe weekly rent of the green tandem is 85 EUR.\n"
    )
    (tmp_path / "broken.pdf").write_bytes(b"no PDF at all")
    page = open_page()
    page.click("#tab-documents")
    page.set_input_files(
        "#upload input[type=file]", [tmp_path / "tandem.md", tmp_path / "broken.pdf"]
    )
    report = page.locator("#progress .report")
    expect(report).to_contain_text("1 added")
    expect(report.locator("li")).to_contain_text("broken.pdf")
    row = page.locator("#documents li", has_text="Tandems")
    expect(row).to_be_visible()
    ask(page, "What is the weekly rent of the green tandem?")
    expect(page.locator("#thread .answer")).to_contain_text("85 EUR")
    row.hover()
    row.locator(".danger").click()
    expect(row.locator(".danger")).to_have_class("tool danger armed")
    row.locator(".danger").click()
    expect(row).to_have_count(0)


def test_no_upload_stays_where_it_was_sent(open_page: Open, app: App, tmp_path: Path) -> None:
    """The files lie with the knowledge base, and Gradio's own folder is empty again."""
    (tmp_path / "secret plan.txt").write_text("The plan is secret.\n")
    page = open_page()
    page.click("#tab-documents")
    page.set_input_files("#upload input[type=file]", tmp_path / "secret plan.txt")
    expect(page.locator("#progress .report")).to_contain_text("1 added")
    incoming = app.home / "uploads" / ".incoming"
    assert [file for file in incoming.rglob("*") if file.is_file()] == []
    kept = [file.name for file in (app.home / "uploads").rglob("secret*")]
    assert kept == ["secret plan.txt"]
    app.bot().knowledge_base.remove("secret plan.txt")


def test_a_conversation_is_found_after_a_reload(open_page: Open) -> None:
    """Reloading shows it again; it can be renamed, and deleted after a question."""
    page = open_page()
    ask(page)
    page.reload()
    expect(page.locator("#thread .answer")).to_contain_text("five working days")
    row = page.locator("#conversations li:has([aria-current])")
    row.hover()
    row.locator("[data-show]").click()
    row.locator("input").fill("Money back <b>soon</b>")
    row.locator("input").press("Enter")
    renamed = page.locator("#conversations li", has_text="Money back <b>soon</b>")
    expect(renamed).to_be_visible()
    page.click("#new")
    expect(page.locator(".welcome")).to_be_visible()
    renamed.locator(".item").click()
    expect(page.locator("#thread .answer")).to_contain_text("five working days")
    renamed.hover()
    renamed.locator(".danger").click()
    renamed.locator(".danger").click()
    expect(renamed).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()


def test_a_follow_up_shows_what_was_searched_for(open_page: Open) -> None:
    """The words that were carried over can be seen."""
    page = open_page()
    ask(page, "How long does the guarantee on the blue lantern last?")
    ask(page, "What is it made of?")
    expect(page.locator("#thread .turn").last.locator(".searched")).to_contain_text("lantern")


def test_an_answer_can_be_stopped(open_page: Open) -> None:
    """It ends at once, says that it was not kept, and is not there after a reload."""
    page = open_page()
    page.fill("#question textarea", QUESTION)
    page.press("#question textarea", "Enter")
    expect(page.locator("#live .answer")).to_be_visible()
    page.click("#question .stop-button")
    expect(page.locator("#live .turn[data-state=stopped]")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("This answer was not kept")
    page.wait_for_timeout(2500)
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()


def test_a_question_can_be_asked_again_and_edited(open_page: Open) -> None:
    """The exchange is replaced, not added to."""
    page = open_page()
    ask(page)
    first = page.locator("#thread .turn").get_attribute("data-turn")
    page.click("#thread .tools [data-event=again]")
    expect(page.locator("#thread .turn")).not_to_have_attribute("data-turn", first or "")
    expect(page.locator("#thread .turn")).to_have_count(1)
    page.locator("#thread .question").hover()
    page.click("#thread [data-show=edit]")
    page.fill("#thread form.edit textarea", "What is the alarm code of the cellar?")
    page.press("#thread form.edit textarea", "Enter")
    expect(page.locator("#thread .answer")).to_contain_text("4711")
    expect(page.locator("#thread .turn")).to_have_count(1)


def test_a_rating_is_stored_with_the_exchange(open_page: Open, app: App) -> None:
    """Pressed once it is stored, pressed again it is taken back."""
    page = open_page()
    ask(page)
    like = page.locator("#thread [data-event=rate]").first
    conversation = page.url.partition("c=")[2].partition("&")[0]
    for pressed, stored in (("true", 1), ("false", None)):
        like.click()
        expect(like).to_have_attribute("aria-pressed", pressed)
        assert app.conversations.get(conversation).turns[0].feedback == stored


def test_an_answer_is_copied_with_its_sources(open_page: Open) -> None:
    """The clipboard holds the text and where it comes from, without markup."""
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page)
    button = page.locator("#thread [data-copy]")
    button.click()
    expect(button).to_have_class("tool done")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert REFUND in copied
    assert "[1] Returns" in copied
    assert "<" not in copied


def test_what_a_document_holds_is_never_run(open_page: Open) -> None:
    """Markup of a document is text in the answer and in the panel."""
    page = open_page()
    ask(page, "What is the alarm code of the cellar?")
    page.locator("#thread .cite").first.click()
    expect(page.locator("#panel")).to_contain_text("onerror")
    assert page.locator("#shell img, #shell script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_the_page_speaks_chinese_to_a_chinese_browser(open_page: Open) -> None:
    """The whole frame and the answers' labels follow the browser."""
    page = open_page(locale="zh-CN")
    expect(page.locator("#new")).to_have_text("新问题")
    expect(page.locator("#question textarea")).to_have_attribute("placeholder", "向这些文档提问")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    ask(page)
    page.locator("#thread .cite").first.click()
    expect(page.locator("#panel .source-head")).to_contain_text("得分")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_telephone(
    open_page: Open, scheme: str, no_sideways_scroll: Callable[[Page], bool]
) -> None:
    """Nothing is wider than 390 pixels: the page, an answer, its source, the sidebar."""
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    assert no_sideways_scroll(page)
    ask(page)
    assert no_sideways_scroll(page)
    page.locator("#thread .cite").first.click()
    expect(page.locator("#panel mark").first).to_be_in_viewport()
    assert no_sideways_scroll(page)
    page.click("[data-panel=close]")
    page.click(".bar [data-menu=open]")
    expect(page.locator("#new")).to_be_in_viewport()
    page.click("#tab-documents")
    expect(page.locator("#documents li").first).to_be_in_viewport()
    assert no_sideways_scroll(page)
    page.click("[data-menu=close]")
    expect(page.locator("#new")).not_to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_in_dark(
    open_page: Open, scheme: str, contrast: Callable[[Page, str], float]
) -> None:
    """Every kind of text has a contrast of at least 4.5, as the accessibility guidelines ask."""
    page = open_page(color_scheme=scheme)
    ask(page)
    page.locator("#thread .cite").first.click()
    expect(page.locator("#panel mark").first).to_be_visible()
    weak = {
        selector: round(ratio, 2)
        for selector in (
            ".asked",
            ".answer p",
            ".source-place",
            ".cite",
            ".badge",
            "#panel mark",
            "#panel .excerpt p",
            ".source-head .file",
            ".tabs button",
            "#new",
            "#conversations .item",
            ".bar h1",
            "#note p",
            "#question textarea",
        )
        if (ratio := contrast(page, selector)) < 4.5
    }
    assert weak == {}
    dark = page.evaluate("document.body.classList.contains('dark')")
    assert dark == (scheme == "dark")


def test_a_new_knowledge_base_begins_empty(open_page: Open) -> None:
    """It is made and opened from the page, and says how documents get in."""
    page = open_page()
    page.click("#tab-documents")
    page.click("#bases [data-show=base]")
    page.fill("#bases input[name=name]", "员工手册")
    page.press("#bases input[name=name]", "Enter")
    expect(page.locator(".welcome")).to_contain_text("Add documents to begin")
    expect(page.locator(".welcome code")).to_contain_text("员工手册")
    page.reload()
    page.click("#tab-documents")
    expect(page.locator("#base")).to_have_value("员工手册")
    page.locator("#base").select_option("default")
    expect(page.locator(".welcome")).to_contain_text("Ask your documents")


def test_two_readers_do_not_wait_for_each_other(open_page: Open) -> None:
    """While one answer is under way another tab gets its own."""
    pages = [open_page(), open_page()]
    for page in pages:
        page.fill("#question textarea", QUESTION)
    for page in pages:
        page.press("#question textarea", "Enter")
    for page in pages:
        expect(page.locator("#live .answer")).to_be_visible()
    for page in pages:
        expect(page.locator("#thread .answer")).to_contain_text("five working days")


def test_the_server_ends_when_it_is_told(
    browser: Browser, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """Ctrl-C stops it within seconds and without a traceback, with a browser connected."""
    port = free_port()
    command = [sys.executable, "-m", "qa_bot.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--home", str(tmp_path / "home")], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    page = browser.new_page()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status")
            break
        except OSError:
            time.sleep(0.2)
    page.goto(f"http://127.0.0.1:{port}/")
    expect(page.locator(".welcome")).to_be_visible(timeout=20_000)
    server.send_signal(signal.SIGINT)
    _, said = server.communicate(timeout=20)
    page.close()
    assert "Traceback" not in said
    assert server.returncode in (0, 130, -signal.SIGINT)
