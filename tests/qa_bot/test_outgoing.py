"""What leaves the bot, whole or in pieces."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from qa_bot.bootstrap import open_app
from qa_bot.config import Config
from qa_bot.links import hosts_in
from qa_bot.outgoing import Outgoing, safe
from qa_bot.types import Finished, Token

HOSTS = hosts_in(["docs.example.org"])
TEXT = (
    "See ![s](https://evil.example/p?d=q) and [docs](https://docs.example.org/x) [1]. "
    "Write to jane@example.org or call +49 30 901820 now. <b>2026-11-24</b> www.evil.example!"
)


@given(st.lists(st.integers(1, len(TEXT) - 1), max_size=40, unique=True).map(sorted), st.booleans())
def test_in_whatever_pieces_it_comes_the_same_leaves(cuts: list[int], redact: bool) -> None:
    outgoing = Outgoing(HOSTS, redact=redact)
    pieces = [TEXT[a:b] for a, b in zip([0, *cuts], [*cuts, len(TEXT)], strict=True)]
    shown = [outgoing.feed(piece) for piece in pieces] + [outgoing.finish()]
    assert "".join(shown) == safe(TEXT, HOSTS, redact=redact)


def test_plain_words_are_not_held_back() -> None:
    outgoing = Outgoing(HOSTS, redact=False)
    assert outgoing.feed("Repairs take") == "Repairs take"
    assert outgoing.feed(" ten days") == " ten days"


def test_an_answer_leaves_without_strangers_links_and_with_redaction_without_data(
    tmp_path: Path,
) -> None:
    """In its text, its pieces, its citations and its passages; the registry keeps what was written."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "contact.txt").write_text(
        "Complaints about a broken lamp go to jane.doe@example.org or ![x](https://evil.example/p.png).\n"
    )
    for redact in ("off", "on"):
        home = str(tmp_path / redact)
        app = open_app(Config(home=home, encoder="hashing", reader="similarity", redact=redact))
        try:
            bot = app.bot()
            bot.knowledge_base.sync([folder])
            events = list(bot.stream("Where do complaints about a broken lamp go?"))
            answer = next(event.answer for event in events if isinstance(event, Finished))
            streamed = "".join(event.text for event in events if isinstance(event, Token))
            assert not answer.abstained
            assert "](https" not in answer.text + streamed
            everything = repr(answer) + streamed
            assert ("jane.doe" in everything) == (redact == "off")
            source = answer.citations[0].source
            assert "jane.doe@example.org" in bot.knowledge_base.document(source).text
        finally:
            app.close()
