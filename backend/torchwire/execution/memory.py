"""How much memory nodes take: looked at from outside, so that what is known of a node outlives its sudden end.

A thread of the engine looks at each node's whole process tree. Memory that several processes share is counted in parts
(Linux calls this the proportional set size); working that out takes milliseconds for large processes, so it is done
seldom, and in between only what a process has for itself is read, which takes microseconds.
"""

from __future__ import annotations

import logging
import queue
import resource
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from torchwire.execution.oom import Kills, count_files, limit_of, read_counts
from torchwire.execution.processes import descendants, is_alive

logger = logging.getLogger(__name__)

PAGE = resource.getpagesize()
TICK = 0.25
INTERVAL = 2.0
EARLY = (TICK, 1.0)
"""Seconds after a node's start at which it is looked at before the regular times."""
LINGER = 5.0
"""Seconds that the thread stays awake when there is nothing to look at: the next node is often near."""
CURVE_POINTS = 120
SHARE = 400
"""The exact figure is read again after so many times what reading it took: at most a quarter percent of the time."""


@dataclass(frozen=True)
class Sample:
    """A node's memory at one moment. ``peak`` is the highest that its processes can have had together until then."""

    seconds: float  # since the attempt began
    now: int
    peak: int
    available: int  # what the machine had left


@dataclass
class MemoryRecord:
    """What was seen of one attempt's memory."""

    curve: list[tuple[float, int]] = field(default_factory=list)
    peak: int = 0
    limit: int | None = None
    available: int | None = None
    kills: Kills = field(default_factory=Kills)

    def add(self, sample: Sample) -> None:
        """Take in what was seen last."""
        self.curve.append((round(sample.seconds, 1), sample.now))
        if len(self.curve) > 2 * CURVE_POINTS:
            del self.curve[::2]
        self.peak, self.available = max(self.peak, sample.now, sample.peak), sample.available

    def grew_by(self, growth: object) -> None:
        """Take in what a process says of itself at its end: many are too short to be looked at."""
        if isinstance(growth, int):
            self.peak = max(self.peak, growth)

    def points(self) -> list[tuple[float, int]]:
        """The curve with few enough points to send, its last one among them."""
        step = -(-len(self.curve) // CURVE_POINTS) or 1
        return self.curve[::-1][::step][::-1]


class MemoryWatch:
    """Looks at the memory of the attempts that it is told of, on a thread of its own."""

    def __init__(self) -> None:
        self._trees: dict[str, Tree] = {}
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._seen: queue.SimpleQueue[tuple[str, Sample]] = queue.SimpleQueue()
        self._counts = read_counts(count_files())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="torchwire-memory", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._work.set()
        if self._thread.ident is not None:
            self._thread.join()

    def watch(self, attempt_id: str, pid: int, started: float | None, record: MemoryRecord, *, age: float) -> None:
        """Look at a process and its descendants from now on; it began ``age`` seconds ago."""
        record.kills.begin(pid, self._counts)
        with self._lock:
            self._trees[attempt_id] = Tree(pid, started, time.monotonic() - age, record)
        if not self._work.is_set():
            self._work.set()

    def forget(self, attempt_id: str) -> None:
        """Stop looking at it."""
        with self._lock:
            self._trees.pop(attempt_id, None)

    def seen(self) -> list[tuple[str, Sample]]:
        """What was seen since the last call, in order."""
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._seen.get_nowait())
        return found

    def _run(self) -> None:
        idle_since = time.monotonic()
        while not self._stopping.wait(TICK):
            with self._lock:
                trees = list(self._trees.items())
            now = time.monotonic()
            idle_since = now if trees else idle_since
            if now - idle_since > LINGER:
                self._work.clear()
                self._work.wait()
                idle_since = time.monotonic()
                self._counts = read_counts(count_files())
                continue
            for attempt_id, tree in trees:
                if now >= tree.due:
                    self._look(attempt_id, tree, now)

    def _look(self, attempt_id: str, tree: Tree, now: float) -> None:
        try:
            sample = tree.look(now)
        except Exception:
            logger.exception("The memory of attempt %s could not be read.", attempt_id)
            return
        if sample is not None:
            self._seen.put((attempt_id, sample))


class Tree:
    """The processes of one attempt."""

    def __init__(self, pid: int, started: float | None, began: float, record: MemoryRecord) -> None:
        self.pid = pid
        self._started = started
        self._began = began
        self._record = record
        self._members: dict[int, _Member] = {}
        self._early = [began + after for after in EARLY if began + after > time.monotonic()]
        self.due = self._early.pop(0) if self._early else 0.0

    def look(self, now: float) -> Sample | None:
        """The memory of the tree now. None when its first process is gone."""
        self.due = self._early.pop(0) if self._early else now + INTERVAL
        if not is_alive(self.pid, self._started):
            return None
        if self._record.limit is None:
            self._record.limit = limit_of(self.pid)
        pids = [self.pid, *descendants(self.pid)]
        self._members = {pid: self._members.get(pid) or _Member(pid) for pid in pids}
        self._record.kills.look(self.pid, pids)
        for member in self._members.values():
            member.look(now)
        total = sum(member.now for member in self._members.values())
        peak = sum(member.peak for member in self._members.values())
        return Sample(now - self._began, total, peak, psutil.virtual_memory().available)


class _Member:
    """One process of a tree."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        self._pid = pid
        self._correction = 0
        self._exact_due = 0.0
        self.now = 0
        self.peak = 0

    def look(self, now: float) -> None:
        """Read what it takes. A process that has just gone keeps its last figures."""
        with suppress(OSError, psutil.Error, ValueError, IndexError):
            if not self._folder.exists():
                self.now = int(psutil.Process(self._pid).memory_info().rss)
                self.peak = max(self.peak, self.now)
                return
            _, resident, shared, *_ = map(int, (self._folder / "statm").read_text().split())
            own = (resident - shared) * PAGE
            if now >= self._exact_due:
                before = time.perf_counter()
                self._correction = self._proportional(own) - own
                self._exact_due = now + SHARE * (time.perf_counter() - before)
            self.now = max(0, own + self._correction)
            self.peak = max(self.peak, self.now + max(0, self._high() - resident * PAGE))

    def _proportional(self, own: int) -> int:
        try:
            lines = (self._folder / "smaps_rollup").read_text().splitlines()
        except OSError:  # an older kernel, or a process that does not let itself be looked at
            return own
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), own)

    def _high(self) -> int:
        for line in (self._folder / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0
