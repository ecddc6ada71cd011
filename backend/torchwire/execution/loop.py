"""The engine's thread: waits for workers, the zygotes, commands and time, and lets the executor decide."""

from __future__ import annotations

import logging
import os
import queue
import selectors
import stat
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from signal import SIGKILL
from typing import Any, TypeVar

from torchwire.errors import ConflictError, DatabaseUnavailableError, TorchwireError
from torchwire.execution.active_run import ActiveRun
from torchwire.execution.beyond import DRIVER, RemoteTarget
from torchwire.execution.events import RunEvent
from torchwire.execution.executor import Executor
from torchwire.execution.home import Home
from torchwire.execution.janitor import Janitor
from torchwire.execution.jobs import Job, JobBoard
from torchwire.execution.launcher import Kind, Launcher, driver_kind, kinds_of
from torchwire.execution.processes import ProcessTree
from torchwire.execution.recovery import recover, write_document
from torchwire.execution.settings import EngineSettings
from torchwire.execution.targets import local_targets
from torchwire.registry import Registry
from torchwire.storage.database import Database

logger = logging.getLogger(__name__)

Listener = Callable[[list[RunEvent]], None]
Command = Callable[[], None]
T = TypeVar("T")

SWEEP = 0.5
"""Seconds between two looks at everything: it finds what no doorbell, exit message or command told."""
STOPPING_SWEEP = 0.02
TIDY = 1.0
"""Seconds, at least, between two times at which the database is tidied up."""
CALL_TIMEOUT = 60.0
MAX_WAIT_FOR_DATABASE = 2.0
CLAIM_EVERY = 15.0
"""Seconds between two looks whether the database is still this engine's."""
MAX_STARTS = 4
"""How often in a row a zygote may end before it was ready."""


@dataclass
class Supply:
    """One kind of zygote, and the process of that kind if there is one now."""

    kind: Kind
    start_due: float
    launcher: Launcher | None = None
    failed_starts: int = 0


