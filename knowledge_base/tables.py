"""The registry's tables. A change here needs a migration in ``migrations/versions``."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

PENDING = "pending"
"""Written to the registry; the indexes may or may not hold it yet."""
INDEXED = "indexed"
"""In the registry and in every index."""
REMOVING = "removing"
"""To be taken out of the indexes, then out of the registry."""

bases = Table(
    "knowledge_bases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("folder", String(80), nullable=False, unique=True),
    Column("encoder", String(200), nullable=False),
    Column("fingerprint", String(80), nullable=False),
    Column("metric", String(16), nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("base_id", ForeignKey("knowledge_bases.id", ondelete="CASCADE"), nullable=False),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("language", String(8), nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("added_at", Float, nullable=False),
    Column("suspicions", JSON(none_as_null=True)),
    UniqueConstraint("base_id", "source"),
)

texts = Table(
    "texts",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("sections", JSON, nullable=False),
)

passages = Table(
    "passages",
    metadata,
    Column("id", String(32), nullable=False),
    Column("base_id", ForeignKey("knowledge_bases.id", ondelete="CASCADE"), nullable=False),
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("headings", JSON, nullable=False),
    Column("page", Integer),
    Column("sheet", Text),
    Column("text_hash", String(64), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    UniqueConstraint("base_id", "id"),
    Index("ix_passages_state", "base_id", "state"),
    Index("ix_passages_document", "document_id", "ordinal"),
)

vectors = Table(
    "vectors",
    metadata,
    Column("fingerprint", String(80), primary_key=True),
    Column("text_hash", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)
