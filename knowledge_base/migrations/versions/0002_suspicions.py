"""What of a document speaks to a model; NULL where it was not looked at yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; documents that are there are looked at when files are next taken in."""
    op.add_column("documents", sa.Column("suspicions", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("documents", "suspicions")
