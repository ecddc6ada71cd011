"""Has threads of OpenMP wait awake for each other while there are cores to spare, and sleep when there are not.

Torch's threads meet after each operation, some hundred times a training step. GNU's OpenMP lets those that are there
first spin for milliseconds: a thread that sleeps is back too late for the next operation. Beside other processes the
spinning takes the core that the last thread waits for: two trainings on two cores took 18 s a step where half a second
would do. Spinning for a moment only is OpenMP's own remedy once it manages more threads than there are cores
(https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html); it counts those of this process alone. So this
process looks at how long its threads wait for a core, and has a few more threads managed, asleep, while that is long.

What a training step takes in each case is in docs/benchmarks.md.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

CHOSEN_BY = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
"""Variables of the environment with which a user says how threads wait; then nothing is done here."""
PERIOD = 0.25
CROWDED, FREE = 0.4, 0.35
"""Seconds a second that this process's threads wait for a core, together. A process that wants all of a core makes it
0.5 and more, one that wants a third 0.2 to 0.3; beside the latter spinning is still the faster way."""
PATIENCE = 4
"""Periods in a row that have to be free before threads may spin again."""
TASKS, MAPS = Path("/proc/self/task"), Path("/proc/self/maps")


class Crowding:
    """Whether others want the same cores, judged by how long this process waits for one."""

    def __init__(self) -> None:
        self.crowded = False
        self._free = 0

    def hear(self, share: float) -> bool:
        """Judge anew after a period in which threads waited for ``share`` seconds a second."""
        if share > CROWDED:
            self.crowded = True
        self._free = self._free + 1 if share < FREE else 0
        if self._free >= PATIENCE:
            self.crowded = False
        return self.crowded


class Managed:
    """As many threads more for OpenMP to manage as there are cores. They sleep, and end with ``close``."""

    def __init__(self, openmp: ctypes.CDLL) -> None:
        self._openmp = openmp
        self._enough = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="managed", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _stay(self) -> None:
        harmless = ctypes.CDLL(None).getpid
        self._openmp.GOMP_parallel(harmless, None, len(os.sched_getaffinity(0)), 0)
        self._ready.set()
        self._enough.wait()

    def close(self) -> None:
        """Let them end."""
        self._enough.set()
        self._thread.join()


class CoreSharing:
    """Has this process's OpenMP threads wait as is best beside what else runs on the machine, if ``look`` is called
    every now and then.

    Where that can't be told (outside Linux, with an OpenMP that isn't GNU's) or the user has said how, nothing is done.
    """

    def __init__(self, period: float = PERIOD) -> None:
        self._usual = self._period = period
        self._crowding = Crowding()
        self._openmp: ctypes.CDLL | None = None
        self._managed: Managed | None = None
        self._before = None if any(name in os.environ for name in CHOSEN_BY) else waited()
        self._at = time.monotonic()

    @property
    def looks(self) -> bool:
        """Whether there is anything to see."""
        return self._before is not None

    def look(self) -> None:
        """See whether others want the same cores, if a period has passed since the last time."""
        now = time.monotonic()
        if self._before is None or now - self._at < self._period:
            return
        if self._openmp is None:
            self._openmp = loaded_openmp()
            self._period = self._usual if self._openmp else 2 * self._period  # it may be loaded later, or never
        after = waited()
        if after is None:
            return
        share = sum(after[task] - self._before.get(task, 0.0) for task in after) / (now - self._at)
        self._before, self._at = after, now
        if self._openmp is None:
            return
        crowded = self._crowding.hear(share)
        if crowded and self._managed is None:
            with suppress(RuntimeError):  # no thread can be started
                self._managed = Managed(self._openmp)
        elif not crowded and self._managed is not None:
            self._managed.close()
            self._managed = None


def share_cores(period: float = PERIOD) -> None:
    """Look for ever: for a thread that does nothing else."""
    sharing = CoreSharing(period)
    while True:
        time.sleep(period)
        sharing.look()


def waited() -> dict[str, float] | None:
    """For how many seconds each thread of this process has been ready to run and had no core; None where none tells."""
    found: dict[str, float] = {}
    try:
        for task in TASKS.iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                found[task.name] = int((task / "schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return None
    return found or None


def loaded_openmp() -> ctypes.CDLL | None:
    """GNU's OpenMP, if this process has loaded it."""
    try:
        path = next(line.split()[-1] for line in MAPS.read_text().splitlines() if "/libgomp" in line)
        library = ctypes.CDLL(path)
    except (OSError, StopIteration):
        return None
    return library if hasattr(library, "GOMP_parallel") else None
