"""The search view in a real browser: searched, filtered, ranked, explained, traced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from qa_bot.bootstrap import App, open_app
from qa_bot.config import Config

pytestmark = pytest.mark.slow

Open = Callable[..., Page]

REFUND = (
    "# Returns\n\nGoods may be sent back within 30 days.\n\n## Refunds\n\n"
    "The refund is paid to your card within five working days after the parcel has arrived. "
    "A fee of four euros is deducted for a change of mind.\n"
)
COUNTER = (
    "# Coin counter\n\nThe money counter sorts money: money in coins and money in notes. "
    "Take the money out of the back of the tray before cleaning.\n"
)
HOSTILE = '<img src=x onerror="window.hacked=1"> <script>window.hacked=2</script>'
QUERY = "get my money back"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return an app over documents of two languages in two folders; two say the same."""
    folder = tmp_path_factory.mktemp("documents")
    files = {
        "shop/returns.md": REFUND,
        "shop/returns of last year.md": REFUND,
        "manuals/counter.md": COUNTER,
        "shop/退货.md": "# 退货政策\n\n退款在三个工作日内到账。积分不能兑换现金。\n",
        "shop/parking.md": "# Parking\n\nVisitors park behind the store for two hours.\n",
        "shop/night.txt": f"Notes of the night shift\n\nThe alarm code is 4711. {HOSTILE}\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    os.utime(folder / "shop" / "parking.md", (1_577_880_000, 1_577_880_000))  # 2020
    opened = open_app(Config(home=str(tmp_path_factory.mktemp("home"))))
    base = opened.bot().knowledge_base
    base.sync([folder / "manuals"], metadata={"team": "tills"})
    base.sync([folder / "shop"])
    yield opened
    opened.close()


def searched(page: Page, query: str = QUERY) -> None:
    """Open the search view, search, and wait until the reader has put the head in order."""
    page.click("#views [data-view=search]")
    page.fill("#seek input[name=q]", query)
    page.press("#seek input[name=q]", "Enter")
    settled(page)


def settled(page: Page) -> None:
    """Wait until nothing is under way."""
    expect(page.locator("#seek .seek")).not_to_have_attribute("aria-busy", "true")


def first_hit(page: Page, title: str) -> None:
    """Wait until the first hit has a title."""
    expect(page.locator("#seek .hit .hit-title").first).to_have_text(title)


def slide(page: Page, name: str, value: str) -> None:
    """Move a slider as a hand does."""
    page.locator(f"#seek input[name={name}]").evaluate(
        "(node, value) => { node.value = value;"
        " node.dispatchEvent(new Event('input', { bubbles: true }));"
        " node.dispatchEvent(new Event('change', { bubbles: true })); }",
        value,
    )


def test_a_search_shows_hits_with_what_matched_marked(open_page: Open) -> None:
    """The snippets are of the passages, and the line above says how many and how fast."""
    page = open_page()
    expect(page.locator("#seek")).to_be_hidden()
    searched(page, "when is the refund paid")
    expect(page.locator("#question")).to_be_hidden()
    first_hit(page, "Returns")
    marks = page.locator("#seek .hit").first.locator(".snippet mark").all_inner_texts()
    assert {"refund", "paid"} <= {mark.lower() for mark in marks}
    expect(page.locator("#seek .found-line")).to_contain_text("hits in")
    expect(page.locator("#seek-status")).to_contain_text("hits in")


def test_the_slider_changes_the_order(open_page: Open) -> None:
    """Words alone bring the passage with the words, meaning alone the one that is meant, in any language."""
    page = open_page()
    searched(page)
    page.click("[data-fold=ranking]")
    page.uncheck("#seek input[name=reader]")
    slide(page, "weight", "0")
    first_hit(page, "Coin counter")
    expect(page.locator("#seek input[name=auto]")).not_to_be_checked()
    expect(page.locator("#seek .found-line")).to_contain_text("meaning 0.00 : words 1.00")
    slide(page, "weight", "1")
    first_hit(page, "退货政策")
    expect(page.locator("#seek .slider output").first).to_have_text("1.00")
    expect(page.locator("[data-fold=ranking] b")).to_have_text("2")
    page.check("#seek input[name=auto]")
    expect(page.locator("#seek .slider output").first).to_have_text("0.50")
    expect(page.locator("#seek .found-line")).to_contain_text("the query decided")


def test_the_reader_puts_the_head_in_order_after_it_is_shown(open_page: Open) -> None:
    """Hits are there before it has read them, and then have its relevance."""
    page = open_page()
    page.evaluate("""() => {
        window.read = new Set();
        new MutationObserver(() => {
            const cell = document.querySelector("#seek .why tbody tr:nth-child(4)");
            if (cell) window.read.add(/not looked at/.test(cell.textContent));
        }).observe(document.querySelector("#seek"), { childList: true, subtree: true });
    }""")
    searched(page, "when is the refund paid")
    assert page.evaluate("[...window.read]") == [True, False]


def test_filters_restrict_the_search(open_page: Open) -> None:
    """By folder, document, language, metadata and day; together they may leave nothing."""
    page = open_page()
    searched(page)
    page.click("[data-fold=filters]")
    titles = page.locator("#seek .hit .hit-title")
    for name, value, left in (
        ("folder", "manuals", ["Coin counter"]),
        ("source", "park*.md", ["Parking"]),
        ("language", "zh", ["退货政策"]),
        ("where", "team=tills", ["Coin counter"]),
        ("until", "2020-12-31", ["Parking"]),
    ):
        page.fill(f"#seek input[name={name}]", value)
        page.locator(f"#seek input[name={name}]").press("Tab")
        expect(titles).to_have_text(left)
        expect(page.locator("[data-fold=filters] b")).to_have_text("1")
        page.click("#seek [data-clear]")
        expect(titles).not_to_have_count(1)
    page.fill("#seek input[name=folder]", "nowhere")
    page.press("#seek input[name=folder]", "Enter")
    expect(page.locator("#seek-hits .seek-empty")).to_contain_text(
        "No passage passes these filters"
    )
    page.fill("#seek input[name=where]", "team")
    page.press("#seek input[name=where]", "Enter")
    expect(page.locator("#seek-hits .notice")).to_contain_text("“team” is no metadata")


def test_documents_are_offered_while_one_is_named(open_page: Open) -> None:
    """Those that have what was typed, by their file's name."""
    page = open_page()
    searched(page)
    page.click("[data-fold=filters]")
    page.locator("#seek input[name=source]").press_sequentially("park")
    options = page.locator("#seek-documents option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("value", "parking.md")
    languages = page.locator("#seek-languages option")
    assert {option.get_attribute("value") for option in languages.all()} >= {"en", "zh"}


def test_a_hit_opens_in_its_surroundings(open_page: Open) -> None:
    """In the panel of the sources, with the words found in bold; Escape leads back."""
    page = open_page()
    searched(page, "when is the refund paid")
    title = page.locator("#seek .hit-title").first
    title.press("Enter")
    panel = page.locator("#panel .panel")
    expect(panel.locator("mark").first).to_be_visible()
    assert "refund" in panel.locator("mark strong").all_inner_texts()
    expect(panel.locator(".file")).to_have_text("returns.md")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(title).to_be_focused()
    assert title.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"


def test_a_hit_explains_its_place(open_page: Open) -> None:
    """Stages with ranks, the sum, the terms, and every token's share of the cosine."""
    page = open_page()
    searched(page, "when is the refund paid")
    hit = page.locator("#seek .hit").first
    hit.locator("[data-why]").click()
    why = hit.locator(".why")
    expect(why).to_contain_text("Meaning (cosine)")
    expect(why.locator("section", has_text="Matched terms").locator("th")).to_contain_text(
        ["refund"]
    )
    tokens = why.locator(".tokens .more")
    expect(tokens.first).to_be_visible()
    shares = [float(token.get_attribute("title") or "nan") for token in tokens.all()]
    told = float(why.locator(".hint", has_text="in all").inner_text().split("add ")[1].split()[0])
    cosine = float(why.locator("tbody tr").first.locator("td").first.inner_text())
    assert 0 < told <= cosine + 0.02
    assert max(shares) < told
    assert "refund" in (why.locator(".tokens").text_content() or "")
    sums = {
        row.locator("th").inner_text(): float(
            row.locator("td").first.inner_text().replace("−", "-")
        )
        for row in why.locator("section").nth(1).locator("tr").all()
    }
    assert sums["meaning"] + sums["words"] == pytest.approx(sums["fused"], abs=0.011)
    assert sums["fused"] + sums["reader"] == pytest.approx(sums["As shown here"], abs=0.011)


def test_the_stages_stand_side_by_side(open_page: Open) -> None:
    """Each has its own order; pointing at a passage shows it in the others."""
    page = open_page()
    searched(page)
    page.click("#seek-tab-stages")
    columns = page.locator("#seek .stages section")
    expect(columns).to_have_count(3)
    firsts = [columns.nth(at).locator("strong").first.inner_text() for at in range(3)]
    assert firsts[:2] == ["退货政策", "Coin counter"]
    columns.nth(1).locator("li").first.hover()
    same = page.locator("#seek .stages li.same strong")
    assert set(same.all_inner_texts()) == {"Coin counter"}
    assert same.count() == 3
    page.press("#seek-tab-stages", "ArrowRight")
    expect(page.locator("#seek-tab-trace")).to_have_attribute("aria-selected", "true")


def test_a_document_that_was_not_found_is_explained(open_page: Open) -> None:
    """Where it was lost and what helps; also one that is found, and one that is not there."""
    page = open_page()
    searched(page, "when is the refund paid")
    page.select_option("#seek select", "10")
    page.click("#seek .found-end [data-pane=trace]")
    name = page.locator(".trace-form input")
    expect(name).to_be_focused()
    for document, verdict, more in (
        ("returns.md", "Found: number 1 of the hits", "Terms in common"),
        ("warranty.pdf", "Not among the first 10 hits", "No indexed document matches this name."),
    ):
        name.fill(document)
        name.press("Enter")
        expect(page.locator("#seek .trace > h3")).to_have_text(verdict)
        expect(page.locator("#seek .trace")).to_contain_text(more)
    page.click("[data-fold=filters]")
    page.fill("#seek input[name=folder]", "manuals")
    name.fill("parking.md")
    name.press("Enter")
    trace = page.locator("#seek .trace")
    expect(trace).to_contain_text("It dropped out at: Filter")
    expect(trace.locator(".lost strong")).to_have_text("Filter")
    expect(trace.locator(".remedies")).to_contain_text("Search without the filter")


def test_similar_documents_are_found_and_copies_flagged(open_page: Open) -> None:
    """From a hit, and from the list of documents."""
    page = open_page()
    searched(page, "when is the refund paid")
    hit = page.locator("#seek .hit").first
    expect(hit.locator(".hit-same")).to_contain_text("returns of last year.md")
    hit.locator("[data-similar]").click()
    row = hit.locator(".alike li").first
    expect(row).to_contain_text("returns of last year.md")
    expect(row.locator(".same")).to_have_text("Nearly the same")
    page.click("#views [data-view=ask]")
    page.click("#tab-documents")
    listed = page.locator("#documents li", has_text="counter.md")
    listed.hover()
    listed.locator("[data-alike]").click()
    expect(page.locator("#seek .alike.whole h4")).to_have_text("Documents like Coin counter")
    assert page.locator("#seek .alike.whole .same").count() == 0


def test_an_address_leads_back_to_a_search(open_page: Open) -> None:
    """A reload shows it again, with its filters; asking goes on as before."""
    page = open_page()
    searched(page)
    page.click("[data-fold=filters]")
    page.fill("#seek input[name=folder]", "manuals")
    page.press("#seek input[name=folder]", "Enter")
    first_hit(page, "Coin counter")
    page.reload()
    first_hit(page, "Coin counter")
    expect(page.locator("#seek input[name=folder]")).to_have_value("manuals")
    expect(page.locator("#seek .hit")).to_have_count(1)
    page.click("#views [data-view=ask]")
    assert "show=search" not in page.url
    page.fill("#question textarea", "How long may visitors park?")
    page.press("#question textarea", "Enter")
    expect(page.locator("#thread .answer, #thread .abstained")).to_be_visible()


def test_what_there_is_to_search_is_told(open_page: Open, app: App) -> None:
    """Before the first document, after the query was emptied, and in another knowledge base."""
    app.create("empty")
    page = open_page("?kb=empty")
    page.click("#views [data-view=search]")
    told = page.locator("#seek-hits .seek-empty p")
    expect(told).to_contain_text("Add documents first")
    page.click("#tab-documents")
    page.locator("#base").select_option("default")
    expect(told).to_contain_text("Press Enter to search")
    searched(page, "when is the refund paid")
    first_hit(page, "Returns")
    page.fill("#seek input[name=q]", "")
    expect(told).to_contain_text("Press Enter to search")
    page.fill("#seek input[name=q]", "refund")
    page.press("#seek input[name=q]", "Enter")
    first_hit(page, "Returns")
    page.locator("#base").select_option("empty")
    expect(told).to_contain_text("Add documents first")


def test_what_a_document_holds_is_never_run(open_page: Open) -> None:
    """Markup is text in snippets, explanations, stages and the trace, and so is a query's."""
    page = open_page()
    searched(page, f"alarm code 4711 {HOSTILE}")
    hit = page.locator("#seek .hit", has_text="night.txt")
    expect(hit.locator(".snippet")).to_contain_text("onerror")
    hit.locator("[data-why]").click()
    expect(hit.locator(".tokens")).to_contain_text("<script>")
    hit.locator("[data-similar]").click()
    expect(hit.locator(".alike li").first).to_be_visible()
    hit.locator("h3 .hit-title").click()
    expect(page.locator("#panel mark").first).to_be_visible()
    page.click("[data-panel=close]")
    page.click("#seek-tab-stages")
    expect(page.locator("#seek .stages li").first).to_be_visible()
    page.click("#seek-tab-trace")
    page.fill(".trace-form input", f"{HOSTILE}")
    page.press(".trace-form input", "Enter")
    expect(page.locator("#seek .trace")).to_be_visible()
    assert page.locator("#shell img, #shell script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_the_search_speaks_chinese_to_a_chinese_browser(open_page: Open) -> None:
    """Words of a query in Chinese are found and marked; the knowledge base's sentences follow."""
    page = open_page(locale="zh-CN")
    expect(page.locator("#views")).to_contain_text("检索")
    searched(page, "退款几天到账")
    first_hit(page, "退货政策")
    assert "退款" in page.locator("#seek .hit").first.locator("mark").all_inner_texts()
    page.click("#seek-tab-trace")
    page.fill(".trace-form input", "parking.md")
    page.press(".trace-form input", "Enter")
    trace = page.locator("#seek .trace")
    expect(trace).to_contain_text("没有共有的词")
    assert not any(word in trace.inner_text() for word in ("rank", "query", "hits"))


def test_a_query_that_no_vocabulary_reads_is_told_so(open_page: Open) -> None:
    """In the page's language: Japanese has neither tokens nor glosses."""
    page = open_page(locale="zh-CN")
    searched(page, "返金はいつ届きますか")
    expect(page.locator("#seek .found-notes")).to_contain_text("编码器不认识")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_search_fits_a_telephone(
    open_page: Open, scheme: str, no_sideways_scroll: Callable[[Page], bool]
) -> None:
    """Nothing is wider than 390 pixels, whatever is open."""
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    searched(page, "when is the refund paid")
    page.click("[data-fold=filters]")
    page.click("[data-fold=ranking]")
    page.locator("[data-why]").first.click()
    expect(page.locator(".tokens").first).to_be_visible()
    page.locator("[data-similar]").first.click()
    expect(page.locator(".alike-list").first).to_be_visible()
    assert no_sideways_scroll(page)
    assert page.locator("#seek").evaluate("node => node.scrollWidth <= node.clientWidth")
    page.click("#seek-tab-stages")
    expect(page.locator("#seek .stages li").first).to_be_visible()
    page.click("#seek-tab-trace")
    page.fill(".trace-form input", "parking.md")
    page.press(".trace-form input", "Enter")
    expect(page.locator("#seek .trace")).to_be_visible()
    assert page.locator("#seek").evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_search_can_be_read_in_light_and_in_dark(
    open_page: Open, scheme: str, contrast: Callable[[Page, str], float]
) -> None:
    """Every kind of text has a contrast of at least 4.5."""
    page = open_page(color_scheme=scheme)
    searched(page, "when is the refund paid")
    page.locator("[data-why]").first.click()
    page.locator("[data-similar]").first.click()
    expect(page.locator(".alike-list .same").first).to_be_visible()
    expect(page.locator(".tokens .more").first).to_be_visible()
    weak = {
        selector: round(ratio, 2)
        for selector in (
            "#views [aria-pressed=true]",
            "#views [aria-pressed=false]",
            "#seek .chip",
            "#seek .seek-count",
            "#seek .found-line",
            "#seek .hit-title",
            "#seek .hit-place",
            "#seek .snippet mark",
            "#seek .hit-tools small",
            "#seek .why h4",
            "#seek .why td",
            "#seek .why .hint",
            "#seek .alike-list .same",
            "#seek .alike-list .snippet",
            "#seek .link",
        )
        if (ratio := contrast(page, selector)) < 4.5
    }
    assert weak == {}
