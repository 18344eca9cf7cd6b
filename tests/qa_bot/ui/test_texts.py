"""The page's texts and the language that a browser asks for."""

from __future__ import annotations

import string

import pytest

from qa_bot.ui.texts import LANGUAGES, TEXTS, Texts, asked_language


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_the_same_texts() -> None:
    """No key is missing from, or alone in, one language."""
    assert set(TEXTS) == set(LANGUAGES)
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()


@pytest.mark.parametrize("key", sorted(TEXTS["en"]))
def test_a_text_takes_the_same_values_in_every_language(key: str) -> None:
    """A value that one language puts in, the other does too."""
    assert fields(TEXTS["en"][key]) == fields(TEXTS["zh"][key])
    assert TEXTS["zh"][key].strip()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("de,zh-TW;q=0.7,en;q=0.3", "zh"),
        ("en;q=0.2, zh;q=0.9", "zh"),
        ("fr-FR", "en"),
        ("zh;q=broken,en", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_what_the_browser_prefers(header: str, language: str) -> None:
    """Weights count before order; a language that is not there falls back to English."""
    assert asked_language(header) == language


def test_an_unknown_language_reads_english() -> None:
    """Any other language gets the default texts."""
    assert Texts("de")("documents") == "Documents"
    assert Texts("zh")("page", page=3) == "第 3 页"
