"""Links lead where the cited documents lead, images load nowhere, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa_bot.links import harmless, hosts_in

HOSTS = hosts_in(["See https://docs.example.org/a and shop.example.com."])
RENDER = MarkdownIt("commonmark", {"html": True, "linkify": False})
RENDER.validateLink = lambda url: True  # type: ignore[method-assign]  # as a careless renderer does


def targets(text: str) -> list[str]:
    """Return where a renderer of Markdown would load from or lead to."""
    found = []
    for block in RENDER.parse(text):
        if block.type == "html_block":
            found.append(block.content)
        for token in block.children or []:
            if token.type in ("image", "link_open"):
                found.append(str(token.attrs.get("src") or token.attrs.get("href")))
            if token.type == "html_inline":
                found.append(token.content)
    return found


def test_hosts_are_read_from_addresses_and_names() -> None:
    assert {"docs.example.org", "shop.example.com"} <= HOSTS


@pytest.mark.parametrize(
    "text",
    [
        "![s](https://evil.example/p.png?d=Q)",
        "![s](https://docs.example.org/p.png)",
        "![s][1a]\n\n[1a]: https://evil.example/p.png",
        "[x](https://evil.example)",
        "[x](//evil.example/x)",
        "[x](<https://evil.example/x> 'title')",
        "[x](https&#58;//evil.example)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "[x](https://docs.example.org@evil.example/)",
        "[x](https://docs.example.org.evil.example/)",
        "[x]\n\n[x]: https://evil.example",
        "<https://evil.example/a>",
        '<img src="https://evil.example/p.png">',
        '<a href="https://evil.example">x</a>',
        "[![a](https://evil.example/p.png)](https://evil.example)",
        "![" + "a" * 1200 + "](//evil.example/p.png)",
    ],
)
def test_nothing_loads_and_nothing_leads_to_a_stranger(text: str) -> None:
    assert targets(text), "the text would do something, or the test proves nothing"
    made = harmless(text, HOSTS)
    assert len(made) == len(text)
    assert not any("//" in target or ":" in target for target in targets(made))


@pytest.mark.parametrize(
    "text",
    [
        "See [the manual](https://docs.example.org/a_(b)) [1].",
        "Order at https://shop.example.com/x?y=1 or [write](mailto:a@example.org).",
        "[Chapter](#chapter) and [file](other.md) [1][2].",
        "Press [Enter]; the array a[0](x) stays: 5:30, C:\\dir.",
        "退款见 [1]，电话 12345。",
    ],
)
def test_links_of_the_cited_documents_and_plain_words_stay(text: str) -> None:
    assert harmless(text, HOSTS) == text


PIECES = st.sampled_from(
    ["![", "[", "]", "(", ")", "<", ">", "a", " ", "\n", "https://evil.example/x", "//evil.example",
     "https://docs.example.org", "www.evil.example", "]: ", "](", "javascript:x", "<img src=", "1"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
@example("[a](https://docs.example.org)(https://evil.example/x)")
def test_the_length_stays_and_a_second_time_changes_nothing(text: str) -> None:
    made = harmless(text, HOSTS)
    assert len(made) == len(text)
    assert harmless(made, HOSTS) == made
    assert not any("evil" in target and "//" in target for target in targets(made))
