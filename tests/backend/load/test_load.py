"""Many runs, many watchers, one that reads slowly: a real server process, real sockets, bounded memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.backend.load.watchers import Watcher, read_all
from tests.graphs import chain, document, node, wire
from tests.timing import until

SECONDS = 120.0
MEGABYTE = 1 << 20
ROOT = Path(__file__).parents[3]
SERVE = """
import sys
from torchwire import app
from torchwire.cli import main
from torchwire.execution.settings import EngineSettings
from torchwire.registry import Registry

create = app.create_app
app.create_app = lambda config: create(
    config, Registry.of(["tests.tiny_modules"]), EngineSettings(allowed_roots=None, preload=(), cores=2)
)
sys.exit(main(["serve", "--no-open", "--port", "0", "--home", sys.argv[1]]))
"""


class Server:
    """A server process over the tiny modules."""

    def __init__(self, home: Path) -> None:
        self._words = home.with_suffix(".txt")
        with self._words.open("wb") as words:
            self._process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(home)], stdout=words, stderr=words, start_new_session=True, cwd=ROOT
            )
        until(lambda: "Ctrl-C" in self._words.read_text() or self._process.poll() is not None, seconds=60)
        assert "http://" in self._words.read_text(), self._words.read_text()
        self.url = "http://" + self._words.read_text().partition("http://")[2].split()[0]
        until(lambda: self.get("healthz")["workers"] == "ready", seconds=60)
        self._worker = psutil.Process(self._process.pid).children()[0]

    def get(self, path: str) -> Any:
        """An answer of the interface."""
        return requests.get(f"{self.url}/api/v1/{path}", timeout=SECONDS).json()

    def submit(self, graph: dict[str, Any]) -> str:
        """Submit and return the run's id."""
        answer = requests.post(f"{self.url}/api/v1/runs", json={"pipeline": graph}, timeout=SECONDS)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run"]["id"])

    def memory(self) -> int:
        """What the serving process takes."""
        return int(self._worker.memory_info().rss)

    def stop(self) -> None:
        """End it and all it started."""
        children = psutil.Process(self._process.pid).children(recursive=True)
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with an empty home."""
    made = Server(tmp_path / "home")
    yield made
    made.stop()


def test_fifty_runs_at_once_all_end(server: Server) -> None:
    graphs = [chain(2) for _ in range(50)]
    for number, graph in enumerate(graphs):
        graph["nodes"][0]["parameters"] = {"content": f"run {number}"}  # nothing to share or reuse
    before, ids = server.memory(), []

    def submit(some: list[dict[str, Any]]) -> None:
        ids.extend(server.submit(graph) for graph in some)

    threads = [threading.Thread(target=submit, args=(graphs[start::10],)) for start in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 50

    def ended() -> bool:
        runs = server.get("runs?limit=50")["runs"]
        assert len(runs) == 50
        return all(run["finished"] for run in runs)

    until(ended)
    assert {run["status"] for run in server.get("runs?limit=50")["runs"]} == {"completed"}
    grown = server.memory() - before
    assert grown < 60 * MEGABYTE, grown


def test_a_hundred_clients_hear_every_event_in_order(server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    graph = chain(20)
    graph["nodes"][0] = node("n0", "waits-for-file", path=str(gate))
    graph["wires"][0] = wire("n0.result", "n1.folder")
    before = server.memory()
    run_id = server.submit(graph)
    watchers = [Watcher(server.url) for _ in range(100)]
    try:
        for watcher in watchers:
            watcher.watch(run_id)
        read_all(watchers, lambda: all(watcher.run for watcher in watchers), SECONDS)
        gate.touch()
        read_all(watchers, lambda: all(watcher.over for watcher in watchers), SECONDS)
        last = server.get(f"runs/{run_id}")["run"]["seq"]
        for watcher in watchers:
            assert watcher.run is not None
            assert watcher.numbers == list(range(watcher.run["seq"] + 1, last + 1))
        assert len(watchers[0].numbers) > 40
        grown = server.memory() - before
        assert grown < 150 * MEGABYTE, grown
    finally:
        for watcher in watchers:
            watcher.close()


def test_a_client_that_stops_reading_holds_up_nobody_and_misses_nothing(server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    graph = document(
        node("gate", "waits-for-file", path=str(gate)),
        node("log", "floods-behind", what="log"),
        node("metrics", "floods-behind", what="metrics"),
        wires=(wire("gate.result", "log.folder"), wire("log.result", "metrics.folder")),
    )
    run_id = server.submit(graph)
    quick, slow = [Watcher(server.url) for _ in range(3)], Watcher(server.url, receive_buffer=4096)
    everyone = [*quick, slow]
    try:
        for watcher in everyone:
            watcher.watch(run_id)
        read_all(everyone, lambda: all(watcher.run for watcher in everyone), SECONDS)
        before, began = server.memory(), time.monotonic()
        gate.touch()
        read_all(quick, lambda: all(watcher.over for watcher in quick), SECONDS)
        assert time.monotonic() - began < SECONDS
        grown = server.memory() - before
        assert grown < 100 * MEGABYTE, grown
        last = server.get(f"runs/{run_id}")["run"]["seq"]
        assert last > 5000
        heard = len(slow.numbers)
        read_all([slow], lambda: slow.over, SECONDS)
        assert heard < 200
        for watcher in everyone:
            assert watcher.run is not None
            assert watcher.numbers == list(range(watcher.run["seq"] + 1, last + 1))
    finally:
        for watcher in everyone:
            watcher.close()
