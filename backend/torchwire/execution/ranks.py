"""Several processes for one node: forked by its worker, which watches over them and ends all when one is lost.

A worker that has several ranks does no work itself. It hears how each ended through a pipe, and sees in a piece of
memory that they share whether each still moves. Only the first rank speaks to the engine, into the same event file.
"""

from __future__ import annotations

import mmap
import os
import pickle
import selectors
import signal
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from torchwire.errors import ProcessLostError, RunCancelled, TorchwireError
from torchwire.execution.failures import Failure, ReportedError, failure_of, print_trace
from torchwire.execution.logs import log_file, rank_stream
from torchwire.execution.processes import descendants, end_with

if TYPE_CHECKING:
    from torchwire.execution.context import WorkerContext

BEAT = 0.2
"""Seconds between two signs of life."""
LOOK = 0.02
"""Seconds between two looks at the ranks, and at the cancel flag."""
GRACE = 0.3
"""Seconds in which, after the first rank failed, the others may still say what they know of it."""
SILENCE = 60.0
"""Seconds without a sign of life after which a rank is ended, unless the operator says otherwise."""
HEADER = struct.Struct("!Q")
COUNTER = struct.Struct("=Q")


@dataclass(frozen=True)
class LastWord:
    """How a rank came to its end, by itself. ``when`` is by the clock that all processes share."""

    kind: str  # done, failed, cancelled
    when: float
    value: Any = None


@dataclass
class Rank:
    """One process."""

    number: int
    pid: int
    pipe: int
    received: bytearray = field(default_factory=bytearray)
    last_word: LastWord | None = None
    status: int | None = None  # as waitpid gave it
    beats: int = -1
    silent: float = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether it ended without a word."""
        return self.status is not None and self.last_word is None


def run_ranks(context: WorkerContext, function: Callable[[Any], Any]) -> Any:
    """Run ``function`` in as many processes as the node is to have, and return what the first one returns.

    Must come before anything that starts threads or computes: the processes are forks. Raises what a rank raised;
    ProcessLostError when one was killed, or showed no sign of life for too long.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the one other thread, the reporter's, holds no lock long
        return Ranks(context).run(function)


