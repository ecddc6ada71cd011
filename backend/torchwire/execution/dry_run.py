"""Foresees what submitting a pipeline would do, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torchwire.execution.cache import explain, key_fields, key_of
from torchwire.graph.plan import Plan, Step, plan
from torchwire.graph.validate import Validation
from torchwire.registry import Registry
from torchwire.storage.database import Database

if TYPE_CHECKING:
    from torchwire.execution.executor import Executor


def foresee(validation: Validation, registry: Registry, database: Database, executor: Executor) -> dict[str, Any]:
    """Return ``{"nodes": {id: {"action": "reuse" | "run", "why", "seconds_saved"}}}`` for a valid pipeline.

    A node that always runs is taken to give what it gave last time, so that what follows it can be foreseen.
    """
    with database.read():
        return {"nodes": _Foresight(plan(validation, registry), registry, database, executor).nodes()}


class _Foresight:
    def __init__(self, plan: Plan, registry: Registry, database: Database, executor: Executor) -> None:
        self._plan = plan
        self._registry = registry
        self._results = database.artifacts
        self._executor = executor
        self._digests: dict[str, dict[str, str]] = {}

    def nodes(self) -> dict[str, Any]:
        """Every node in order."""
        return {node: self._node(step) for node, step in self._plan.steps.items()}

    def _node(self, step: Step) -> dict[str, Any]:
        before = next((source for source, _ in step.inputs.values() if source not in self._digests), None)
        if before is not None:
            return _runs(f"follows {before}, which runs")
        inputs = {port: self._digests[source][output] for port, (source, output) in step.inputs.items()}
        resolved = self._executor.resolve(step.spec.parameters, step.parameters)
        target = self._executor.targets.get(step.target)
        module = self._registry.get(step.spec.id)
        fields = key_fields(step, module, inputs, target.device if target else "cpu", resolved)
        result = self._results.find(key_of(fields))
        known = result is not None and all(self._executor.store.is_whole(o["digest"]) for o in result.outputs.values())
        if step.node.regenerate_output:
            return _runs("regenerate output is on")
        if result is not None and known:
            self._digests[step.node.id] = {port: output["digest"] for port, output in result.outputs.items()}
        if not step.spec.cacheable or any(not found.get("digest") for found in resolved.values()):
            return _runs("always runs, to see whether the data changed")
        if result is not None and known:
            return {"action": "reuse", "why": "nothing it depends on changed", "seconds_saved": result.seconds}
        last = self._results.last(step.spec.id, step.node.id)
        return _runs(explain(fields, None if last is None else last.fields))


def _runs(why: str) -> dict[str, Any]:
    return {"action": "run", "why": why, "seconds_saved": None}
