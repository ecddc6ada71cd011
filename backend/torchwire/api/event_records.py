"""The events of a run as JSON, one record per type, and the answers that carry them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypeAliasType, TypedDict

from torchwire.api.records import ErrorRecord
from torchwire.api.run_records import MetricAxis, Run, RunStatus


class EventBase(TypedDict):
    """What every event carries. ``seq`` counts from 1 without gaps within a run."""

    run_id: str
    seq: int
    time: float


class NodeEventBase(EventBase):
    """What every event about a node carries."""

    node: str


class RunQueued(EventBase):
    """The run was accepted."""

    type: Literal["run.queued"]
    name: str
    message: NotRequired[str]


class RunStarted(EventBase):
    """The run's first node is about to start."""

    type: Literal["run.started"]


class RunFinished(EventBase):
    """The run is over."""

    type: Literal["run.finished"]
    status: RunStatus
    seconds: float | None
    error: NotRequired[ErrorRecord | None]


class NodeQueued(NodeEventBase):
    """Everything the node needs is there; it waits for a slot."""

    type: Literal["node.queued"]


class NodeWaiting(NodeEventBase):
    """The node can't start yet; ``why`` says what it waits for."""

    type: Literal["node.waiting"]
    why: str


class NodeMemory(NodeEventBase):
    """The memory of the node's whole process tree, at most every two seconds."""

    type: Literal["node.memory"]
    memory_bytes: int


class NodeCheckpoint(NodeEventBase):
    """The state of the node is safe: what comes after can go on from here."""

    type: Literal["node.checkpoint"]
    step: int
    epoch: int | None
    batch: int | None
    size: int
    digest: str


class NodeResumed(NodeEventBase):
    """The node went on from where an earlier attempt, or a shorter run, had got to."""

    type: Literal["node.resumed"]
    source: Literal["checkpoint", "run"]
    from_run: str
    epoch: int
    batch: int
    message: str


class NodeStarted(NodeEventBase):
    """An attempt at the node began; ``why`` says why an earlier result was not reused."""

    type: Literal["node.started"]
    attempt: int
    target: str
    pid: NotRequired[int | None]
    why: NotRequired[str | None]


class NodePlaced(NodeEventBase):
    """The attempt runs on these machines of its target. Not said of this computer."""

    type: Literal["node.placed"]
    machines: list[str]


class NodeProgress(NodeEventBase):
    """How far the node is."""

    type: Literal["node.progress"]
    done: float
    total: float
    unit: str
    message: str
    seconds_left: float | None


class NodeMetric(NodeEventBase):
    """Metric values at one step."""

    type: Literal["node.metric"]
    axis: MetricAxis
    step: float
    values: dict[str, float | None]


class NodeLog(NodeEventBase):
    """Log lines, each ``[time, stream, text]``."""

    type: Literal["node.log"]
    lines: list[tuple[float, str, str]]


class NodeOutput(NodeEventBase):
    """An output was committed to the store."""

    type: Literal["node.output"]
    port: str
    output_type: str
    digest: str
    size: int
    files: int


class NodeFinished(NodeEventBase):
    """The node is done; its outputs came before. ``memory_peak`` is in bytes, of its whole process tree."""

    type: Literal["node.finished"]
    seconds: float
    memory_peak: NotRequired[int | None]


class NodeFailed(NodeEventBase):
    """The node failed."""

    type: Literal["node.failed"]
    error: ErrorRecord
    seconds: NotRequired[float | None]


class NodeReused(NodeEventBase):
    """An earlier result was reused; its outputs came before."""

    type: Literal["node.reused"]
    seconds_saved: float | None
    from_run: NotRequired[str | None]


class NodeCancelled(NodeEventBase):
    """The node was cancelled."""

    type: Literal["node.cancelled"]
    seconds: NotRequired[float | None]


class NodeSkipped(NodeEventBase):
    """The node can't run; ``because`` is the node that failed or was cancelled."""

    type: Literal["node.skipped"]
    because: str | None


RunEvent = TypeAliasType(
    "RunEvent",
    Annotated[
        RunQueued
        | RunStarted
        | RunFinished
        | NodeQueued
        | NodeWaiting
        | NodeStarted
        | NodePlaced
        | NodeMemory
        | NodeCheckpoint
        | NodeResumed
        | NodeProgress
        | NodeMetric
        | NodeLog
        | NodeOutput
        | NodeFinished
        | NodeFailed
        | NodeReused
        | NodeCancelled
        | NodeSkipped,
        Field(discriminator="type"),
    ],
)


class EventsAnswer(TypedDict):
    """A page of a run's events; ``more`` says that there is another after the last one."""

    events: list[RunEvent]
    more: bool


class WatchAnswer(TypedDict):
    """The acknowledgement of ``watch``: the snapshot, and the events after the asked number (at most 5,000).

    With ``more`` the rest has to be fetched by ``GET runs/{id}/events`` or a new ``watch``.
    """

    run: Run
    events: list[RunEvent]
    more: NotRequired[bool]