class Loop:
    """One thread that owns the executor."""

    def __init__(
        self, home: Home, database: Database, registry: Registry, settings: EngineSettings, executor: Executor
    ) -> None:
        self._home = home
        self._database = database
        self._registry = registry
        self._settings = settings
        self._executor = executor
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._listeners: list[Listener] = []
        self._stored: list[RunEvent] = []
        """Events that were stored elsewhere: they are told even if this turn comes to nothing."""
        self._answers: list[tuple[Future[Any], Any]] = []
        self._janitor = Janitor()
        self._jobs = JobBoard()
        self._tidy_due = 0.0
        kinds = kinds_of(settings.preload, settings.cores)
        self._supplies = [Supply(kind, start_due=float("inf") if place else 0.0) for place, kind in enumerate(kinds)]
        self._last = self._supplies[-1]  # it holds torch, if any does
        self._recovered = False
        self._failures = 0
        self._claim_due = 0.0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="torchwire-engine", daemon=True)
        self.ready = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._wake, self._wake_end = os.pipe()
        for end in (self._wake, self._wake_end):
            os.set_blocking(end, False)
        self._doorbell = _open_doorbell(self._home)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ, self._on_wake)
        self._selector.register(self._doorbell, selectors.EVENT_READ, self._on_doorbell)
        self._janitor.start()
        self._janitor.do(self._executor.blanks.remove)
        self._executor.memory.start()
        self._thread.start()

    def stop(self, *, kill: bool) -> None:
        """End the thread, and the zygotes with it; with ``kill`` the workers as well."""
        if not self.started or self._stopping:
            return
        self._stopping = True
        self._ring()
        self._thread.join()
        self._jobs.end()
        if kill:
            for attempt in self._executor.attempts.values():
                if attempt.pid is not None:
                    ProcessTree(attempt.pid, attempt.pid_started).signal(SIGKILL)
        for supply in self._supplies:
            if supply.launcher is not None:
                supply.launcher.close()
        self._janitor.stop()
        self._executor.blanks.remove()
        self._executor.memory.stop()
        self._selector.close()
        for end in (self._wake, self._wake_end, self._doorbell):
            os.close(end)
        for attempt in self._executor.attempts.values():
            attempt.tail.close()

    def submitted(self, run: ActiveRun, document: object, event: RunEvent) -> None:
        """Tell of a run that was stored, and begin it."""

        def take_up() -> None:
            self._stored.append(event)
            if run.id not in self._executor.progress.runs and self._database.runs.is_unfinished(run.id):
                write_document(self._home, run.id, document)
                run.cancelling = self._database.runs.cancel_requested(run.id)
                self._executor.take_up(run)

        self._command(take_up)

    @property
    def started(self) -> bool:
        """Whether the thread was started."""
        return self._thread.ident is not None

    def cancel(self, run_id: str, *, store: bool = False) -> None:
        """Tell of a cancellation that was stored, or ``store`` it first."""

        def cancel() -> None:
            if store:
                self._database.runs.request_cancel(run_id)
            self._executor.cancel(run_id)

        self._command(cancel)

    def cancel_node(self, run_id: str, node: str) -> None:
        """Tell of a node's cancellation that was stored."""
        self._command(lambda: self._executor.cancel_node(run_id, node))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with what is said from now on. Returns what ends it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def call(self, task: Callable[[], T]) -> T:
        """Run ``task`` on the engine's thread, in a transaction of that turn, and return its answer once it is stored.

        Raises what the task raises, and ConflictError when the engine does not come to it. Without a started thread
        it runs here.
        """
        if not self.started:
            with self._database.unit():
                return task()
        answer: Future[T] = Future()

        def run() -> None:
            self._executor.flush()  # what was decided in this turn counts
            try:
                self._answers.append((answer, task()))
            except TorchwireError as error:
                answer.set_exception(error)

        self._command(run)
        try:
            return answer.result(CALL_TIMEOUT)
        except TimeoutError as error:
            raise ConflictError("The engine is busy or stopping.", hint="Try again in a moment.") from error

    def set_remote(self, targets: Mapping[str, RemoteTarget]) -> None:
        """Tell how the targets beyond this computer stand. With the first of them, drivers can be had."""

        def take() -> None:
            self._executor.set_remote(targets)
            if targets and all(supply.kind.name != DRIVER for supply in self._supplies):
                self._supplies.append(Supply(driver_kind(), start_due=0.0))

        if self.started:
            self._command(take)
        else:
            take()

    def begin(self, job: Job) -> None:
        """Start a small job."""
        if not self.started or self._stopping:
            job.end()
            return
        self._command(lambda: self._jobs.add(job))

    def give_up(self, job: Job) -> None:
        """Kill a small job."""
        self._command(lambda: self._jobs.end(job=job))

    def _command(self, command: Command) -> None:
        self._commands.put(command)
        self._ring()

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # full: it will wake up anyway
            os.write(self._wake_end, b"!")

    def _run(self) -> None:
        sweep_due = 0.0
        while not self._stopping:
            ready = self._selector.select(max(0.0, min(sweep_due, self._next_start()) - time.monotonic()))
            try:
                with self._database.unit():
                    self._turn([key.data for key, _ in ready], sweep=time.monotonic() >= sweep_due)
                self._after_commit()
                self._failures = 0
            except DatabaseUnavailableError as error:
                logger.warning("%s The engine goes on when it is back.", error.message)
                self._start_over(MAX_WAIT_FOR_DATABASE)
            except Exception:
                logger.exception("The engine lost its thread; it takes up its runs from the log again.")
                self._start_over()
            now = time.monotonic()
            sweep_due = now + SWEEP if now >= sweep_due else sweep_due
            if self._executor.is_behind():
                sweep_due = now
            if self._executor.has_more_to_schedule:
                self._ring()
            if self._executor.is_stopping():
                sweep_due = min(sweep_due, now + STOPPING_SWEEP)

    def _turn(self, callbacks: list[Callable[[], None]], *, sweep: bool) -> None:
        if time.monotonic() >= self._claim_due:
            self._database.claim()
            self._claim_due = time.monotonic() + CLAIM_EVERY
        if not self._recovered:
            self._recover()
        for callback in callbacks:
            callback()
        for supply in self._supplies:
            if supply.launcher is None and time.monotonic() >= supply.start_due:
                self._launch(supply)
        if sweep:
            self._executor.look_at_all()
            self._executor.tell_memory()
            self._executor.bound_logs()
        self._executor.schedule()
        if sweep:
            self._executor.tell_waiting()
        self._executor.flush()

    def _after_commit(self) -> None:
        answers, self._answers = self._answers, []
        for answer, value in answers:
            answer.set_result(value)
        forks, self._executor.to_fork = self._executor.to_fork, []
        for attempt in forks:
            launcher = next(supply.launcher for supply in self._supplies if supply.kind.name == attempt.zygote)
            if launcher is None or not launcher.fork(attempt.id, attempt.folder):
                attempt.lost_since = time.monotonic()
        for job in self._jobs.waiting():
            launcher = next(supply.launcher for supply in self._supplies if supply.kind.name == job.zygote)
            job.asked = launcher is not None and launcher.fork(job.id, job.folder)
        events, self._stored, self._executor.progress.said = self._stored + self._executor.progress.said, [], []
        for listener in list(self._listeners) if events else ():
            try:
                listener(events)
            except Exception:
                logger.exception("A listener failed.")
        paths, self._executor.progress.to_clean = self._executor.progress.to_clean, []
        unused, self._executor.unused = self._executor.unused, set()
        withdrawn = (self._executor.store.withdraw(digest) for digest in unused)
        self._janitor.remove(paths + [path for path in withdrawn if path is not None])
        if forks and self._executor.blanks.lacking:
            self._janitor.do(self._executor.blanks.make)
        if events and time.monotonic() >= self._tidy_due:
            self._tidy_due = time.monotonic() + TIDY
            self._janitor.do(self._database.tidy)

    def _recover(self) -> None:
        for run, attempts in recover(self._home, self._database, self._registry):
            self._executor.take_up(run, attempts)
        known, living = self._database.attempts.ids(), set(self._executor.attempts)
        self._janitor.sweep(self._home, known=known, living=living, runs=set(self._executor.progress.runs))
        self._recovered = True

    def _start_over(self, longest: float = 30.0) -> None:
        """Forget everything: it is in the log. Wait a little longer each time, should this happen again."""
        self._failures += 1
        answers, self._answers = self._answers, []
        for answer, _ in answers:
            answer.set_exception(ConflictError("The change could not be stored.", hint="Try again in a moment."))
        self._executor.reset()
        self._recovered = False
        self._claim_due = 0.0
        again = time.monotonic() + min(longest, 0.1 * 2 ** min(self._failures, 10))
        while time.monotonic() < again and not self._stopping:
            time.sleep(0.05)

    def _launch(self, supply: Supply) -> None:
        supply.launcher = Launcher(supply.kind, self._registry.packages, self._home.workers_log)
        self._selector.register(supply.launcher, selectors.EVENT_READ, partial(self._on_zygote, supply))

    def _next_start(self) -> float:
        return min((supply.start_due for supply in self._supplies if supply.launcher is None), default=float("inf"))

    def _on_wake(self) -> None:
        os.read(self._wake, 4096)
        with suppress(queue.Empty):
            while True:
                self._commands.get_nowait()()

    def _on_doorbell(self) -> None:
        rung = os.read(self._doorbell, 1 << 16)
        names = {name.decode("ascii", "replace") for name in rung.split(b"\n") if name}
        # A full pipe may have refused somebody.
        self._executor.look_at_all(None if len(rung) >= 1 << 15 else names)

    def _on_zygote(self, supply: Supply) -> None:
        messages = supply.launcher.receive() if supply.launcher is not None else []
        if messages is None:
            self._lose_zygote(supply)
        for message in messages or ():
            self._on_message(supply, message)

    def _on_message(self, supply: Supply, message: dict[str, Any]) -> None:
        if "ready" in message:
            supply.failed_starts = 0
            self._executor.set_workers(supply.kind.name, True)
            cores, memory = self._settings.cores, self._settings.memory_bytes
            if supply is self._last:  # it knows the GPUs
                self._executor.set_targets(local_targets(cores, memory, message["devices"]))
                self.ready.set()
            self._start_the_others()
        elif "forked" in message:
            self._executor.forked(message["forked"], message["pid"], message["pid_started"])
            self._jobs.forked(message["forked"], message["pid"], message["pid_started"])
        elif "exited" in message:
            how = f"signal {message['signal']}" if "signal" in message else f"exit {message['exit']}"
            self._executor.exited(message["exited"], how)
            self._jobs.exited(message["exited"])

    def _start_the_others(self) -> None:
        """Start what waited for the first zygote: that one is needed sooner, and should not share the processor."""
        for supply in self._supplies:
            if supply.start_due == float("inf"):
                supply.start_due = 0.0

    def _lose_zygote(self, supply: Supply) -> None:
        launcher, supply.launcher = supply.launcher, None
        if launcher is None:
            return
        self._selector.unregister(launcher)
        launcher.close()
        logger.warning("The process that workers are forked from ended; starting another.")
        supply.failed_starts += not launcher.ready
        self._executor.set_workers(supply.kind.name, False)
        self._jobs.end(zygote=supply.kind.name)
        if supply is self._last:
            self.ready.clear()
        delay = min(30.0, 2.0**supply.failed_starts) if supply.failed_starts else 0.0
        supply.start_due = time.monotonic() + delay
        self._start_the_others()
        if supply.failed_starts >= MAX_STARTS:
            self._executor.workers_fail(supply.kind.name, f"{supply.failed_starts} attempts ended early.")


def _open_doorbell(home: Home) -> int:
    path = home.doorbell
    if path.exists() and not stat.S_ISFIFO(path.stat().st_mode):
        path.unlink()
    if not path.exists():
        os.mkfifo(path, 0o600)
    # Read and write: with a writer always there, the end of a worker is no end of file.
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
