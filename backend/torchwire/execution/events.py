"""The events of a run: numbered from 1 without gaps, stored before anyone hears of them.

The same log feeds the socket, ``GET events?after=``, the command line and the replay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

EventType = Literal[
    "run.queued",  # name
    "run.started",
    "run.finished",  # status, seconds, error?
    "node.queued",
    "node.waiting",  # why: what it waits for, in words; only when it can't start at once
    "node.started",  # attempt, target, pid, why (the reason it was not reused)
    "node.placed",  # machines: names of those of its target that it runs on, each once; not said of this computer
    "node.progress",  # done, total, unit, message, seconds_left
    "node.metric",  # axis, step, values {name: number|null}
    "node.memory",  # memory_bytes of the node's whole process tree, at most one every two seconds
    "node.checkpoint",  # step, epoch, batch, size, digest
    "node.resumed",  # source ("checkpoint" | "run"), from_run, epoch, batch, message
    "node.log",  # lines [[time, stream, text], ...]
    "node.output",  # port, output_type, digest, size, files
    "node.finished",  # seconds, memory_peak
    "node.failed",  # error {code, name, message, hint?, report?, ...}, seconds
    "node.reused",  # seconds_saved, from_run; node.output events come before it
    "node.cancelled",  # seconds
    "node.skipped",  # because: id of the node that failed or was cancelled
]

NODE_STATES = ("pending", "queued", "running", "completed", "failed", "cancelled", "skipped")
RUN_STATES = ("queued", "running", "completed", "failed", "cancelled")


@dataclass(frozen=True)
class RunEvent:
    """One event. ``time`` is seconds since 1970 (UTC); ``data`` holds the fields named beside its type above."""

    run_id: str
    seq: int
    time: float
    type: EventType
    node: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The event as every client sees it: one flat object."""
        record: dict[str, Any] = {"run_id": self.run_id, "seq": self.seq, "time": self.time, "type": self.type}
        if self.node is not None:
            record["node"] = self.node
        return record | self.data
