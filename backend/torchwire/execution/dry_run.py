"""Foresees what submitting a pipeline would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchwire.execution.preparation import Preparation
from torchwire.execution.targets import Target
from torchwire.graph.plan import Plan, Step


class Foresight:
    """Goes through a plan in order and keeps the digests that each node is expected to give.

    A node that always runs is taken to give what it gave last time, so that what follows it can be foreseen.
    """

    def __init__(self, plan: Plan, preparation: Preparation, targets: Mapping[str, Target]) -> None:
        self._plan = plan
        self._preparation = preparation
        self._targets = targets
        self._digests: dict[str, dict[str, str]] = {}

    def nodes(self) -> dict[str, Any]:
        """For each node ``{"action": "reuse" | "run", "why", "seconds_saved"}``."""
        return {node: self._node(step) for node, step in self._plan.steps.items()}

    def _node(self, step: Step) -> dict[str, Any]:
        before = next((source for source, _ in step.inputs.values() if source not in self._digests), None)
        if before is not None:
            return _runs(f"follows {before}, which runs")
        inputs = {port: self._digests[source][output] for port, (source, output) in step.inputs.items()}
        candidate = self._preparation.candidate(step, self._targets.get(step.target), inputs)
        result = None if step.node.regenerate_output else self._preparation.result(candidate)
        if result is not None:
            self._digests[step.node.id] = {port: output["digest"] for port, output in result.outputs.items()}
            if candidate.repeatable:
                return {"action": "reuse", "why": "nothing it depends on changed", "seconds_saved": result.seconds}
        return _runs(self._preparation.why(step, candidate))


def _runs(why: str) -> dict[str, Any]:
    return {"action": "run", "why": why, "seconds_saved": None}
