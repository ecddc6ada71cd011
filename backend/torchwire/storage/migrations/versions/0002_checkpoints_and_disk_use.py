"""Checkpoints, pins, and which run needs which artifact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables and columns; fill in which run needs which artifact from the log."""
    op.create_table(
        "checkpoints",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=128), nullable=False),
        sa.Column("attempt_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("info", sa.JSON(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("checkpoints_by_key", "checkpoints", ["key", "step"])
    op.create_index("checkpoints_by_family", "checkpoints", ["family", "step"])
    for column in ("run_id", "attempt_id", "digest"):
        op.create_index(f"ix_checkpoints_{column}", "checkpoints", [column])
    op.create_table(
        "run_artifacts",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=128), nullable=False),
        sa.Column("port", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "node", "port"),
    )
    op.create_index("ix_run_artifacts_digest", "run_artifacts", ["digest"])
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("runs", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("runs", sa.Column("asked_for", sa.JSON(), nullable=True))
    op.add_column("attempts", sa.Column("memory_peak", sa.BigInteger(), nullable=True))
    op.add_column("attempts", sa.Column("resumed_from", sa.String(length=64), nullable=True))
    op.add_column("artifacts", sa.Column("last_used", sa.Float(), nullable=True))
    op.add_column("artifacts", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_artifacts_last_used", "artifacts", ["last_used"])
    op.add_column("results", sa.Column("memory_peak", sa.BigInteger(), nullable=True))
    _fill_run_artifacts()


def _fill_run_artifacts() -> None:
    events = sa.table(
        "events",
        sa.column("run_id", sa.String),
        sa.column("seq", sa.Integer),
        sa.column("type", sa.String),
        sa.column("node", sa.String),
        sa.column("data", sa.JSON),
    )
    needed = sa.table("run_artifacts", *(sa.column(name, sa.String) for name in ("run_id", "node", "port", "digest")))
    made = sa.select(events).where(events.c.type == "node.output").order_by(events.c.run_id, events.c.seq)
    rows = {}
    for event in op.get_bind().execute(made):
        rows[event.run_id, event.node, event.data["port"]] = event.data["digest"]
    if rows:
        names = ("run_id", "node", "port", "digest")
        op.bulk_insert(needed, [dict(zip(names, (*key, digest), strict=True)) for key, digest in rows.items()])
