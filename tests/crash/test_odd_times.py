"""Processes that stop for a while, clocks that go back, disks that are full, and two who write the same."""

from __future__ import annotations

import resource
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.crash import graphs, invariants
from tests.crash.site import Host, Site, has_ended
from tests.graphs import Document, node
from tests.timing import until
from torchwire.execution.executor import LOST_AFTER


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


@pytest.fixture
def host(site: Site) -> Host:
    return site.start()


def submit(host: Host, document: Document) -> str:
    answer = host.ask("submit", document=document)
    assert answer is not None
    return str(answer["run"])


def said(site: Site, run_id: str, kind: str, where: str | None = None) -> list:
    events = site.database.runs.events(run_id, limit=100_000)
    return [event for event in events if event.type == kind and where in (None, event.node)]


def worker_of(site: Site, run_id: str) -> psutil.Process:
    return psutil.Process(until(lambda: said(site, run_id, "node.started"), "a start")[0].data["pid"])


def attempts(site: Site, run_id: str, where: str) -> list[int]:
    return [event.data["attempt"] for event in said(site, run_id, "node.started", where)]


def pass_time(seconds: float) -> None:
    """Wait until every limit of that length has passed."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() > end)


def stopped(site: Site) -> psutil.Process:
    """The process that stopped itself where it was told to."""

    def stands_still(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            return process.status() == psutil.STATUS_STOPPED
        return False

    return until(lambda: next(filter(stands_still, site.processes()), None), "a stop")


def finish(site: Site, host: Host, status: str = "completed") -> None:
    assert {run["status"] for run in site.finish()} == {status}
    invariants.check(site)
    host.stop()
    invariants.check_nothing_runs(site)


def test_an_engine_that_slept_goes_on_where_it_was(site: Site, host: Host) -> None:
    run_id = submit(host, graphs.two_in_a_row(milliseconds=1000))
    worker = worker_of(site, run_id)
    psutil.Process(host.pid).suspend()
    until(lambda: has_ended(worker), "the worker's end")
    pass_time(LOST_AFTER + 0.5)
    psutil.Process(host.pid).resume()
    finish(site, host)
    assert attempts(site, run_id, "first") == [1]


def test_a_worker_that_sleeps_is_not_taken_for_dead(site: Site, host: Host) -> None:
    run_id = submit(host, graphs.two_in_a_row(milliseconds=1000))
    worker = worker_of(site, run_id)
    worker.suspend()
    host.kill()
    host = site.start()
    pass_time(LOST_AFTER + 1.0)
    assert site.run(run_id)["status"] == "running"
    worker.resume()
    finish(site, host)
    assert attempts(site, run_id, "first") == [1]


def test_what_was_asked_of_a_sleeping_zygote_is_done_once(site: Site, host: Host) -> None:
    host.ask("ready")
    for zygote in site.zygotes():
        zygote.suspend()
    run_id = submit(host, graphs.two_in_a_row())
    pass_time(LOST_AFTER + 1.0)
    for zygote in site.zygotes():
        zygote.resume()
    finish(site, host)
    assert attempts(site, run_id, "first") == [1]


@pytest.mark.parametrize("sees_the_flag", [True, False])
def test_an_attempt_that_comes_too_late_commits_nothing(site: Site, host: Host, sees_the_flag: bool) -> None:
    site.arm("says attempt.started:before", action="stop")
    run_id = submit(host, graphs.two_in_a_row())
    late = stopped(site)
    host.kill()
    host = site.start()
    site.finish(run_id)
    assert attempts(site, run_id, "first") == [2]
    before = site.run(run_id)
    if not sees_the_flag:  # it was looked for just before it was put there
        for flag in site.home.glob("attempts/*/cancel"):
            flag.unlink()
    late.resume()
    until(lambda: has_ended(late), "the end of the late one", 30)
    host.stop()
    host = site.start()  # it sweeps up what the late one has left
    finish(site, host)
    assert site.run(run_id) == before


def test_a_cancelled_worker_that_was_about_to_say_done_is_cancelled(site: Site, host: Host) -> None:
    site.arm("says attempt.done:before", action="stop")
    run_id = submit(host, graphs.two_in_a_row())
    stopped(site)
    host.ask("cancel", run=run_id)
    finish(site, host, "cancelled")
    assert not list(site.home.glob("artifacts/*/*"))


def test_two_engines_never_share_a_home_even_when_one_sleeps(site: Site, host: Host) -> None:
    run_id = submit(host, graphs.two_in_a_row())
    psutil.Process(host.pid).suspend()
    other = site.spawn()
    assert other.answer() is None
    assert "in use by a Torchwire engine" in site.log()
    psutil.Process(host.pid).resume()
    finish(site, host)
    assert attempts(site, run_id, "first") == [1]


def test_two_who_make_the_same_leave_it_once(site: Site, host: Host) -> None:
    document = graphs.two_in_a_row()
    for part in document["nodes"]:
        part["regenerate_output"] = True
    first, second = submit(host, document), submit(host, document)
    site.arm("store:renamed")
    host.wait()
    host = site.start()
    site.finish()
    made = [
        {(name, port): output["digest"] for name, state in site.run(run_id)["nodes"].items() for port, output in
         state["outputs"].items()}
        for run_id in (first, second)
    ]  # fmt: skip
    assert made[0] == made[1]
    finish(site, host)


def test_a_clock_that_goes_back_changes_nothing(site: Site) -> None:
    host = site.start(clock_back=3600.0)
    run_id = submit(host, graphs.lively())
    until(lambda: said(site, run_id, "node.started", "left"), "a start")
    host.kill()
    host = site.start(clock_back=7200.0)
    [run] = site.finish(run_id)
    assert run["seconds"] >= 0
    assert all(state["seconds"] >= 0 for state in run["nodes"].values())
    again = host.ask("submit", document=graphs.lively())
    assert again is not None
    assert all(state["reused"] for state in site.finish(again["run"])[0]["nodes"].values())
    finish(site, host)


def test_a_disk_that_is_full_when_a_result_is_moved_costs_the_node_alone(site: Site, host: Host) -> None:
    name = site.arm("adopt:before", action="full")
    run_id = submit(host, graphs.two_in_a_row())
    [run] = site.finish(run_id)
    assert site.fired(name)
    assert run["status"] == "failed"
    assert "No space left on device" in str(run["nodes"]["first"]["error"])
    site.disarm()
    again = host.ask("submit", document=graphs.two_in_a_row())
    assert again is not None
    assert site.finish(again["run"])[0]["status"] == "completed"
    invariants.check(site)


@pytest.mark.parametrize("step", ["seal:before-rename", "seal:before-flush", "says attempt.done:before"])
def test_a_disk_that_is_full_for_a_worker_costs_the_node_alone(site: Site, host: Host, step: str) -> None:
    name = site.arm(step, action="full")
    run_id = submit(host, graphs.two_in_a_row())
    [run] = site.finish(run_id)
    assert site.fired(name)
    assert run["status"] == "failed"
    site.disarm()
    again = host.ask("submit", document=graphs.two_in_a_row())
    assert again is not None
    assert site.finish(again["run"])[0]["status"] == "completed"
    invariants.check(site)


def test_a_database_that_cannot_grow_goes_on_when_there_is_room(site: Site, host: Host) -> None:
    log = site.home / "torchwire.db-wal"
    reader = sqlite3.connect(site.home / "torchwire.db", isolation_level=None)
    until(lambda: reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "an empty journal")
    reader.execute("BEGIN")  # as long as somebody reads, the journal is not begun anew: from here on it only grows
    reader.execute("SELECT count(*) FROM runs").fetchone()
    run_id = submit(host, graphs.lively())
    until(lambda: said(site, run_id, "node.started", "left"), "a start")
    resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, resource.RLIM_INFINITY))
    until(lambda: "the engine lost its thread" in site.log().lower(), "the engine's complaint")
    seen = len(site.database.runs.events(run_id, limit=100_000))
    until(lambda: not site.workers(), "the end of what runs")
    assert len(site.database.runs.events(run_id, limit=100_000)) == seen
    resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    reader.close()
    finish(site, host)
    assert attempts(site, run_id, "left") == [1]


def test_an_attempt_whose_request_was_lost_with_the_power_is_made_again(site: Site, host: Host) -> None:
    run_id = submit(host, graphs.two_in_a_row(milliseconds=1000))
    worker = worker_of(site, run_id)
    worker.suspend()
    host.kill()
    for request in site.home.glob("attempts/*/request.json"):
        request.write_bytes(b"")
    host = site.start()
    worker.send_signal(signal.SIGCONT)
    finish(site, host)
    assert attempts(site, run_id, "first") == [1, 2]


def test_what_a_worker_said_last_is_heard_once_by_an_engine_that_found_it(site: Site, host: Host) -> None:
    """The lines that an engine before this one has stored are not stored again when the worker dies."""
    document = graphs.two_in_a_row()
    document["nodes"][0] = node("first", "lively", milliseconds=60_000, lines=2000)
    run_id = submit(host, document)
    until(lambda: said(site, run_id, "node.log"), "a line")
    worker = worker_of(site, run_id)
    worker.suspend()  # it says nothing more that would tell how far it was heard
    host.kill()
    host = site.start()
    worker.kill()
    until(lambda: len(attempts(site, run_id, "first")) > 1 or not site.database.runs.unfinished(), "the next attempt")
    host.ask("cancel", run=run_id)
    finish(site, host, "cancelled")
