"""What holds of passages, whatever the document."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.chunking.context import encoded_text
from knowledge_base.chunking.structure import StructureChunker
from knowledge_base.encoders.hashing import WordCounter
from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.types import Document, SectionKind

words = st.sampled_from(["word", "bread", "水。", "X-200", "end.", "long" * 12, "退货", "a", "!"])
blocks = st.lists(
    st.tuples(
        st.sampled_from(["heading", "paragraph", "list_item", "table_row", "code"]),
        st.lists(words, min_size=1, max_size=120).map(" ".join),
        st.sampled_from([None, 1, 2]),
    ),
    min_size=1,
    max_size=12,
)


def build(drawn: list[tuple[str, str, int | None]]) -> Document:
    builder = DocumentBuilder("/a.txt", "a.txt", "text/plain")
    page = 1
    for kind, text, step in drawn:
        page += step or 0
        if kind == "heading":
            builder.heading(text[:80], 1 + len(text) % 3, page=page)
        else:
            builder.add(text, SectionKind(kind), page=page)
    return builder.build()


@given(blocks, st.sampled_from([16, 40, 256]))
@settings(max_examples=60, deadline=None)
def test_passages_are_ordered_spans_that_cover_the_document(
    drawn: list[tuple[str, str, int | None]], window: int
) -> None:
    """Each passage is a span, fits the window, stays on a page; together they leave nothing out."""
    document = build(drawn)
    tokens = WordCounter(window)
    passages = StructureChunker(tokens).split(document)
    covered = [False] * len(document.text)
    for before, passage in zip([None, *passages], passages, strict=False):
        assert passage.text == document.text[passage.start : passage.end]
        assert (
            passage.tokens == tokens.count(encoded_text(passage.headings, passage.text)) <= window
        )
        assert before is None or before.start < passage.start
        pages = {
            s.page for s in document.sections if s.start < passage.end and s.end > passage.start
        }
        assert pages == {passage.page}
        covered[passage.start : passage.end] = [True] * len(passage.text)
    left_out = [c for c, kept in zip(document.text, covered, strict=True) if not kept]
    assert not "".join(left_out).strip()
    assert len({passage.id for passage in passages}) == len(passages)


@given(blocks)
@settings(max_examples=15, deadline=None)
def test_passages_never_exceed_the_window_of_the_bundled_encoder(
    minilm: TransformerEncoder, drawn: list[tuple[str, str, int | None]]
) -> None:
    """Counted by the real tokenizer over what is really encoded."""
    for passage in StructureChunker(minilm.tokens).split(build(drawn)):
        assert minilm.tokens.count(encoded_text(passage.headings, passage.text)) <= 256


def test_only_the_pieces_of_a_cut_paragraph_overlap() -> None:
    """By one whole sentence, and never across sections."""
    builder = DocumentBuilder("/a.txt", "a.txt", "text/plain")
    builder.add(" ".join(f"This is sentence number {n}." for n in range(40)))
    builder.add("A short paragraph.")
    document = builder.build()
    passages = StructureChunker(WordCounter(60)).split(document)
    overlaps = [
        document.text[second.start : first.end]
        for first, second in zip(passages, passages[1:], strict=False)
        if second.start < first.end
    ]
    assert overlaps
    assert all(text.count(".") == 1 and text.startswith("This is") for text in overlaps)
    assert "A short paragraph." not in "".join(overlaps)
