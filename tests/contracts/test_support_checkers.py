"""One suite for every support checker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.encoders.bundled import bundled_encoder
from qa_bot.protocols import SupportChecker
from qa_bot.support.checker import bundled_checker

PASSAGES = [
    "Express delivery costs 9 EUR and takes one day. We do not deliver on Sundays.",
    "Goods may be returned within 30 days. The refund is paid within five days.",
]


@pytest.fixture(params=["bundled"], scope="module")
def checker(request: pytest.FixtureRequest) -> SupportChecker:
    return bundled_checker(bundled_encoder())


def test_a_checker_is_one_by_its_protocol(checker: SupportChecker) -> None:
    assert isinstance(checker, SupportChecker)


def test_what_a_passage_says_is_supported_by_that_passage(checker: SupportChecker) -> None:
    support = checker.check("Goods may be returned within 30 days.", PASSAGES)
    assert support.supported
    assert support.passage == 1
    assert support.conflicts == ()


def test_what_no_passage_says_is_not_supported(checker: SupportChecker) -> None:
    support = checker.check("The moon landing was watched by millions.", PASSAGES)
    assert not support.supported
    assert support.score < 0.2


def test_no_passages_support_nothing(checker: SupportChecker) -> None:
    support = checker.check("Goods may be returned within 30 days.", [])
    assert (support.score, support.supported, support.passage) == (0.0, False, None)


def test_many_threads_get_what_one_gets(checker: SupportChecker) -> None:
    sentences = [
        "Delivery takes one day.",
        "Goods may be returned within 14 days.",
        "退货免费。",
    ] * 4
    alone = [checker.check(sentence, PASSAGES) for sentence in sentences]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda s: checker.check(s, PASSAGES), sentences))
    assert [s.supported for s in together] == [s.supported for s in alone]


@settings(max_examples=25, deadline=None)
@given(sentence=st.text(max_size=80), passages=st.lists(st.text(max_size=80), max_size=3))
def test_any_text_gets_a_score_between_nothing_and_one(
    checker: SupportChecker, sentence: str, passages: list[str]
) -> None:
    support = checker.check(sentence, passages)
    assert 0.0 <= support.score <= 1.0
    assert support.passage is None or 0 <= support.passage < len(passages)
