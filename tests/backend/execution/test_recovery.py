"""Losing processes: a worker, the one that workers are forked from, the engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.graphs import chain, document, node, single, wire
from tests.places import Place, statuses
from tests.processes import zygotes_of
from tests.timing import until
from torchwire.errors import ConflictError
from torchwire.execution.processes import started_at

ENGINE_IN_A_PROCESS = """
import sys, time, pathlib
from tests.places import Place
place = Place(pathlib.Path(sys.argv[1])).ready()
print(place.submit(__import__("json").loads(sys.argv[2])), flush=True)
time.sleep(600)
"""


def waits(flag: Path) -> dict:
    first = node("first", "waits-for-file", path=str(flag))
    return document(first, node("then", "identity"), wires=(wire("first.result", "then.folder"),))


def test_a_node_whose_worker_is_killed_is_tried_again_but_not_for_ever(place: Place) -> None:
    run_id = place.submit(single("sleeps", milliseconds=60_000))
    for number in (1, 2, 3):
        started = place.wait_for("node.started", where=lambda event, n=number: event.data["attempt"] == n)
        os.kill(started.data["pid"], signal.SIGKILL)
    run = place.finish(run_id)
    assert run["status"] == "failed"
    assert "SIGKILL" in run["nodes"]["only"]["error"]["message"]
    assert run["nodes"]["only"]["why"] == "its process was killed by SIGKILL; starts again"


def test_workers_outlive_the_zygote_and_a_new_one_takes_over(place: Place, tmp_path) -> None:
    run_id = place.submit(waits(tmp_path / "flag"))
    place.wait_for("node.started", "first")
    zygotes_of(psutil.Process())[0].kill()
    (tmp_path / "flag").touch()
    assert statuses(place.finish(run_id)) == {"first": "completed", "then": "completed"}


def test_a_worker_that_dies_after_its_zygote_is_noticed(place: Place, tmp_path) -> None:
    run_id = place.submit(waits(tmp_path / "flag"))
    pid = place.wait_for("node.started", "first").data["pid"]
    zygotes_of(psutil.Process())[0].kill()
    os.kill(pid, signal.SIGKILL)
    (tmp_path / "flag").touch()
    assert statuses(place.finish(run_id)) == {"first": "completed", "then": "completed"}
    assert len(place.said(run_id, "node.started", "first")) == 2


def test_a_node_asked_for_while_the_zygote_dies_runs_all_the_same(place: Place) -> None:
    zygotes_of(psutil.Process())[0].send_signal(signal.SIGSTOP)
    run_id = place.submit(single("source"))
    until(lambda: place.engine._executor.attempts)
    zygotes_of(psutil.Process())[0].kill()
    run = place.finish(run_id)
    assert statuses(run) == {"only": "completed"}
    assert run["nodes"]["only"]["attempt"] == 2


def test_a_stopped_engine_leaves_its_nodes_and_the_next_finds_them(new_place, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(waits(tmp_path / "flag"))
    pid = before.wait_for("node.started", "first").data["pid"]
    before.wait_for("node.log", "first")
    before.stop()
    assert started_at(pid) is not None
    after = new_place().ready()
    (tmp_path / "flag").touch()
    run = after.finish(run_id)
    assert statuses(run) == {"first": "completed", "then": "completed"}
    assert run["nodes"]["first"]["attempt"] == 1
    assert [event.seq for event in after.said(run_id)] == list(range(1, run["seq"] + 1))


def test_what_a_node_finished_while_no_engine_was_there_is_committed(new_place, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(waits(tmp_path / "flag"))
    pid = before.wait_for("node.started", "first").data["pid"]
    before.stop()
    (tmp_path / "flag").touch()
    until(lambda: started_at(pid) is None)
    run = new_place().ready().finish(run_id)
    assert statuses(run) == {"first": "completed", "then": "completed"}
    assert run["nodes"]["first"]["attempt"] == 1


def test_a_node_that_died_while_no_engine_was_there_is_tried_again(new_place, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(waits(tmp_path / "flag"))
    pid = before.wait_for("node.started", "first").data["pid"]
    before.stop()
    os.kill(pid, signal.SIGKILL)
    (tmp_path / "flag").touch()
    run = new_place().ready().finish(run_id)
    assert statuses(run) == {"first": "completed", "then": "completed"}
    assert run["nodes"]["first"]["attempt"] == 2


def test_a_node_is_not_tried_for_ever(new_place, tmp_path) -> None:
    place = new_place().ready()
    run_id = place.submit(waits(tmp_path / "flag"))
    for number in (1, 2, 3):
        started = place.wait_for("node.started", "first", where=lambda e, n=number: e.data["attempt"] == n)
        place.stop()
        os.kill(started.data["pid"], signal.SIGKILL)
        place = new_place().ready()
    assert statuses(place.finish(run_id)) == {"first": "failed", "then": "skipped"}


def test_a_cancel_that_the_engine_did_not_live_to_carry_out_is_carried_out(new_place, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(waits(tmp_path / "flag"))
    pid = before.wait_for("node.started", "first").data["pid"]
    before.stop()
    before.database.runs.request_cancel(run_id)
    run = new_place().ready().finish(run_id)
    assert run["status"] == "cancelled"
    assert started_at(pid) is None


def test_an_engine_killed_with_sigkill_loses_nothing(new_place, tmp_path) -> None:
    home, flag = tmp_path / "home", tmp_path / "flag"
    graph = waits(flag)
    graph["nodes"][0]["module"] = "waits-for-file"
    command = [sys.executable, "-c", ENGINE_IN_A_PROCESS, str(home), json.dumps(graph)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        until(lambda: list(home.glob("attempts/*/stdout.log")))
        process.kill()
    place = new_place(home).ready()
    flag.touch()
    run = place.finish(run_id)
    assert statuses(run) == {"first": "completed", "then": "completed"}
    assert [event.seq for event in place.said(run_id)] == list(range(1, run["seq"] + 1))


def test_leftovers_of_a_commit_that_did_not_happen_are_ignored(new_place) -> None:
    before = new_place().ready()
    run = before.run(single("source"))
    before.stop()
    garbage = before.home / "attempts" / ("f" * 32)
    (garbage / "sealed" / "folder" / "data").mkdir(parents=True)
    (garbage / "out").mkdir()
    half = before.home / "artifacts" / "ab" / ("ab" + "0" * 62)
    half.mkdir(parents=True)
    (half / "index.json").write_text('{"files": [{"pa')
    after = new_place().ready()
    assert statuses(after.run(single("source"))) == {"only": "reused"}
    assert run["status"] == "completed"
    until(lambda: not (garbage / "sealed").exists(), seconds=10)
    assert not after.engine._executor.store.is_whole(half.name)


def test_an_older_attempt_that_comes_late_commits_nothing(new_place, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(waits(tmp_path / "flag"))
    before.wait_for("node.started", "first")
    attempt = next(iter(before.engine._executor.attempts))
    before.stop()
    before.database.attempts.begin("e" * 32, run_id, "first", "local-cpu")  # another engine took the node over
    assert not before.database.attempts.holds_lease(attempt)
    (tmp_path / "flag").touch()
    after = new_place().ready()
    after.finish(run_id)
    numbers = [event.data["attempt"] for event in after.said(run_id, "node.started", "first")]
    assert len(after.said(run_id, "node.finished", "first")) == 1
    assert max(numbers) > 1


def test_two_engines_never_share_a_home(place: Place, new_place) -> None:
    with pytest.raises(ConflictError, match="in use by a Torchwire engine"):
        new_place().start()


def test_an_engine_that_meets_an_error_takes_its_runs_up_again(place: Place, monkeypatch) -> None:
    broken = iter([OSError("disk full"), OSError("disk full")])
    append = place.database.runs.append

    def sometimes(run_id: str, changes: list) -> list:
        error = next(broken, None) if changes[0][0] != "run.queued" else None
        if error:
            raise error
        return append(run_id, changes)

    monkeypatch.setattr(place.database.runs, "append", sometimes)
    run_id = place.submit(chain(2))
    run = place.finish(run_id)
    assert run["status"] == "completed"
    assert [event.seq for event in place.said(run_id)] == list(range(1, run["seq"] + 1))
