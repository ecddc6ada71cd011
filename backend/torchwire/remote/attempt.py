"""One attempt on a machine of a target: fetches what it reads, runs its worker, says what happens, brings what it made.

Every backend runs one of these for each job (or for each process of a job that it joins to others itself), in a
process of its own choosing, and gives its driver access to ``read``, ``state`` and ``stop``. What the worker says can
be read only once all that it speaks of is in the exchange.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import IO, Any

from torchwire.errors import ExchangeError, LibraryError, TargetMismatchError, TorchwireError
from torchwire.execution.attempt import EventTail, Stopper
from torchwire.execution.checkpointing import FOLDER
from torchwire.execution.failures import failure_of
from torchwire.execution.launcher import worker_environment
from torchwire.execution.logs import bound_files, in_parts, log_file, tail
from torchwire.execution.memory import MemoryRecord, Sample, Tree
from torchwire.execution.oom import count_files, killed_for_memory, read_counts
from torchwire.execution.processes import ProcessTree, end_orphans, started_at
from torchwire.remote.backend import JobState, RemoteJob
from torchwire.remote.exchange import Exchange
from torchwire.remote.job import PIXELS, lay_out
from torchwire.remote.shelf import Shelf
from torchwire.remote.versions import mismatch, no_module, versions

TICK = 0.1
CHUNK = 1 << 20
LAST_WORDS = 200
SETTLED = 60.0
"""Seconds after which an attempt that works has locked its folder."""
OVER = frozenset({"attempt.done", "attempt.failed", "attempt.cancelled", "attempt.lost"})


class RemoteAttempt:
    """An attempt at work. Its methods may be called from any thread; none but ``read`` waits."""

    def __init__(self, job: RemoteJob, *, patience: float | None = None, machine: str | None = None) -> None:
        """With ``patience``, it ends when nobody has read what it says, or asked how it is, for so many seconds.

        ``machine`` is what the target calls the machine that this is; by default its host name.
        """
        self._job = job
        self._machine = machine or socket.gethostname()
        self._patience = patience
        self._folder = _scratch(job) / "attempts" / f"{job.attempt}-{uuid.uuid4().hex[:8]}"
        self._told = self._folder / "told.jsonl"
        self._size = 0
        self._lock: int | None = None
        self._news = threading.Condition()
        self._state = JobState("running")
        self._stopping = threading.Event()
        self._kill = threading.Event()
        self._asked = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="remote-attempt", daemon=True)

    def start(self) -> None:
        """Begin. Whatever goes wrong is told as the attempt's end."""
        self._folder.mkdir(parents=True)
        self._told.touch()
        self._lock = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_SH)  # until the end of this process, however that comes
        _sweep(self._folder.parent)
        self._thread.start()

    def read(self, offset: int, wait: float) -> bytes:
        """Whole lines of what was said from byte ``offset`` on. Waits up to ``wait`` seconds for more."""
        self._asked = time.monotonic()
        with self._news:
            self._news.wait_for(lambda: self._size > offset or self._state.status == "ended", wait)
            end = self._size
        self._asked = time.monotonic()
        if offset >= end:
            return b""
        with self._told.open("rb") as file:
            file.seek(offset)
            data = file.read(min(end - offset, CHUNK))
            while not data.endswith(b"\n"):  # a line that is longer
                data += file.readline(end - offset)
        return data[: data.rfind(b"\n") + 1]

    def state(self) -> JobState:
        """How it is. All that it said before it ended can be read before this says so."""
        self._asked = time.monotonic()
        return self._state

    def stop(self, *, kill: bool = False) -> None:
        """Have it end: within a second, or with ``kill`` at once."""
        if kill:
            self._kill.set()
        self._stopping.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended. False when it had not in time."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def close(self) -> None:
        """End it, and remove its folder."""
        self.stop(kill=True)
        if self._thread.ident is not None:
            self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _run(self) -> None:
        began, how = time.monotonic(), None
        try:
            self._say("attempt.placed", {"machines": [self._machine]})
            how = _Work(self._job, self._folder, self._say, self._wants).run()
        except Exception as error:  # noqa: BLE001 - the end of the thread: nobody would hear of it otherwise
            told = error if isinstance(error, TorchwireError) else LibraryError(f"{type(error).__name__}: {error}")
            failure = failure_of(told, self._job.request["node"]).as_json()
            with suppress(OSError):
                self._say("attempt.failed", failure | {"seconds": time.monotonic() - began})
        finally:
            with self._news:
                self._state = JobState("ended", ended=how)
                self._news.notify_all()

    def _say(self, kind: str, data: Mapping[str, Any]) -> None:
        line = json.dumps({"type": kind, "data": data}, default=str).encode() + b"\n"
        with self._told.open("ab") as file:
            file.write(line)
        with self._news:
            self._size += len(line)
            self._news.notify_all()

    def _wants(self) -> str | None:
        """What somebody wants of it: ``stop``, ``kill`` or nothing."""
        if self._patience is not None and time.monotonic() - self._asked > self._patience:
            return "kill"
        return "kill" if self._kill.is_set() else "stop" if self._stopping.is_set() else None


