"""Runs as JSON: what is submitted, where each node stands, and what the nodes made."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypeAliasType, TypedDict

from torchwire.api.records import Count, ErrorRecord, SentDocument, sent
from torchwire.graph.document import Pipeline

RunStatus = TypeAliasType("RunStatus", Literal["queued", "running", "completed", "failed", "cancelled"])
NodeStatus = TypeAliasType(
    "NodeStatus", Literal["pending", "queued", "running", "completed", "failed", "cancelled", "skipped"]
)
MetricAxis = TypeAliasType("MetricAxis", Literal["epoch", "batch", "result"])


@sent
class RunSubmit(TypedDict):
    """What to run: a document, or a saved draft; with both, the document runs and the run belongs to the draft.

    ``until`` names nodes: those and all they need are run, and nothing else. ``only`` names nodes that are run by
    themselves, from what those before them have made already.
    """

    pipeline: NotRequired[SentDocument]
    pipeline_id: NotRequired[str | None]
    until: NotRequired[list[str]]
    only: NotRequired[list[str]]


class Progress(TypedDict):
    """How far a node is."""

    done: float
    total: float
    unit: str
    message: str
    seconds_left: float | None


class MetricPoint(TypedDict):
    """Metric values at one step of an axis."""

    axis: MetricAxis
    step: float
    values: dict[str, float | None]


class ArtifactRef(TypedDict):
    """An output in the store."""

    type: str
    digest: str
    size: int
    files: int


class CheckpointNote(TypedDict):
    """The newest state that a node under way can go on from."""

    step: int
    epoch: int | None
    batch: int | None
    time: float
    size: int


class ResumedNote(TypedDict):
    """Where a node went on from: an interrupted attempt at the same work, or a shorter run of it."""

    source: Literal["checkpoint", "run"]
    run_id: str
    epoch: int
    batch: int
    message: str


class NodeRun(TypedDict):
    """Where a node of a run stands. ``cancel_requested``: somebody asked for this node alone to be stopped.

    ``waiting`` says in words what a queued node waits for; ``machines`` are those of its target that it runs on, none
    on this computer. ``memory`` is a thinned curve of ``[seconds since its start, bytes]``, of its whole process tree.
    """

    status: NodeStatus
    cancel_requested: NotRequired[bool]
    reused: bool
    seconds: float | None
    seconds_saved: float | None
    attempt: int | None
    target: str | None
    machines: NotRequired[list[str]]
    started: float | None
    finished: float | None
    progress: Progress | None
    summary: NotRequired[dict[str, float | None] | None]
    metrics: list[MetricPoint]
    outputs: dict[str, ArtifactRef]
    error: ErrorRecord | None
    skipped_because: str | None
    why: str | None
    waiting: str | None
    checkpoint: CheckpointNote | None
    resumed: ResumedNote | None
    memory: list[tuple[float, int]]
    memory_peak: int | None


class AskedFor(TypedDict):
    """The part of a pipeline that was asked for, see RunSubmit."""

    until: NotRequired[list[str]]
    only: NotRequired[list[str]]


class Run(TypedDict):
    """A run with its nodes: a snapshot that includes all events up to ``seq``."""

    id: str
    name: str
    pipeline_id: str | None
    status: RunStatus
    created: float
    started: float | None
    finished: float | None
    seconds: float | None
    error: ErrorRecord | None
    cancel_requested: bool
    pinned: bool
    asked_for: AskedFor | None
    seq: int
    document: Pipeline
    nodes: dict[str, NodeRun]


class RunSummary(TypedDict):
    """A run in a list. ``node_counts`` holds the number of nodes by state, and ``total``."""

    id: str
    name: str
    pipeline_id: str | None
    status: RunStatus
    created: float
    started: float | None
    finished: float | None
    seconds: float | None
    error: ErrorRecord | None
    cancel_requested: bool
    pinned: bool
    asked_for: AskedFor | None
    node_counts: dict[str, int]
    summary: NotRequired[dict[str, float | None]]


class RunAnswer(TypedDict):
    """One run."""

    run: Run


class RunsAnswer(TypedDict):
    """Runs, newest first; give ``next`` as ``before`` for the page after this one."""

    runs: list[RunSummary]
    next: str | None


class LogsAnswer(TypedDict):
    """Log lines of a node, each ``[seq, time, stream, text]``, ``seq`` being that of the event that brought it."""

    lines: list[tuple[int, float, str, str]]
    more: bool


class Output(TypedDict):
    """An output of a node of a run."""

    port: str
    label: str
    type: str
    digest: str
    size: int
    files: int


class OutputsAnswer(TypedDict):
    """What a node of a run has made."""

    outputs: list[Output]


@sent
class WatchRequest(TypedDict):
    """The socket's ``watch``: the run, and the number of the last event that the client has (null: none)."""

    run_id: str
    after: NotRequired[Count | None]


@sent
class UnwatchRequest(TypedDict):
    """The socket's ``unwatch``."""

    run_id: str


class RunChanged(TypedDict):
    """The socket's ``changed``, sent to every client, for lists of runs."""

    run_id: str
    status: RunStatus
