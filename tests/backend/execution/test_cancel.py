"""Cancelling: done when it says so, in less than a second, with nothing left running."""

from __future__ import annotations

import time

import pytest

from tests.graphs import Document, chain, document, fan_out_fan_in, node, single, wire
from tests.places import Place, statuses
from tests.timing import soon, until
from torchwire.errors import NotFoundError
from torchwire.execution.processes import started_at


def cancel_and_time(place: Place, run_id: str) -> float:
    before = time.monotonic()
    place.engine.cancel(run_id)
    place.finish(run_id)
    return time.monotonic() - before


def test_a_node_that_asks_is_cancelled_in_under_a_second(place: Place) -> None:
    def measure() -> float:
        run_id = place.submit(single("sleeps", milliseconds=60_000))
        place.wait_for("node.started", run=run_id)
        took = cancel_and_time(place, run_id)
        run = place.database.runs.snapshot(run_id)
        assert (run["status"], statuses(run)) == ("cancelled", {"only": "cancelled"})
        return took

    soon(measure, 1.0)


def test_a_stubborn_tree_is_gone_when_the_run_says_cancelled(place: Place, tmp_path) -> None:
    def measure() -> float:
        pid_file = tmp_path / "pid"
        pid_file.unlink(missing_ok=True)
        run_id = place.submit(single("has-stubborn-child", pid_file=str(pid_file)))
        worker = place.wait_for("node.started", run=run_id).data["pid"]
        until(lambda: pid_file.exists() and pid_file.read_text())
        took = cancel_and_time(place, run_id)
        assert started_at(worker) is None
        assert started_at(int(pid_file.read_text())) is None
        return took

    soon(measure, 1.0)


def test_what_an_ended_node_leaves_behind_is_killed_too(place: Place, tmp_path) -> None:
    pid_file = tmp_path / "pid"
    place.run(single("has-stubborn-child", pid_file=str(pid_file), waits="no"))
    until(lambda: started_at(int(pid_file.read_text())) is None, seconds=60)


def test_nodes_that_have_not_begun_are_cancelled_at_once(place: Place) -> None:
    graph = document(
        node("a", "sleeps", milliseconds=60_000), node("b", "identity"), wires=(wire("a.result", "b.folder"),)
    )
    run_id = place.submit(graph)
    place.wait_for("node.started", "a")
    place.engine.cancel(run_id)
    run = place.finish(run_id)
    assert statuses(run) == {"a": "cancelled", "b": "cancelled"}


def test_a_run_can_be_cancelled_before_the_workers_are_ready(new_place) -> None:
    place = new_place().start()
    run_id = place.submit(chain(3))
    place.engine.cancel(run_id)
    assert place.finish(run_id)["status"] == "cancelled"


def test_cancelling_twice_or_too_late_changes_nothing(place: Place) -> None:
    run = place.run(single("source"))
    place.engine.cancel(run["id"])
    assert place.engine.cancel(run["id"])["status"] == "completed"


def test_an_unknown_run_cannot_be_cancelled(place: Place) -> None:
    with pytest.raises(NotFoundError):
        place.engine.cancel("0" * 32)


def test_nothing_of_a_cancelled_node_is_reused(place: Place) -> None:
    graph = single("sleeps", milliseconds=300)
    run_id = place.submit(graph)
    place.wait_for("node.progress")
    place.engine.cancel(run_id)
    place.finish(run_id)
    assert statuses(place.run(graph)) == {"only": "completed"}


def test_another_run_goes_on(place: Place, tmp_path) -> None:
    stays = place.submit(single("waits-for-file", path=str(tmp_path / "flag")))
    goes = place.submit(single("sleeps", milliseconds=60_000))
    place.wait_for("node.started", run=stays)
    place.wait_for("node.started", run=goes)
    place.engine.cancel(goes)
    assert place.finish(goes)["status"] == "cancelled"
    (tmp_path / "flag").touch()
    assert place.finish(stays)["status"] == "completed"


def side_by_side(left: Document) -> Document:
    """``left`` beside a node that ends soon; ``join`` stands behind both."""
    graph = fan_out_fan_in({"left": left, "right": node("right", "sleeps", milliseconds=300)})
    graph["nodes"].append(node("after", "identity"))
    graph["wires"].append(wire("right.result", "after.folder"))
    return graph


