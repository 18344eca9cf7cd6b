"""Asks the reader for each fact of a sentence, and compares what the source gives back.

The fact is replaced by a question word and the network looks for the answer in the source, as
question-based measures of factual consistency do (Wang et al., 2020; Honovich et al., 2021).
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_bot.readers.network import NO_SPAN, ReaderModel
from qa_bot.support.alignment import same
from qa_bot.support.evidence import Said
from qa_bot.support.facts import Fact, FactKind, facts_of

MOST = 3
"""Facts that are asked for: each costs one more reading of the window."""

WORST = -12.0
"""The margin of a fact that the source does not have."""


def asked(claim: Said, fact: Fact) -> str:
    """Return the sentence with a question word in the place of a fact."""
    before, after = claim.text[: fact.start], claim.text[fact.end :]
    if fact.kind is FactKind.DATE:
        word = "what year" if fact.value.endswith("-?-?") else "what date"
    elif fact.kind is FactKind.NUMBER:
        word = f"how many {fact.unit}s" if fact.unit.isalpha() else "how many"
    else:
        word = "who or what" if fact.kind is FactKind.NAME else "which"
    return f"{before}{word}{after}".rstrip(" .") + "?"


def margins(model: ReaderModel, claim: Said, facts: Sequence[Fact], window: str) -> list[float]:
    """Return, for each fact, how far it stands above the best other answer; at most about 0.

    Args:
        model: The reader's network.
        claim: The sentence.
        facts: Those of its facts that are asked for.
        window: The source's words.
    """
    held = facts_of(window)
    found = []
    for fact in facts:
        parts = [(0, len(window))]
        parts += [(other.start, other.end) for other in held if same(fact, other)]
        if len(parts) == 1:
            found.append(WORST)
            continue
        spans = model.score(asked(claim, fact), [window], [parts])[0].spans
        whole, inside = spans[0], spans[1:]
        best = max((span.margin for span in inside), default=NO_SPAN.margin)
        overlapping = any(
            whole.start < other.end and whole.end > other.start
            for other in held
            if same(fact, other)
        )
        found.append(0.0 if overlapping else max(WORST, best - whole.margin))
    return found