class Ranks:
    """The processes of one node."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._count = context.processes
        self._silence = float(context.settings.get("rank_silence_seconds", SILENCE))
        self._beats = mmap.mmap(-1, COUNTER.size * self._count)
        self._selector = selectors.DefaultSelector()
        self._ranks: list[Rank] = []

    def run(self, function: Callable[[Any], Any]) -> Any:
        """Start them all, wait for them all. None is left afterwards."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        try:
            for number in range(self._count):
                self._start(number, function)
            return self._wait()
        finally:
            self._end_all()

    def _start(self, number: int, function: Callable[[Any], Any]) -> None:
        reading, writing = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(number, parent, writing, function)
        os.close(writing)
        os.set_blocking(reading, False)
        rank = Rank(number, pid, reading)
        self._ranks.append(rank)
        self._selector.register(reading, selectors.EVENT_READ, rank)

    # In the worker

    def _wait(self) -> Any:
        looked, failing = time.monotonic(), None
        while True:
            self._listen()
            self._context.check_cancelled()
            now = time.monotonic()
            self._feel(min(now - looked, 10 * LOOK))  # what this process slept through is nobody's silence
            looked = now
            if all(rank.last_word and rank.last_word.kind == "done" for rank in self._ranks):
                return next(rank.last_word.value for rank in self._ranks if rank.last_word)
            if failing is None and any(self._is_bad(rank) for rank in self._ranks):
                failing = now
            if failing is not None and (now - failing > GRACE or all(self._is_over(rank) for rank in self._ranks)):
                raise self._cause()

    def _listen(self) -> None:
        for key, _ in self._selector.select(LOOK):
            rank: Rank = key.data
            with suppress(BlockingIOError):
                data = os.read(rank.pipe, 1 << 20)
                rank.received += data
                if not data:
                    self._selector.unregister(rank.pipe)
            if rank.last_word is None and len(rank.received) >= HEADER.size:
                (size,) = HEADER.unpack_from(rank.received)
                if len(rank.received) >= HEADER.size + size:
                    rank.last_word = pickle.loads(rank.received[HEADER.size :])  # noqa: S301 - from our own fork
        if not self._selector.get_map():
            time.sleep(LOOK)
        for rank in self._ranks:
            if rank.status is None:
                with suppress(ChildProcessError):
                    pid, status = os.waitpid(rank.pid, os.WNOHANG)
                    rank.status = status if pid else None

    def _feel(self, passed: float) -> None:
        for rank in self._ranks:
            (beats,) = COUNTER.unpack_from(self._beats, rank.number * COUNTER.size)
            rank.silent = 0.0 if beats != rank.beats or self._is_over(rank) else rank.silent + passed
            rank.beats = beats
            if rank.silent > self._silence:
                message = f"{self._name(rank)} showed no sign of life for {self._silence:g} seconds and was ended."
                raise ProcessLostError(message, node=self._context.node_id, hint="See the end of the node's log.")

    def _is_over(self, rank: Rank) -> bool:
        return rank.status is not None or rank.last_word is not None

    def _is_bad(self, rank: Rank) -> bool:
        # The pipe of an ended process is read to its end before it counts as lost.
        lost = rank.is_lost and rank.pipe not in self._selector.get_map()
        return lost or (rank.last_word is not None and rank.last_word.kind != "done")

    def _cause(self) -> BaseException:
        """What came first. A process that was killed comes before what the others say of lost connections."""
        for rank in self._ranks:
            if rank.is_lost and rank.status is not None:
                return self._lost(rank, rank.status)
        words = [
            (rank.last_word.when, rank) for rank in self._ranks if rank.last_word and rank.last_word.kind != "done"
        ]
        _, first = min(words, key=lambda one: one[0])
        if first.last_word is None or first.last_word.kind == "cancelled":
            return RunCancelled()
        failure: Failure = first.last_word.value
        if failure.cause is not None and failure.what is not None:  # not one of those that name what the user can mend
            failure.error.message = f"{self._name(first)}: {failure.error.message}"
        return ReportedError(failure)

    def _lost(self, rank: Rank, status: int) -> ProcessLostError:
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            ended, how = f"signal {number}", f"was killed by {signal.Signals(number).name}"
        else:
            code = os.WEXITSTATUS(status)
            ended, how = f"exit {code}", f"ended with exit code {code}, without saying why"
        hint = "See the end of the node's log."
        return ProcessLostError(f"{self._name(rank)} {how}.", ended=ended, node=self._context.node_id, hint=hint)

    def _name(self, rank: Rank) -> str:
        return f"Rank {rank.number} of {self._count}"

    def _end_all(self) -> None:
        for rank in self._ranks:
            if rank.status is None:
                for pid in (*descendants(rank.pid), rank.pid):
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)
        for rank in self._ranks:
            if rank.status is None:
                with suppress(ChildProcessError):
                    os.waitpid(rank.pid, 0)
            os.close(rank.pipe)
        self._selector.close()

    # In a rank

    def _become(self, number: int, parent: int, pipe: int, function: Callable[[Any], Any]) -> NoReturn:
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            end_with(parent)
            self._selector.close()
            for other in self._ranks:
                os.close(other.pipe)
            if number:
                _print_to(log_file(self._context.attempt_folder, rank_stream(number)))
            threading.Thread(target=self._beat, args=(number, parent), name="beat", daemon=True).start()
            word = self._work(number, function)
            _send(pipe, word)
            code = 0 if word.kind == "done" else 1
        except BaseException as error:  # noqa: BLE001 - this is the end of the process, which must not return
            print_trace(error)
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):
                    stream.flush()
            os._exit(code)

    def _work(self, number: int, function: Callable[[Any], Any]) -> LastWord:
        context = self._context.of_rank(number)
        try:
            value = function(context)
            context.close_rank()
            return LastWord("done", time.monotonic(), value if number == 0 else None)
        except RunCancelled:
            return LastWord("cancelled", time.monotonic())
        except BaseException as error:  # noqa: BLE001 - a module is other people's code: anything may come out
            when = time.monotonic()
            if not isinstance(error, (TorchwireError, SystemExit)):
                print_trace(error)
            context.close_rank()
            return LastWord("failed", when, failure_of(error, context.node_id))

    def _beat(self, number: int, parent: int) -> None:
        beats = 0
        while True:
            beats += 1
            COUNTER.pack_into(self._beats, number * COUNTER.size, beats)
            time.sleep(BEAT)
            if os.getppid() != parent:  # the worker is gone: where the system does not see to it, we do
                os._exit(1)


def _send(pipe: int, word: LastWord) -> None:
    try:
        data = pickle.dumps(word)
    except Exception as error:  # noqa: BLE001 - a module may return or raise what can't be sent
        failure = failure_of(TypeError(f"What the first process returned can't be sent to another: {error}"), "")
        data = pickle.dumps(LastWord("failed", word.when, failure))
    view = memoryview(HEADER.pack(len(data)) + data)
    while view:
        view = view[os.write(pipe, view) :]


def _print_to(path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for number in (1, 2):
        os.dup2(file, number)
    os.close(file)
