"""Modules that do what they should not: contained, told in words, and the next node runs."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.graphs import document, node, single
from tests.places import Place, statuses
from tests.processes import command_of
from tests.timing import soon, until
from torchwire.execution.logs import CUT, MAX_BYTES, MAX_FILE, MAX_LINE, MAX_LINES

MEGABYTE = 1 << 20


def run_beside(place: Place, wild: dict[str, Any]) -> dict[str, Any]:
    """Run a node beside one that does nothing wrong, and another run afterwards. Returns the wild node's state."""
    run = place.run(document(wild | {"id": "wild"}, node("tame", "sleeps", milliseconds=1)))
    assert statuses(run)["tame"] in ("completed", "reused")
    assert place.run(single("source", content=wild["module"]))["status"] == "completed"
    state: dict[str, Any] = run["nodes"]["wild"]
    return state


def lines_of(place: Place, run_id: str) -> list[str]:
    return [text for event in place.said(run_id, "node.log") for _, _, text in event.data["lines"]]


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("unprintable", "Unprintable: (its text can't be shown"),
        ("recursion", "RecursionError: maximum recursion depth"),
        ("interrupt", "KeyboardInterrupt"),
        ("exit-text", "exit code 1"),
        ("base", "GeneratorExit"),
        ("group", "many (100 sub-exceptions)"),
        ("own-cancel", "of no kind"),
    ],
)
def test_whatever_is_raised_is_told(place: Place, what: str, says: str) -> None:
    error = run_beside(place, node("wild", "raises", what=what))["error"]
    assert says in error["message"]
    assert error["report"]["cause"] in ("library-error", "crashed")


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("none", "returned nothing"),
        ("list", "of the type 'list'"),
        ("number", "of the type 'int'"),
        ("outside", "not a folder of this attempt"),
        ("root", "not a folder of this attempt"),
        ("missing", "not a folder of this attempt"),
        ("file", "not a folder of this attempt"),
        ("link", "'link', which is not a plain file"),
        ("pipe", "'pipe', which is not a plain file"),
        ("odd-keys", "returned the outputs [7, None]"),
    ],
)
def test_whatever_is_returned_is_checked(place: Place, what: str, says: str) -> None:
    assert says in run_beside(place, node("wild", "returns", what=what))["error"]["message"]


@pytest.mark.parametrize(
    "what",
    [
        "streams",
        "surroundings",
        "signals",
        "alarm",
        "thread",
        "fork",
        "children",
        "builtins",
        "own-events",
        "own-request",
    ],
)
def test_what_is_done_to_the_process_does_not_keep_it_from_its_end(place: Place, what: str) -> None:
    state = run_beside(place, node("wild", "spoils", what=what))
    assert (state["status"], state["error"]) == ("completed", None)
    assert state["metrics"] == [{"axis": "epoch", "step": 1, "values": {"value": 1}}]
    folder = place.engine.artifact(state["outputs"]["result"]["digest"])
    assert (folder / "done.txt").read_text() == "done"
    assert not [child for child in psutil.Process().children(recursive=True) if "SIGTERM" in command_of(child)]


@pytest.mark.parametrize("what", ["descriptors", "all-descriptors"])
def test_who_closes_every_file_is_heard_to_its_end(place: Place, what: str) -> None:
    state = run_beside(place, node("wild", "spoils", what=what))
    assert state["status"] == "completed" or state["error"]["report"]["what"]  # a number may be closed while it is used


def test_who_removes_its_own_events_has_failed(place: Place) -> None:
    error = run_beside(place, node("wild", "spoils", what="unlinks-events"))["error"]
    assert error is None or error["report"]["cause"] == "crashed"  # None: they had been read before


def test_metrics_without_end_are_thinned_in_order_and_the_last_is_kept(place: Place) -> None:
    run_id = place.submit(single("floods", what="metrics"))
    metrics = place.finish(run_id)["nodes"]["only"]["metrics"]
    steps = [metric["step"] for metric in metrics]
    assert steps == sorted(set(steps))
    assert steps[:2000] == list(range(2000))
    assert steps[-1] == 99_999
    assert len(steps) < 15_000


def test_odd_figures_become_none_and_an_odd_step_is_an_error(place: Place) -> None:
    state = run_beside(place, node("wild", "floods", what="odd-metrics"))
    assert [metric["values"]["value"] for metric in state["metrics"]] == [None] * 4 + [2.0**70, 1e308]
    assert all(len(name) <= 200 for metric in state["metrics"] for name in metric["values"])
    assert "step must be a finite number" in state["error"]["message"]


def test_progress_without_end_is_bounded(place: Place) -> None:
    run_id = place.submit(single("floods", what="progress"))
    assert place.finish(run_id)["status"] == "completed"
    told = place.said(run_id, "node.progress")
    assert len(told) < 300
    assert all(len(event.data["message"]) <= 1000 for event in told)


@pytest.mark.parametrize("what", ["binary", "one-line", "log", "child-log"])
def test_a_log_without_end_takes_little_room_and_no_memory(place: Place, what: str) -> None:
    engine = psutil.Process()
    before, highest, stop = engine.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            highest[0] = max(highest[0], engine.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        run_id = place.submit(single("floods", what=what, megabytes=150))
        run = place.finish(run_id)
    finally:
        stop.set()
        watching.join()
    assert run["status"] == "completed"
    lines = lines_of(place, run_id)
    assert lines.count(CUT) == 1
    assert len(lines) <= MAX_LINES + 1
    assert all(len(line) <= MAX_LINE for line in lines)
    assert sum(len(line) for line in lines) <= MAX_BYTES + MAX_LINE + len(CUT)
    assert highest[0] - before < 150 * MEGABYTE
    sizes = [path.stat().st_size for path in place.home.glob("attempts/*/std*.log")]
    assert max(sizes) <= MAX_FILE + 2 * MEGABYTE


@pytest.mark.parametrize("code", [0, 7])
def test_leaving_at_once_is_told(place: Place, code: int) -> None:
    error = run_beside(place, node("wild", "leaves-at-once", code=code))["error"]
    assert (error["code"], error["report"]["cause"]) == ("2006", "crashed")
    assert error["report"]["exit"] == f"exit {code}"
    assert [text for _, _, text in error["report"]["lines"]] == ["leaving"]


def test_a_node_that_hangs_can_be_cancelled_and_the_next_runs(place: Place) -> None:
    def measure() -> float:
        run_id = place.submit(single("never-ends"))
        place.wait_for("node.log", run=run_id)
        began = time.monotonic()
        place.engine.cancel(run_id)
        assert place.finish(run_id)["status"] == "cancelled"
        return time.monotonic() - began

    soon(measure, 1.0)
    assert place.run(single("source"))["status"] == "completed"


def test_a_log_of_a_worker_that_is_stopped_is_bounded_by_the_engine(place: Place, tmp_path: Path) -> None:
    run_id = place.submit(single("waits-for-file", path=str(tmp_path / "flag")))
    process = psutil.Process(place.wait_for("node.started").data["pid"])
    log = next(place.home.glob("attempts/*/stdout.log"))
    process.suspend()
    with log.open("ab") as file:
        file.truncate(MAX_FILE + 5 * MEGABYTE)
    until(lambda: log.stat().st_size <= MAX_FILE, seconds=60)
    assert log.stat().st_size == MAX_FILE
    process.resume()
    (tmp_path / "flag").touch()
    assert place.finish(run_id)["status"] == "completed"
