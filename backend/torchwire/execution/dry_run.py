"""Foresees what submitting a pipeline would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torchwire.execution.cache import differences
from torchwire.execution.preparation import Preparation
from torchwire.execution.targets import Target
from torchwire.graph.plan import Plan, Step
from torchwire.storage.artifacts import Result


class Foresight:
    """Goes through a plan in order and keeps the digests that each node is expected to give.

    A node that always runs is taken to give what it gave last time, so that what follows it can be foreseen.
    """

    def __init__(self, plan: Plan, preparation: Preparation, targets: Mapping[str, Target]) -> None:
        self._plan = plan
        self._preparation = preparation
        self._targets = targets
        self._digests: dict[str, dict[str, str]] = {}

    def as_json(self) -> dict[str, Any]:
        """The plan as ``POST plan`` answers it: what happens to each node and why, and the time saved and expected."""
        nodes = {node: self._node(step) for node, step in self._plan.steps.items()}
        expected = [node["seconds_expected"] for node in nodes.values() if node["action"] != "reuse"]
        return {
            "nodes": nodes,
            "seconds_saved": sum(node["seconds_saved"] or 0.0 for node in nodes.values()),
            "seconds_expected": None if None in expected else sum(expected),
        }

    def _node(self, step: Step) -> dict[str, Any]:
        before = next((source for source, _ in step.inputs.values() if source not in self._digests), None)
        if before is not None:
            last = self._preparation.last(step)
            return _runs(f"follows {before}, which runs", last)
        inputs = {port: self._digests[source][output] for port, (source, output) in step.inputs.items()}
        candidate = self._preparation.candidate(step, self._targets.get(step.target), inputs)
        last = self._preparation.last(step)
        result = None if step.node.regenerate_output else self._preparation.result(candidate)
        if result is not None:
            self._digests[step.node.id] = {port: output["digest"] for port, output in result.outputs.items()}
            if candidate.repeatable:
                return _planned("reuse", "nothing it depends on changed", saved=result.seconds)
        changed = [] if last is None else [part.as_json() for part in differences(candidate.fields, last.fields)]
        further = self._preparation.continuation(step, candidate)
        if further is not None:
            saved, expected = further.seconds_saved, further.seconds_expected
            return _planned("continue", further.why, saved=saved, expected=expected, changed=changed)
        return _runs(self._preparation.why(step, candidate), last, changed)


def _runs(why: str, last: Result | None, changed: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    return _planned("run", why, expected=None if last is None else last.seconds, changed=changed)


def _planned(
    action: str,
    why: str,
    *,
    saved: float | None = None,
    expected: float | None = None,
    changed: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    return {
        "action": action,
        "why": why,
        "seconds_saved": saved,
        "seconds_expected": expected,
        "changed": list(changed),
    }
