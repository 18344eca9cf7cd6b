"""The sidebar and the empty states."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from knowledge_base.types import (
    DocumentInfo,
    Failure,
    IngestProgress,
    IngestReport,
    Suspected,
    Suspicion,
    SuspicionKind,
)
from qa_bot.types import Conversation
from qa_bot.ui.sidebar import (
    bases_html,
    conversations_html,
    documents_html,
    progress_html,
    report_html,
    welcome_html,
)
from qa_bot.ui.texts import Texts

EN = Texts("en")
HOSTILE = '"><script>alert(1)</script>'


def document(source: str = "/docs/a.md", title: str = "A", passages: int = 3) -> DocumentInfo:
    return DocumentInfo(source, title, "text/markdown", "en", 100, passages, 0.0)


def test_names_from_outside_are_escaped_everywhere() -> None:
    """A title, a file's name or a knowledge base's name is never markup."""
    html = "".join(
        (
            conversations_html([Conversation(HOSTILE, HOSTILE, "default", 0, 0)], None, EN),
            documents_html([document(f"/docs/{HOSTILE}.md", HOSTILE)], EN),
            bases_html([HOSTILE], HOSTILE, EN, HOSTILE),
            progress_html(IngestProgress(1, 2, 3, HOSTILE, 1.0), EN),
            report_html(IngestReport(0, 0, 0, 0, (Failure(HOSTILE, HOSTILE),), 0, 1.0), EN),
            welcome_html([], HOSTILE, EN),
        )
    )
    assert "<script" not in html
    assert html.count("&lt;script") >= 10


def test_the_open_conversation_is_marked() -> None:
    """A screen reader is told which one is open."""
    kept = [Conversation(name, name, "default", 0, 0) for name in ("one", "two")]
    tree = LexborHTMLParser(conversations_html(kept, "two", EN))
    assert [node.text() for node in tree.css("[aria-current]")] == ["two"]


def test_deleting_asks_first() -> None:
    """Every deletion carries the question that is asked before."""
    html = documents_html([document()], EN) + conversations_html(
        [Conversation("one", "one", "default", 0, 0)], None, EN
    )
    buttons = LexborHTMLParser(html).css(".danger")
    assert [b.attributes["data-confirm"] for b in buttons] == ["Remove?", "Delete?"]


def test_a_long_list_can_be_filtered_and_ends_somewhere() -> None:
    """A browser is not asked to draw ten thousand rows; what is left out is told."""
    many = [document(f"/docs/{number}.md") for number in range(600)]
    tree = LexborHTMLParser(documents_html(many, EN))
    assert len(tree.css("li")) == 500
    assert tree.css("[data-filter]")
    assert "and 100 more" in tree.text()
    assert not LexborHTMLParser(documents_html(many[:3], EN)).css("[data-filter]")


def test_progress_tells_no_time_before_it_knows_one() -> None:
    """Time left is told from the first file on, in seconds and then in minutes."""
    assert "left" not in progress_html(IngestProgress(0, 4, 0, "a.md", 2.0), EN)
    text = progress_html(IngestProgress(1, 4, 30, "b.md", 10.0), EN)
    assert "1 of 4 files · 30 passages" in text
    assert "3 passages a second" in text
    assert "about 30 s left" in text
    assert "about 15 min left" in progress_html(IngestProgress(1, 10, 30, "b.md", 100.0), EN)
    assert "left" not in progress_html(IngestProgress(4, 4, 30, "b.md", 10.0), EN)


def test_a_failed_file_is_named_once_with_its_sentence() -> None:
    """The name stands above the sentence and is not repeated in it."""
    failure = Failure("/in/broken.pdf", "broken.pdf: the PDF is damaged; save it again")
    tree = LexborHTMLParser(report_html(IngestReport(1, 0, 0, 0, (failure,), 4, 0.52), EN))
    item = tree.css_first("li")
    assert item is not None
    assert item.text() == "broken.pdf the PDF is damaged; save it again"
    assert "1 added" in tree.text()
    assert "0.5 s" in tree.text()


def test_an_empty_base_says_how_to_add_documents() -> None:
    """Both ways are told, the command with the knowledge base's name."""
    assert "qa-bot ingest FOLDER<" in welcome_html([], "default", EN)
    assert "--kb &quot;staff&quot;" in welcome_html([], "staff", EN)


def test_example_questions_belong_to_the_sample_base() -> None:
    """Another base has none, since they would not be answered."""
    sample = welcome_html([document("/x/examples/support/returns.md")], "default", EN)
    assert len(LexborHTMLParser(sample).css(".examples button")) == 4
    assert not LexborHTMLParser(welcome_html([document()], "default", EN)).css(".examples")


def test_a_document_that_speaks_to_a_model_says_so_in_both_languages() -> None:
    """In the list and in the report; its words are never markup."""
    found = Suspicion(SuspicionKind.MARKER, 0, 9, f"<|im_end|>{HOSTILE}")
    info = DocumentInfo("/docs/a.md", "A", "text/markdown", "en", 100, 3, 0.0, (found,))
    suspected = Suspected("/docs/a.md", (SuspicionKind.MARKER,), HOSTILE)
    for language, words in (("en", "chat marker"), ("zh", "对话标记")):
        t = Texts(language)
        html = documents_html([info], t)
        warning = LexborHTMLParser(html).css_first(".warning")
        assert warning is not None
        assert words in warning.text()
        html += report_html(IngestReport(1, 0, 0, 0, (), 3, 0.1, (suspected,)), t)
        assert "<script" not in html
        assert t("suspected") in html
    assert 'class="warning"' not in documents_html([document()], EN)
