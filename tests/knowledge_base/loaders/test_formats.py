"""Each format as it is written by the programs of its kind."""

from __future__ import annotations

import io
import json
import zipfile
from email.message import EmailMessage

import docx
import openpyxl
import pptx
import pytest
from fpdf import FPDF

from knowledge_base.errors import EmptyDocument, EncryptedFile, LoadError, UnsupportedFile
from knowledge_base.loaders import load_bytes
from knowledge_base.loaders.encoding import decode
from knowledge_base.types import Document, SectionKind


def load(data: bytes | str, name: str) -> Document:
    raw = data.encode() if isinstance(data, str) else data
    return load_bytes(raw, name, f"/{name}")


def texts(document: Document, kind: SectionKind | None = None) -> list[str]:
    return [
        document.text[s.start : s.end] for s in document.sections if kind is None or s.kind is kind
    ]


def test_markdown_keeps_headings_lists_and_tables_without_the_markup() -> None:
    """Front matter becomes title and metadata; links become their words."""
    document = load(
        "---\ntitle: Guide\nauthor: Ann\n---\n# One\n\nSee **the** [page](https://x.example/p).\n\n"
        "## Two\n\n1. Open\n2. Close\n\n| A | B |\n|---|---|\n| x | 1 |\n\n```\ncode  here\n```\n",
        "guide.md",
    )
    assert (document.title, document.metadata["author"]) == ("Guide", "Ann")
    assert "See the page." in texts(document)
    assert texts(document, SectionKind.LIST_ITEM) == ["1. Open", "2. Close"]
    assert texts(document, SectionKind.TABLE_ROW) == ["A: x; B: 1"]
    assert texts(document, SectionKind.CODE) == ["code  here"]
    assert document.sections[-1].headings == ("One", "Two")


def test_html_keeps_the_content_and_drops_the_menus() -> None:
    """Scripts, navigation, cookie notices and footers are not content."""
    document = load(
        "<html><head><title>T</title><script>var x</script></head><body><nav>Home</nav>"
        "<div class='cookie-banner'>We use cookies</div><h1>Fees</h1><p>The fee is <b>4</b> EUR.</p>"
        "<dl><dt>Term</dt><dd>Meaning</dd></dl><table><tr><th>K</th><th>V</th></tr>"
        "<tr><td>a</td><td>1</td></tr></table><footer>Imprint</footer></body></html>",
        "fees.html",
    )
    assert document.title == "Fees"
    assert "The fee is 4 EUR." in texts(document)
    assert "K: a; V: 1" in texts(document)
    assert not any(word in document.text for word in ("Home", "cookies", "Imprint", "var x"))


