"""Measures what a person waits for in the page: from Enter to the answer's first text.

``python benchmarks/page.py [--questions 10]`` serves the sample documents over HTTP in a process of its own,
opens the page in headless Chromium (Debian's package), and asks questions of the sample, each in a new
conversation. What the server alone takes for the same questions is measured beside it, over ``/api/ask``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

EXAMPLES = Path(__file__).parents[1] / "examples"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
WATCH = """() => {
    window.firstText = null;
    const seen = () => {
        const text = document.querySelector("#live .answer, #thread .answer, .notice.abstained");
        if (text && text.textContent.trim() && window.firstText === null) {
            window.firstText = performance.now();
        }
    };
    const all = { subtree: true, childList: true, characterData: true };
    new MutationObserver(seen).observe(document.body, all);
    document.querySelector("#question textarea").addEventListener("keydown", (event) => {
        if (event.key === "Enter") window.entered = performance.now();
    }, { capture: true });
}"""


@contextmanager
def served() -> Iterator[str]:
    """Give the address of a server over the sample documents."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "qa_bot.cli"]
        environment = {**os.environ, "QA_BOT_HOME": home}
        subprocess.run(
            [*command, "ingest", str(EXAMPLES / "support"), "--json"],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip
        server = subprocess.Popen([*command, "serve", "--port", str(port)], env=environment)
        try:
            for _ in range(1800):
                try:
                    urllib.request.urlopen(f"{address}api/status", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def through_the_page(page: Page, address: str, question: str) -> float:
    """Return the milliseconds from Enter to the answer's first text."""
    page.goto(address)
    box = page.locator("#question textarea")
    box.wait_for()
    page.locator(".welcome").first.wait_for()
    page.evaluate(WATCH)
    box.fill(question)
    box.press("Enter")
    page.wait_for_function("window.firstText !== null", timeout=30_000)
    return float(page.evaluate("window.firstText - window.entered"))


def through_the_api(address: str, question: str) -> float:
    """Return the milliseconds that ``/api/ask`` takes."""
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(
        f"{address}api/ask", data=body, headers={"Content-Type": "application/json"}
    )
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as reply:
        reply.read()
    return 1000 * (time.perf_counter() - started)


def figures(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {
        "p50": round(statistics.median(values), 1),
        "least": round(min(values), 1),
        "most": round(max(values), 1),
    }


def main() -> None:
    """Measure and write one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=10)
    given = parser.parse_args()
    lines = (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    asked = [r["question"] for r in records if r["language"] == "en" and r["answers"]]
    warm, asked = asked[: given.questions], asked[given.questions : 2 * given.questions]
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS.split()
        )
        page = browser.new_page()
        for question in warm[:3]:
            through_the_page(page, address, question)
        in_page = [through_the_page(page, address, question) for question in asked]
        for question in warm[:3]:
            through_the_api(address, question)
        alone = [through_the_api(address, question) for question in warm]
        browser.close()
    print(
        json.dumps(
            {
                "questions": len(asked),
                "page, first text, ms": figures(in_page),
                "/api/ask, ms": figures(alone),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
