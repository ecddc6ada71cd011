"""Nodes that fail: what is said about them, and what becomes of the others."""

from __future__ import annotations

import signal

import pytest

from tests.graphs import document, fan_out_fan_in, node, single, wire
from tests.places import Place, statuses


@pytest.mark.parametrize(
    ("how", "code", "says"),
    [
        ("bug", "1000", "ValueError: seven is not a colour"),
        ("known", "0018", "The data set is empty."),
        ("memory", "0138", "ran out of memory"),
        ("exit", "2006", "exit code 3"),
        ("output", "1000", "elsewhere"),
        ("nothing", "1000", "declares [result]"),
    ],
)
def test_a_failure_says_what_was_wrong(place: Place, how: str, code: str, says: str) -> None:
    run = place.run(single("fails-on-run", how=how))
    error = run["nodes"]["only"]["error"]
    assert run["status"] == "failed"
    assert (error["code"], error["node"]) == (code, "only")
    assert says in error["message"]


def test_the_log_of_a_bug_has_the_traceback(place: Place) -> None:
    run_id = place.submit(single("fails-on-run"))
    place.finish(run_id)
    texts = [text for event in place.said(run_id, "node.log") for _, _, text in event.data["lines"]]
    assert texts[0] == "Traceback (most recent call last):"


def test_nodes_behind_a_failure_are_skipped_and_other_branches_go_on(place: Place) -> None:
    graph = fan_out_fan_in({"left": node("left", "fails-on-run")})
    graph["nodes"].append(node("apart", "identity"))
    graph["wires"].append(wire("right.result", "apart.folder"))
    run = place.run(graph)
    assert statuses(run) == {
        "source": "completed",
        "left": "failed",
        "right": "completed",
        "join": "skipped",
        "apart": "completed",
    }
    assert run["nodes"]["join"]["skipped_because"] == "left"
    assert run["error"]["node"] == "left"


def test_two_failures_skip_what_is_behind_both_once(place: Place) -> None:
    branches = {side: node(side, "fails-on-run") for side in ("left", "right")}
    run = place.run(fan_out_fan_in(branches))
    assert statuses(run)["join"] == "skipped"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_is_killed_fails_its_node_and_keeps_its_last_words(place: Place, number: int) -> None:
    run_id = place.submit(single("kills-itself", with_signal=int(number)))
    run = place.finish(run_id)
    error = run["nodes"]["only"]["error"]
    assert (error["code"], error["name"]) == ("2006", "NodeCrashedError")
    assert signal.Signals(number).name in error["message"]
    texts = [text for event in place.said(run_id, "node.log") for _, _, text in event.data["lines"]]
    assert "last words" in texts


def test_sigterm_from_outside_fails_the_node(place: Place) -> None:
    run = place.run(single("kills-itself", with_signal=int(signal.SIGTERM)))
    assert "stopped from outside" in run["nodes"]["only"]["error"]["message"]


def test_a_failed_node_runs_again_next_time_and_the_others_do_not(place: Place) -> None:
    graph = document(node("a", "source"), node("b", "fails-on-run"), wires=(wire("a.folder", "b.folder"),))
    place.run(graph)
    assert statuses(place.run(graph)) == {"a": "reused", "b": "failed"}
