"""Named steps of the engine and its workers at which a test can strike, without a hook in the product.

Importing this file wraps functions of the product and of ``os``. The engine's process imports it first of all
(``host.py``), and workers have it from the process that they are forked from, which loads it as if it were a package of
modules. It does nothing until a test arms a step by writing a file; whoever comes to that step then takes the file
away, so that a strike happens once, and does what it says: ends its own process with SIGKILL, stops it, or meets a full
disk.

``TMPDIR`` leads to the file: it is one of the few variables that workers are given, and it marks every process of a
test's engine, so that what is left of them can be found.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import pathlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("TMPDIR", "/nonexistent"))
ARMED = FOLDER / "armed.json"

_seen: Counter[str] = Counter()
_real_write = os.write
_real_rename = os.rename


def armed_for(step: str, **about: Any) -> dict[str, Any] | None:
    """What is armed, if it is this step and its turn has come."""
    try:
        armed: dict[str, Any] = json.loads(ARMED.read_text())
    except (FileNotFoundError, ValueError):
        return None
    if armed["step"] != step or any(about.get(name) != value for name, value in armed["where"].items()):
        return None
    _seen[armed["id"]] += 1
    return armed if _seen[armed["id"]] >= armed["nth"] else None


def fire(armed: dict[str, Any]) -> None:
    """Do what was armed, unless another process came first."""
    fired = FOLDER / f"fired-{armed['id']}.json"
    if armed["action"] == "full":  # stays until the test makes room
        fired.write_bytes(b"{}")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    try:
        _real_rename(ARMED, fired)
    except FileNotFoundError:
        return
    if armed["action"] == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()


def strike(step: str, **about: Any) -> None:
    """Come to a step."""
    armed = armed_for(step, **about)
    if armed is not None:
        fire(armed)


def around(owner: Any, name: str, step: str) -> None:
    """Make a function come to ``step:before`` and ``step:after``."""
    inner = getattr(owner, name)

    @functools.wraps(inner)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        strike(f"{step}:before")
        result = inner(*arguments, **named)
        strike(f"{step}:after")
        return result

    setattr(owner, name, wrapped)


def _place_of(path: object) -> str | None:
    """The part of the home that a path belongs to, as far as steps are named for it."""
    parts = Path(os.fspath(path)).parts  # type: ignore[call-overload]
    if "artifacts" in parts:
        return "store"
    if "attempts" in parts:
        return "seal" if "sealed" in parts else "checkpoint" if "checkpoints" in parts else None
    return None


def _wrap_moves() -> None:
    """``store:before-rename``, ``store:renamed``; ``seal:…``, ``checkpoint:…`` the same where a worker seals."""
    for name in ("rename", "replace"):
        inner = getattr(os, name)

        def move(source: Any, target: Any, *, _inner: Callable[..., None] = inner, **named: Any) -> None:
            place = _place_of(target)
            if place is not None:
                strike(f"{place}:before-rename")
            _inner(source, target, **named)
            if place is not None:
                strike(f"{place}:renamed")

        setattr(os, name, move)


def _wrap_flushes() -> None:
    """``store:before-flush``, ``store:flushed`` and so on, at every ``fsync``."""
    inner = os.fsync

    def fsync(descriptor: int) -> None:
        place = _place_of(Path(f"/proc/self/fd/{descriptor}").readlink())
        if place is not None:
            strike(f"{place}:before-flush")
        inner(descriptor)
        if place is not None:
            strike(f"{place}:flushed")

    os.fsync = fsync


def _wrap_files() -> None:
    """``<file>:half``, ``<file>:written`` for the files that are written in one go."""
    named = {"request.json": "request", "index.json": "index"}
    inner = pathlib.Path.write_text

    def write_text(self: Path, data: str, *arguments: Any, **others: Any) -> int:
        step = "document" if "documents" in self.parts else named.get(self.name)
        if step is None:
            return inner(self, data, *arguments, **others)
        armed = armed_for(f"{step}:half")
        if armed is not None:
            inner(self, data[: len(data) // 2], *arguments, **others)
            fire(armed)
        written = inner(self, data, *arguments, **others)
        strike(f"{step}:written")
        return written

    pathlib.Path.write_text = write_text  # type: ignore[method-assign]


def _wrap_words() -> None:
    """``says <event>:before|half|after``: an event that a worker writes."""
    from torchwire.execution import reporting

    inner = reporting.Reporter._write

    def write(self: Any, kind: str, data: Any, **extra: Any) -> None:
        strike(f"says {kind}:before")
        armed = armed_for(f"says {kind}:half")
        if armed is not None:

            def half(descriptor: int, line: bytes) -> int:
                _real_write(descriptor, line[: len(line) // 2])
                fire(armed)
                return 0

            os.write = half  # type: ignore[assignment]
        inner(self, kind, data, **extra)
        strike(f"says {kind}:after")

    reporting.Reporter._write = write  # type: ignore[method-assign]


def wrap_worker() -> None:
    """The steps of workers and of the process that they are forked from."""
    from torchwire.execution import worker

    _wrap_moves()
    _wrap_flushes()
    _wrap_files()
    _wrap_words()
    around(worker, "_outcome", "work")
    around(worker, "seal", "seal")
    if hasattr(os, "fork"):
        inner = os.fork

        def fork() -> int:
            strike("fork:before")
            pid = inner()
            if pid:
                strike("fork:after")
            return pid

        os.fork = fork


_transaction = threading.local()


def _note(marker: str) -> None:
    if not hasattr(_transaction, "markers"):
        _transaction.markers = []
    if marker not in _transaction.markers:
        _transaction.markers.append(marker)


def _noting(owner: Any, name: str, marker: str) -> None:
    inner = getattr(owner, name)

    @functools.wraps(inner)
    def noting(*arguments: Any, **named: Any) -> Any:
        _note(marker)
        return inner(*arguments, **named)

    setattr(owner, name, noting)


def _wrap_transactions() -> None:
    """``stores <what>:before|after``: the commit of a transaction that holds an event, an attempt, a wish to cancel."""
    from torchwire.execution.loop import Loop
    from torchwire.storage.attempts import Attempts
    from torchwire.storage.database import Database
    from torchwire.storage.holdings import Holdings
    from torchwire.storage.runs import Runs

    append, leave = Runs.append, Database._leave

    def noting_append(self: Any, run_id: str, changes: Any) -> Any:
        for kind, _, _ in changes:
            _note(kind)
        return append(self, run_id, changes)

    def striking_leave(self: Any, *, commit: bool) -> None:
        outermost = self._here.depth == 1
        markers = getattr(_transaction, "markers", [])
        writes = outermost and commit and getattr(self._here, "writing", None) is not None
        for marker in markers if writes else ():
            strike(f"stores {marker}:before")
        leave(self, commit=commit)
        for marker in markers if writes else ():
            strike(f"stores {marker}:after")
        if outermost:
            _transaction.markers = []

    Runs.append = noting_append  # type: ignore[method-assign]
    Database._leave = striking_leave  # type: ignore[method-assign]
    _noting(Attempts, "begin", "attempt")
    _noting(Runs, "request_cancel", "cancel")
    _noting(Loop, "_recover", "recovery")
    _noting(Holdings, "forget", "what is gone")
    _noting(Holdings, "delete_run", "deletion")


def wrap_engine() -> None:
    """The steps of the engine."""
    from torchwire.execution import attempt, checkpoints, engine, home, janitor, loop, recovery, store
    from torchwire.execution.launcher import Launcher
    from torchwire.storage import migrations

    _wrap_moves()
    _wrap_flushes()
    _wrap_files()
    _wrap_transactions()
    around(store.ArtifactStore, "adopt", "adopt")
    around(store.ArtifactStore, "withdraw", "withdraw")
    around(checkpoints.CheckpointKeeper, "adopt", "adopt checkpoint")
    around(Launcher, "fork", "asks for a fork")
    around(Launcher, "__init__", "launch")
    around(attempt.Stopper, "__init__", "flag")
    around(attempt.ProcessTree, "signal", "signal")
    around(recovery, "load_run", "load run")
    around(recovery, "_take_up", "take up")
    around(loop.Loop, "_recover", "recover")
    around(loop.Loop, "_lose_zygote", "lose zygote")
    around(janitor, "_sweep", "sweep")
    around(janitor, "_remove", "clean")
    around(migrations, "upgrade", "migrate")
    around(home.HomeLock, "acquire", "lock")
    subscribe = engine.Engine.subscribe

    def striking_subscribe(self: Any, listener: Callable[[list[Any]], None]) -> Any:
        def hear(events: list[Any]) -> None:
            for event in events:
                strike(f"tells {event.type}:before", node=event.node)
            listener(events)
            for event in events:
                strike(f"tells {event.type}:after", node=event.node)

        return subscribe(self, hear)

    engine.Engine.subscribe = striking_subscribe  # type: ignore[method-assign]


def turn_clock_back(seconds: float) -> None:
    """From now on the wall clock goes backwards, ten times as fast as time passes, from ``seconds`` ago."""
    inner, began = time.time, time.time()
    time.time = lambda: began - seconds - 10 * (inner() - began)


if "torchwire.execution.zygote" in " ".join(map(str, getattr(__import__("sys"), "orig_argv", []))):
    wrap_worker()
