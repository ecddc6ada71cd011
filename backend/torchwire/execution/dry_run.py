"""Foresees what submitting a pipeline would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from torchwire.errors import TorchwireError
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
        self.digests: dict[str, dict[str, str]] = {}
        self.checkpoints: set[str] = set()

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
        before = next((source for source, _ in step.inputs.values() if source not in self.digests), None)
        if before is not None:
            last = self._preparation.last(step)
            return _runs(f"follows {before}, which runs", last)
        inputs = {port: self.digests[source][output] for port, (source, output) in step.inputs.items()}
        candidate = self._preparation.candidate(step, self._targets.get(step.target), inputs)
        last = self._preparation.last(step)
        result = None if step.node.regenerate_output else self._preparation.result(candidate)
        if result is not None:
            self.digests[step.node.id] = {port: output["digest"] for port, output in result.outputs.items()}
            if candidate.repeatable:
                return _planned("reuse", "nothing it depends on changed", saved=result.seconds)
        changed = [] if last is None else [part.as_json() for part in differences(candidate.fields, last.fields)]
        further = self._preparation.continuation(step, candidate)
        if further is not None:
            self.checkpoints.update(record.digest for record in further.records)
            saved, expected = further.seconds_saved, further.seconds_expected
            return _planned("continue", further.why, saved=saved, expected=expected, changed=changed)
        return _runs(self._preparation.why(step, candidate), last, changed)


def reusable(plan: Plan, preparation: Preparation, targets: Mapping[str, Target]) -> set[str]:
    """The digests of what a run of ``plan`` is going to reuse, or may: what each node gave the last time counts too."""
    foresight = Foresight(plan, preparation, targets)
    with suppress(TorchwireError):  # a data set or target is gone: the run will say so
        foresight.as_json()
    found = foresight.checkpoints | {d for outputs in foresight.digests.values() for d in outputs.values()}
    for step in plan.steps.values():
        last = preparation.last(step)
        found.update(output["digest"] for output in (last.outputs.values() if last is not None else ()))
    return found


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
