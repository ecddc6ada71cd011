"""The real server under a real page: killed in the middle of a run, it misses nothing and tells nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from tests.backend.sockets.browser import Browser
from tests.crash import graphs, invariants
from tests.crash.site import HOST, ZYGOTE, Host, Site, has_ended
from tests.timing import until


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def serve(site: Site) -> tuple[Host, str]:
    """A server, and its address."""
    host = site.spawn(serve=True)
    line = host.line()
    assert line is not None, site.log()
    return host, line.removeprefix("Torchwire is at ")


def engine_of(host: Host) -> psutil.Process:
    """The process in which everything runs: gunicorn's one worker."""

    def found() -> psutil.Process | None:
        with suppress(psutil.Error):
            for child in psutil.Process(host.pid).children():
                if HOST in child.cmdline() and ZYGOTE not in child.cmdline():
                    return child
        return None

    return until(found, "the server's worker")


def submit(url: str) -> str:
    answer = requests.post(f"{url}/api/v1/runs", json={"pipeline": graphs.lively(milliseconds=600)}, timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run"]["id"])


def check_heard(site: Site, run_id: str, after: int, heard: list) -> None:
    events = [event.as_json() for event in site.database.runs.events(run_id, after, 100_000)]
    assert heard == events


@pytest.mark.parametrize("victim", ["worker", "both", "arbiter"])
def test_a_page_misses_nothing_when_the_server_is_killed(site: Site, victim: str) -> None:
    host, url = serve(site)
    engine, browser = engine_of(host), Browser(url)
    run_id = submit(url)
    known = browser.watch(run_id)["run"]["seq"]  # a snapshot as of that event
    until(lambda: len(browser.heard) > 8, "some events")
    if victim != "worker":
        host.kill()
    if victim != "arbiter":
        with suppress(psutil.NoSuchProcess):
            engine.kill()
    until(lambda: has_ended(engine), "the worker's end")
    with suppress(Exception):  # the connection is gone, in whatever way
        browser.close()
    if victim != "worker":  # else the arbiter starts another engine by itself
        host, url = serve(site)
    earlier = list(browser.heard)
    again = Browser(url)
    again.watch(run_id, after=earlier[-1]["seq"])
    until(lambda: (earlier + again.heard)[-1]["type"] == "run.finished", "the end of the run")
    check_heard(site, run_id, known, earlier + again.heard)
    starts = [event["attempt"] for event in earlier + again.heard if event["type"] == "node.started"]
    assert set(starts) == {1}
    again.close()
    invariants.check(site)
    engine_of(host).terminate()
    host.kill()
