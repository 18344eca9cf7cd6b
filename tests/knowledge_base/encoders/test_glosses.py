"""Chinese word by word in English."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.encoders import glosses
from knowledge_base.encoders.bundled import bundled_folder
from knowledge_base.encoders.glosses import OWN, glossed
from knowledge_base.encoders.tokens import UNREADABLE, WordPieces
from knowledge_base.encoders.transformer import TransformerEncoder

MIXED = st.text(st.sampled_from("保修期退货运费多久R5 Pro，。？12\n猫の한"), max_size=40)


@pytest.mark.parametrize(
    ("text", "gloss"),
    [
        ("退货的运费谁付？", "return goods's shipping fee who pay?"),
        ("便宜那款R3", "cheap that model R3"),
        ("保價多久", "price protection how long"),
        ("Only English, 5 kg.", "Only English, 5 kg."),
        ("", ""),
    ],
)
def test_words_stand_in_english_in_their_order(text: str, gloss: str) -> None:
    """Simplified and traditional alike; Latin letters and numbers stay."""
    assert glossed(text).text == gloss


def test_a_help_desks_sense_comes_before_the_dictionarys() -> None:
    """CC-CEDICT's first sense of 退 is to retreat."""
    assert glossed("退").text == "return"


def test_every_line_of_our_own_glosses_is_a_word_and_a_gloss() -> None:
    """A word that is written twice would be told in one of two ways."""
    lines = OWN.read_text(encoding="utf-8").splitlines()
    words = [line.split("\t")[0] for line in lines]
    assert all(line.count("\t") == 1 for line in lines)
    assert len(set(words)) == len(words)


@given(MIXED)
def test_every_range_of_a_gloss_stands_for_a_range_of_the_text(text: str) -> None:
    """In order, inside the text, and back again to what covers it."""
    gloss = glossed(text)
    ends = [0]
    for piece in gloss.pieces:
        start, end = gloss.source(piece.first, piece.last)
        assert ends[-1] <= start < end <= len(text)
        assert gloss.of(start, end) == (piece.first, piece.last)
        ends.append(end)


def test_a_number_in_chinese_is_found_by_its_own_characters() -> None:
    """What is no Chinese stands for itself, character by character."""
    gloss = glossed("押金 1200 元")
    at = gloss.text.index("200")
    assert gloss.source(at, at + 3) == (4, 7)
    assert gloss.of(4, 7) == (at, at + 3)


def test_tokens_are_found_in_the_chinese_that_they_stand_for() -> None:
    """Of two English words for one Chinese both are that word."""
    tokens = WordPieces.from_file(bundled_folder() / "tokenizer.json", 256)
    text = "运费 12 元"
    assert [text[a:b] for a, b in tokens.offsets(text)] == ["运费", "运费", "12", "元"]
    assert tokens.count(text) == len(tokens.encode([text])[0].ids) == 6
    pair = tokens.encode_pairs([("How much is shipping?", text)])[0]
    told = [
        text[a:b] for (a, b), of in zip(pair.offsets, pair.sequence_ids, strict=True) if of == 1
    ]
    assert told == ["运费", "运费", "12", "元"]


def test_a_word_of_several_tokens_has_one_share(minilm: TransformerEncoder) -> None:
    """What each word of a Chinese passage adds still sums to the cosine."""
    question, text = "运费谁付", "运费由买家承担。"
    shares = minilm.token_shares(question, text)
    places = [(share.start, share.end) for share in shares if share.end]
    assert len(set(places)) == len(places)
    assert (0, 2) in places
    cosine = float(minilm.encode_passages([text])[0] @ minilm.encode_queries([question])[0])
    assert sum(share.share for share in shares) == pytest.approx(cosine, abs=1e-4)


@pytest.mark.parametrize("text", ["これは何ですか、教えてください", "보증 기간은 얼마나 됩니까"])
def test_what_has_no_gloss_is_unread(text: str) -> None:
    """Japanese and Korean are neither English nor in the dictionary."""
    tokens = WordPieces.from_file(bundled_folder() / "tokenizer.json", 256)
    assert tokens.unknown_share(text) >= UNREADABLE
    assert tokens.unknown_share("退货的运费谁付") == 0.0


def test_the_dictionary_is_read_once_and_kept_as_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second process finds what the first one read, and a damaged copy is read anew."""
    monkeypatch.setenv("QA_BOT_CACHE", str(tmp_path))
    first = glosses._dictionary.__wrapped__()
    (kept,) = tmp_path.glob("*.glosses")
    made = kept.stat().st_mtime_ns
    assert (
        glosses._dictionary.__wrapped__()
        == first
        == glosses._read(glosses._packed()) | glosses._own()
    )
    assert kept.stat().st_mtime_ns == made
    kept.write_bytes(b"{}")
    assert glosses._dictionary.__wrapped__() == first
