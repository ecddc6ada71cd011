"""Finds out whether the kernel ended a process because memory ran out: it sends SIGKILL, and tells only whoever looks.

There are three witnesses, from the surest to the weakest: the kernel's log, which names the process; the counts of such
kills that control groups and the kernel keep; and how near to its limit the process was when it was last seen.
"""

from __future__ import annotations

import os
import re
import resource
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")
KERNEL_LOG = Path("/dev/kmsg")
UNLIMITED = 1 << 60
KILLED = re.compile(r"[Oo]ut of memory: Killed process (\d+)|oom-kill:.*\bpid=(\d+)\b")

NEAR = 0.85
"""Of the limit: a process that had as much when it was last seen was about to reach it."""
PLAUSIBLE = 0.25
"""Of the limit: with less, it was hardly this process that the kernel chose."""
SCARCE = 0.05
"""Of the machine's memory: with less than that left, the kernel starts to kill."""


@dataclass
class Kills:
    """What was counted when an attempt began, and the processes that it is known to have had."""

    began: float = 0.0  # by the monotonic clock, which the kernel's log goes by as well
    members: set[int] = field(default_factory=set)
    counts: dict[Path, int] = field(default_factory=dict)

    def begin(self, pid: int, counts: Mapping[Path, int]) -> None:
        """Remember the counts as they are now."""
        self.began, self.counts = time.monotonic(), dict(counts)
        self.members.add(pid)

    def look(self, pid: int, members: Iterable[int]) -> None:
        """Add what is seen of a living attempt: its processes, and the counts of control groups not known before."""
        self.members.update(members)
        new = [file for file in count_files(pid) if file not in self.counts]
        self.counts |= read_counts(new)

    def named(self) -> bool:
        """Whether the kernel's log says that it ended one of the processes since."""
        return any(when >= self.began - 1.0 and pid in self.members for when, pid in kernel_kills())

    def counted(self) -> bool:
        """Whether the kernel has ended any process since, on this machine or in a group that we know of."""
        return any(count > self.counts[file] for file, count in read_counts(self.counts).items())


def killed_for_memory(ended: str | None, kills: Kills, used: int, limit: int | None, available: int | None) -> bool:
    """Whether a process that ended so ("signal 9") was ended by the kernel for want of memory.

    ``used`` and ``available`` are what it took and what the machine had left when it was last seen.
    """
    if ended is not None and ended not in ("signal 9", "exit 137"):  # 137: a shell's word for signal 9
        return False
    if kills.named():
        return True
    share = used / limit if limit else 0.0
    if ended is None:
        return share >= NEAR
    scarce = available is not None and available < SCARCE * psutil.virtual_memory().total
    if kills.counted() and (share >= PLAUSIBLE or not used or scarce):
        return True
    return share >= NEAR or (scarce and share >= PLAUSIBLE)


def limit_of(pid: int) -> int:
    """How much memory a process can have: the least of the machine's, its control groups' and its own limit."""
    limits = [psutil.virtual_memory().total, *_group_limits(pid)]
    if hasattr(resource, "prlimit"):
        with suppress(OSError):
            own = resource.prlimit(pid, resource.RLIMIT_AS)[0]
            limits += [own] if own != resource.RLIM_INFINITY else []
    return min(limits)


def count_files(pid: int | None = None) -> list[Path]:
    """The files that count such kills: the machine's, and those of the control groups of a process (None: this one)."""
    groups = [folder / name for folder in _groups(pid) for name in ("memory.events", "memory.oom_control")]
    return [PROC / "vmstat", *groups]


def read_counts(files: Iterable[Path]) -> dict[Path, int]:
    """How many processes the kernel has ended for want of memory, by each file that can be read."""
    counts = {}
    for file in files:
        with suppress(OSError, ValueError):
            for line in file.read_text().splitlines():
                name, _, number = line.partition(" ")
                if name == "oom_kill":
                    counts[file] = int(number)
    return counts


def kernel_kills() -> Iterator[tuple[float, int]]:
    """When (by the monotonic clock) the kernel ended which process, as far as its log goes back and may be read."""
    try:
        log = os.open(KERNEL_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        while True:
            try:
                record = os.read(log, 8192).decode("utf-8", "replace")
            except BrokenPipeError:  # the oldest records were just overwritten
                continue
            found = KILLED.search(record) if record else None
            if found:
                with suppress(ValueError, IndexError):
                    yield int(record.split(",")[2]) / 1e6, int(found[1] or found[2])
            if not record:
                return
    except OSError:  # nothing more to read
        return
    finally:
        os.close(log)


def _group_limits(pid: int) -> Iterator[int]:
    for folder in _groups(pid):
        for name in ("memory.max", "memory.limit_in_bytes"):
            with suppress(OSError, ValueError):
                limit = int((folder / name).read_text())
                if limit < UNLIMITED:
                    yield limit


def _groups(pid: int | None) -> Iterator[Path]:
    """The control groups for memory that a process is in, the innermost first."""
    try:
        lines = (PROC / (str(pid) if pid else "self") / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            roots = [CGROUPS, CGROUPS / "unified"]
        elif "memory" in controllers.split(","):
            roots = [CGROUPS / "memory"]
        else:
            continue
        for root in roots:
            folder = root / path.lstrip("/")
            while folder.is_relative_to(root):
                if folder.is_dir():  # inside a container the path may be that of the world outside
                    yield folder
                folder = folder.parent
