"""The process that workers are forked from: it has imported what they need, so they start in milliseconds.

It runs no module and no torch kernel itself (a used thread pool or CUDA context does not survive a fork), and has one
thread. It reads requests from a socket, one JSON object a line, and answers the same way:

    {"fork": attempt, "folder": path}  ->  {"forked": attempt, "pid": n, "pid_started": t}
                                           later {"exited": attempt, "exit": code} or {"exited": …, "signal": number}
    at its start                           {"ready": true, "devices": […], "problems": […]}

When the engine goes away the socket closes and this process ends; the workers live on.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from torchwire.execution.devices import probe_devices
from torchwire.execution.processes import started_at
from torchwire.execution.worker import run_attempt
from torchwire.registry import Registry

PR_SET_CHILD_SUBREAPER = 36


class Zygote:
    """Forks a worker for each request and tells how each ended."""

    def __init__(self, engine: socket.socket, registry: Registry) -> None:
        self._engine = engine
        self._registry = registry
        self._workers: dict[int, str] = {}
        self._wake, wake_end = socket.socketpair()
        self._wake.setblocking(False)
        wake_end.setblocking(False)
        self._wake_end = wake_end

    def serve(self) -> None:
        """Answer requests until the engine goes away."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_end.fileno(), warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self._engine, selectors.EVENT_READ)
        selector.register(self._wake, selectors.EVENT_READ)
        rest = b""
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if self._wake in ready:
                self._wake.recv(4096)
                self._collect()
            if self._engine in ready:
                data = self._engine.recv(65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._fork(json.loads(line))

    def say(self, message: dict[str, Any]) -> None:
        """Send one message to the engine; when it is gone, the next read ends us."""
        try:
            self._engine.sendall(json.dumps(message).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)

    def _fork(self, request: dict[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(Path(request["folder"]))
        self._workers[pid] = request["fork"]
        self.say({"forked": request["fork"], "pid": pid, "pid_started": started_at(pid)})

    def _become_worker(self, folder: Path) -> None:
        code = 1
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._engine, self._wake, self._wake_end):
                end.close()
            _collect_orphans()
            run_attempt(folder, self._registry)
            code = 0
        except BaseException:  # noqa: BLE001 - this is the end of the process; returning would go on as the zygote
            traceback.print_exc()
        finally:
            os._exit(code)

    def _collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            attempt = self._workers.pop(pid, None)
            if attempt is not None:
                self._end_strays()
                ended = {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"exit": os.WEXITSTATUS(status)}
                self.say({"exited": attempt, **ended})

    def _end_strays(self) -> None:
        """Kill what an ended worker left behind: as the nearest subreaper we have inherited it."""
        children = Path(f"/proc/self/task/{os.getpid()}/children")
        if children.exists():
            for pid in map(int, children.read_text().split()):
                if pid not in self._workers:
                    os.kill(pid, signal.SIGKILL)


def _collect_orphans() -> None:
    """Become the parent of descendants whose own parent ends (Linux), so that none gets away."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def preload(names: list[str], packages: list[str]) -> list[str]:
    """Import libraries and every file of the module packages, private ones too. Returns what failed, as text."""
    problems = []
    for name in names:
        problems += _try_import(name)
    for package in packages:
        problems += _try_import(package)
        path = getattr(sys.modules.get(package), "__path__", [])
        if names:  # with no library preloaded, a private file that needs one would load it here
            for info in pkgutil.walk_packages(path, package + "."):
                problems += _try_import(info.name)
    return problems


def _try_import(name: str) -> list[str]:
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a module that cannot be imported must not take the others down
        traceback.print_exc()
        return [f"{name}: {type(error).__name__}: {error}"]
    return []


def main(arguments: list[str]) -> None:
    """Load, say so, serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--preload", action="append", default=[])
    parser.add_argument("--package", action="append", default=[])
    options = parser.parse_args(arguments)
    os.environ.pop("PYTHONPATH", None)  # it led this process to the modules; what they start needs none of it
    problems = preload(options.preload, options.package)
    zygote = Zygote(socket.socket(fileno=options.socket), Registry.of(options.package))
    _collect_orphans()
    gc.collect()
    gc.freeze()  # objects made so far stay in memory shared with the workers
    zygote.say({"ready": True, "devices": probe_devices(), "problems": problems})
    zygote.serve()
    sys.stderr.flush()
    os._exit(0)  # tearing torch down takes long and changes nothing


if __name__ == "__main__":
    main(sys.argv[1:])
