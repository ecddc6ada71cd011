"""Runs of nodes by themselves: what stands before them must have been made already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchwire.errors import Fault, InvalidPipeline, PipelineError
from torchwire.graph.plan import Plan, Step
from torchwire.graph.slicing import Part


def check_only(plan: Plan, part: Part, foreseen: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise InvalidPipeline when a node before those of ``part.only`` would have to run first.

    Nodes that are never reused, such as data sets, may run: they only look whether something changed.
    """
    for node, step in plan.steps.items():
        if node not in part.only and step.spec.cacheable and foreseen[node]["action"] != "reuse":
            raise InvalidPipeline([Fault.of(must_run_first(step, foreseen[node]["why"]))])


def must_run_first(step: Step, why: str) -> PipelineError:
    """The error of a node that would have to run although only others were asked for."""
    return PipelineError(
        f"{step.name} has to run first: {why}.", node=step.node.id, hint="'Run to here' runs all that is missing."
    )
