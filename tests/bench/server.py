"""How soon the server answers and how much memory it holds when idle, beside a bare Flask-SocketIO."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from tests.bench.harness import Measurement, free_port, serving, summarise, wait_for_http

ROUNDS = 5

BARE = """
import sys
from flask import Flask
from flask_socketio import SocketIO
app = Flask("bare")
socketio = SocketIO(app, async_mode="threading")
app.route("/healthz")(lambda: "ok")
socketio.run(app, "127.0.0.1", int(sys.argv[1]), allow_unsafe_werkzeug=True)
"""


def _bare(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", BARE, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def start() -> Measurement:
    """Seconds from the command to the first answer, on a home that has been used before."""
    ours, peers = [], []
    with serving() as (_, first, home):
        first.terminate()
        first.wait()
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            with serving(home):
                ours.append(time.perf_counter() - begun)
            begun, port = time.perf_counter(), free_port()
            bare = _bare(port)
            wait_for_http(f"http://127.0.0.1:{port}/healthz", bare)
            peers.append(time.perf_counter() - begun)
            bare.kill()
            bare.wait()
    return summarise("server-start", ours, "s", at_most=1.0, peer=("bare Flask-SocketIO", peers))


def memory() -> Measurement:
    """MiB that the idle server holds (USS). The process that workers are forked from is not counted."""
    ours, peers = [], []
    with serving() as (_, process, _):
        time.sleep(3)
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        servers = [p for p in tree if "zygote" not in " ".join(p.cmdline())]
        ours.append(sum(p.memory_full_info().uss for p in servers) / 2**20)
    port = free_port()
    bare = _bare(port)
    wait_for_http(f"http://127.0.0.1:{port}/healthz", bare)
    peers.append(psutil.Process(bare.pid).memory_full_info().uss / 2**20)
    bare.kill()
    bare.wait()
    return summarise("server-memory", ours, "MiB", at_most=120, peer=("bare Flask-SocketIO", peers))
