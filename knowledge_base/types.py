"""The values that flow through the knowledge base: frozen, typed, without behaviour that does I/O.

Offsets are counted in Python characters of ``Document.text``; ``end`` is exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float32]
"""One embedding, shape ``(d,)``."""

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Several embeddings, shape ``(n, d)``."""

NO_METADATA: Mapping[str, str] = MappingProxyType({})


class SectionKind(StrEnum):
    """What a section of a document is, as far as splitting and quoting need to know."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"


class SuspicionKind(StrEnum):
    """What about a text speaks to a model: an order, a role to play, a wish to see the prompt, ..."""

    INSTRUCTION = "instruction"
    PERSONA = "persona"
    DISCLOSURE = "disclosure"
    MARKER = "marker"
    TOOL = "tool"
    FRAME = "frame"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Where a document seems to speak to a model: a span of its text, and the words."""

    kind: SuspicionKind
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """One block of a document (a heading, a paragraph, a table row, ...) and where it stands.

    ``headings`` is the path of headings above the section, outermost first; a heading's own
    section already includes itself. ``page`` counts from 1: the page of a PDF or the slide of a
    presentation, None where the format has none. ``sheet`` names the sheet of a workbook.
    """

    start: int
    end: int
    kind: SectionKind = SectionKind.PARAGRAPH
    headings: tuple[str, ...] = ()
    page: int | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a loader makes of one file: its text and a map from character spans to places.

    ``sections`` are ordered and do not overlap; between them stands only white space.
    ``source`` is the absolute POSIX path of the file; for a member of an archive the archive's
    path, a slash and the member's name.
    """

    source: str
    title: str
    text: str
    sections: tuple[Section, ...]
    media_type: str
    language: str = "und"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that is indexed as one: ``document.text[start:end] == text``.

    ``id`` comes from the source, the text and its occurrence in the document, so that ingesting
    the same content again gives the same id. ``tokens`` is counted by the encoder in use, over
    what is encoded (``encoded_text``). ``suspicions`` are what of it speaks to a model.
    """

    id: str
    source: str
    title: str
    text: str
    start: int
    end: int
    ordinal: int
    tokens: int
    headings: tuple[str, ...] = ()
    page: int | None = None
    sheet: str | None = None
    language: str = "und"
    metadata: Mapping[str, str] = field(default_factory=dict)
    suspicions: tuple[Suspicion, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage was found: each stage's score and its rank there (from 1); None where absent.

    ``dense_share`` and ``lexical_share`` are what each side adds to ``fused_score``: its weight times
    its standard score; ``wordings_share`` is what other wordings of the query add. ``terms`` gives
    what each matched term adds to ``lexical_score``. ``relevance`` is what the reader says of the
    passage, in logits.
    """

    dense_score: float | None = None
    dense_rank: int | None = None
    lexical_score: float | None = None
    lexical_rank: int | None = None
    dense_weight: float | None = None
    dense_share: float | None = None
    lexical_share: float | None = None
    wordings_share: float | None = None
    fused_score: float | None = None
    fused_rank: int | None = None
    relevance: float | None = None
    terms: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage and, beside it, how well it matched the query that brought it (higher is better).

    ``duplicates`` are passages of a lower rank that say the same.
    """

    passage: Passage
    score: float
    explain: Explanation = field(default_factory=Explanation)
    duplicates: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenShare:
    """What one token of a passage adds to the cosine with a query; ``start`` and ``end`` in the text."""

    start: int
    end: int
    share: float


class Remark(str):
    """A sentence about a search, in English, with what it takes to say it in another language.

    ``key`` tells which sentence it is, ``values`` what it names, ready to be shown.
    """

    key: str
    values: Mapping[str, str | int]

    def __new__(cls, text: str, key: str = "", **values: str | int) -> Remark:
        """Return the sentence with its key and values."""
        made = super().__new__(cls, text)
        made.key, made.values = key, MappingProxyType(values)
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Copy as the plain sentence."""
        return str, (str(self),)


@dataclass(frozen=True, slots=True)
class Stages:
    """What each stage of a search brought, best first, before the reader's order.

    Every hit carries the whole explanation; its score is that of its stage. ``dense_weight`` is the
    dense share of the fused score.
    """

    dense: tuple[ScoredPassage, ...]
    lexical: tuple[ScoredPassage, ...]
    fused: tuple[ScoredPassage, ...]
    dense_weight: float


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a document came in one stage of retrieval; ``rank`` from 1, None where it dropped out."""

    name: str
    rank: int | None
    score: float | None
    found: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a document was, or was not, among the hits of a query.

    ``best`` is its best passage, None where it has none; ``dropped`` the first stage that it did
    not pass, empty where it was found; ``remedies`` what would have brought it up.
    """

    query: str
    source: str
    best: Passage | None
    stages: tuple[Stage, ...]
    dropped: str
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """A document like a given one: its best passage, its score, and whether the two are nearly equal."""

    source: str
    title: str
    score: float
    passage: Passage
    near_duplicate: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """Restricts retrieval; every given condition must hold.

    ``source`` matches a whole source, its ending after a slash (``returns.md`` matches
    ``/docs/returns.md``) or a glob pattern; ``folder`` everything below a folder, whole or by the
    ending of its path. ``where`` compares metadata values exactly; the keys ``title``, ``language``
    and ``page`` are answered from the passage itself. ``since`` and ``until`` are days
    (``2026-11-24``), both included: the document's own date where it has one, else its file's.
    """

    source: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    folder: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is restricted."""
        return not (self.where or self.folder or self.since or self.until) and self.source is None


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a query is ranked. The defaults are what was measured to be best.

    ``dense_weight`` is the dense share of the fused score, 0 (words alone) to 1 (meaning alone);
    None lets the query decide. ``feedback`` moves the query towards the first hits. ``rerank`` lets
    the reader's relevance put the head in order, where there is a reader. ``diversity`` is what
    maximal marginal relevance takes from relevance, 0 to 1. ``collapse`` keeps one of several
    passages that say the same.
    """

    dense_weight: float | None = None
    feedback: bool = True
    rerank: bool = True
    diversity: float = 0.0
    collapse: bool = True

    @property
    def selects(self) -> bool:
        """Whether more passages are looked at than are given."""
        return self.rerank or self.collapse or self.diversity > 0.0


DEFAULT_TUNING = Tuning()


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be taken in, and why, in one sentence."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class Suspected:
    """A document that was taken in and speaks to a model, and the first words that do."""

    path: str
    kinds: tuple[SuspicionKind, ...]
    quote: str


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long a stage of an ingestion worked, in seconds, and which share of the time that was."""

    stage: str
    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingestion did. Counts are of documents, except ``passages``: passages written.

    ``suspicious`` names the documents added or updated that speak to a model. ``stages`` says how busy
    each stage of the pipeline was, the busiest first.
    """

    added: int
    updated: int
    unchanged: int
    removed: int
    failed: tuple[Failure, ...]
    passages: int
    seconds: float
    suspicious: tuple[Suspected, ...] = ()
    stages: tuple[StageTime, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """Where an ingestion stands; ``files_total`` grows while archives are opened."""

    files_done: int
    files_total: int
    passages: int
    current: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document as a list shows it. ``added_at`` is seconds since the epoch; sizes in bytes."""

    source: str
    title: str
    media_type: str
    language: str
    size: int
    passages: int
    added_at: float
    suspicions: tuple[Suspicion, ...] = ()


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What one query brought: hits best first, and the time each stage took in milliseconds.

    ``read_as`` is the query in the words of the passages, where the glossary knows other names.
    """

    query: str
    hits: tuple[ScoredPassage, ...]
    timings_ms: Mapping[str, float]
    notes: tuple[str, ...] = ()
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of ``doctor``: what was looked at, whether it holds, and what was seen."""

    name: str
    ok: bool
    found: str
