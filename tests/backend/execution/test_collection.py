"""Making room while runs go on, and a kill in the middle of it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.graphs import chain, document, node, single, wire
from tests.places import Place, statuses
from tests.timing import until
from torchwire.errors import NotFoundError
from torchwire.execution.store import REMOVED

COLLECT_AND_DIE = """
import os, pathlib, sys
from torchwire.execution.store import ArtifactStore
from torchwire.storage.holdings import Holdings
from tests.places import Place

place = Place(pathlib.Path(sys.argv[1])).start()
step, number = sys.argv[2], int(sys.argv[3])
calls = 0

def dies(real):
    def call(*given, **more):
        global calls
        calls += 1
        if calls == number:
            os._exit(9)
        return real(*given, **more)
    return call

owner = {"withdraw": ArtifactStore, "forget": Holdings, "sweep": ArtifactStore}[step]
setattr(owner, step, dies(getattr(owner, step)))
place.engine.collector.collect(dry_run=False)
os._exit(1)
"""


def digests(place: Place) -> set[str]:
    return place.engine._executor.store.digests()


@pytest.mark.parametrize(("step", "number"), [("withdraw", 1), ("withdraw", 3), ("forget", 1), ("sweep", 1)])
def test_a_kill_in_the_middle_leaves_whole_artifacts_or_nothing(
    new_place: Callable[..., Place], step: str, number: int
) -> None:
    before = new_place().ready()
    run = before.run(chain(4))
    before.stop()
    command = [sys.executable, "-c", COLLECT_AND_DIE, str(before.home), step, str(number)]
    assert subprocess.run(command, check=False, timeout=200).returncode == 9
    after = new_place().ready()
    store, holdings = after.engine._executor.store, after.database.holdings
    until(
        lambda: holdings.all_digests() == digests(after) and not list((after.home / "artifacts").glob(f"{REMOVED}*")),
        "the sweeping of what the kill left",
        10,
    )
    assert all(store.is_whole(digest) for digest in digests(after))
    assert after.database.runs.snapshot(run["id"])["nodes"] == run["nodes"]
    again = after.run(chain(4))
    assert again["status"] == "completed"
    assert {state["outputs"][port]["digest"] for state in again["nodes"].values() for port in state["outputs"]} == {
        state["outputs"][port]["digest"] for state in run["nodes"].values() for port in state["outputs"]
    }


def test_runs_that_race_a_collection_never_find_half_an_artifact(place: Place) -> None:
    stop = threading.Event()
    freed = []

    def collect() -> None:
        while not stop.is_set():
            freed.append(place.engine.collector.collect(dry_run=False)["freed"])

    collecting = threading.Thread(target=collect)
    collecting.start()
    end = time.monotonic() + 60
    runs = 0
    try:
        # Two graphs in turn: while one runs, nobody needs what the other made, so there is something to free.
        while runs < 12 or not any(freed):
            assert time.monotonic() < end, "no collection freed anything"
            graph = chain(3)
            graph["nodes"][0]["parameters"]["content"] = str(runs % 2)
            run = place.run(graph)
            assert set(statuses(run).values()) <= {"completed", "reused"}, run
            runs += 1
    finally:
        stop.set()
        collecting.join()


def test_what_a_run_under_way_may_reuse_later_stays(place: Place, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    first = node("first", "waits-for-file", path=str(flag))
    graph = document(first, node("then", "add-file"), wires=(wire("first.result", "then.folder"),))
    place.run(graph)
    other = place.run(single("source", content="other"))
    flag.unlink()
    run_id = place.submit(graph | {"nodes": [first | {"regenerate_output": True}, graph["nodes"][1]]})
    place.wait_for("node.started", "first", run=run_id)
    (gone,) = place.engine.collector.collect(dry_run=False)["artifacts"]
    assert gone["digest"] == other["nodes"]["only"]["outputs"]["folder"]["digest"]
    flag.touch()
    assert statuses(place.finish(run_id)) == {"first": "completed", "then": "reused"}


def test_a_run_submitted_after_the_choice_was_made_keeps_what_it_reuses(place: Place, tmp_path: Path) -> None:
    first = node("first", "waits-for-file", path=str(tmp_path / "flag"))
    (tmp_path / "flag").touch()
    graph = document(first, node("then", "add-file"), wires=(wire("first.result", "then.folder"),))
    place.run(graph)
    chosen = sorted(digests(place))
    (tmp_path / "flag").unlink()
    place.submit(graph | {"nodes": [first | {"regenerate_output": True}, graph["nodes"][1]]})
    assert place.engine.collector._discard(chosen, known_runs=set()) == set()
    assert sorted(digests(place)) == chosen
    (tmp_path / "flag").touch()
    place.wait_for("node.reused", "then")


def test_a_run_that_is_deleted_while_others_need_its_results_takes_none_of_them(place: Place) -> None:
    first, second = place.run(chain(2)), place.run(chain(2))
    place.engine.collector.delete_run(first["id"])
    assert set(statuses(place.run(chain(2))).values()) == {"reused"}
    place.engine.collector.delete_run(second["id"])
    with pytest.raises(NotFoundError):
        place.database.runs.snapshot(second["id"])


def test_an_engine_without_work_makes_room_as_well(new_place: Callable[..., Place]) -> None:
    before = new_place().ready()
    before.run(chain(2))
    before.stop()
    place = new_place()
    with place.engine.alone():
        assert place.engine.collector.collect(dry_run=False)["freed"] > 0
    assert not digests(place)
