"""The process that workers are forked from: it has imported what they need, so they start in milliseconds.

It runs no module and no torch kernel itself (a used thread pool or CUDA context does not survive a fork), and has one
thread. Whenever it has nothing else to do it gets ready for what comes: it forks a few workers ahead of time. It reads
requests from a socket, one JSON object a line, and answers the same way:

    {"fork": attempt, "folder": path}  ->  {"forked": attempt, "pid": n, "pid_started": t}
                                           later {"exited": attempt, "exit": code} or {"exited": …, "signal": number}
    at its start                           {"ready": true, "devices": […], "problems": […]}

When the engine goes away the socket closes and this process ends; the workers live on.
"""

from __future__ import annotations

import argparse
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from torchwire.execution.devices import probe_devices
from torchwire.execution.hugepages import collapse
from torchwire.execution.processes import children, collect_orphans, started_at
from torchwire.execution.spares import Order, Spares
from torchwire.execution.worker import Prepared, open_streams, run_attempt
from torchwire.imports import hidden
from torchwire.registry import Registry

Runner = Callable[[Path, Registry, Prepared], None]
QUIET = 0.003
"""Seconds without a request or an end after which a spare is forked: not while the machine is busy with those."""


class Zygote:
    """Forks a worker for each request and tells how each ended."""

    def __init__(
        self, engine: socket.socket, registry: Registry, spares: int, chores: Iterator[None], run: Runner = run_attempt
    ) -> None:
        """``chores`` are done bit by bit when nothing else is to do, before the first of so many ``spares``.

        ``run`` is what a fork does with its attempt.
        """
        self._run = run
        self._engine = engine
        self._registry = registry
        self._workers: dict[int, str] = {}
        self._spares = Spares(spares)
        self._chores: Iterator[None] | None = chores
        self._wake, wake_end = socket.socketpair()
        self._wake.setblocking(False)
        wake_end.setblocking(False)
        self._wake_end = wake_end
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Answer requests until the engine goes away."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_end.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._engine, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        rest = b""
        while True:
            ready = {key.fileobj for key, _ in self._selector.select(self._patience())}
            if not ready:
                self._get_ready()
            if self._wake in ready:
                self._wake.recv(4096)
                self._collect()
            if self._engine in ready:
                data = self._engine.recv(65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._start(json.loads(line))

    def _patience(self) -> float | None:
        """How long to wait for something to happen before getting ready for more."""
        if self._chores is not None:
            return 0.0
        return QUIET if self._spares.lacking else None

    def _get_ready(self) -> None:
        if self._chores is None:
            if self._spares.lacking:
                self._spares.add(self._become_worker)
            return
        try:
            next(self._chores)
        except StopIteration:
            self._chores = None

    def say(self, message: dict[str, Any]) -> None:
        """Send one message to the engine; when it is gone, the next read ends us."""
        try:
            self._engine.sendall(json.dumps(message).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)

    def _start(self, request: dict[str, Any]) -> None:
        attempt, folder = request["fork"], Path(request["folder"])
        spare = self._spares.take(folder)
        pid, started = (spare.pid, spare.started) if spare is not None else self._fork(folder)
        self._workers[pid] = attempt
        self.say({"forked": attempt, "pid": pid, "pid_started": started})

    def _fork(self, folder: Path) -> tuple[int, float | None]:
        pid = os.fork()
        if pid == 0:
            self._become_worker(lambda: folder)
        return pid, started_at(pid)

    def _become_worker(self, order: Order) -> NoReturn:
        code = 1
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._engine, self._wake, self._wake_end, self._selector):
                end.close()
            self._spares.let_go()
            collect_orphans()
            prepared = Prepared.now()
            folder = order()
            if folder is not None:
                self._run(folder, self._registry, prepared)
                self._end_strays()  # should our zygote be gone, nobody else would
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
            self._spares.forget(pid)
            self._end_strays()  # also after the end of a stray: what that one had started is ours now
            attempt = self._workers.pop(pid, None)
            if attempt is not None:
                ended = {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"exit": os.WEXITSTATUS(status)}
                self.say({"exited": attempt, **ended})

    def _end_strays(self) -> None:
        """Kill what an ended worker left behind: as the nearest subreaper we have inherited it."""
        known = {*self._workers, *self._spares.pids()}
        for pid in children(os.getpid()):
            if pid not in known:
                os.kill(pid, signal.SIGKILL)


def preload(names: list[str]) -> list[str]:
    """Import libraries. Returns what failed, as text."""
    return [problem for name in names for problem in _try_import(name)]


def preload_private(packages: list[str], without: list[str]) -> Iterator[None]:
    """Import every file of the module packages, private ones too, one with each step.

    What needs a library that is to be left out is left out as well.
    """
    for package in packages:
        for info in pkgutil.walk_packages(getattr(sys.modules.get(package), "__path__", []), package + "."):
            with hidden(without):
                _try_import(info.name, quietly=bool(without))
            yield


def _try_import(name: str, *, quietly: bool = False) -> list[str]:
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a module that cannot be imported must not take the others down
        if not quietly:
            traceback.print_exc()
        return [f"{name}: {type(error).__name__}: {error}"]
    return []


def get_ready(packages: list[str], without: list[str]) -> Iterator[None]:
    """What makes the forks after it cheap, bit by bit: everything imported, and little memory to copy."""
    yield from preload_private(packages, without)
    gc.collect()
    yield
    yield from collapse()
    gc.freeze()  # objects made so far stay in memory shared with the workers


def main(arguments: list[str]) -> None:
    """Load, say so, serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--preload", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--spares", type=int, default=0)
    parser.add_argument("--runner", default="torchwire.execution.worker")
    options = parser.parse_args(arguments)
    os.environ.pop("PYTHONPATH", None)  # it led this process to the modules; what they start needs none of it
    problems = preload(options.preload + options.package)
    registry = Registry.of(options.package)
    collect_orphans()
    open_streams()
    gc.freeze()
    chores = get_ready(options.package, options.without)
    run: Runner = importlib.import_module(options.runner).run_attempt
    zygote = Zygote(socket.socket(fileno=options.socket), registry, options.spares, chores, run)
    zygote.say({"ready": True, "devices": probe_devices(), "problems": problems})
    zygote.serve()
    sys.stderr.flush()
    os._exit(0)  # tearing torch down takes long and changes nothing


if __name__ == "__main__":
    main(sys.argv[1:])
