"""Dagster's multiprocess executor: a process for each op, from a fork server; events in SQLite, values in files."""

from __future__ import annotations

import json
import sys
import time

from dagster import DagsterInstance, JobDefinition, execute_job, job, op, reconstructable

CHAIN, FAN = 20, 16
SETTINGS = {"execution": {"config": {"multiprocess": {"start_method": {"forkserver": {}}, "max_concurrent": 2}}}}


@op
def source() -> int:
    """The first."""
    return 0


@op
def link(value: int) -> int:
    """One of many."""
    return value + 1


@job
def chain_job() -> None:
    """A chain."""
    value = source()
    for number in range(1, CHAIN):
        value = link.alias(f"link{number}")(value)


@job
def fan_job() -> None:
    """Many behind one."""
    value = source()
    for number in range(FAN):
        link.alias(f"leaf{number}")(value)


def seconds(definition: JobDefinition) -> float:
    """How long the job takes."""
    with DagsterInstance.get() as instance:
        begun = time.perf_counter()
        if not execute_job(reconstructable(definition), instance=instance, run_config=SETTINGS).success:
            raise SystemExit("failed")
        return time.perf_counter() - begun


if __name__ == "__main__":
    sys.stdout.write(json.dumps(seconds(fan_job if sys.argv[1] == "fan-out" else chain_job)) + "\n")
