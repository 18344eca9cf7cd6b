"""Where sentences end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.chunking.sentences import sentence_spans


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Smith paid 12.50 EUR on Jan. 3. Fine.",
            ["Dr. Smith paid 12.50 EUR on Jan. 3.", "Fine."],
        ),
        ("Use a key (e.g. a coin). Turn it.", ["Use a key (e.g. a coin).", "Turn it."]),
        (
            "退货须在30天内办理。请保留发票！好的？",
            ["退货须在30天内办理。", "请保留发票！", "好的？"],
        ),
        ("“好的。”他说。", ["“好的。”", "他说。"]),
        ("1. Open it.\n2. Close it.", ["1. Open it.", "2. Close it."]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, expected: list[str]) -> None:
    """English and Chinese punctuation, abbreviations, numbers and list marks."""
    assert expected == cut(text)


@given(st.text(alphabet="ab .!?。！\n1J“”", max_size=200))
def test_sentences_hold_every_visible_character_in_order(text: str) -> None:
    """Spans are ordered, apart, and leave only white space out."""
    position = 0
    for start, end in sentence_spans(text):
        assert position <= start < end
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()
