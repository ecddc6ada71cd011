"""Watching runs: every event once, in order, whatever happens meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import graphs
import pytest
import requests
import socketio
from flask import Flask

from tests.backend.server_fixtures import make_app, make_config, serving, started
from tests.backend.sockets.browser import Browser, Browsers, Poller
from tests.timing import until
from torchwire.extensions import services
from torchwire.sockets import clients, relay


class Run:
    """A run whose events a test writes itself, through the real log and the real relay."""

    def __init__(self, app: Flask) -> None:
        self._services = services(app)
        first = self._services.database.runs.create("Test", graphs.chain(1), ["n0"])
        self.id = first.run_id
        self.last = first.seq
        self._services.relay.hear([first])

    def go_on(self, count: int, batch: int = 1) -> None:
        """Add ``count`` events, ``batch`` at a time."""
        for _ in range(count // batch):
            data = {"done": self.last, "total": 1, "unit": "", "message": "", "seconds_left": None}
            events = self._services.database.runs.append(self.id, [("node.progress", "n0", dict(data))] * batch)
            self.last = events[-1].seq
            self._services.relay.hear(events)


@pytest.fixture
def run(app: Flask) -> Run:
    """A run with a history."""
    made = Run(app)
    made.go_on(10)
    return made


def test_the_snapshot_comes_first_and_the_rest_follows(run: Run, browsers: Browsers) -> None:
    browser = browsers.open()
    answer = browser.watch(run.id)
    assert answer["run"]["id"] == run.id and answer["run"]["seq"] == 11 and answer["events"] == []
    run.go_on(5)
    assert browser.hears(16) == list(range(12, 17))


def test_what_was_missed_comes_with_the_answer(run: Run, browsers: Browsers) -> None:
    browser = browsers.open()
    assert [event["seq"] for event in browser.watch(run.id, after=4)["events"]] == list(range(5, 12))
    run.go_on(3)
    assert browser.hears(14) == list(range(5, 15))


def test_away_for_a_while_and_back_misses_nothing(run: Run, browsers: Browsers) -> None:
    browser = browsers.open()
    browser.watch(run.id)
    run.go_on(20)
    seen = browser.hears(31)
    browser.close()
    run.go_on(50)
    back = browsers.open()
    back.watch(run.id, after=seen[-1])
    run.go_on(5)
    assert seen + back.hears(86) == list(range(12, 87))


def test_more_than_fits_in_one_answer_is_said(app: Flask, run: Run, browsers: Browsers) -> None:
    run.go_on(5500, batch=500)
    answer = browsers.open().watch(run.id, after=1)
    assert answer["more"] and len(answer["events"]) == 5000
    assert answer["run"]["seq"] == 5511


def test_many_come_in_the_middle_of_a_storm(run: Run, browsers: Browsers) -> None:
    storm = threading.Thread(target=run.go_on, args=(600,))
    storm.start()
    watching = []
    for number in range(8):
        browser = browsers.open()
        answer = browser.watch(run.id, after=5 if number % 2 else None)
        watching.append((browser, 6 if number % 2 else answer["run"]["seq"] + 1))
    storm.join()
    for browser, first in watching:
        assert browser.hears(run.last) == list(range(first, run.last + 1))


def test_watching_twice_brings_nothing_twice(run: Run, browsers: Browsers) -> None:
    browser = browsers.open()
    browser.watch(run.id)
    browser.watch(run.id)
    run.go_on(5)
    assert browser.hears(16) == list(range(12, 17))


def test_two_runs_do_not_mix(app: Flask, run: Run, browsers: Browsers) -> None:
    other, browser = Run(app), browsers.open()
    browser.watch(run.id)
    browsers.open().watch(other.id)
    other.go_on(5)
    run.go_on(1)
    browser.hears(12)
    assert {event["run_id"] for event in browser.heard} == {run.id}


def test_unwatch_ends_it(run: Run, browsers: Browsers) -> None:
    browser, other = browsers.open(), browsers.open()
    browser.watch(run.id)
    other.watch(run.id)
    assert browser.call("unwatch", {"run_id": run.id}) == {}
    run.go_on(5)
    other.hears(16)
    assert browser.heard == []


def test_a_client_that_stops_reading_is_left_behind_and_catches_up(
    app: Flask, url: str, run: Run, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "SLOW", 20)
    monkeypatch.setattr(relay, "PAGE", 10)
    monkeypatch.setattr(relay, "RECENT", 50)
    quick, slow = browsers.open(), Poller(url)
    quick.watch(run.id)
    assert slow.watch(run.id)["seq"] == 11
    queue = next(s.queue for s in services(app).clients._server.eio.sockets.values() if not s.upgraded)
    run.go_on(500, batch=25)
    assert quick.hears(511) == list(range(12, 512))
    assert queue.qsize() <= 20 + 25
    run.go_on(10)
    assert slow.read_until(521) == list(range(12, 522))
    run.go_on(1)
    assert slow.read_until(522) == [522]
    slow.close()


def test_everyone_hears_that_a_run_changed(app: Flask, browsers: Browsers) -> None:
    browser = browsers.open()
    run_id = services(app).engine.submit(graphs.chain(2))["id"]
    until(lambda: len(browser.changes) == 3)
    assert browser.changes == [{"run_id": run_id, "status": status} for status in ("queued", "running", "completed")]


def test_a_real_run_is_heard_from_start_to_end(app: Flask, browsers: Browsers, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    document = graphs.document(
        graphs.node("wait", "waits-for-file", path=str(gate)),
        graphs.node("more", "add-file"),
        wires=(graphs.wire("wait.result", "more.folder"),),
    )
    run_id = services(app).engine.submit(document)["id"]
    browser = browsers.open()
    first = browser.watch(run_id)["run"]["seq"] + 1
    gate.touch()
    until(lambda: browser.heard and browser.heard[-1]["type"] == "run.finished")
    assert browser.numbers == list(range(first, first + len(browser.numbers)))
    assert browser.watch(run_id)["run"]["status"] == "completed"


WRONG: list[Any] = [None, 1, "x", [], {}, {"run_id": 1}, {"run_id": "x", "after": -1}, {"run_id": "x", "after": "1"}]
WRONG += [
    {"run_id": "x", "after": 2**70},
    {"run_id": "x", "surprise": 1},
    {"run_id": "\x00"},
    {"run_id": "nobody"},
    b"bytes",
]


def test_wrong_messages_are_answered_in_words(run: Run, browsers: Browsers) -> None:
    browser = browsers.open()
    for event in ("watch", "no-such-event", "connect_error", "trigger_event"):
        for message in WRONG:
            assert browser.call(event, message)["error"]["message"], (event, message)
    assert browser.watch(run.id)["run"]["id"] == run.id


def test_a_client_can_not_watch_without_end(app: Flask, browsers: Browsers) -> None:
    browser, ids = browsers.open(), [Run(app).id for _ in range(51)]
    answers = [browser.watch(run_id) for run_id in ids]
    assert all("run" in answer for answer in answers[:50]) and "error" in answers[50]


def test_a_message_that_is_too_long_ends_the_connection(app: Flask, browsers: Browsers) -> None:
    browser = browsers.open()
    browser._client.emit("watch", {"run_id": "x" * 200_000}, namespace="/runs")
    until(lambda: not browser._client.connected)
    assert browsers.open().watch("nobody")["error"]["name"] == "NotFoundError"


def test_open_pages_never_take_all_threads(tmp_path: Path) -> None:
    with started(make_app(make_config(tmp_path / "small", threads=8))) as app, serving(app) as server:
        watching = [Browser(server.url) for _ in range(4)]
        with pytest.raises(socketio.exceptions.ConnectionError):
            Browser(server.url)
        assert requests.get(f"{server.url}/healthz", timeout=20).status_code == 200
        watching.pop().close()
        until(lambda: services(app).clients.count() < 4)
        watching.append(Browser(server.url))
        for browser in watching:
            browser.close()


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
def test_other_sites_get_no_connection(url: str, headers: dict[str, str]) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        Browser(url, headers=headers)


def test_a_token_is_needed_for_the_socket_too(tmp_path: Path) -> None:
    token = "a-token-of-some-length"  # noqa: S105
    with started(make_app(make_config(tmp_path / "locked", token=token))) as app, serving(app) as server:
        with pytest.raises(socketio.exceptions.ConnectionError):
            Browser(server.url)
        browser = Browser(server.url, headers={"Authorization": f"Bearer {token}"})
        assert browser.watch("nobody")["error"]["name"] == "NotFoundError"
        browser.close()
