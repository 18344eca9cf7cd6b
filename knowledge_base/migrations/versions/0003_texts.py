"""The text of a passage beside it, and that of a document in a table of its own.

A row with a whole book in it is slow to read whatever is wanted of it: SQLite goes through the text's
pages to what stands behind it, and cut every passage of a hit out of it anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the texts, and cut out those of the passages."""
    op.create_table(
        "texts",
        sa.Column(
            "document_id",
            sa.Integer,
            sa.ForeignKey("documents.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sections", sa.JSON, nullable=False),
    )
    op.execute("INSERT INTO texts SELECT id, text, sections FROM documents")
    op.add_column("passages", sa.Column("text", sa.Text, nullable=False, server_default=""))
    op.execute(
        'UPDATE passages SET text = (SELECT substr(texts.text, "start" + 1, "end" - "start") '
        "FROM texts WHERE texts.document_id = passages.document_id)"
    )
    op.drop_column("documents", "text")
    op.drop_column("documents", "sections")


def downgrade() -> None:
    """Move them back."""
    op.add_column("documents", sa.Column("text", sa.Text, nullable=False, server_default=""))
    op.add_column("documents", sa.Column("sections", sa.JSON, nullable=False, server_default="[]"))
    op.execute(
        "UPDATE documents SET (text, sections) = "
        "(SELECT text, sections FROM texts WHERE document_id = documents.id)"
    )
    op.drop_column("passages", "text")
    op.drop_table("texts")
