"""The registry: documents, passages and their states in one SQL database. The only truth.

Every write goes registry (pending) -> indexes -> registry (indexed). Nothing here knows the
indexes; ``sync.py`` moves passages through their states.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, delete, func, insert, select, update

from knowledge_base.errors import SourceNotFound
from knowledge_base.filters import check_day, page_number, passes, source_matches
from knowledge_base.passage_cache import PassageCache
from knowledge_base.rows import (
    PASSAGE,
    info_of,
    packed_section,
    packed_suspicions,
    passage_of,
    section_of,
)
from knowledge_base.suspicion import suspicions
from knowledge_base.tables import INDEXED, PENDING, REMOVING, documents, passages, texts
from knowledge_base.types import Document, DocumentInfo, Filter, Passage

SQL_VARIABLES = 500
"""How many values one IN list takes, well under every database's limit."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells whether a file has changed since it was taken in. Times in nanoseconds."""

    size: int
    mtime_ns: int
    sha256: str
    state: str


class Registry:
    """The documents and passages of one knowledge base, which no other object writes while it is used."""

    def __init__(self, engine: Engine, base_id: int) -> None:
        """Take the database and the row of the knowledge base in it."""
        self._engine = engine
        self.base_id = base_id
        self._recent = PassageCache()
        # made once: to put a statement together takes as long as to run it
        self._by_id = self._select().where(passages.c.id.in_(bindparam("ids", expanding=True)))

    # documents

    def stamps(self) -> dict[str, Stamp]:
        """Return the stamp of every document by source; those being removed are left out."""
        columns = documents.c
        query = select(
            columns.source, columns.size, columns.mtime_ns, columns.sha256, columns.state
        ).where(columns.base_id == self.base_id, columns.state != REMOVING)
        with self._engine.connect() as connection:
            return {row[0]: Stamp(*row[1:]) for row in connection.execute(query)}

    def touch(self, source: str, size: int, mtime_ns: int) -> None:
        """Note a new modification time of a file whose content is the same."""
        with self._writing() as connection:
            connection.execute(
                update(documents)
                .where(documents.c.base_id == self.base_id, documents.c.source == source)
                .values(size=size, mtime_ns=mtime_ns)
            )

    def put(self, document: Document, parts: Sequence[tuple[Passage, str]], stamp: Stamp) -> None:
        """Write a document and its passages as pending; its former passages become removing.

        Args:
            document: Replaces what was there under the same source.
            parts: Its passages, each with the hash of what is encoded for it.
            stamp: Of the file it was read from.
        """
        values = {
            "title": document.title,
            "media_type": document.media_type,
            "language": document.language,
            "metadata": dict(document.metadata),
            "suspicions": packed_suspicions(suspicions(document.text)),
            "sha256": stamp.sha256,
            "size": stamp.size,
            "mtime_ns": stamp.mtime_ns,
            "state": PENDING,
        }
        told = {
            "text": document.text,
            "sections": [packed_section(section) for section in document.sections],
        }
        key = (documents.c.base_id == self.base_id, documents.c.source == document.source)
        with self._writing() as connection:
            row = connection.execute(select(documents.c.id).where(*key)).scalar()
            if row is None:
                added = {
                    "base_id": self.base_id,
                    "source": document.source,
                    "added_at": time.time(),
                }
                row = connection.execute(
                    insert(documents).values(**values, **added).returning(documents.c.id)
                ).scalar_one()
                connection.execute(insert(texts).values(document_id=row, **told))
            else:
                connection.execute(update(documents).where(*key).values(**values))
                connection.execute(update(texts).where(texts.c.document_id == row).values(**told))
                connection.execute(
                    update(passages).where(passages.c.document_id == row).values(state=REMOVING)
                )
                kept = [passage.id for passage, _ in parts]
                for some in _slices(kept):
                    connection.execute(
                        delete(passages).where(
                            passages.c.base_id == self.base_id, passages.c.id.in_(some)
                        )
                    )
            rows = [self._row(row, passage, text_hash) for passage, text_hash in parts]
            if rows:
                connection.execute(insert(passages), rows)

    def _row(self, document: int, passage: Passage, text_hash: str) -> dict[str, Any]:
        return {
            "id": passage.id,
            "base_id": self.base_id,
            "document_id": document,
            "ordinal": passage.ordinal,
            "start": passage.start,
            "end": passage.end,
            "tokens": passage.tokens,
            "headings": list(passage.headings),
            "page": passage.page,
            "sheet": passage.sheet,
            "text_hash": text_hash,
            "state": PENDING,
            "text": passage.text,
        }

    def mark_removing(self, sources: Collection[str]) -> None:
        """Mark documents and their passages as to be removed; they are no longer found."""
        with self._writing() as connection:
            for some in _slices(list(sources)):
                chosen = select(documents.c.id).where(
                    documents.c.base_id == self.base_id, documents.c.source.in_(some)
                )
                connection.execute(
                    update(passages)
                    .where(passages.c.document_id.in_(chosen))
                    .values(state=REMOVING)
                )
                connection.execute(
                    update(documents)
                    .where(documents.c.base_id == self.base_id, documents.c.source.in_(some))
                    .values(state=REMOVING)
                )

    def document(self, source: str) -> Document:
        """Return a document with its text.

        Raises:
            SourceNotFound: If no document has exactly this source.
        """
        query = (
            select(documents, texts.c.text, texts.c.sections)
            .join(texts)
            .where(
                documents.c.base_id == self.base_id,
                documents.c.source == source,
                documents.c.state != REMOVING,
            )
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise SourceNotFound(
                f"no document has the source {source!r}; `qa-bot documents` lists them"
            )
        return Document(
            source=row.source,
            title=row.title,
            text=row.text,
            sections=tuple(section_of(packed) for packed in row.sections),
            media_type=row.media_type,
            language=row.language,
            metadata=row.metadata,
        )

    def inspect(self) -> None:
        """Look for what speaks to a model in documents that were taken in before anybody looked."""
        columns = documents.c
        unseen = select(columns.id).where(
            columns.base_id == self.base_id, columns.suspicions.is_(None)
        )
        with self._writing() as connection:
            for row in connection.execute(unseen).scalars().all():
                text = connection.execute(
                    select(texts.c.text).where(texts.c.document_id == row)
                ).scalar_one()
                found = packed_suspicions(suspicions(text))
                connection.execute(
                    update(documents).where(columns.id == row).values(suspicions=found)
                )

    def documents(self) -> list[DocumentInfo]:
        """Return what a list shows of each document, by source."""
        columns = documents.c
        query = (
            select(
                columns.source,
                columns.title,
                columns.media_type,
                columns.language,
                columns.size,
                func.count(passages.c.id),
                columns.added_at,
                columns.suspicions,
            )
            .outerjoin(
                passages, (passages.c.document_id == columns.id) & (passages.c.state != REMOVING)
            )
            .where(columns.base_id == self.base_id, columns.state != REMOVING)
            .group_by(columns.id)
            .order_by(columns.source)
        )
        with self._engine.connect() as connection:
            return [info_of(row) for row in connection.execute(query)]

    def matching(self, pattern: str) -> list[str]:
        """Return the sources that a pattern names: the whole one alone, else by ending or glob."""
        sources = self.stamps()
        if pattern in sources:
            return [pattern]
        return [source for source in sources if source_matches(source, pattern)]

    # passages: the state of those that are named by id is looked at here, not in SQL, where SQLite
    # would go through all passages of a state rather than to the ones named

    def passages(self, ids: Collection[str]) -> dict[str, Passage]:
        """Return the indexed passages of these ids; others are left out."""
        return self._recent.of(ids, self._read)

    def around(self, passage: Passage, before: int, after: int) -> list[Passage]:
        """Return a passage with those before and after it in its document, in order."""
        query = (
            self._select()
            .where(
                documents.c.source == passage.source,
                passages.c.state == INDEXED,
                passages.c.ordinal.between(passage.ordinal - before, passage.ordinal + after),
            )
            .order_by(passages.c.ordinal)
        )
        with self._engine.connect() as connection:
            return [passage_of(row) for row in connection.execute(query)]

    def in_state(self, state: str, limit: int | None = None) -> list[tuple[Passage, str]]:
        """Return passages in a state, each with the hash of what is encoded for it.

        They come in the order in which they were put, which is that of the index: SQLite would sort
        a million that wait anew for each batch of them.
        """
        query = self._select().where(passages.c.state == state).limit(limit)
        with self._engine.connect() as connection:
            return [(passage_of(row), row.text_hash) for row in connection.execute(query)]

    def ids(self, state: str) -> list[str]:
        """Return the ids of the passages in a state, in the order they were written."""
        query = select(passages.c.id).where(
            passages.c.base_id == self.base_id, passages.c.state == state
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def hashes(self) -> dict[str, str]:
        """Return the hash of what is encoded for each passage that is not removed, by id."""
        query = select(passages.c.id, passages.c.text_hash).where(
            passages.c.base_id == self.base_id, passages.c.state != REMOVING
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def of_document(self, source: str) -> list[Passage]:
        """Return the indexed passages of a document, in order."""
        query = (
            self._select()
            .where(documents.c.source == source, passages.c.state == INDEXED)
            .order_by(passages.c.ordinal)
        )
        with self._engine.connect() as connection:
            return [passage_of(row) for row in connection.execute(query)]

    def count(self) -> int:
        """Return the number of indexed passages."""
        query = select(func.count()).where(
            passages.c.base_id == self.base_id, passages.c.state == INDEXED
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def mark(self, ids: Collection[str], state: str) -> None:
        """Put passages into a state."""
        statement = (
            update(passages)
            .where(passages.c.base_id == self.base_id, passages.c.id == bindparam("passage"))
            .values(state=state)
        )
        if ids:
            with self._writing() as connection:
                connection.execute(statement, [{"passage": name} for name in ids])

    def mark_documents_indexed(self) -> None:
        """Mark the pending documents that have no pending passage left as indexed."""
        waiting = select(passages.c.document_id).where(
            passages.c.base_id == self.base_id, passages.c.state == PENDING
        )
        with self._writing() as connection:
            connection.execute(
                update(documents)
                .where(
                    documents.c.base_id == self.base_id,
                    documents.c.state == PENDING,
                    documents.c.id.not_in(waiting),
                )
                .values(state=INDEXED)
            )

    def purge(self) -> None:
        """Delete what is marked as removing: passages, then documents."""
        with self._writing() as connection:
            for table in (passages, documents):
                connection.execute(
                    delete(table).where(table.c.base_id == self.base_id, table.c.state == REMOVING)
                )

    def allowed(self, filter: Filter) -> frozenset[str]:
        """Return the ids of the indexed passages that a filter lets through."""
        columns = documents.c
        query = select(
            columns.id,
            columns.source,
            columns.title,
            columns.language,
            columns.metadata,
            columns.mtime_ns,
        ).where(columns.base_id == self.base_id, columns.state != REMOVING)
        for name, day in (("since", filter.since), ("until", filter.until)):
            if day is not None:
                check_day(name, day)
        page = filter.where.get("page")
        ids: set[str] = set()
        with self._engine.connect() as connection:
            chosen = [row.id for row in connection.execute(query) if passes(row, filter)]
            for some in _slices(chosen):
                chosen_passages = select(passages.c.id).where(
                    passages.c.document_id.in_(some), passages.c.state == INDEXED
                )
                if page is not None:
                    chosen_passages = chosen_passages.where(passages.c.page == page_number(page))
                ids.update(connection.execute(chosen_passages).scalars())
        return frozenset(ids)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give a transaction; what was read before it is read again after it."""
        try:
            with self._engine.begin() as connection:
                yield connection
        finally:
            self._recent.clear()

    def _read(self, ids: Sequence[str]) -> dict[str, Passage]:
        found: dict[str, Passage] = {}
        with self._engine.connect() as connection:
            for some in _slices(ids):
                rows = connection.execute(self._by_id, {"ids": some}).all()
                found.update((row.id, passage_of(row)) for row in rows if row.state == INDEXED)
        return found

    def _select(self) -> Select[Any]:
        return (
            select(*PASSAGE, passages.c.state, passages.c.text_hash)
            .join(documents, documents.c.id == passages.c.document_id)
            .where(passages.c.base_id == self.base_id, documents.c.base_id == self.base_id)
        )


def _slices(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), SQL_VARIABLES):
        yield values[start : start + SQL_VARIABLES]
