"""What was done in each revision of a draft, in words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("pipeline_revisions", sa.Column("step", sa.String(200), nullable=False, server_default=""))
