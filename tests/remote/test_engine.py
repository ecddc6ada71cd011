"""Nodes on a target beyond this computer: what the suite for all targets does not ask."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.graphs import Document, document, fan_out_fan_in, node, single, wire
from tests.places import Place, statuses
from tests.remote.conftest import Site
from tests.timing import until
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


def surveyed(place: Place) -> dict[str, Any]:
    """The target, once it was looked at."""
    place.roster.wait(20)

    def found() -> dict[str, Any]:
        row = next(row for row in place.engine.targets() if row["id"] == "there")
        return row if row["surveyed"] or row["why"] != "It was not looked at yet." else {}

    return until(found, seconds=10)


def test_several_processes_there(far: Far) -> None:
    place = far()
    surveyed(place)
    run = place.run(there(document(node("only", "several") | {"resources": {"process_count_per_node": 2}})))
    assert run["status"] == "completed", run["error"]
    assert place.file(run, "only", "result", "1.txt").split()[:3] == ["1", "2", "1"]
    streams = {line[1] for event in place.said(run["id"], "node.log") for line in event.data["lines"]}
    assert {"stdout", "rank 1"} <= streams


def test_a_killed_driver_costs_the_attempt_only(far: Far, site: Site, tmp_path: Path) -> None:
    place, flag = far(), tmp_path / "flag"
    run = place.submit(there(single("counts", to=3, hold_at=2, flag=str(flag))))
    place.wait_for("node.checkpoint", run=run, where=lambda event: event.data["step"] == 2)
    machine = psutil.Process(site.machine())
    family = [machine, *machine.children(recursive=True)]
    os.kill(place.wait_for("node.started", run=run).data["pid"], 9)
    place.wait_for("node.started", run=run, where=lambda event: event.data["attempt"] == 2)
    assert not psutil.wait_procs(family, timeout=10)[1]
    flag.touch()
    finished = place.finish(run)
    assert finished["status"] == "completed", finished["error"]
    assert finished["nodes"]["only"]["resumed"]["epoch"] == 2
    assert place.file(finished, "only", "result", "sum.txt") == "6"


def test_a_wrong_set_up_is_said_where_it_is_used(far: Far) -> None:
    place = far(exchange="")
    run = place.run(there(single("counts", to=1)))
    error = run["nodes"]["only"]["error"]
    assert error["name"] == "ComputeTargetUnavailableError" and error["node"] == "only"
    assert "'there'" in error["message"] and "Option 'exchange'" in error["message"]


def reads(path: Path, target: str = "local-cpu") -> Document:
    """A node that reads a data set at home, and one behind it on the target."""
    first = node("reads", "reads-data", path=str(path)) | {"compute_target": target}
    behind = node("behind", "join") | {"compute_target": "there"}
    return document(first, behind, wires=(wire("reads.folder", "behind.left"),))


def test_data_that_stays_here_is_refused_there_at_submit(far: Far, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("A")
    place = far()
    with pytest.raises(InvalidPipeline) as caught:
        place.submit(reads(tmp_path / "data", "there"))
    faults = caught.value.faults
    assert [fault.node for fault in faults] == ["reads", "behind"]
    for fault in faults:
        assert f"'{tmp_path / 'data'}', which stays on this computer" in fault.message and "'there'" in fault.message
        assert "shared_folders" in (fault.hint or "")
    with pytest.raises(InvalidPipeline) as caught:
        place.submit(reads(tmp_path / "data"))
    assert [fault.node for fault in caught.value.faults] == ["behind"]


def test_data_in_a_shared_folder_is_read_in_place(far: Far, tmp_path: Path) -> None:
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (tmp_path / "shared" / "data" / "a.txt").write_text("A")
    place = far(shared_folders=[str(tmp_path / "shared")])
    run = place.run(reads(tmp_path / "shared" / "data", "there"))
    assert run["status"] == "completed", run["error"]
    assert place.file(run, "behind", "result", "names.txt") == "a.txt"


def test_pretrained_weights_are_brought_there(new_place: Callable[..., Place], site: Site, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    for name in ("resnet18-f37072fd.pth", "of-nobody.pth"):
        (tmp_path / "weights" / name).write_text(name)
    packages = ("torchwire_modules", "tests.tiny_modules")
    place = new_place(packages=packages, weights_folder=tmp_path / "weights", targets=[site.target()]).ready()
    model = node("model", "resnet", model_name="resnet18", pretrained=True)
    lists = node("lists", "lists-weights") | {"compute_target": "there"}
    run = place.run(document(model, lists, wires=(wire("model.untrained_model", "lists.untrained_model"),)))
    assert run["status"] == "completed", run["error"]
    assert list(run["nodes"]["lists"]["outputs"]) == ["result"]
    assert run["nodes"]["lists"]["outputs"]["result"]["files"] == 1
    assert place.file(run, "lists", "result", "resnet18-f37072fd.pth") == "resnet18-f37072fd.pth"


def test_a_rehearsal_says_what_will_run_elsewhere(far: Far) -> None:
    place = far()
    surveyed(place)
    begun = place.engine.rehearse(
        there(document(node("a", "foretells"), node("b", "foretells") | {"compute_target": "local-cpu"}))
    )
    until(lambda: place.engine.rehearsals.get(begun["id"])["status"] != "running", seconds=30)
    found = place.engine.rehearsals.get(begun["id"])
    assert found["status"] == "done", found
    assert found["target"] == "This computer (CPU)"
    assert found["nodes"]["a"]["elsewhere"] == "There"
    assert "elsewhere" not in found["nodes"]["b"]