def test_one_node_is_cancelled_and_the_other_branch_goes_on(place: Place) -> None:
    def measure() -> float:
        run_id = place.submit(side_by_side(node("left", "sleeps", milliseconds=60_000)))
        place.wait_for("node.started", "left", run=run_id)
        began = time.monotonic()
        asked = place.engine.cancel_node(run_id, "left")
        assert asked["nodes"]["left"]["cancel_requested"]
        place.wait_for("node.cancelled", "left", run=run_id)
        took = time.monotonic() - began
        run = place.finish(run_id)
        assert run["status"] == "cancelled"
        others = {run["nodes"][name]["status"] for name in ("source", "right", "after")}
        assert (statuses(run)["left"], statuses(run)["join"], others) == ("cancelled", "skipped", {"completed"})
        assert run["nodes"]["join"]["skipped_because"] == "left"
        return took

    soon(measure, 1.0)


def test_a_node_that_has_not_begun_is_cancelled_at_once(place: Place, tmp_path) -> None:
    flag = tmp_path / "flag"
    graph = fan_out_fan_in({"left": node("left", "waits-for-file", path=str(flag))})
    run_id = place.submit(graph)
    place.wait_for("node.started", "left")
    place.engine.cancel_node(run_id, "join")
    place.wait_for("node.cancelled", "join")
    flag.touch()
    run = place.finish(run_id)
    done = dict.fromkeys(("source", "left", "right"), "completed")
    assert (run["status"], statuses(run)) == ("cancelled", {**done, "join": "cancelled"})


def test_a_stubborn_tree_of_one_node_is_gone_when_it_says_cancelled(place: Place, tmp_path) -> None:
    def measure() -> float:
        pid_file = tmp_path / "pid"
        pid_file.unlink(missing_ok=True)
        graph = document(node("bad", "has-stubborn-child", pid_file=str(pid_file)), node("good", "sleeps"))
        run_id = place.submit(graph)
        worker = place.wait_for("node.started", "bad", run=run_id).data["pid"]
        until(lambda: pid_file.exists() and pid_file.read_text())
        began = time.monotonic()
        place.engine.cancel_node(run_id, "bad")
        place.wait_for("node.cancelled", "bad", run=run_id)
        took = time.monotonic() - began
        assert started_at(worker) is None
        assert started_at(int(pid_file.read_text())) is None
        run = place.finish(run_id)
        assert (run["nodes"]["bad"]["status"], run["nodes"]["good"]["status"]) == ("cancelled", "completed")
        return took

    soon(measure, 1.0)


def test_a_result_that_was_finished_beats_a_late_cancel_of_its_node(place: Place, tmp_path) -> None:
    run_id = place.submit(document(node("a", "source"), node("b", "waits-for-file", path=str(tmp_path / "flag"))))
    place.wait_for("node.finished", "a")
    place.engine.cancel_node(run_id, "a")
    (tmp_path / "flag").touch()
    run = place.finish(run_id)
    assert (run["status"], set(statuses(run).values())) == ("completed", {"completed"})
    assert place.engine.cancel_node(run_id, "a")["status"] == "completed"


def test_a_cancelled_node_stays_cancelled_when_the_engine_dies_in_between(new_place) -> None:
    place = new_place().ready()
    run_id = place.submit(side_by_side(node("left", "sleeps", milliseconds=60_000)))
    worker = place.wait_for("node.started", "left").data["pid"]
    place.stop()
    place.database.runs.request_cancel_node(run_id, "left")  # what is left when it dies before it acts
    place.database.close()
    run = new_place().ready().finish(run_id)
    assert (run["status"], run["nodes"]["left"]["status"]) == ("cancelled", "cancelled")
    assert statuses(run)["after"] == "completed"
    assert started_at(worker) is None


def test_an_unknown_node_cannot_be_cancelled(place: Place) -> None:
    run = place.run(single("source"))
    with pytest.raises(NotFoundError) as caught:
        place.engine.cancel_node(run["id"], "onyl")
    assert caught.value.hint == "Did you mean 'only'?"


def test_two_nodes_cancelled_by_themselves(place: Place) -> None:
    graph = document(node("a", "sleeps", milliseconds=60_000), node("b", "sleeps", milliseconds=60_001))
    run_id = place.submit(graph)
    for name in ("a", "b"):
        place.wait_for("node.started", name)
        place.engine.cancel_node(run_id, name)
    assert statuses(place.finish(run_id)) == {"a": "cancelled", "b": "cancelled"}
