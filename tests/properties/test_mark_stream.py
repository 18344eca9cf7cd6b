"""What always holds for marks that stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_bot.mark_stream import Mark, MarkStream, Piece

TEXTS = st.text(alphabet=st.sampled_from("ab .,，-\n[]［］【】0123第and")) | st.text()


def shown(pieces: list[Piece]) -> str:
    return "".join(f"{p.space}[{p.number}]" if isinstance(p, Mark) else p for p in pieces)


@given(TEXTS, st.integers(0, 12), st.data())
def test_any_way_of_cutting_a_text_gives_the_same(
    text: str, count: int, data: st.DataObject
) -> None:
    """Pieces come as a model's tokens fall."""
    whole = MarkStream(count)
    expected = shown([*whole.feed(text), *whole.finish()])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    cut = MarkStream(count)
    pieces: list[Piece] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        pieces += cut.feed(text[start:end])
    pieces += cut.finish()
    assert shown(pieces) == expected
    assert cut.dropped == whole.dropped


@given(TEXTS, st.integers(0, 12))
def test_only_numbers_that_exist_come_out(text: str, count: int) -> None:
    """Each mark is of a passage."""
    stream = MarkStream(count)
    pieces = [*stream.feed(text), *stream.finish()]
    assert all(1 <= piece.number <= count for piece in pieces if isinstance(piece, Mark))


@given(st.text(alphabet=st.sampled_from("ab .，\n0123")))
def test_text_without_brackets_comes_out_as_it_went_in(text: str) -> None:
    """Nothing is lost or changed."""
    stream = MarkStream(3)
    assert "".join(map(str, [*stream.feed(text), *stream.finish()])) == text