def test_a_pdf_keeps_pages_headings_tables_and_loses_its_running_headers() -> None:
    """Lines are joined into paragraphs; rows of a table get their headers."""

    class Pages(FPDF):
        def header(self) -> None:
            self.set_font("Helvetica", size=8)
            self.cell(0, 6, "Running header", new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            self.set_y(-12)
            self.cell(0, 6, f"Page {self.page_no()}")

    pdf = Pages()
    for number in (1, 2):
        pdf.add_page()
        pdf.set_font("Helvetica", size=18)
        pdf.cell(0, 12, f"Chapter {number}", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("Helvetica", size=11)
        pdf.multi_cell(0, 6, f"A long sentence of chapter {number} that goes on. " * 6)
        pdf.ln(4)
        with pdf.table() as table:
            for row in (("Mode", "Time"), ("Eco", f"{number}0 minutes")):
                cells = table.row()
                for cell in row:
                    cells.cell(cell)
    document = load(bytes(pdf.output()), "manual.pdf")
    assert "Running header" not in document.text
    assert "Page 1" not in document.text
    assert [s.page for s in document.sections if s.kind is SectionKind.HEADING] == [1, 2]
    assert texts(document, SectionKind.TABLE_ROW) == [
        "Mode: Eco; Time: 10 minutes",
        "Mode: Eco; Time: 20 minutes",
    ]
    paragraph = texts(document, SectionKind.PARAGRAPH)[0]
    assert "\n" not in paragraph
    assert paragraph.count("chapter 1") == 6


def test_an_encrypted_pdf_and_one_without_text_are_told_apart() -> None:
    """Each with its own remedy."""
    pdf = FPDF()
    pdf.add_page()
    with pytest.raises(EmptyDocument, match="text layer"):
        load(bytes(pdf.output()), "scan.pdf")
    locked = FPDF()
    locked.add_page()
    locked.set_font("Helvetica", size=12)
    locked.cell(0, 10, "secret")
    locked.set_encryption(owner_password="o", user_password="u")
    with pytest.raises(EncryptedFile, match="password"):
        load(bytes(locked.output()), "locked.pdf")


def test_a_word_document_keeps_its_order_styles_and_tables() -> None:
    """Headings by style, lists numbered, tables between paragraphs."""
    made = docx.Document()
    made.add_heading("Leave", 1)
    made.add_paragraph("Employees have 25 days.")
    made.add_paragraph("Ask", style="List Number")
    made.add_paragraph("Wait", style="List Number")
    table = made.add_table(2, 2)
    for at, cell in enumerate(["Years", "Days", "5", "27"]):
        table.cell(at // 2, at % 2).text = cell
    out = io.BytesIO()
    made.save(out)
    document = load(out.getvalue(), "leave.docx")
    assert texts(document) == [
        "Leave",
        "Employees have 25 days.",
        "1. Ask",
        "2. Wait",
        "Years: 5; Days: 27",
    ]


def test_a_presentation_has_slides_as_pages() -> None:
    """With titles, bullets and notes."""
    show = pptx.Presentation()
    for title in ("First", "Second"):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = f"{title} point\nAnother"
        slide.notes_slide.notes_text_frame.text = f"Say {title}."
    out = io.BytesIO()
    show.save(out)
    document = load(out.getvalue(), "talk.pptx")
    assert {s.page for s in document.sections} == {1, 2}
    assert "- Second point" in texts(document)
    assert "Say Second." in texts(document)


def test_a_workbook_has_rows_with_their_headers_as_people_see_them() -> None:
    """Whole numbers without a point; each sheet a heading."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Prices"
    for row in (["Price list 2026"], ["Model", "Price"], ["K200", 189.0], ["K300", 329.5]):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    document = load(out.getvalue(), "prices.xlsx")
    assert texts(document, SectionKind.TABLE_ROW) == [
        "Model: K200; Price: 189",
        "Model: K300; Price: 329.5",
    ]
    assert document.sections[-1].sheet == "Prices"


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_delimited_tables_find_their_delimiter(name: str, mark: str) -> None:
    """Comma, semicolon, tab."""
    rows = "\n".join(mark.join(row) for row in (["City", "Phone"], ["Cork", "021 555"]))
    assert texts(load(rows, name)) == ["City: Cork; Phone: 021 555"]


def test_json_records_are_readable() -> None:
    """One object a line, or a list; names become headings, prose stays prose."""
    record = {
        "title": "Parking",
        "text": "Parking is free for the first hour. " * 4,
        "city": "Cork",
    }
    for data, name in (
        (json.dumps([record]), "a.json"),
        (f"{json.dumps(record)}\n" * 2, "a.jsonl"),
    ):
        document = load(data, name)
        assert document.sections[-1].headings == ("Parking",)
        assert "city: Cork" in document.text
    with pytest.raises(LoadError, match="line 2 is not valid JSON"):
        load('{"a": 1}\n{"b": \n', "bad.jsonl")


def test_a_mail_has_its_headers_body_and_attachments() -> None:
    """Attachments of known kinds are read too."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.example", "b@x.example", "Recall"
    mail.set_content("Stop selling the kettle.\n")
    mail.add_attachment(
        b"Serial numbers: 1 to 9.", maintype="text", subtype="plain", filename="numbers.txt"
    )
    document = load(mail.as_bytes(), "recall.eml")
    assert document.title == "Recall"
    assert "Stop selling the kettle." in texts(document)
    assert "Serial numbers: 1 to 9." in texts(document)


def test_a_book_is_read_in_its_order() -> None:
    """By its spine, not by file names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>',
        )
        book.writestr(
            "o/p.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Book</dc:title></metadata><manifest><item id="b" href="b.xhtml"/><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>',
        )
        book.writestr("o/a.xhtml", "<html><body><p>Second.</p></body></html>")
        book.writestr("o/b.xhtml", "<html><body><h1>One</h1><p>First.</p></body></html>")
    document = load(out.getvalue(), "book.epub")
    assert document.title == "Book"
    assert document.text.index("First.") < document.text.index("Second.")


def test_rst_is_read_and_reads_no_other_file() -> None:
    """Directives that include files do nothing."""
    document = load("Title\n=====\n\nText here.\n\n.. include:: /etc/passwd\n", "a.rst")
    assert document.title == "Title"
    assert "Text here." in texts(document)
    assert "root:" not in document.text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "big5", "cp1252"]
)
def test_text_is_decoded_whatever_it_is_written_in(encoding: str) -> None:
    """Chinese in its own encodings, German in the western one."""
    text = "Die Rückgabe ist für Käufer möglich. Größe und Maße prüfen. " * 5
    if encoding != "cp1252":
        text = "退貨須在簽收後三十天內辦理，請保留發票。本店提供保固服務，歡迎聯絡我們。" * 5
    assert decode(text.encode(encoding), "a.txt").lstrip("\ufeff") == text


@pytest.mark.parametrize(
    ("data", "name", "error", "said"),
    [
        (b"", "a.txt", EmptyDocument, "empty"),
        (b" \n\t ", "a.md", EmptyDocument, "empty"),
        (b"plain words", "a.pdf", LoadError, "not that of a .pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.png", UnsupportedFile, "image"),
        (b"{\\rtf1 x}", "a.rtf", UnsupportedFile, "save it as .docx"),
        (b"x", "a.doc", UnsupportedFile, "save it as .docx"),
        (b"PK\x03\x04broken", "a.docx", LoadError, "damaged"),
        (bytes(range(32)) * 40, "a.txt", UnsupportedFile, "binary"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(
    data: bytes, name: str, error: type[LoadError], said: str
) -> None:
    """With the file's name and the remedy."""
    with pytest.raises(error, match=said) as caught:
        load(data, name)
    assert str(caught.value).startswith(f"{name}: ")


def test_a_mislabelled_file_is_read_by_its_content() -> None:
    """A web page that is called .txt, a Word file that is called .pdf."""
    made = docx.Document()
    made.add_paragraph("Inside a Word file.")
    out = io.BytesIO()
    made.save(out)
    assert "Inside a Word file." in load(out.getvalue(), "a.pdf").text
    assert (
        load("<!DOCTYPE html><html><body><h1>Hi</h1><p>Text</p></body></html>", "a.txt").title
        == "Hi"
    )
