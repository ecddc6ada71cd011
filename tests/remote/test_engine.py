"""Nodes on a target beyond this computer, from submission to the end, as the engine tells of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.graphs import Document, document, fan_out_fan_in, node, single
from tests.places import Place, statuses
from tests.remote.conftest import Site
from torchwire.errors import InvalidPipeline

Far = Callable[..., Place]


def there(pipeline: Document) -> Document:
    """The pipeline with its nodes on the target."""
    return pipeline | {"default_compute_target": "there"}


def test_a_graph_runs_there_and_is_reused(far: Far) -> None:
    place = far()
    first = place.run(there(fan_out_fan_in()))
    assert first["status"] == "completed", first["error"]
    assert {state["target"] for state in first["nodes"].values()} == {"there"}
    here = place.run(fan_out_fan_in())  # the same work, on this computer
    assert set(statuses(here).values()) == {"reused"}
    for name, state in first["nodes"].items():
        assert state["outputs"] == here["nodes"][name]["outputs"]


def test_what_it_says_arrives_in_order(far: Far) -> None:
    place = far()
    run = place.run(there(single("counts", to=3)))
    assert run["status"] == "completed", run["error"]
    told = [e.type for e in place.said(run["id"], node="only") if e.type in ("node.started", "node.finished")]
    assert told == ["node.started", "node.finished"]
    numbers = [event.data["values"]["number"] for event in place.said(run["id"], "node.metric")]
    assert numbers == [1, 2, 3]
    lines = [line[2] for event in place.said(run["id"], "node.log") for line in event.data["lines"]]
    assert [line for line in lines if line.startswith("counted")] == ["counted 1", "counted 2", "counted 3"]
    assert place.file(run, "only", "result", "sum.txt") == "6"
    assert place.said(run["id"], "node.checkpoint") and place.said(run["id"], "node.memory")


def test_cancelling_leaves_nothing(far: Far, site: Site, tmp_path: Path) -> None:
    place = far()
    run = place.submit(there(single("counts", to=3, hold_at=1, flag=str(tmp_path / "never"))))
    place.wait_for("node.checkpoint", run=run)
    machine = psutil.Process(site.machine())
    family = [machine, *machine.children(recursive=True)]
    began = time.monotonic()
    place.engine.cancel(run)
    assert place.finish(run)["status"] == "cancelled"
    assert time.monotonic() - began < 6.0
    assert not psutil.wait_procs(family, timeout=5)[1]


@pytest.mark.parametrize("who", ["worker", "machine", "driver"])
def test_a_lost_process_costs_the_attempt_only(far: Far, site: Site, tmp_path: Path, who: str) -> None:
    place, flag = far(), tmp_path / "flag"
    run = place.submit(there(single("counts", to=3, hold_at=2, flag=str(flag))))
    place.wait_for("node.checkpoint", run=run, where=lambda event: event.data["step"] == 2)
    machine = site.machine()
    pid = place.wait_for("node.started", run=run).data["pid"] if who == "driver" else machine
    os.kill(psutil.Process(machine).children()[0].pid if who == "worker" else pid, 9)
    place.wait_for("node.started", run=run, where=lambda event: event.data["attempt"] == 2)
    flag.touch()
    finished = place.finish(run)
    assert finished["status"] == "completed", finished["error"]
    assert finished["nodes"]["only"]["resumed"]["epoch"] == 2
    assert place.file(finished, "only", "result", "sum.txt") == "6"


def test_a_job_in_the_queue_is_said_to_wait(far: Far, site: Site) -> None:
    site.busy.touch()
    place = far()
    run = place.submit(there(single("counts", to=1)))
    place.wait_for("node.waiting", run=run, where=lambda event: event.data["why"] == "waits in the queue")
    site.busy.unlink()
    finished = place.finish(run)
    assert finished["status"] == "completed" and finished["nodes"]["only"]["waiting"] is None


def test_a_target_out_of_reach_is_waited_for(far: Far, site: Site) -> None:
    site.down.touch()
    place = far(unreachable_seconds=60.0)
    run = place.submit(there(single("counts", to=1)))
    place.wait_for("node.waiting", run=run, where=lambda event: "It does not answer" in event.data["why"])
    site.down.unlink()
    assert place.finish(run)["status"] == "completed"


def test_and_not_for_ever(far: Far, site: Site) -> None:
    site.down.touch()
    place = far(unreachable_seconds=0.5)
    run = place.run(there(single("counts", to=1)))
    error = run["nodes"]["only"]["error"]
    assert error["name"] == "ComputeTargetUnavailableError"
    assert "'there'" in error["message"] and "It does not answer" in error["message"]


def test_a_target_that_goes_silent_in_between_goes_on(far: Far, site: Site, tmp_path: Path) -> None:
    place, flag = far(silent_seconds=60.0), tmp_path / "flag"
    run = place.submit(there(single("counts", to=3, hold_at=2, flag=str(flag))))
    place.wait_for("node.checkpoint", run=run)
    site.down.touch()
    place.wait_for("node.waiting", run=run, where=lambda event: "does not answer" in event.data["why"])
    flag.touch()
    site.down.unlink()
    finished = place.finish(run)
    assert finished["status"] == "completed" and finished["nodes"]["only"]["attempt"] == 1


def test_a_restarted_engine_finds_its_attempts(far: Far, tmp_path: Path) -> None:
    first, flag = far(), tmp_path / "flag"
    run = first.submit(there(single("counts", to=3, hold_at=2, flag=str(flag))))
    first.wait_for("node.checkpoint", run=run)
    first.stop()
    flag.touch()
    finished = far().finish(run)
    assert finished["status"] == "completed" and finished["nodes"]["only"]["attempt"] == 1


def surveyed(place: Place) -> dict[str, Any]:
    """The target, once it was looked at."""
    place.roster.wait(20)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = next(row for row in place.engine.targets() if row["id"] == "there")
        if found["surveyed"] or found["why"] != "It was not looked at yet.":
            return found
        time.sleep(0.05)
    raise AssertionError("never looked at")


def test_what_it_has_is_shown_and_kept_to(far: Far) -> None:
    place = far()
    row = surveyed(place)
    assert row["available"] and row["remote"] and [machine["cores"] for machine in row["machines"]] == [2, 2]
    for resources, words in (
        ({"node_count": 3, "process_count_per_node": 1}, "3 machines were asked for, and 'there' has 2"),
        ({"node_count": 1, "process_count_per_node": 5}, "the largest of 'there' has 2"),
    ):
        pipeline = there(document(node("only", "several") | {"resources": resources}))
        with pytest.raises(InvalidPipeline) as caught:
            place.submit(pipeline)
        assert words in caught.value.message and caught.value.node == "only"


def test_several_processes_there(far: Far) -> None:
    place = far()
    surveyed(place)
    run = place.run(there(document(node("only", "several") | {"resources": {"process_count_per_node": 2}})))
    assert run["status"] == "completed", run["error"]
    assert place.file(run, "only", "result", "1.txt").split()[:3] == ["1", "2", "1"]
    streams = {line[1] for event in place.said(run["id"], "node.log") for line in event.data["lines"]}
    assert {"stdout", "rank 1"} <= streams


@pytest.mark.parametrize(
    ("options", "name", "words"),
    [
        ({"token": "secret"}, "ComputeTargetUnavailableError", "The token is wrong"),
        ({"python": "2.7"}, "ComputeTargetMismatchError", "2.7 there"),
        ({"exchange": ""}, "ComputeTargetUnavailableError", "Option 'exchange'"),
    ],
)
def test_a_target_that_does_not_fit_says_why(far: Far, options: dict[str, Any], name: str, words: str) -> None:
    place = far(unreachable_seconds=0.5, **options)
    assert words in surveyed(place)["why"]
    try:
        run = place.run(there(single("counts", to=1)))
        error = run["nodes"]["only"]["error"]
    except InvalidPipeline as refused:
        error = refused.as_json()
    assert error["name"] == name and words in error["message"] and error["node"] == "only"
