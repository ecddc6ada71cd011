"""Nodes that work in several processes: none is left behind, whatever happens to one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.graphs import Document, single
from tests.places import Place, statuses
from tests.timing import soon, until
from torchwire.execution.processes import descendants, started_at


def several(count: int = 2, **parameters: Any) -> Document:
    graph = single("several", **parameters)
    graph["nodes"][0]["resources"] = {"node_count": 1, "process_count_per_node": count}
    return graph


def logged(place: Place, run: Document) -> set[tuple[str, str]]:
    return {(line[1], line[2]) for event in place.said(run["id"], "node.log") for line in event.data["lines"]}


def processes_of(place: Place, run_id: str, count: int = 2) -> list[int]:
    """The worker and its ranks, once all are there."""
    worker: int = place.wait_for("node.started", run=run_id).data["pid"]

    def enough() -> list[int]:
        found = descendants(worker)
        return found if len(found) >= count else []

    ranks = until(enough, seconds=60)
    assert len(ranks) == count
    return [worker, *ranks]


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if started_at(pid) is not None]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_knows_its_place(place: Place, count: int) -> None:
    run = place.run(several(count))
    assert statuses(run) == {"only": "completed"}, run["nodes"]["only"]["error"]
    threads = max(1, 2 // count)
    for rank in range(count):
        scratch = f"rank-{rank}" if rank else "scratch"
        said = place.file(run, "only", "result", f"{rank}.txt")
        assert said == f"{rank} {count} {threads} cpu {scratch}"
    streams = ["stdout", *(f"rank {rank}" for rank in range(1, count))]
    assert logged(place, run) == {(stream, f"I am {rank} of {count}") for rank, stream in enumerate(streams)}
    assert [metric["values"] for metric in run["nodes"]["only"]["metrics"]] == [{"rank": 0}]
    assert run["nodes"]["only"]["progress"]["done"] == 1
    (curves,) = place.home.glob("attempts/*/logs/curves")  # what belongs to the log outlives the attempt
    assert curves.read_text() == place.file(run, "only", "result", "0.txt")


def test_cancelled_in_under_a_second(place: Place) -> None:
    def measure() -> float:
        run_id = place.submit(several(3, way="waits"))
        pids = processes_of(place, run_id, 3)
        before = time.monotonic()
        place.engine.cancel(run_id)
        assert place.finish(run_id)["status"] == "cancelled"
        took = time.monotonic() - before
        assert not alive(pids)
        return took

    soon(measure, 1.0)


@pytest.mark.parametrize("rank", [0, 1])
def test_an_exception_names_its_rank(place: Place, rank: int) -> None:
    run = place.run(several(way="raises", rank=rank))
    error = run["nodes"]["only"]["error"]
    assert error["message"] == f"Rank {rank} of 2: ZeroDivisionError: one over nothing"
    stream = f"rank {rank}" if rank else "stderr"
    assert (stream, "ZeroDivisionError: one over nothing") in logged(place, run)
    assert stream in {line[1] for line in error["report"]["lines"]}
    assert "behave, several.py" in error["report"]["what"]


def test_what_the_user_can_mend_is_said_as_ever(place: Place) -> None:
    error = place.run(several(way="refuses"))["nodes"]["only"]["error"]
    assert (error["code"], error["message"], error["hint"]) == ("0018", "These images will not do.", "Take others.")


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_a_lost_rank_costs_the_attempt(new_place: Callable[..., Place], tmp_path: Path, way: str, rank: int) -> None:
    place = new_place(rank_silence_seconds=2.0).ready()
    run_id = place.submit(several(way=way, rank=rank, once=str(tmp_path / "once")))
    pids = processes_of(place, run_id)
    run = place.finish(run_id)
    assert statuses(run) == {"only": "completed"}, run["nodes"]["only"]["error"]
    assert not alive(pids)
    starts = place.said(run_id, "node.started")
    said = {
        "killed": f"rank {rank} of 2 was killed by SIGKILL; starts again",
        "stopped": f"rank {rank} of 2 showed no sign of life for 2 seconds and was ended; starts again",
    }
    assert [event.data["why"] for event in starts] == ["first run", said[way]]


def test_a_rank_that_is_lost_again_and_again(place: Place) -> None:
    run = place.run(several(way="killed"))
    error = run["nodes"]["only"]["error"]
    assert error["name"] == "NodeCrashedError"
    assert error["message"].startswith("Rank 1 of 2 was killed by SIGKILL.")
    assert (error["report"]["cause"], error["report"]["exit"]) == ("killed", "signal 9")
    assert ["rank 1", "I am 1 of 2"] in [line[1:] for line in error["report"]["lines"]]


@pytest.mark.parametrize(("way", "says"), [("segfault", "was killed by SIGSEGV"), ("exits", "ended with exit code 3")])
def test_a_crash_is_not_tried_again(place: Place, way: str, says: str) -> None:
    run = place.run(several(way=way))
    error = run["nodes"]["only"]["error"]
    assert error["message"].startswith(f"Rank 1 of 2 {says}")
    assert error["report"]["cause"] == "crashed"
    assert len(place.said(run["id"], "node.started")) == 1


def test_ranks_end_with_their_worker(place: Place, tmp_path: Path) -> None:
    run_id = place.submit(several(way="waits", once=str(tmp_path / "once")))
    worker, *ranks = processes_of(place, run_id)
    until((tmp_path / "once").exists)
    psutil.Process(worker).kill()
    run = place.finish(run_id)
    assert run["status"] == "completed"
    assert not alive(ranks)
