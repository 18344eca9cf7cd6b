"""Follow-ups are understood from what was said before; other questions are left alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from qa_bot.protocols import Rewriter
from qa_bot.rewriting import MOST_CARRIED, RuleRewriter, leans
from qa_bot.types import Conversation, Rewrite, Turn


def conversation(questions: Sequence[str], short_answer: str | None = None) -> Conversation:
    """Return a conversation of these questions; the last one had the short answer."""
    turns = [Turn(n, q, q, "", {"short_answer": None}, None, 0.0) for n, q in enumerate(questions)]
    if short_answer is not None:
        turns[-1] = Turn(
            9, questions[-1], questions[-1], "", {"short_answer": short_answer}, None, 0.0
        )
    return Conversation("c", "", "default", 0.0, 0.0, tuple(turns))


def rewrite(*questions: str, short_answer: str | None = None) -> Rewrite:
    """Rewrite the last question after the ones before it."""
    *before, last = questions
    return RuleRewriter().rewrite(last, conversation(before, short_answer))


def test_it_is_a_rewriter() -> None:
    """The class keeps the protocol."""
    assert isinstance(RuleRewriter(), Rewriter)


def test_a_first_question_is_left_as_it_is() -> None:
    """There is nothing to carry over, with or without a conversation."""
    for nothing in (None, conversation([])):
        assert RuleRewriter().rewrite("How long is it?", nothing) == Rewrite("How long is it?")


@pytest.mark.parametrize(
    ("before", "follow_up", "query"),
    [
        ("How long is the warranty of the X200?", "And for the X300?",
         "How long is the warranty of the X300?"),
        ("How much does delivery cost to France?", "And to Spain?",
         "How much does delivery cost to Spain?"),
        ("When does the Hamburg store open on Sunday?", "What about Berlin?",
         "When does the Berlin store open on Sunday?"),
        ("When does the Hamburg store open on Sunday?", "And on Saturday?",
         "When does the Hamburg store open on Saturday?"),
        ("What is the warranty of the coffee machine?", "and for the kettle",
         "What is the warranty of the kettle?"),
        ("X200的保修期是多久？", "X300呢？", "X300的保修期是多久？"),
        ("退货需要多长时间？", "那换货呢？", "换货需要多长时间？"),
    ],
)  # fmt: skip
def test_a_contrast_takes_the_place_of_what_it_is_contrasted_with(
    before: str, follow_up: str, query: str
) -> None:
    """The last question is asked again, of the new thing."""
    assert rewrite(before, follow_up).query == query


@pytest.mark.parametrize(
    ("before", "follow_up", "query"),
    [
        ("What is throat cancer?", "Is it treatable?", "Is throat cancer treatable?"),
        ("Tell me about lung cancer.", "What are its symptoms?", "What are lung cancer's symptoms?"),
        ("云雀音箱多少钱？", "它支持快充吗？", "云雀音箱支持快充吗？"),
        ("X200的保修期是多久？", "这款产品的重量是多少？", "X200的重量是多少？"),
    ],
)  # fmt: skip
def test_a_pronoun_is_replaced_by_what_it_stands_for(
    before: str, follow_up: str, query: str
) -> None:
    """A single topic stands where the pronoun stood."""
    assert rewrite(before, follow_up) == Rewrite(query, True, rewrite(before, follow_up).carried)
    assert rewrite(before, follow_up).query == query


@pytest.mark.parametrize(
    ("before", "follow_up", "carried"),
    [
        ("How long is the warranty of the X200?", "And what does it cover?", {"warranty", "X200"}),
        ("Describe the oceanic crust.", "What are the main types?", {"oceanic crust"}),
        ("How much is the Lark S2?", "What is the battery life?", {"Lark S2"}),
        ("How do I return a parcel?", "How long does it take?", {"return", "parcel"}),
        ("怎么退货？", "需要多长时间？", {"退货"}),
        ("云雀音箱多少钱？", "保修多久？", {"云雀音箱"}),
        ("云雀音箱多少钱？", "支持快充吗？", {"云雀音箱"}),
        ("X200的保修期是多久？", "那配送呢？", {"X200"}),
    ],
)  # fmt: skip
def test_a_question_without_a_thing_of_its_own_gets_the_last_one(
    before: str, follow_up: str, carried: set[str]
) -> None:
    """The question's own words stay, and what was carried is told."""
    found = rewrite(before, follow_up)
    assert found.changed
    assert set(found.carried) == carried
    assert all(phrase in found.query for phrase in carried)
    assert follow_up.rstrip("?？") in found.query


