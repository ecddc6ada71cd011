"""Which nodes were asked to stop, each by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("node_states", sa.Column("cancel_requested", sa.Boolean(), nullable=False, server_default=sa.false()))
