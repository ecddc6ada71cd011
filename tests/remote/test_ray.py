"""Nodes on a real Ray cluster of three machines: what its driver hears, and what is left when something dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.remote.jobs import job, kinds, lines
from tests.remote.ray_cluster import MEMORY, RayCluster
from tests.remote.ray_driver import Driver
from tests.timing import until
from torchwire.errors import TargetUnavailableError
from torchwire.remote.backend import RemoteJob
from torchwire.remote.versions import versions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

Drive = Callable[..., Driver]


@pytest.fixture
def cluster(ray_cluster: RayCluster) -> RayCluster:
    """The cluster of all tests."""
    return ray_cluster


@pytest.fixture
def drive(cluster: RayCluster, tmp_path: Path) -> Iterator[Drive]:
    """Starts drivers of a whole cluster; at the end nothing of their attempts runs."""
    cluster.mend()
    made: list[Driver] = []

    def start(token: str | None = cluster.token, **options: Any) -> Driver:
        made.append(Driver(cluster.options(tmp_path / "exchange", **options), token))
        return made[-1]

    yield start
    for driver in made:
        with suppress(OSError):
            driver.__exit__()
    until(lambda: not workers(tmp_path), "the end of all workers", seconds=60)


def workers(folder: Path) -> list[psutil.Process]:
    """The processes that run modules of jobs with their scratch below ``folder``."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        told = " ".join(process.info["cmdline"] or ())
        if "torchwire.remote.worker" in told and str(folder) in told and process.info["status"] != "zombie":
            found.append(process)
    return found


def held(folder: Path, **more: Any) -> RemoteJob:
    """A job that counts to one and then waits for ever."""
    return job(folder, "counts", {"to": 3, "hold_at": 1, "flag": str(folder / "never")}, **more)


def over_two(folder: Path, way: str) -> RemoteJob:
    """A job of two ranks on two machines; the second one behaves in a ``way``."""
    return replace(job(folder, "several", {"way": way}, processes=2), node_count=2)


def test_the_machines_and_what_is_free(drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    survey = driver.survey()
    assert survey.versions == versions()
    assert [(one.name, one.cores, one.memory_bytes, one.alive) for one in survey.machines] == [
        ("head", 0, MEMORY, True),
        ("node-1", 2, MEMORY, True),
        ("node-2", 2, MEMORY, True),
    ]
    assert all(one.free_cores == one.cores and one.free_memory_bytes == MEMORY for one in survey.machines)
    driver.submit(replace(held(tmp_path), cores=2))
    driver.follow("attempt.checkpoint")
    until(lambda: sorted(one.free_cores for one in driver.survey().machines) == [0, 0, 2])


def test_a_job_waits_and_says_for_what(drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(replace(held(tmp_path), cores=3))
    assert driver.follow("pending").why.startswith("waits for 3 cores, 0.268 GB; free: head has 0 cores, 2 GB; node-1")
    driver.stop()
    assert driver.follow().status == "ended"
    assert kinds(driver.said) == ["attempt.cancelled"]


def test_a_job_is_done_and_another_stopped(drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(job(tmp_path, "counts", {"to": 3}))
    assert driver.follow().status == "ended"
    assert kinds(driver.said)[0] == "attempt.started" and kinds(driver.said)[-1] == "attempt.done"
    assert [line for line in lines(driver.said) if line.startswith("counted")] == [
        "counted 1",
        "counted 2",
        "counted 3",
    ]
    driver.submit(held(tmp_path))
    driver.follow("attempt.checkpoint")
    began = time.monotonic()
    driver.stop()
    assert driver.follow().status == "ended"
    assert time.monotonic() - began < 15
    assert kinds(driver.said)[-1] == "attempt.cancelled"


@pytest.mark.parametrize(
    ("token", "says"), [("0" * 64, "refuses the token"), (None, "wants a token")], ids=["wrong", "none"]
)
def test_without_the_token_nobody_is_let_in(drive: Drive, token: str | None, says: str) -> None:
    began = time.monotonic()
    with pytest.raises(TargetUnavailableError, match=says):
        drive(token).survey()
    assert time.monotonic() - began < 60


def test_an_address_where_nobody_answers_is_told_at_once(drive: Drive) -> None:
    began = time.monotonic()
    with pytest.raises(TargetUnavailableError, match=r"nothing answers at 127\.0\.0\.1:9"):
        drive(address="127.0.0.1:9").survey()
    assert time.monotonic() - began < 60


def test_nothing_outlives_a_killed_driver(drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(held(tmp_path))
    driver.follow("attempt.checkpoint")
    assert workers(tmp_path)
    driver.kill()
    until(lambda: not workers(tmp_path), seconds=60)


def test_a_killed_machine_loses_the_job(cluster: RayCluster, drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(held(tmp_path))
    driver.follow("attempt.checkpoint")
    [worker] = workers(tmp_path)
    cluster.kill(cluster.machine_of(worker.pid))
    began = time.monotonic()
    state = driver.follow()
    assert (state.status, state.why) == ("lost", "the machine that it ran on is gone")
    assert time.monotonic() - began < 45
    assert sum(one.alive for one in driver.survey().machines) == 2


def test_ranks_on_two_machines(drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(over_two(tmp_path, "well"))
    assert driver.follow().status == "ended"
    assert kinds(driver.said)[-1] == "attempt.done"
    streams = {
        line[1]: line[2] for event in driver.said if event["type"] == "node.log" for line in event["data"]["lines"]
    }
    assert streams == {"stdout": "I am 0 of 2", "rank 1": "I am 1 of 2"}
    values = [event["data"]["values"] for event in driver.said if event["type"] == "node.metric"]
    assert values == [{"rank": 0}]


def test_a_machine_of_several_is_lost(cluster: RayCluster, drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(over_two(tmp_path, "waits"))
    driver.follow("node.metric")
    until(lambda: len(workers(tmp_path)) == 2)
    assert len({cluster.machine_of(worker.pid) for worker in workers(tmp_path)}) == 2
    cluster.kill("node-2")
    began = time.monotonic()
    assert driver.follow().status == "lost"
    assert time.monotonic() - began < 60
    until(lambda: not workers(tmp_path), seconds=60)


def test_ranks_are_stopped_within_seconds(drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(over_two(tmp_path, "waits"))
    driver.follow("node.metric")
    began = time.monotonic()
    driver.stop()
    assert driver.follow().status == "ended"
    assert time.monotonic() - began < 15
    assert kinds(driver.said)[-1] == "attempt.cancelled"


def test_without_the_head_nobody_answers(cluster: RayCluster, drive: Drive, tmp_path: Path) -> None:
    driver = drive()
    driver.submit(held(tmp_path))
    driver.follow("attempt.checkpoint")
    cluster.kill("head")
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="nothing answers"):
        while time.monotonic() - began < 60:
            driver.read()
    until(lambda: not workers(tmp_path), "the end of what nobody rules", seconds=60)
