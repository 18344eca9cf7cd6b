"""What a question names that no passage mentions."""

from __future__ import annotations

import pytest

from knowledge_base.types import Explanation, Passage, ScoredPassage
from qa_bot.readers.mentions import unmentioned

TEXT = "质量问题的退货运费由我们承担。寄往新疆另收 20 元。"
HIT = ScoredPassage(Passage("p", "a.md", "", TEXT, 0, len(TEXT), 0, 9), 1.0, Explanation())


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("东西坏了寄回去谁付邮费", ()),
        ("上门维修要多少钱", ()),
        ("寄到新疆多少钱", ()),
        ("寄到上海多少钱", ("上海",)),
        ("罗冈站能取货吗", ("罗冈站",)),
    ],
)
def test_of_chinese_only_names_of_places_are_missed(
    question: str, missing: tuple[str, ...]
) -> None:
    """Ordinary words that the tagger takes for places are none: such questions were all declined."""
    assert unmentioned(question, [HIT]).all == missing
