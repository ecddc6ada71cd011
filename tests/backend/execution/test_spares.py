"""Workers forked ahead of time: they serve one attempt each, and are never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.graphs import chain, document, node, single
from tests.places import Place, statuses
from tests.processes import is_running, zygotes_of
from tests.timing import until

ENGINE_IN_A_PROCESS = """
import sys, time, pathlib
from tests.places import Place
place = Place(pathlib.Path(sys.argv[1])).ready()
print("ready", flush=True)
time.sleep(600)
"""


def spares_of(process: psutil.Process, count: int = 2) -> list[int]:
    """The pids of the zygote's spares, once they are all there."""
    (zygote,) = zygotes_of(process)
    until(lambda: len(zygote.children()) == count, seconds=60)
    return [child.pid for child in zygote.children()]


@pytest.fixture
def spares(place: Place) -> list[int]:
    """The waiting processes of a place where nothing runs."""
    return spares_of(psutil.Process())


def test_a_spare_runs_one_attempt_in_its_own_session_and_is_replaced(place: Place, spares: list[int]) -> None:
    run = place.run(single("tells-environment"))
    pid, session = map(int, place.file(run, "only", "result", "session.txt").split())
    assert pid in spares
    assert session == pid
    until(lambda: not is_running(pid), seconds=60)
    assert pid not in spares_of(psutil.Process())


def test_every_node_has_a_process_of_its_own_whether_spares_last_or_not(place: Place, spares: list[int]) -> None:
    sources = [node(f"n{i}", "source", content=str(i)) for i in range(6)]
    run_id = place.submit(document(*sources))
    place.finish(run_id)
    pids = [event.data["pid"] for event in place.said(run_id, "node.started")]
    assert len(set(pids)) == 6


def test_spares_killed_with_sigkill_are_replaced_and_cost_nothing(place: Place, spares: list[int]) -> None:
    for pid in spares:
        os.kill(pid, signal.SIGKILL)
    assert statuses(place.run(single("source"))) == {"only": "completed"}
    assert not set(spares) & set(spares_of(psutil.Process()))


def test_a_killed_spare_that_was_not_collected_yet_is_passed_over(place: Place, spares: list[int]) -> None:
    (zygote,) = zygotes_of(psutil.Process())
    zygote.send_signal(signal.SIGSTOP)
    for pid in spares:
        os.kill(pid, signal.SIGKILL)
    run_id = place.submit(single("source"))
    until(lambda: place.engine._executor.attempts, seconds=60)
    zygote.send_signal(signal.SIGCONT)
    run = place.finish(run_id)
    assert statuses(run) == {"only": "completed"}
    assert run["nodes"]["only"]["attempt"] == 1


def test_spares_end_with_their_zygote_and_a_new_one_has_its_own(place: Place, spares: list[int]) -> None:
    (zygote,) = zygotes_of(psutil.Process())
    zygote.kill()
    until(lambda: not any(map(is_running, spares)), seconds=60)
    assert statuses(place.run(chain(3))) == {"n0": "completed", "n1": "completed", "n2": "completed"}


def test_spares_end_with_an_engine_killed_with_sigkill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENGINE_IN_A_PROCESS, str(tmp_path / "home")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        process.stdout.readline()
        left = [*spares_of(psutil.Process(process.pid)), *(z.pid for z in zygotes_of(psutil.Process(process.pid)))]
        process.kill()
    until(lambda: not any(map(is_running, left)), seconds=60)


def test_spares_end_with_an_engine_that_stops(new_place: Callable[..., Place]) -> None:
    place = new_place().ready()
    left = spares_of(psutil.Process())
    place.stop()
    until(lambda: not any(map(is_running, left)), seconds=60)


def test_a_node_that_was_given_a_spare_can_be_cancelled(place: Place, spares: list[int]) -> None:
    run_id = place.submit(single("sleeps", milliseconds=60_000))
    pid = place.wait_for("node.started").data["pid"]
    assert pid in spares
    place.engine.cancel(run_id)
    assert place.finish(run_id)["status"] == "cancelled"
    assert not is_running(pid)


def test_spares_are_not_taken_for_what_a_node_left_behind(place: Place, tmp_path: Path, spares: list[int]) -> None:
    run = place.run(single("has-stubborn-child", pid_file=str(tmp_path / "pid"), waits="no"))
    assert run["status"] == "completed"
    until(lambda: not is_running(int((tmp_path / "pid").read_text())), seconds=60)
    still = [pid for pid in spares if is_running(pid)]
    assert len(still) == 1  # the other one ran the node


def test_what_needs_no_library_runs_while_the_libraries_are_loading(new_place: Callable[..., Place]) -> None:
    place = new_place(preload=("tests.tiny_library",)).start()
    run = place.run(single("source"))
    assert statuses(run) == {"only": "completed"}
    assert place.engine.workers == "starting"


def test_what_needs_a_library_finds_it_loaded(new_place: Callable[..., Place]) -> None:
    place = new_place(preload=("tests.tiny_library",)).start()
    run = place.run(single("needs-library"))
    assert place.engine.workers == "ready"
    assert place.file(run, "only", "result", "loaded.txt") == "True"
