"""A real server and a real browser for the tests of the page; each module brings its ``app``."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from qa_bot import api
from qa_bot.bootstrap import App

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def unused_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Return what finds a port that nobody listens on."""
    return unused_port


@pytest.fixture(scope="module")
def address(app: App) -> Iterator[str]:
    """Return where the page over the module's ``app`` is served, by a real server in a thread."""
    port = unused_port()
    config = uvicorn.Config(
        api.create_app(app), port=port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium; without one the tests skip, but fail where CI says so."""
    if CHROMIUM is None:
        message = "no chromium is on the path; install it with: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield opened
        opened.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Return what opens the page; at the end no script may have failed and no other host was asked."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(path: str = "", **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**{"locale": "en-US", **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on("request", lambda request: note(request.url))
        page.goto(address + path)
        expect(page.locator(".welcome, .turn").first).to_be_visible()
        return page

    def note(url: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            problems.append(f"another host: {url}")

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def no_sideways_scroll() -> Callable[[Page], bool]:
    """Return what tells whether nothing is wider than the window."""
    wide = "document.documentElement.scrollWidth <= window.innerWidth"
    return lambda page: bool(page.evaluate(wide))


@pytest.fixture(scope="session")
def contrast() -> Callable[[Page, str], float]:
    """Return what measures how well a text stands out from what is under it, 1 to 21."""
    return lambda page, selector: float(page.evaluate(CONTRAST, selector))


CONTRAST = """(selector) => {
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => {
            const s = v / 255;
            return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const node = document.querySelector(selector);
    let under = node;
    while (/rgba\\(.*, 0\\)/.test(getComputedStyle(under).backgroundColor)) under = under.parentElement;
    const pair = [getComputedStyle(node).color, getComputedStyle(under).backgroundColor].map(light);
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}"""