def test_the_topic_lasts_over_several_follow_ups() -> None:
    """Turns that lean on each other keep what they are about."""
    found = rewrite(
        "How long is the warranty of the X200?", "And for the X300?", "Does it cover water?"
    )
    assert "X300" in found.query
    assert "X200" not in found.query
    found = rewrite("云雀音箱多少钱？", "保修多久？", "有什么颜色？", "那鹦鹉音箱呢？")
    assert "鹦鹉音箱" in found.query
    assert "颜色" in found.query


def test_a_short_answer_that_names_something_can_be_asked_about() -> None:
    """What was answered to "which one" is what "it" stands for."""
    found = rewrite(
        "Which speaker is waterproof?", "How much does it cost?", short_answer="Lark S2"
    )
    assert found.carried[0] == "Lark S2"
    found = rewrite("哪款扫地机器人最便宜？", "它的续航多久？", short_answer="R10")
    assert found.query.startswith("R10")


def test_a_standing_question_ends_the_old_topic() -> None:
    """What was said before it is not carried past it."""
    found = rewrite("How much is the X200?", "How do I return a parcel?", "How long does it take?")
    assert "X200" not in found.query


@pytest.mark.parametrize(
    "question",
    [
        "What is the return policy?",
        "How do I register an account?",
        "Who pays for shipping to Germany?",
        "If the box is damaged, can I still send it back?",
        "Is it possible to pay with PayPal?",
        "How long does it take to get a refund?",
        "Why did Tesla name its first car Roadster?",
        "What do customers do with their old phones?",
        "Which of those who bought an X200 got a refund?",
        "Thanks!",
        "ok, great",
        "X300的保修期是多久？",
        "运费由谁承担？",
        "可以用支付宝付款吗？",
        "支持货到付款吗？",
        "这个月门店几点开门？",
        "那你们周日几点开门？",
        "谢谢！",
    ],
)
def test_a_question_that_stands_on_its_own_is_not_touched(question: str) -> None:
    """Whatever was asked before, it is searched for as it was written."""
    for before in ("How long is the warranty of the X200?", "云雀音箱多少钱？"):
        assert rewrite(before, question) == Rewrite(question)


@pytest.mark.parametrize("question", ["Why?", "What about the second one?", "为什么？", "那个呢？"])
def test_a_question_of_nothing_but_pointing_leans(question: str) -> None:
    """It cannot be understood alone."""
    assert leans(question)


def test_no_more_than_a_few_words_are_carried() -> None:
    """A long question before does not drown the follow-up."""
    long = (
        "Which blue waterproof speaker, red kettle, steel toaster and silent coffee grinder is new?"
    )
    found = rewrite(long, "How much does it cost?")
    assert found.changed
    assert sum(len(phrase.split()) for phrase in found.carried) <= MOST_CARRIED


@pytest.mark.parametrize(
    "question", ["", "?", "🔋🔋", "…", "[1]", "\ud83d", "a" * 4000, "它" * 500]
)
def test_odd_input_is_survived(question: str) -> None:
    """Neither as the follow-up nor as what came before it."""
    assert rewrite("How long is the X200 covered?", question).query
    assert rewrite(question, "And the X300?").query
