"""PDF pages drawn with their quotes marked."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from fpdf import FPDF
from PIL import Image

from knowledge_base.errors import LoadError
from qa_bot.ui.pdf_page import LONGEST_SIDE, draw_page, joined_lines, quote_positions

FILL = "Nothing of this matters to the question at hand, it only fills the line. "


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """Return two pages; the quote stands on two lines of the first."""
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for sentence in ("Refunds are paid within five working days of the arrival.", "Second page."):
        made.add_page()
        made.multi_cell(0, 7, FILL + sentence + " " + FILL)
    return bytes(made.output())


def yellow(png: bytes) -> set[int]:
    """Return the rows of a picture in which the marker was used."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    width, height = picture.size
    pixels = picture.load()
    assert pixels is not None
    return {
        y
        for y in range(0, height, 2)
        for x in range(0, width, 4)
        if pixels[x, y] == (255, 231, 115)
    }


def test_the_lines_of_a_quote_are_marked(pdf: bytes) -> None:
    """A quote over a line end is marked on both lines, and nothing else is."""
    drawn = draw_page(pdf, 1, "Refunds are paid within five working days of the arrival.")
    rows = yellow(drawn.png)
    assert drawn.marked in (1, 2)
    assert rows
    assert max(rows) - min(rows) < 90
    assert (drawn.width, drawn.height) == Image.open(io.BytesIO(drawn.png)).size


def test_white_space_hyphens_and_case_do_not_matter(pdf: bytes) -> None:
    """The quote as it was read may be joined or hyphenated otherwise than on the page."""
    drawn = draw_page(pdf, 1, "refunds are\npaid with-\nin five work\u00ading days")
    assert drawn.marked >= 1
    assert yellow(drawn.png)


def test_a_quote_that_is_not_there_leaves_the_page_unmarked(pdf: bytes) -> None:
    """The page is still shown."""
    drawn = draw_page(pdf, 2, "Quite another sentence, about bicycles.")
    assert drawn.marked == 0
    assert not yellow(drawn.png)


def test_a_quote_over_a_page_break_is_marked_as_far_as_it_goes() -> None:
    """The longer pieces of it that stand on the page are found."""
    page = "At the end the warranty covers all parts of"
    quote = "the warranty covers all parts of the motor and its battery"
    found = "".join(page[at] for at in quote_positions(page, quote))
    assert found == "thewarrantycoversallpartsof"


def test_ligatures_and_full_width_letters_are_found() -> None:
    """Letters that only look otherwise are the same."""
    page = "Der ﬁnale Preis ist ４０ EUR"
    at = quote_positions(page, "finale Preis ist 40 EUR")
    assert page[at[0]] == "ﬁ"
    assert page[at[-1]] == "R"


def test_boxes_of_one_line_are_joined() -> None:
    """A gap of a word stays in the line; another line or column begins anew."""
    line = [(0.0, 0.0, 5.0, 10.0), (5.0, 1.0, 9.0, 9.0), (14.0, 0.0, 20.0, 10.0)]
    below = [(0.0, -14.0, 5.0, -4.0)]
    column = [(300.0, -14.0, 305.0, -4.0)]
    nothing = [(3.0, 3.0, 3.0, 3.0)]
    assert joined_lines([*line, *nothing, *below, *column]) == [
        (0.0, 0.0, 20.0, 10.0),
        (0.0, -14.0, 5.0, -4.0),
        (300.0, -14.0, 305.0, -4.0),
    ]


def test_a_huge_page_is_drawn_small() -> None:
    """A page of a hostile size costs no memory."""
    made = FPDF(format=(5000, 5000))
    made.add_page()
    drawn = draw_page(bytes(made.output()), 1, "")
    assert max(drawn.width, drawn.height) <= LONGEST_SIDE + 1


@pytest.mark.parametrize(("data", "page"), [(b"no PDF at all", 1), (None, 3), (None, 0)])
def test_what_cannot_be_drawn_is_told(pdf: bytes, data: bytes | None, page: int) -> None:
    """A broken file or a page that is not there is an error with a sentence."""
    with pytest.raises(LoadError, match=r"PDF"):
        draw_page(data if data is not None else pdf, page, "x")


def test_pages_can_be_drawn_from_many_threads(pdf: bytes) -> None:
    """The library is not safe for threads; the module takes turns."""
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda page: draw_page(pdf, page, FILL).marked, [1, 2] * 12))
    assert all(drawn)
