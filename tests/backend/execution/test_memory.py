"""The memory of nodes: what is seen of it, and how its end is told from other ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.graphs import single
from tests.places import Place, statuses
from tests.timing import until
from tests.tiny_modules.unruly import GROUPS
from torchwire.execution import oom
from torchwire.execution.crashes import was_out_of_memory
from torchwire.storage.models import AttemptRow

MEGABYTE = 1 << 20


@pytest.fixture
def groups() -> Iterator[Path]:
    """Where a test may make control groups; those of tests are removed in the end."""
    if not (GROUPS / "memory.oom_control").exists() or not os.access(GROUPS, os.W_OK) or os.getuid() != 0:
        pytest.skip("control groups for memory can't be made here")
    yield GROUPS
    for group in GROUPS.glob("torchwire-test-*"):
        until(lambda processes=group / "cgroup.procs": not processes.read_text(), seconds=5)
        group.rmdir()


def test_the_memory_of_a_node_is_seen_and_its_peak_kept(place: Place) -> None:
    run_id = place.submit(single("takes-memory", megabytes=100, milliseconds=3800))
    run = place.finish(run_id)
    seen = [event.data["memory_bytes"] for event in place.said(run_id, "node.memory")]
    assert 2 <= len(seen) <= 3  # after 0.25, 1 and 3 seconds, the first only where it was known of so soon
    assert all(100 * MEGABYTE < memory < 200 * MEGABYTE for memory in seen)
    node = run["nodes"]["only"]
    assert [memory for _, memory in node["memory"]] == seen
    assert max(seen) <= node["memory_peak"] < 200 * MEGABYTE
    result = place.database.artifacts.last("takes-memory", "only")
    assert result is not None
    assert result.memory_peak == node["memory_peak"]


def test_what_children_take_counts(place: Place) -> None:
    run_id = place.submit(single("takes-memory", megabytes=100, milliseconds=1300, who="child"))
    place.finish(run_id)
    assert max(event.data["memory_bytes"] for event in place.said(run_id, "node.memory")) > 100 * MEGABYTE


def test_a_short_node_says_its_peak_and_nothing_else(place: Place) -> None:
    run_id = place.submit(single("takes-memory", megabytes=50))
    run = place.finish(run_id)
    assert len(place.said(run_id, "node.memory")) <= 1
    assert 40 * MEGABYTE < run["nodes"]["only"]["memory_peak"] < 150 * MEGABYTE


def test_the_curve_goes_on_after_a_restart(new_place, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(single("waits-for-file", path=str(tmp_path / "flag")))
    before.wait_for("node.memory")
    before.stop()
    after = new_place().ready()
    after.wait_for("node.memory")
    (tmp_path / "flag").touch()
    points = after.finish(run_id)["nodes"]["only"]["memory"]
    assert len(points) >= 2
    assert points == sorted(points, key=lambda point: point[0])


@pytest.mark.alone  # whatever is killed meanwhile is thought to have been out of memory, too
def test_the_kernel_ends_a_node_that_takes_too_much(place: Place, groups: Path) -> None:
    seen = []
    fail = place.engine._executor._bury
    place.engine._executor._bury = lambda attempt: (seen.append(was_out_of_memory(attempt)), fail(attempt))
    run = place.run(single("takes-memory", megabytes=200, within="control group"))
    assert statuses(run) == {"only": "failed"}
    assert seen == [True]


def test_a_node_that_somebody_kills_was_not_out_of_memory(place: Place) -> None:
    place.submit(single("takes-memory", megabytes=100, milliseconds=60_000))
    place.wait_for("node.memory")
    seen = []
    fail = place.engine._executor._bury
    place.engine._executor._bury = lambda attempt: (seen.append(was_out_of_memory(attempt)), fail(attempt))
    os.kill(place.wait_for("node.started").data["pid"], signal.SIGKILL)
    place.wait_for("node.started", where=lambda event: event.data["attempt"] == 2)
    assert seen == [False]


def kill_count(folder: Path, number: int) -> Path:
    (folder / "vmstat").write_text(f"nr_free_pages 1\noom_kill {number}\n")
    return folder / "vmstat"


@pytest.mark.parametrize(
    ("ended", "used", "counted", "available", "answer"),
    [
        ("signal 9", 0, 1, 900, True),  # too short to be seen, and the kernel killed something
        ("signal 9", 30, 1, 900, True),
        ("signal 9", 10, 1, 900, False),  # the kernel chose another, much larger one
        ("signal 9", 90, 0, 900, True),  # nobody counts, but it was near its limit
        ("signal 9", 50, 0, 900, False),
        ("signal 9", 50, 0, 10, True),  # the machine had nothing left
        ("signal 15", 99, 1, 900, False),
        ("exit 137", 90, 0, 900, True),
        ("exit 1", 99, 1, 900, False),
        (None, 90, 0, 900, True),
        (None, 50, 1, 900, False),
    ],
)
def test_who_ended_it_is_judged_by_what_was_seen(
    tmp_path: Path, monkeypatch, ended: str | None, used: int, counted: int, available: int, answer: bool
) -> None:
    monkeypatch.setattr(oom, "KERNEL_LOG", tmp_path / "none")
    monkeypatch.setattr(oom.psutil, "virtual_memory", lambda: type("Memory", (), {"total": 1000}))
    kills = oom.Kills()
    kills.begin(4711, oom.read_counts([kill_count(tmp_path, 3)]))
    kill_count(tmp_path, 3 + counted)
    assert oom.killed_for_memory(ended, kills, used, 100, available) is answer


def test_the_limit_is_that_of_the_innermost_group_that_has_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(oom, "PROC", tmp_path / "proc")
    monkeypatch.setattr(oom, "CGROUPS", tmp_path / "groups")
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "cgroup").write_text("0::/outer/inner\n")
    inner = tmp_path / "groups" / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("4096\n")
    (inner / "memory.events").write_text("low 0\noom 5\noom_kill 2\n")
    assert list(oom._group_limits(7)) == [4096]
    assert oom.read_counts(oom.count_files(7)) == {inner / "memory.events": 2}


def test_attempts_keep_their_peak(place: Place) -> None:
    place.run(single("takes-memory", megabytes=50))
    with place.database.read() as connection:
        from sqlalchemy import select

        assert connection.execute(select(AttemptRow.memory_peak)).scalar_one() > 40 * MEGABYTE
