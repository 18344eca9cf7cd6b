"""Questions and sentences are compared by the words that tell."""

from __future__ import annotations

import pytest

from qa_bot.readers.synonyms import unified
from qa_bot.readers.terms import overlap, says_the_same, terms, weights, words


def share(question: str, sentence: str) -> float:
    """Return the overlap of a question with one sentence, all words weighing the same."""
    held = set(terms(sentence))
    return overlap(set(words(question)), held, dict.fromkeys(held, 1.0), 1.0)


def test_english_words_are_compared_by_their_stems() -> None:
    """Number and tense do not matter, stop words do not count."""
    assert share("Are the returned filters refunded?", "We refund a filter that you return.") == 1.0


def test_a_part_of_a_chinese_word_counts_in_part() -> None:
    """A word and its longer form share characters."""
    assert share("包裹", "包裹存放在快递柜。") == 1.0
    assert 0.0 < share("包裹单", "包裹存放在快递柜。") < 1.0
    assert share("包裹", "整机保修两年。") == 0.0


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("邮费", "运费"),
        ("包邮", "免运费"),
        ("WiFi", "无线网络"),
        ("电话号码", "电话"),
        ("质保", "保修期"),
    ],
)
def test_what_people_say_meets_what_documents_say(asked: str, written: str) -> None:
    """Everyday words for one thing are the same word."""
    assert share(f"{asked}的说明", f"{written}的说明") == 1.0


def test_unified_text_is_stable() -> None:
    """Writing the words in one way twice changes nothing more."""
    for text in ("邮费多少钱？", "质保期内坏了怎么办", "plain English", "客服电话号码"):
        assert unified(unified(text)) == unified(text)


def test_rare_words_weigh_more() -> None:
    """A word of one document tells more than a word of all."""
    weight = weights([{"filter", "k200"}, {"filter"}, {"filter"}])
    assert weight["k200"] > weight["filter"] > 0


def test_nothing_wanted_is_no_overlap() -> None:
    """A question of stop words alone shares nothing."""
    assert overlap(set(words("what is it?")), {"filter"}, {}, 1.0) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "Press and hold the power key to take a screenshot.",
            "To take a screenshot, press and hold the power key.",
            True,
        ),
        (
            "All products carry a warranty of 24 months.",
            "All products carry a warranty of 6 months.",
            False,
        ),
        ("Press the power key.", "The lamp turns green when the battery is full.", False),
    ],
)
def test_two_sentences_say_the_same_or_not(one: str, other: str, same: bool) -> None:
    """In another order, yes; with another number, no."""
    sets = frozenset(terms(one)), frozenset(terms(other))
    assert says_the_same(*sets) is same
    assert says_the_same(*sets[::-1]) is same
