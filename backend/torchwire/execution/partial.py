"""Runs of nodes by themselves: what stands before them must have been made already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchwire.errors import Fault, PipelineError
from torchwire.graph.plan import Plan, Step
from torchwire.graph.slicing import Part


def missing_before(plan: Plan, part: Part, foreseen: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    """The fault of the first node before those of ``part.only`` that would have to run, if there is one.

    Nodes that are never reused, such as data sets, may run: they only look whether something changed.
    """
    for node, step in plan.steps.items() if part.only else ():
        if node not in part.only and step.spec.cacheable and foreseen[node]["action"] != "reuse":
            return [Fault.of(must_run_first(step, foreseen[node]["why"]))]
    return []


def must_run_first(step: Step, why: str) -> PipelineError:
    """The error of a node that would have to run although only others were asked for."""
    return PipelineError(
        f"{step.name} has to run first: {why}.", node=step.node.id, hint="'Run to here' runs all that is missing."
    )
