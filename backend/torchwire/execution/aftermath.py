"""Puts a worker's process in order after its module, which may have done anything to it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from torchwire.execution.logs import STREAMS, log_file
from torchwire.execution.processes import descendants, started_at

WAIT = 1.0
"""Seconds that killed children are given to be gone."""


@dataclass(frozen=True)
class Surroundings:
    """What a process was like before its module ran."""

    folder: Path
    pid: int
    umask: int
    streams: tuple[os.stat_result, os.stat_result]

    @classmethod
    def now(cls, folder: Path) -> Surroundings:
        """As they are, in the attempt's ``folder``."""
        umask = os.umask(0o022)
        os.umask(umask)
        return cls(folder, os.getpid(), umask, (os.fstat(1), os.fstat(2)))

    def restore(self) -> None:
        """Undo what the module did to the process, and end what it left running. A copy of the process ends here."""
        if os.getpid() != self.pid:
            os._exit(0)  # the module forked, and its child came back as well
        with suppress(ValueError, OSError):
            signal.setitimer(signal.ITIMER_REAL, 0)
        os.umask(self.umask)
        os.chdir(self.folder)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        for name, number, before in zip(STREAMS, (1, 2), self.streams, strict=True):
            if not _is(number, before):
                _reopen(number, log_file(self.folder, name))
        _end_children()

    def make_room(self) -> None:
        """Remove all that the attempt has made: the disk is full, and nothing of it will be kept."""
        for name in ("out", "scratch", "sealed"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def _is(number: int, before: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(number), before)
    except OSError:
        return False


def _reopen(number: int, path: Path) -> None:
    with suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if file != number:
            os.dup2(file, number)
            os.close(file)
    # The module may have closed or replaced Python's side as well.
    name = STREAMS[number - 1]
    setattr(sys, name, open(number, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False))  # noqa: SIM115


def _end_children() -> None:
    """Kill every process that the module left behind: one that goes on writing would change what is being sealed.

    On Linux a worker inherits its descendants' orphans, so that none can hide.
    """
    deadline = time.monotonic() + WAIT
    while _has_children() and time.monotonic() < deadline:
        for pid in descendants(os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                if started_at(pid) is not None:
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def _has_children() -> bool:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
