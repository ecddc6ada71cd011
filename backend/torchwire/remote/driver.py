"""The local process of an attempt on a remote target: submits it, passes on what it says, brings what it made.

To the engine it is a worker like any other: it writes the attempt's event file, heeds its cancel flag, and outlives the
server. It runs no module. It is forked from a zygote of its own kind, which holds neither torch nor modules.
"""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from torchwire.errors import LibraryError, RunCancelled, TargetUnavailableError, TorchwireError
from torchwire.execution.checkpointing import FOLDER, KEPT
from torchwire.execution.context import cancel_flag
from torchwire.execution.failures import failure_of
from torchwire.execution.heard import checked
from torchwire.execution.logs import LogBook
from torchwire.execution.reporting import Reporter
from torchwire.execution.worker import Prepared
from torchwire.registry import Registry
from torchwire.remote.backend import JobState, RemoteBackend, RemoteHandle
from torchwire.remote.exchange import Exchange
from torchwire.remote.job import make_job
from torchwire.remote.kinds import Standing, backend_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

WAIT = 0.2
"""Seconds that are waited for news before looking whether the run is cancelled."""
KILL_AFTER = 3.0
GIVE_UP_AFTER = 5.0
"""Seconds after the flag at which the job is killed, and at which nobody waits for it any more."""
AGAIN = 1.0
"""Seconds between two tries to reach a target."""
TRIM_ONE_IN = 20
"""Of so many drivers one tidies the exchange."""
OVER = frozenset({"attempt.done", "attempt.failed", "attempt.cancelled", "attempt.lost", "attempt.ended"})


def run_attempt(folder: Path, _: Registry, prepared: Prepared) -> None:
    """Have the attempt that ``folder/request.json`` describes run on its target. Its outcome is the last event."""
    request = json.loads((folder / "request.json").read_bytes())
    _print_to(folder / "driver.log")
    signal.signal(signal.SIGTERM, _on_terminate)
    reporter = Reporter(folder, request["attempt"], Path(request["doorbell"]), LogBook(folder, streams=()))
    reporter.event("attempt.started", {"pid": os.getpid(), "pid_started": prepared.started})
    began = time.monotonic()
    try:
        outcome, data = Driver(request, folder, reporter).drive()
    except RunCancelled:
        outcome, data = "attempt.cancelled", {}
    except _Lost as lost:
        outcome, data = "attempt.lost", {"error": lost.error.as_json(), "ended": None, "again": True}
    except BaseException as error:
        if not isinstance(error, TorchwireError):
            logger.exception("The driver failed.")
            hint = "This is a fault of the target's plug-in, or of its set-up."
            text = f"The target '{request['target']}' could not be used: {type(error).__name__}: {error}"
            error = LibraryError(text[:2000], hint=hint)
        outcome, data = "attempt.failed", failure_of(error, request["node"]).as_json()
    reporter.event(outcome, {"seconds": time.monotonic() - began} | data)


