"""Processes: telling one from another that got its number, and ending a whole tree of them."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def started_at(pid: int) -> float | None:
    """When the process began, in a unit that identifies it together with ``pid``; None when there is no such process.

    On Linux these are the kernel's ticks since boot, which no change of the clock moves.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        fields = stat[stat.rindex(b")") + 2 :].split()
        return None if fields[0] in (b"Z", b"X") else float(fields[19])
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except (ProcessLookupError, ValueError):
        return None
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def is_alive(pid: int, started: float | None) -> bool:
    """Whether that very process still runs; one that ended but was not collected yet does not."""
    now = started_at(pid)
    return now is not None and (started is None or now == started)


def descendants(pid: int) -> list[int]:
    """The processes that one has started, with theirs, and so on."""
    if not Path(f"/proc/{pid}/task/{pid}/children").exists():
        try:
            return [child.pid for child in psutil.Process(pid).children(recursive=True)]
        except psutil.Error:
            return []
    found: list[int] = []
    waiting = [pid]
    while waiting:
        further = children(waiting.pop())
        found += further
        waiting += further
    return found


def children(pid: int) -> list[int]:
    """The processes that one has started itself, on Linux; none elsewhere."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():  # each thread has children of its own
            with suppress(OSError):
                found += map(int, (thread / "children").read_bytes().split())
    return found


def end_orphans(pid: int) -> None:
    """Kill what a process has left behind that led a session of its own and is gone.

    As long as a member of the session lives, its number is given to no other process.
    """
    if started_at(pid) is not None:
        return
    for other in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(other) == pid:
                os.kill(other, signal.SIGKILL)


def collect_orphans() -> None:
    """Become the parent of descendants whose own parent ends (Linux), so that none gets away."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with(parent: int) -> None:
    """Have the system end this process with its parent, or with the thread of it that started this one (Linux)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


class ProcessTree:
    """A process and all it started, their own sessions notwithstanding. Remembers members whose parent has gone."""

    def __init__(self, pid: int, started: float | None) -> None:
        self._pid = pid
        self._members: dict[int, float | None] = {}
        if is_alive(pid, started):
            self._members[pid] = started_at(pid)
            self.refresh()

    def refresh(self) -> None:
        """Add what the living members have started since."""
        for pid in list(self._members):
            with suppress(psutil.Error):
                if is_alive(pid, self._members[pid]):
                    for child in psutil.Process(pid).children(recursive=True):
                        self._members.setdefault(child.pid, started_at(child.pid))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every living member, and to the group that the first one leads."""
        self.refresh()
        for pid, started in list(self._members.items()):
            if started is not None and is_alive(pid, started):
                with suppress(ProcessLookupError, PermissionError):
                    if pid == self._pid and os.getpgid(pid) == pid:
                        os.killpg(pid, number)
                    os.kill(pid, number)

    def alive(self) -> bool:
        """Whether any member still runs."""
        return any(started is not None and is_alive(pid, started) for pid, started in self._members.items())
