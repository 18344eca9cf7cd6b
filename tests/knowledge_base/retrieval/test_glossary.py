"""Other names for what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge_base.errors import GlossaryError
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.retrieval.glossary import Glossary, GlossaryFile

TEXT = "# staff\nPTO = annual leave, paid time off\nhoover => vacuum cleaner\n退货 ＝ 退回，退还\n"


def test_terms_of_a_group_stand_for_one_another() -> None:
    """In both directions, as whole words, whatever their case."""
    glossary = Glossary.from_text(TEXT)
    assert glossary.expand("how much pto do I get").added == ("annual leave", "paid time off")
    assert glossary.expand("Annual leave per year?").added == ("PTO", "paid time off")
    assert glossary.expand("a laptop").added == ()
    assert glossary.expand("怎么退货？").added == ("退回", "退还")


def test_an_arrow_goes_one_way() -> None:
    """From the left to the right."""
    glossary = Glossary.from_text(TEXT)
    assert glossary.expand("my hoover").added == ("vacuum cleaner",)
    assert glossary.expand("my vacuum cleaner").added == ()


def test_the_longer_term_is_taken() -> None:
    """A term inside another is not looked up beside it."""
    glossary = Glossary.from_text("label => sticker\nreturn label => return slip")
    assert glossary.expand("print a return label").added == ("return slip",)


def test_a_query_is_read_in_the_words_of_the_texts() -> None:
    """Only where they do not have its own."""
    expansion = Glossary.from_text(TEXT).expand("How much PTO is there?")
    assert expansion.read_as(["Annual leave is 25 days."]) == "How much annual leave is there?"
    assert expansion.read_as(["PTO is 25 days."]) == "How much PTO is there?"
    assert expansion.read_as(["Nothing."]) == "How much PTO is there?"


@pytest.mark.parametrize("line", ["no sign", "= x", "a =", "a => ", "x" * 90 + " = y"])
def test_a_line_that_is_no_entry_is_named(line: str) -> None:
    """With its number and what would be right."""
    with pytest.raises(GlossaryError, match=r"line 2 of the glossary.*write `term = other name"):
        Glossary.from_text(f"a = b\n{line}")


def test_a_changed_file_is_read_again_and_a_bad_one_is_not_kept(tmp_path: Path) -> None:
    """What was there stays."""
    held = GlossaryFile(tmp_path / "g" / "x.txt")
    assert len(held.current()) == 0
    held.write("a = b")
    assert len(held.current()) == 2
    with pytest.raises(GlossaryError):
        held.write("nonsense")
    assert held.current().expand("a").added == ("b",)
    held.path.unlink()
    assert len(held.current()) == 0


def test_a_glossary_finds_what_the_documents_call_by_another_name(
    base: KnowledgeBase, folder: Path
) -> None:
    """The explanation names the other name's words."""
    base.sync([folder])
    before = base.retrieve("courier", 3)
    assert all(hit.explain.lexical_rank is None for hit in before.hits)
    base.glossary.write("courier => express delivery")
    after = base.retrieve("courier", 3)
    assert after.hits[0].passage.source.endswith("delivery.txt")
    assert {"express", "deliveri"} <= set(after.hits[0].explain.terms)
    assert after.read_as == "express delivery"
    assert any("courier" in note for note in after.notes)
