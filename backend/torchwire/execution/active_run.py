"""A run under way, in memory: which node stands where, and what was made. Can be rebuilt from the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torchwire.execution.cache import Fields
from torchwire.graph.plan import Plan

ENDED = frozenset({"completed", "failed", "cancelled", "skipped"})


@dataclass(frozen=True)
class Candidate:
    """A ready node with all that decides whether it runs."""

    node: str
    inputs: Mapping[str, str]  # port -> digest
    resolved: Mapping[str, Any]
    fields: Fields
    key: str
    repeatable: bool  # the same key gives the same output
    family: str  # the key without the parameters that only say how far to go


@dataclass
class ActiveRun:
    """The state of one run. ``outputs`` is ``{node: {port: {"type", "digest", "size", "files"}}}``."""

    id: str
    plan: Plan
    status: dict[str, str]
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    retries: dict[str, str] = field(default_factory=dict)  # nodes that are tried again: what ended the last attempt
    errors: list[dict[str, Any]] = field(default_factory=list)
    began: float | None = None
    cancelling: bool = False
    only: frozenset[str] = frozenset()  # when not empty: the others may be reused, but not run
    _open: int = 0  # nodes that have not ended
    _waiting_for: dict[str, int] = field(default_factory=dict)
    _position: dict[str, int] = field(default_factory=dict)

    @classmethod
    def new(cls, run_id: str, plan: Plan, *, only: frozenset[str] = frozenset()) -> ActiveRun:
        """A run that was just submitted."""
        return cls(run_id, plan, dict.fromkeys(plan.steps, "pending"), only=only)

    def __post_init__(self) -> None:
        """Count what is left to do."""
        self._position = {node: number for number, node in enumerate(self.plan.steps)}
        self._open = sum(status not in ENDED for status in self.status.values())
        for node in self.plan.steps:
            sources = self.plan.sources(node)
            self._waiting_for[node] = sum(self.status[source] != "completed" for source in sources)

    @property
    def is_over(self) -> bool:
        """Whether every node has ended."""
        return self._open == 0

    def position(self, node: str) -> int:
        """Where the node stands in the plan."""
        return self._position[node]

    def newly_ready(self) -> list[str]:
        """The nodes not begun whose inputs are all there; for a run that is taken up."""
        waiting = ("pending", "queued")
        return [node for node in self.plan.steps if self.status[node] in waiting and not self._waiting_for[node]]

    def queue(self, node: str) -> None:
        """Record that all a node needs is there."""
        self.status[node] = "queued"

    def start(self, node: str) -> None:
        """Record that a node runs."""
        self.status[node] = "running"

    def complete(self, node: str, outputs: Mapping[str, Any]) -> list[str]:
        """Record what a node made. Returns the nodes whose inputs are all there now."""
        self.outputs[node] = dict(outputs)
        self._end(node, "completed")
        freed = []
        for reader in self.plan.readers(node):
            self._waiting_for[reader] -= 1
            if not self._waiting_for[reader] and self.status[reader] == "pending":
                freed.append(reader)
        return freed

    def fail(self, node: str, error: dict[str, Any]) -> list[str]:
        """Record a failure. Returns the nodes behind it, which can't run any more."""
        self.errors.append(error)
        self._end(node, "failed")
        return self._skip_behind(node)

    def cancel(self, node: str) -> list[str]:
        """Record that a node was cancelled. Returns the nodes behind it, unless the whole run is being cancelled."""
        self._end(node, "cancelled")
        return [] if self.cancelling else self._skip_behind(node)

    def not_begun(self) -> list[str]:
        """The nodes that wait for others or for a slot."""
        return [node for node, status in self.status.items() if status in ("pending", "queued")]

    def outcome(self) -> str:
        """The status of a run that is over."""
        states = set(self.status.values())
        return "cancelled" if "cancelled" in states else "failed" if "failed" in states else "completed"

    def _skip_behind(self, node: str) -> list[str]:
        behind = self.plan.behind(node)
        skipped = [other for other in self.plan.steps if other in behind and self.status[other] == "pending"]
        for other in skipped:
            self._end(other, "skipped")
        return skipped

    def _end(self, node: str, status: str) -> None:
        self.status[node] = status
        self._open -= 1