class Driver:
    """One remote attempt, seen from here."""

    def __init__(self, request: Mapping[str, Any], folder: Path, reporter: Reporter) -> None:
        self._request, self._folder, self._reporter = request, folder, reporter
        self._standing = Standing.of_json(request["driver"])
        self._options = self._standing.options
        self._exchange = Exchange(self._options.exchange, self._options.exchange_options)
        self._patience = self._options.silent_seconds
        self._checkpoints: deque[str] = deque()
        self._offset = 0
        self._waits_for = ""
        self._cancelled: float | None = None
        self._outcome: tuple[str, dict[str, Any]] | None = None

    def drive(self) -> tuple[str, dict[str, Any]]:
        """Do all of it. Returns the attempt's last event. Raises TorchwireError, RunCancelled or _Lost."""
        backend: RemoteBackend | None = None
        handle: RemoteHandle | None = None
        try:
            self._check_cancelled()
            job = make_job(self._request, self._options, self._exchange)
            backend = backend_of(self._standing)
            handle = self._reached(lambda: backend.submit(job))
            return self._follow(handle)
        finally:
            for part in (handle, backend):
                if part is not None:
                    with suppress(Exception):  # the outcome is known, whatever it is
                        part.close()
            self._tidy()

    def _follow(self, handle: RemoteHandle) -> tuple[str, dict[str, Any]]:
        while True:
            self._heed(handle)
            state = JobState("running")
            if not self._hear(handle):
                state = self._reached(handle.state)
                self._tell_state(state)
            if state.status in ("ended", "lost"):
                while self._hear(handle, wait=0.0):
                    pass
            if self._outcome is not None:
                return self._outcome
            if state.status == "lost":
                raise self._lost(state.why or "it is gone")
            if state.status == "ended":
                return self._ended(state)

    def _hear(self, handle: RemoteHandle, wait: float = WAIT) -> bool:
        """Pass on what the worker has said since. Whether that was anything."""
        data = self._reached(lambda: handle.read(self._offset, wait))
        self._offset += len(data)
        for line in data.split(b"\n"):
            try:
                event = checked(json.loads(line)) if line else None
            except (ValueError, RecursionError):
                continue
            if event is not None and self._outcome is None:
                self._pass_on(event["type"], event["data"])
        return bool(data)

    def _pass_on(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "attempt.started":
            return
        if kind == "attempt.checkpoint":
            self._take_checkpoint(data)
        elif kind in OVER:
            if kind == "attempt.done":
                for port, sealed in data["outputs"].items():
                    if port in self._request["outputs"]:
                        self._exchange.fetch(sealed["digest"], self._folder / "sealed" / port)
            self._outcome = kind, data
        else:
            self._reporter.event(kind, data)

    def _take_checkpoint(self, data: dict[str, Any]) -> None:
        name = data["name"]
        try:
            self._exchange.fetch(data["digest"], self._folder / FOLDER / name)
        except (TorchwireError, OSError) as error:  # the one before still stands
            line = [time.time(), "stderr", f"A checkpoint was not brought here: {error}"]
            self._reporter.event("node.log", {"lines": [line]})
            return
        self._reporter.event("attempt.checkpoint", data)
        self._keep(name)

    def _keep(self, name: str) -> None:
        """Remove checkpoints that no engine took over, but for the newest."""
        self._checkpoints.append(name)
        while len(self._checkpoints) > KEPT:
            with suppress(OSError):
                old = self._folder / FOLDER / self._checkpoints.popleft()
                aside = old.with_name(f"dropped-{old.name}")
                old.rename(aside)  # the engine may be taking it over: it goes whole or stays
                shutil.rmtree(aside)

    def _tell_state(self, state: JobState) -> None:
        if state.status == "pending" and state.why != self._waits_for:
            self._waits_for = state.why
            self._reporter.event("attempt.waiting", {"why": state.why or "waits for the target", "queued": True})
        elif state.status == "running" and self._waits_for:
            self._waits_for = ""
            self._reporter.event("attempt.running", {})

    def _heed(self, handle: RemoteHandle) -> None:
        """Stop the job once the run is cancelled: kindly, then not, then without waiting for it."""
        if not cancel_flag(self._folder).exists():
            return
        now = time.monotonic()
        if self._cancelled is None:
            self._cancelled = now
            with suppress(ConnectionError):
                handle.stop()
        waited = now - self._cancelled
        if waited > GIVE_UP_AFTER:
            raise RunCancelled
        if waited > KILL_AFTER:
            with suppress(ConnectionError):
                handle.stop(kill=True)

    def _reached(self, ask: Callable[[], T]) -> T:
        """The answer of the target, which may be out of reach for a while. Raises _Lost when that lasts too long."""
        until: float | None = None
        while True:
            try:
                return ask()
            except (ConnectionError, TargetUnavailableError) as error:
                if type(error) is not TargetUnavailableError and isinstance(error, TorchwireError):
                    raise  # it was reached, and does not fit
                now = time.monotonic()
                until = until or now + self._patience
                why = error.message if isinstance(error, TorchwireError) else str(error) or "no answer"
                if now >= until:
                    raise self._lost(why) from error
                if why != self._waits_for:
                    self._waits_for = why
                    about = {"why": f"waits for {self._standing.title}: {why}", "queued": not self._offset}
                    self._reporter.event("attempt.waiting", about)
                self._pause(min(AGAIN, until - now))

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._check_cancelled()
            time.sleep(min(WAIT, seconds))

    def _check_cancelled(self) -> None:
        if cancel_flag(self._folder).exists():
            raise RunCancelled

    def _lost(self, why: str) -> _Lost:
        hint = "Look at the target on the Targets page."
        message = f"The target '{self._request['target']}' lost the node: {why.removesuffix('.')}."
        return _Lost(TargetUnavailableError(message, hint=hint, node=self._request["node"]))

    def _ended(self, state: JobState) -> tuple[str, dict[str, Any]]:
        """A job that ended without a last word: with it, whoever should have said it has gone."""
        if state.ended is None:
            raise self._lost(state.why or "it ended without a word")
        return "attempt.ended", {"ended": state.ended, "out_of_memory": False}

    def _tidy(self) -> None:
        if random.randrange(TRIM_ONE_IN) == 0:  # noqa: S311 - nobody is to guess it
            with suppress(TorchwireError):
                self._exchange.trim(self._options.keep_days)


class _Lost(Exception):  # noqa: N818 - what became of the job
    """The job is gone through no fault of its module's."""

    def __init__(self, error: TargetUnavailableError) -> None:
        super().__init__(error.message)
        self.error = error


def _print_to(path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for number in (1, 2):
        os.dup2(file, number)
    os.close(file)


def _on_terminate(_number: int, _frame: FrameType | None) -> None:
    raise RunCancelled