class _Work:
    """The attempt from its first byte to its last word, on one thread."""

    def __init__(
        self,
        job: RemoteJob,
        folder: Path,
        say: Callable[[str, Mapping[str, Any]], None],
        wants: Callable[[], str | None],
    ) -> None:
        self._job, self._folder, self._say, self._wants = job, folder, say, wants
        self._exchange = Exchange(job.exchange, job.exchange_options)
        self._scratch = _scratch(job)
        self._shelf = Shelf(self._scratch / "artifacts")
        self._tail = EventTail(folder / "events.jsonl", 0)
        self._began = time.monotonic()
        self._read: dict[str, int] = {}
        self._over = False
        self._memory = MemoryRecord()

    def run(self) -> str | None:
        """Do all of it. Returns how the process ended, when that was not by itself."""
        try:
            self._check_versions()
            if not self._fetch():
                self._tell("attempt.cancelled", {"seconds": self._passed()})
                return None
            return self._follow()
        finally:
            self._shelf.close()
            self._tail.close()

    # Before

    def _check_versions(self) -> None:
        request = self._job.request
        differs = mismatch(request["versions"], versions())
        if differs is not None:
            raise TargetMismatchError(
                f"The target '{request['target']}' has other versions than this computer: {differs}.",
                hint="Install the same versions on both sides, then submit again.",
                node=request["node"],
            )

    def _fetch(self) -> bool:
        """Have here what the worker reads. False when it was to end meanwhile."""
        told, found = self._job.request, {}
        artifacts = {*told["inputs"].values(), *(one["digest"] for one in told["checkpoints"])}
        self._shelf.trim()
        for digest in sorted(artifacts):
            if self._wants():
                return False
            found[digest] = self._shelf.hold(digest, "sealed", partial(self._exchange.fetch, digest))
        files = [data for data in told["resolved"].values() if data.get("exchanged")]
        for file in [*files, *filter(None, [told.get("weights")])]:
            if self._wants():
                return False
            fetch = partial(self._exchange.fetch_file, file["digest"])
            found[file["digest"]] = self._shelf.hold(file["digest"], file["file_name"], fetch)
        if PIXELS in told["settings"]:
            told = dict(told) | {"settings": dict(told["settings"]) | {PIXELS: str(self._scratch / "pixels")}}
        lay_out(replace(self._job, request=told), self._folder, found)
        return self._wants() is None

    # Meanwhile

    def _follow(self) -> str | None:
        bell = self._folder / "doorbell"
        os.mkfifo(bell, 0o600)
        ears = os.open(bell, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        counts = read_counts(count_files())
        process = self._start()
        started = started_at(process.pid)
        self._memory.kills.begin(process.pid, counts)
        watch = Tree(process.pid, started, self._began, self._memory)
        stopper: Stopper | None = None
        tree = ProcessTree(process.pid, started)
        try:
            while process.poll() is None:
                if select.select([ears], [], [], TICK if stopper is None else 0.02)[0]:
                    os.read(ears, 1 << 16)
                self._pass_on()
                now, wants = time.monotonic(), self._wants()
                if wants == "kill":
                    tree.signal(SIGKILL)
                if wants is not None:
                    stopper = stopper or Stopper(self._folder, now)
                    stopper.step(now, process.pid, started)
                if now >= watch.due:
                    tree.refresh()
                    self._tell_memory(watch.look(now))
                    bound_files(self._folder)
        finally:
            tree.signal(SIGKILL)  # what it left behind
            process.kill()
            process.wait()
            end_orphans(process.pid)
            os.close(ears)
        self._pass_on()
        return self._bury(process.returncode, stopped=stopper is not None)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "torchwire.remote.worker", str(self._folder), str(os.getpid())]
        try:
            environment = worker_environment(["torchwire", *self._job.request["packages"]])
        except ImportError as error:
            raise no_module(self._job.request, error) from error
        with _appended(self._folder, "stdout") as out, _appended(self._folder, "stderr") as err:
            return subprocess.Popen(  # noqa: S603 - our own interpreter and a folder of ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=self._folder,
                env=environment,
                start_new_session=True,
            )

    def _pass_on(self) -> None:
        """Say what the worker has said since, once what it speaks of is in the exchange."""
        self._tail.behind = True
        while self._tail.behind:
            for event in self._tail.read():
                self._read = event.get("read", self._read)
                self._hear(event["type"], event["data"])

    def _hear(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "attempt.checkpoint" and not self._bring_checkpoint(data):
            return
        if kind == "attempt.done":
            try:
                for port, sealed in data["outputs"].items():
                    if port in self._job.request["outputs"]:
                        self._exchange.put(sealed["digest"], self._folder / "sealed" / port)
            except (ExchangeError, OSError) as error:
                kind, data = "attempt.failed", self._failed(error)
        self._tell(kind, data)

    def _bring_checkpoint(self, data: Mapping[str, Any]) -> bool:
        try:
            self._exchange.put(data["digest"], self._folder / FOLDER / data["name"])
        except FileNotFoundError:  # its worker has made a newer one since and removed it
            return False
        except ExchangeError as error:
            line = [time.time(), "stderr", f"A checkpoint could not be kept: {error.message}"]
            self._tell("node.log", {"lines": [line]})
            return False
        return True

    def _failed(self, error: Exception) -> dict[str, Any]:
        told = error if isinstance(error, TorchwireError) else ExchangeError(f"An output was lost: {error}.")
        return failure_of(told, self._job.request["node"]).as_json() | {"seconds": self._passed()}

    def _tell_memory(self, sample: Sample | None) -> None:
        if sample is not None:
            self._memory.add(sample)
            self._tell("attempt.memory", vars(sample) | {"limit": self._memory.limit})

    def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        if not self._over:
            self._over = kind in OVER
            self._say(kind, data)

    def _passed(self) -> float:
        return time.monotonic() - self._began

    # After

    def _bury(self, code: int, *, stopped: bool) -> str | None:
        """Say what is left to say of a process that ended."""
        ended = f"signal {-code}" if code < 0 else f"exit {code}" if code else None
        if self._over:
            return ended
        for part in in_parts(tail(self._folder, LAST_WORDS, self._read)):
            self._tell("node.log", {"lines": part})
        if stopped:
            self._tell("attempt.cancelled", {"seconds": self._passed()})
            return ended
        memory = self._memory
        used = memory.curve[-1][1] if memory.curve else 0
        starved = killed_for_memory(ended or "exit 0", memory.kills, used, memory.limit, memory.available)
        about = {"ended": ended or "exit 0", "out_of_memory": starved, "seconds": self._passed()}
        self._tell("attempt.ended", about)
        return ended


def _sweep(folder: Path) -> None:
    """Remove what attempts have left whose processes were killed: nobody holds their folders any more."""
    for left in folder.iterdir():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime < SETTLED:
                continue
            lock = os.open(left, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)


def _scratch(job: RemoteJob) -> Path:
    """The folder on this machine for all that attempts need. Raises ExchangeError when somebody else made it."""
    if job.scratch is not None:
        return Path(job.scratch).expanduser()
    folder = Path(tempfile.gettempdir()) / f"torchwire-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise ExchangeError(f"{folder} belongs to somebody else.", hint="Set the target's option 'scratch'.")
    return folder


def _appended(folder: Path, stream: str) -> IO[bytes]:
    return log_file(folder, stream).open("ab")
