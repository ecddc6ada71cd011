"""What a person is told about a node that failed: each cause, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backend.execution.test_memory import groups
from tests.graphs import document, node, single, wire
from tests.places import Place, statuses
from torchwire.api.records import FailureReport
from torchwire.execution.failures import failure_of
from torchwire.execution.processes import started_at

__all__ = ["groups"]


def failed(place: Place, graph: dict[str, Any], node_id: str = "only") -> tuple[dict[str, Any], dict[str, Any]]:
    """Run it, and return the error and the report in it."""
    error = place.run(graph)["nodes"][node_id]["error"]
    assert error["node"] == node_id
    report = error["report"]
    assert set(report) == set(FailureReport.__annotations__)
    return error, report


def texts(report: dict[str, Any]) -> list[str]:
    return [text for _, _, text in report["lines"]]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own that is soon full."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.alone  # whatever is killed meanwhile is thought to have been out of memory, too
def test_memory_that_the_kernel_would_not_give_halves_the_batch(place: Place, groups: Path) -> None:
    error, report = failed(place, single("takes-memory", megabytes=300, within="control group"))
    assert (error["code"], report["cause"], report["exit"]) == ("0138", "out-of-memory", "signal 9")
    assert report["remedy"] == {
        "text": "Halve batch size, from 64 to 32.",
        "node": "only",
        "parameter": "batch_size",
        "value": 32,
    }
    assert "taking memory" in texts(report)


def test_memory_that_a_limit_would_not_give_is_out_of_memory(place: Place) -> None:
    error, report = failed(place, single("takes-memory", megabytes=4000, within="own limit", limit_megabytes=600))
    assert (error["code"], report["cause"], report["exit"]) == ("0138", "out-of-memory", None)
    assert report["remedy"]["value"] == 32
    assert "ran out of memory" in report["what"]
    assert report["memory_limit"] is None or report["memory_limit"] > 0


def test_a_batch_of_one_cannot_be_halved(place: Place) -> None:
    _, report = failed(place, single("takes-memory", megabytes=4000, within="own limit", batch_size=1))
    assert "value" not in report["remedy"]


def test_a_loss_that_is_no_number_halves_the_learning_rate(place: Place) -> None:
    _, report = failed(place, single("diverges", learning_rate=0.3))
    assert report["cause"] == "nan-loss"
    assert (report["remedy"]["parameter"], report["remedy"]["value"]) == ("learning_rate", 0.15)


def test_a_device_that_is_full_is_a_full_disk(place: Place) -> None:
    error, report = failed(place, single("fills-disk", where="device"))
    assert (error["name"], report["cause"]) == ("LibraryError", "disk-full")
    assert "are free" in report["what"]
    assert "Storage" in report["remedy"]["text"]


@pytest.mark.parametrize("where", ["output", "log", "metrics"])
def test_a_module_that_fills_the_disk_is_told_so_and_leaves_room(
    new_place: Callable[..., Place], small_disk: Path, where: str
) -> None:
    place = new_place(small_disk).ready()
    _, report = failed(place, single("fills-disk", where=where))
    assert report["cause"] == "disk-full"
    assert place.run(single("source", content="after"))["status"] == "completed"


def test_a_store_without_room_is_a_full_disk(place: Place, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(place.engine._executor.store, "adopt", full)
    _, report = failed(place, single("source"))
    assert report["cause"] == "disk-full"
    assert "no room to keep it" in report["what"]


def test_a_library_error_says_where_it_was_raised(place: Place) -> None:
    error, report = failed(place, single("fails-on-run", how="bug"))
    assert error["message"] == "ValueError: seven is not a colour"
    assert report["cause"] == "library-error"
    assert "raised in run, unruly.py line" in report["what"]
    assert 'raise ValueError("seven is not a colour")' in report["what"]
    assert texts(report)[-1] == "ValueError: seven is not a colour"
    assert report["seconds"] is not None


def test_a_crash_names_the_line_of_python_at_its_top(place: Place) -> None:
    _, report = failed(place, single("crashes-in-c"))
    assert (report["cause"], report["exit"]) == ("crashed", f"signal {int(signal.SIGSEGV)}")
    assert "SIGSEGV" in report["what"]
    assert "string_at" in report["what"] or "read_address" in report["what"]
    assert any("Segmentation fault" in text for text in texts(report))


def test_who_is_killed_from_outside_again_and_again_is_told_so(place: Place) -> None:
    _, report = failed(place, single("kills-itself"))
    assert (report["cause"], report["exit"]) == ("killed", "signal 9")
    assert "came from outside" in report["what"]
    assert "last words" in texts(report)


def test_an_exit_code_is_told(place: Place) -> None:
    error, report = failed(place, single("fails-on-run", how="exit"))
    assert (error["code"], report["cause"], report["exit"]) == ("2006", "crashed", "exit 3")


def test_a_known_error_of_a_module_needs_no_report(place: Place) -> None:
    run = place.run(single("fails-on-run", how="known"))
    assert "report" not in run["nodes"]["only"]["error"]


def limited(seconds: float, module: str = "never-ends", **parameters: Any) -> dict[str, Any]:
    slow = node("slow", module, **parameters) | {"resources": {"timeout_seconds": seconds}}
    other = (node("behind", "identity"), node("apart", "source"))
    return document(slow, *other, wires=(wire("slow.result", "behind.folder"),))


def test_a_node_that_takes_too_long_is_ended_with_its_whole_tree(place: Place) -> None:
    error, report = failed(place, limited(0.5), "slow")
    assert (error["name"], report["cause"]) == ("NodeTimedOutError", "time-out")
    assert 0.5 <= report["seconds"] < 5
    run = place.database.runs.snapshot(place.heard[0].run_id)
    assert statuses(run) == {"slow": "failed", "behind": "skipped", "apart": "completed"}
    child = int(texts(report)[0].removeprefix("child "))
    assert started_at(child) is None


def test_a_time_limit_is_counted_on_by_the_next_engine(new_place: Callable[..., Place]) -> None:
    before = new_place().ready()
    run_id = before.submit(limited(3.0))
    before.wait_for("node.log", "slow")
    before.stop()
    time.sleep(2.0)
    after = new_place().ready()
    began = time.monotonic()
    error = after.finish(run_id)["nodes"]["slow"]["error"]
    assert error["report"]["cause"] == "time-out"
    assert error["report"]["seconds"] >= 3.0
    assert time.monotonic() - began < 2.5


def test_a_time_limit_changes_no_result(place: Place) -> None:
    first = document(node("only", "source"))
    second = document(node("only", "source") | {"resources": {"timeout_seconds": 60}})
    place.run(first)
    assert statuses(place.run(second)) == {"only": "reused"}


def test_a_finished_result_beats_the_time_limit(place: Place) -> None:
    graph = document(node("only", "sleeps", milliseconds=100) | {"resources": {"timeout_seconds": 30}})
    assert place.run(graph)["status"] == "completed"


def test_the_report_has_the_memory_until_the_end(place: Place) -> None:
    graph = document(
        node("only", "takes-memory", megabytes=100, milliseconds=60_000) | {"resources": {"timeout_seconds": 1.5}}
    )
    _, report = failed(place, graph)
    assert max(memory for _, memory in report["memory"]) > 100 << 20
    assert report["memory_limit"] >= os.sysconf("SC_PAGE_SIZE")


def test_the_last_lines_are_known_to_the_next_engine(new_place: Callable[..., Place]) -> None:
    before = new_place().ready()
    run_id = before.submit(limited(2.0))
    before.wait_for("node.log", "slow")
    before.stop()
    after = new_place().ready()
    error = after.finish(run_id)["nodes"]["slow"]["error"]
    assert len(texts(error["report"])) == 1
    assert len(after.said(run_id, "node.log", "slow")) == 1


def test_memory_that_torch_is_refused_is_out_of_memory() -> None:
    import torch

    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 48)
    failure = failure_of(refused.value, "train").as_json()
    assert (failure["cause"], failure["error"]["code"]) == ("out-of-memory", "0138")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."), "out-of-memory"),
        (OSError(12, "Cannot allocate memory"), "out-of-memory"),
        (OSError(28, "No space left on device"), "disk-full"),
        (RuntimeError("PytorchStreamWriter failed writing file: No space left on device"), "disk-full"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. "), "child-killed"),
        (ValueError("out of range"), "library-error"),
    ],
)
def test_causes_are_told_by_what_an_exception_says(error: Exception, cause: str) -> None:
    assert failure_of(error, "train").cause == cause


def test_the_cause_may_lie_behind_other_exceptions() -> None:
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as inner:
            raise ValueError("could not save") from inner
    except ValueError as outer:
        assert failure_of(outer, "train").cause == "disk-full"


def test_a_time_limit_must_be_more_than_nothing(place: Place) -> None:
    for wrong in (0, -1, "soon", 1e9):
        faults = place.engine.validate(limited(wrong)).faults  # type: ignore[arg-type]
        assert faults and "timeout_seconds" in faults[0].message, wrong
