"""How long an event takes from a node's process, through the durable log, to browsers; beside a bare Flask-SocketIO."""

from __future__ import annotations

import contextlib
import json
import selectors
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import websocket

from tests.bench.harness import ROOT, Measurement, free_port, serving, wait_for_http
from tests.graphs import Document, single

RATE = 50
WARM_UP, MEASURED = 1.0, 5.0
GOALS = {20: (10.0, 30.0)}

BARE = """
import sys, time
from flask import Flask
from flask_socketio import SocketIO, Namespace
app = Flask("bare")
socketio = SocketIO(app, async_mode="threading")
app.route("/healthz")(lambda: "ok")

def tick(rate, seconds):
    due = time.monotonic()
    for step in range(int(rate * seconds)):
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))
        socketio.emit("event", {"type": "node.metric", "run_id": "r" * 32, "seq": step, "time": time.time(),
            "node": "only", "axis": "epoch", "step": step, "values": {"sent": time.monotonic()}}, namespace="/runs")

class Runs(Namespace):
    def on_watch(self, message):
        return {}
    def on_begin(self, message):
        socketio.start_background_task(tick, message["rate"], message["seconds"])
        return {}

socketio.on_namespace(Runs("/runs"))
socketio.run(app, "127.0.0.1", int(sys.argv[1]), allow_unsafe_werkzeug=True)
"""


class Watchers:
    """Socket.IO clients over WebSocket, on one thread, so that little of what is measured is their own."""

    def __init__(self, url: str, count: int) -> None:
        self._sockets = [self._connect(url) for _ in range(count)]

    def close(self) -> None:
        """Close all."""
        for socket in self._sockets:
            socket.close(timeout=0)

    def call(self, name: str, message: object, *, first: bool = False) -> None:
        """Send an event on every connection, or on the first, and wait for each answer."""
        for socket in self._sockets[:1] if first else self._sockets:
            socket.send(f"42/runs,1{json.dumps([name, message])}")
            while not str(socket.recv()).startswith("43/runs,1"):
                pass

    def listen(self, begin: float, end: float) -> list[float]:
        """The ms that each event sent between two moments took to each client."""
        taken = []
        with selectors.DefaultSelector() as selector:
            for socket in self._sockets:
                selector.register(socket.sock, selectors.EVENT_READ, socket)
            while time.monotonic() < end + 0.5:
                for key, _ in selector.select(0.1):
                    text = str(key.data.recv())
                    now = time.monotonic()
                    if text == "2":  # a ping
                        key.data.send("3")
                    elif "node.metric" in text:
                        sent = json.loads(text[text.index("[") :])[1]["values"]["sent"]
                        if begin <= sent <= end:
                            taken.append((now - sent) * 1000)
        return taken

    def _connect(self, url: str) -> websocket.WebSocket:
        socket = websocket.create_connection(
            f"{url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket", origin=url, timeout=20
        )
        socket.recv()
        socket.send("40/runs,")
        socket.recv()
        return socket


def _ours(url: str, count: int) -> list[float]:
    run = _post(f"{url}/api/v1/runs", {"pipeline": single("ticks", rate=RATE, seconds=WARM_UP + MEASURED + 2)})["run"]
    watchers = Watchers(url, count)
    watchers.call("watch", {"run_id": run["id"], "after": None})
    taken = _listen(watchers)
    _post(f"{url}/api/v1/runs/{run['id']}/cancel", {})
    return taken


def _bare(url: str, count: int) -> list[float]:
    watchers = Watchers(url, count)
    watchers.call("begin", {"rate": RATE, "seconds": WARM_UP + MEASURED + 2}, first=True)
    return _listen(watchers)


def _listen(watchers: Watchers) -> list[float]:
    begin = time.monotonic() + WARM_UP
    taken = watchers.listen(begin, begin + MEASURED)
    watchers.close()
    if not taken:
        raise RuntimeError("no event arrived")
    return taken


def _post(url: str, body: Document) -> Document:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    answer: Document = json.loads(urllib.request.urlopen(request, timeout=20).read())
    return answer


@contextlib.contextmanager
def _our_server() -> Iterator[str]:
    """The real server, with the modules of the tests installed beside the real ones."""
    with tempfile.TemporaryDirectory(prefix="torchwire-bench-") as folder:
        about = Path(folder) / "torchwire_bench-0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: torchwire-bench\nVersion: 0\n")
        (about / "entry_points.txt").write_text("[torchwire.modules]\nbench = tests.tiny_modules\n")
        with serving(python_path=[folder, str(ROOT)]) as (url, _, _):
            while json.loads(urllib.request.urlopen(f"{url}/healthz").read())["workers"] != "ready":
                time.sleep(0.1)
            time.sleep(2)  # workers are forked ahead of time now
            yield url


@contextlib.contextmanager
def _bare_server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-c", BARE, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_http(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def event_latency(count: int) -> Callable[[], list[Measurement]]:
    """The benchmark for so many clients: ms at the median and at the 99th percentile."""

    def measure() -> list[Measurement]:
        with _our_server() as ours, _bare_server() as bare:
            rounds = [(_ours(ours, count), _bare(bare, count)) for _ in range(2)]
        goals = GOALS.get(count, (None, None))
        name = f"event-latency-{count}"
        return [
            _percentile(name, 50, rounds, goals[0]),
            _percentile(f"{name}-p99", 99, rounds, goals[1]),
        ]

    return measure


def _percentile(
    id: str, percent: int, rounds: list[tuple[list[float], list[float]]], goal: float | None
) -> Measurement:
    ours, bare = ([statistics.quantiles(r[side], n=100)[percent - 1] for r in rounds] for side in (0, 1))
    value = statistics.median(ours)
    return Measurement(
        id,
        value,
        "ms",
        (min(ours), max(ours)),
        (f"bare Flask-SocketIO, p{percent}", statistics.median(bare)),
        None if goal is None else f"<= {goal:g} ms",
        None if goal is None else value <= goal,
    )
