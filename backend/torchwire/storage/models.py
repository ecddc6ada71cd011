"""The tables. Runs, attempts and node states are projections of the event log; the log is the truth."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all tables. Times are seconds since 1970 (UTC)."""

    type_annotation_map = {dict[str, Any]: JSON, float: Float, bool: Boolean, bytes: LargeBinary}  # noqa: RUF012


def table_of(row: type[Base]) -> Table:
    """The table behind a row class, for statements that are built without the mapper."""
    return cast(Table, row.__table__)


class PipelineRow(Base):
    """A pipeline draft at its newest revision."""

    __tablename__ = "pipelines"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    document: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created: Mapped[float]
    updated: Mapped[float] = mapped_column(Float, index=True)


class PipelineRevisionRow(Base):
    """The journal of a draft: one row for each saved revision."""

    __tablename__ = "pipeline_revisions"

    pipeline_id: Mapped[str] = mapped_column(ForeignKey("pipelines.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    document: Mapped[dict[str, Any]]
    time: Mapped[float]
    step: Mapped[str] = mapped_column(String(200), default="", server_default="")  # what was done, in words


class DatasetRow(Base):
    """A registered data set: an archive in the home folder, or a folder under an allowed root."""

    __tablename__ = "datasets"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # archive | folder
    path: Mapped[str] = mapped_column(String(4096))  # relative to the home folder, or absolute for a folder elsewhere
    digest: Mapped[str | None] = mapped_column(String(64))  # SHA-256 of an archive's bytes
    size: Mapped[int] = mapped_column(BigInteger)
    description: Mapped[str] = mapped_column(String(2000), default="")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created: Mapped[float]


class UploadRow(Base):
    """An upload in parts that is under way."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    created: Mapped[float]
    updated: Mapped[float]


class RunRow(Base):
    """A run: one submission of one document."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    pipeline_id: Mapped[str | None] = mapped_column(String(32), index=True)
    document: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(16), index=True)
    created: Mapped[float] = mapped_column(Float, index=True)
    started: Mapped[float | None]
    finished: Mapped[float | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    last_seq: Mapped[int] = mapped_column(Integer, default=0)
    cancel_requested: Mapped[bool] = mapped_column(Boolean, default=False)
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)  # kept, with all that it made, until unpinned
    asked_for: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # {"until": [...]} or {"only": [...]}; None: all


class EventRow(Base):
    """One numbered event."""

    __tablename__ = "events"
    __table_args__ = (Index("events_by_type", "run_id", "type"), Index("events_by_node", "run_id", "node"))

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    time: Mapped[float]
    type: Mapped[str] = mapped_column(String(32))
    node: Mapped[str | None] = mapped_column(String(128))
    data: Mapped[dict[str, Any]]


class NodeStateRow(Base):
    """Where a node of a run stands."""

    __tablename__ = "node_states"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    node: Mapped[str] = mapped_column(String(128), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]]  # the node's part of the snapshot, see runs.py
    cancel_requested: Mapped[bool] = mapped_column(Boolean, default=False)  # by itself; its run goes on


class AttemptRow(Base):
    """One try at a node. ``offset`` is how far its event file has been read into the log."""

    __tablename__ = "attempts"
    __table_args__ = (Index("attempts_by_node", "run_id", "node", "number", unique=True),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    node: Mapped[str] = mapped_column(String(128))
    number: Mapped[int]
    target: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16), index=True)  # starting | running | ended
    pid: Mapped[int | None]
    pid_started: Mapped[float | None]
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    created: Mapped[float]
    memory_peak: Mapped[int | None] = mapped_column(BigInteger)  # bytes, of the whole process tree
    resumed_from: Mapped[str | None] = mapped_column(String(64))  # digest of the checkpoint it began with


class ArtifactRow(Base):
    """A folder in the content-addressed store."""

    __tablename__ = "artifacts"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int]
    created: Mapped[float]
    last_used: Mapped[float | None] = mapped_column(Float, index=True)
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)


class RunArtifactRow(Base):
    """Which artifacts a run made or reused: what a kept run needs. A projection of its ``node.output`` events."""

    __tablename__ = "run_artifacts"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    node: Mapped[str] = mapped_column(String(128), primary_key=True)
    port: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)


class CheckpointRow(Base):
    """The state of a node that is under way, from which a later attempt, or a longer training, goes on.

    ``key`` is the cache key of what the node was making; ``family`` the same without the parameters that only say how
    far to go. The folder lies in the artifact store under ``digest``.
    """

    __tablename__ = "checkpoints"
    __table_args__ = (Index("checkpoints_by_key", "key", "step"), Index("checkpoints_by_family", "family", "step"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    family: Mapped[str] = mapped_column(String(64))
    run_id: Mapped[str] = mapped_column(String(32), index=True)
    node: Mapped[str] = mapped_column(String(128))
    attempt_id: Mapped[str] = mapped_column(String(32), index=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int]
    step: Mapped[int]  # steps taken so far: the newest of a key is the one with the most
    final: Mapped[bool] = mapped_column(Boolean, default=False)  # taken at the end of a node that finished
    parameters: Mapped[dict[str, Any]]
    info: Mapped[dict[str, Any]]  # epoch, batch, ...: what people are shown
    created: Mapped[float]


class SettingRow(Base):
    """What people set in the browser for the whole home, such as the disk budget."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]


class ResultRow(Base):
    """What a node made under a cache key; ``fields`` are the key's parts, so that a miss can be explained."""

    __tablename__ = "results"
    __table_args__ = (Index("results_by_node", "module", "node", "created"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    module: Mapped[str] = mapped_column(String(128))
    fields: Mapped[dict[str, Any]]
    outputs: Mapped[dict[str, Any]]  # {port: {"type", "digest", "size", "files"}}
    seconds: Mapped[float]
    run_id: Mapped[str] = mapped_column(String(32))
    node: Mapped[str] = mapped_column(String(128))
    created: Mapped[float]
    memory_peak: Mapped[int | None] = mapped_column(BigInteger)  # bytes it took, to foresee what it will take
