"""A short hit is read with what stands around it."""

from __future__ import annotations

from pathlib import Path

from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.retrieval.widening import SHORT, WINDOW

LONG = " ".join(f"Sentence number {n} says something of the lamp." for n in range(40))


def test_a_short_passage_reaches_over_its_neighbours(base: KnowledgeBase, tmp_path: Path) -> None:
    """Under its own id, as a span of the document; a long one is left alone."""
    (tmp_path / "a.md").write_text(f"# Lamp\n\n{LONG}\n\n## Price\n\nIt costs 4 EUR.\n")
    base.sync([tmp_path / "a.md"])
    text = base.document(str(tmp_path / "a.md")).text
    hits = base.retrieve("what does the lamp cost", 50).hits
    short = [hit for hit in hits if hit.passage.tokens < SHORT]
    assert short
    for before, after in zip(hits, base.widened(hits), strict=True):
        passage = after.passage
        assert passage.id == before.passage.id
        assert text[passage.start : passage.end] == passage.text
        assert passage.tokens <= max(WINDOW, before.passage.tokens)
        if before.passage.tokens >= SHORT:
            assert passage == before.passage
