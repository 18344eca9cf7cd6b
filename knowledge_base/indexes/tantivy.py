"""Words in tantivy: BM25 on disk, incremental. The only module that imports tantivy."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import tantivy

from knowledge_base.errors import IndexMismatch
from knowledge_base.indexes.analysis import (
    ANALYSIS_VERSION,
    CHINESE_STOP_WORDS,
    STOP_WORDS,
    chinese_terms,
    codes,
    has_cjk,
    phrases,
)
from knowledge_base.types import Passage

HEAP = 64_000_000
"""Bytes that the writer gathers before it writes a segment."""

BOOSTS = {"body": 1.0, "head": 0.6, "zh": 1.0, "codes": 1.5}
"""How much a term counts in each field; a code also counts as its words."""

PHRASE_BOOST = 3.0
PAIR_BOOST = 0.4
"""A pair of Chinese characters says less than a word."""

NAME_BOOST = 0.6
"""What a word of another name counts, beside 1 for a word of the query."""

LONGEST = 64
"""Terms of one query; of a longer one the first are taken."""

FEW = 20_000
"""Up to this many allowed ids are given to tantivy; beyond, its hits are sifted."""

NAMED = 2_000
"""Up to this many ids are looked up one by one; beyond, a walk through all ids finds them sooner."""

_TERM = re.compile(r'Term\(field=\d+, type=\w+, "(.*)"\)')

DISTANCES = ((9, 2), (5, 1))
"""From which length how many slips are forgiven in a word that the index does not know."""


@dataclass(frozen=True, slots=True)
class _Term:
    field: str
    text: str
    boost: float


class TantivyIndex:
    """The lexical index of one knowledge base. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        """Open an index, making it where the folder is empty.

        Raises:
            IndexMismatch: If what is there cannot be opened.
        """
        path.mkdir(parents=True, exist_ok=True)
        self._english = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(60))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self._plain = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        try:
            self._index = tantivy.Index(_schema(), path=str(path))
        except (ValueError, OSError) as error:
            raise IndexMismatch(
                f"the lexical index in {path} cannot be opened ({error}); "
                "run `qa-bot doctor --repair`"
            ) from error
        self._index.register_tokenizer("english_words", self._english)
        self._index.register_tokenizer("plain_words", self._plain)
        self._schema = self._index.schema
        self._version = path / "analysis"
        self.outdated = self._outdated()
        self._writer: Any = None
        self._lock = threading.RLock()

    def upsert(self, passages: Sequence[Passage]) -> None:
        """Write passages, replacing those of ids already there; one commit for all."""
        if not passages:
            return
        with self._lock:
            writer = self._open_writer()
            for passage in passages:
                writer.delete_documents_by_term("id", passage.id)
                writer.add_document(_document(passage))
            self._commit(writer)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove passages; ids that are not there are passed over."""
        if not ids:
            return
        with self._lock:
            writer = self._open_writer()
            for name in ids:
                writer.delete_documents_by_term("id", name)
            self._commit(writer)

    def search(
        self,
        query: str,
        k: int,
        allowed: Collection[str] | None = None,
        names: Sequence[str] = (),
    ) -> list[tuple[str, float]]:
        """Return up to k ``(id, BM25 score)``, best first.

        Words unknown to the index are looked up with slips forgiven; what stands in quotation
        marks counts more as a phrase. ``names`` are other names of what is asked for; they count
        less than the query's own words.
        """
        searcher = self._index.searcher()
        exact, guessed = self._clauses(searcher, query, names)
        if not (exact or guessed) or k <= 0 or (allowed is not None and not allowed):
            return []
        parsed = _any_of([*exact, *guessed])
        if allowed is not None and len(allowed) <= FEW:
            parsed, allowed = _within(parsed, self._among(sorted(allowed))), None
        wanted = k
        while True:
            found = searcher.search(parsed, wanted, count=False).hits
            hits = [(_id(searcher, at), float(score)) for score, at in found]
            kept = [hit for hit in hits if allowed is None or hit[0] in allowed]
            if len(kept) >= k or len(hits) < wanted:
                return kept[:k]
            wanted *= 4

    def terms(self, query: str) -> list[str]:
        """Return the terms that a query is searched for, without pairs of characters."""
        found = [term.text for term in self._terms(query) if not term.text.startswith("_")]
        return list(dict.fromkeys(found))

    def explain(
        self, query: str, ids: Sequence[str], names: Sequence[str] = ()
    ) -> dict[str, dict[str, float]]:
        """Return what each matched term adds to the BM25 score of each passage, largest first."""
        searcher = self._index.searcher()
        exact, guessed = self._clauses(searcher, query, names)
        if not ids or not (exact or guessed):
            return {}
        inside, exactly = self._among(ids), _any_of(exact)
        held = searcher.search(inside, len(ids), count=False).hits
        found = {_id(searcher, at): _shares(exactly, searcher, at) for _, at in held}
        if guessed:
            # explained, every passage would have all words of the index compared with a slip anew
            either = _within(_any_of(guessed), inside)
            for score, at in searcher.search(either, len(ids), count=False).hits:
                found[_id(searcher, at)][""] = round(float(score), 4)
        return {
            name: dict(sorted(shares.items(), key=lambda share: -share[1]))
            for name, shares in found.items()
            if shares
        }

    def known(self, query: str) -> dict[str, int]:
        """Return in how many passages each term of a query occurs, 0 where none has it."""
        searcher = self._index.searcher()
        counts: dict[str, int] = {}
        for term in self._terms(query):
            if not term.text.startswith("_"):
                held = int(searcher.doc_freq(term.field, term.text))
                counts[term.text] = max(counts.get(term.text, 0), held)
        return counts

    def ids(self) -> set[str]:
        """Return every id held."""
        searcher = self._index.searcher()
        total = searcher.num_docs
        if not total:
            return set()
        hits = searcher.search(tantivy.Query.all_query(), total, count=False).hits
        return {_id(searcher, at) for _, at in hits}

    def renew(self) -> None:
        """Note that everything held is of the present analysis."""
        self._version.write_text(ANALYSIS_VERSION)
        self.outdated = False

    def close(self) -> None:
        """Let go of the writer, if there is one."""
        with self._lock:
            if self._writer is not None:
                self._writer.wait_merging_threads()
                self._writer = None

    def _outdated(self) -> bool:
        """Tell whether what is held was analysed otherwise than queries are now."""
        if self._version.is_file():
            return self._version.read_text() != ANALYSIS_VERSION
        if self._index.searcher().num_docs:
            return True
        self._version.write_text(ANALYSIS_VERSION)
        return False

    def _open_writer(self) -> Any:
        if self._writer is None:
            try:
                self._writer = self._index.writer(heap_size=HEAP, num_threads=1)
            except ValueError as error:
                raise IndexMismatch(
                    f"the lexical index cannot be written ({error}); "
                    "stop the process that has it open"
                ) from error
        return self._writer

    def _commit(self, writer: Any) -> None:
        writer.commit()
        self._index.reload()

    def _clauses(
        self, searcher: Any, query: str, names: Sequence[str] = ()
    ) -> tuple[list[Any], list[Any]]:
        """Return what a query looks for: the words as they are, and those that may be slips."""
        own = self._terms(query)
        known = {(term.field, term.text) for term in own}
        other = [
            replace(term, boost=term.boost * NAME_BOOST)
            for term in dict.fromkeys(t for name in names for t in self._terms(name))
            if (term.field, term.text) not in known
        ]
        exact: list[Any] = []
        guessed: list[Any] = []
        for term in (*own, *other):
            distance = self._forgiven(searcher, term)
            if distance:
                clause = tantivy.Query.fuzzy_term_query(self._schema, "body", term.text, distance)
            else:
                clause = tantivy.Query.term_query(self._schema, term.field, term.text)
            wanted = guessed if distance else exact
            wanted.append(tantivy.Query.boost_query(clause, term.boost))
        for phrase in phrases(query):
            words = self._english.analyze(phrase)
            if len(words) > 1:
                whole = tantivy.Query.phrase_query(self._schema, "body", list(words))
                exact.append(tantivy.Query.boost_query(whole, PHRASE_BOOST))
        return exact, guessed

    def _forgiven(self, searcher: Any, term: _Term) -> int:
        """Return how many slips are forgiven: a code or a Chinese word is not guessed at."""
        distance = next((d for length, d in DISTANCES if len(term.text) >= length), 0)
        known = term.field != "body" or not distance or searcher.doc_freq("body", term.text)
        return 0 if known else distance

    def _among(self, ids: Sequence[str]) -> Any:
        """Return what matches the passages of these ids."""
        if len(ids) > NAMED:
            return tantivy.Query.term_set_query(self._schema, "id", list(ids))
        return _any_of([tantivy.Query.term_query(self._schema, "id", name) for name in ids])

    def _terms(self, query: str) -> list[_Term]:
        words = [w for w in query.split() if w.lower().strip(".,;:?!'\"()") not in STOP_WORDS]
        text = " ".join(words) if any(map(_wordy, words)) else query
        found = [
            _Term(field, word, BOOSTS[field])
            for word in self._english.analyze(text)
            if not has_cjk(word)
            for field in ("body", "head")
        ]
        found += [_Term("codes", code, BOOSTS["codes"]) for code in codes(query)]
        if has_cjk(query):
            chinese = chinese_terms(query)
            telling = [term for term in chinese if term not in CHINESE_STOP_WORDS]
            if not any(not term.startswith("_") for term in telling):
                telling = chinese
            found += [
                _Term("zh", term, PAIR_BOOST if term.startswith("_") else BOOSTS["zh"])
                for term in telling
            ]
        return list(dict.fromkeys(found))[: 2 * LONGEST]


def _any_of(clauses: Sequence[Any]) -> Any:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])


def _within(query: Any, inside: Any) -> Any:
    """Return a query restricted to what ``inside`` matches, its scores unchanged."""
    unscored = tantivy.Query.const_score_query(inside, 0.0)
    return tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, query), (tantivy.Occur.Must, unscored)]
    )


def _id(searcher: Any, address: Any) -> str:
    return str(searcher.doc(address)["id"][0])


def _shares(query: Any, searcher: Any, address: Any) -> dict[str, float]:
    """Return what each term of a query adds to one passage's score; none without the words."""
    try:
        told = orjson.loads(query.explain(searcher, address).to_json())
    except ValueError:  # a passage without the words cannot be explained
        return {}
    shares: dict[str, float] = {}
    for clause in told.get("details", ()):
        term = _term_in(clause)
        shares[term] = shares.get(term, 0.0) + round(float(clause["value"]), 4)
    return shares


def _term_in(clause: Mapping[str, Any]) -> str:
    """Return the term that a clause of tantivy's explanation is about; a phrase where it is several."""
    for context in clause.get("context", ()):
        match = _TERM.search(context)
        if match is not None:
            return match.group(1).removeprefix("_")
    inner = [_term_in(part) for part in clause.get("details", ())]
    return " ".join(dict.fromkeys(term for term in inner if term))


def _wordy(word: str) -> bool:
    return any(character.isalnum() for character in word)


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for field in ("body", "head"):
        builder.add_text_field(field, tokenizer_name="english_words", index_option="position")
    for field in ("zh", "codes"):
        builder.add_text_field(field, tokenizer_name="plain_words", index_option="freq")
    return builder.build()


def _document(passage: Passage) -> Any:
    head = " ".join([passage.title, *passage.headings])
    whole = f"{head}\n{passage.text}"
    document = tantivy.Document(id=passage.id, body=passage.text, head=head)
    document.add_text("codes", " ".join(codes(whole)))
    if has_cjk(whole):
        document.add_text("zh", " ".join(chinese_terms(whole)))
    return document
