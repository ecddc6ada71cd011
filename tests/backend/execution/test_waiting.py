"""How threads of OpenMP wait for each other, and how that is judged."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from torchwire.execution.waiting import CHOSEN_BY, CROWDED, FREE, PATIENCE, CoreSharing, Crowding, waited

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a thread waited for a core")
several_cores = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core runs one thread")


def judged(*shares: float) -> list[bool]:
    crowding = Crowding()
    return [crowding.hear(share) for share in shares]


def test_one_crowded_period_is_enough() -> None:
    assert judged(0, CROWDED, CROWDED + 0.01) == [False, False, True]


def test_it_stays_crowded_until_some_periods_in_a_row_were_free() -> None:
    free = [FREE - 0.01] * PATIENCE
    assert judged(1, *free) == [True] * PATIENCE + [False]
    assert judged(1, *free[1:], FREE, *free) == [True] * (2 * PATIENCE) + [False]
    assert judged(1, *free[1:], 1, *free) == [True] * (2 * PATIENCE) + [False]


def test_between_the_limits_nothing_changes() -> None:
    between = (FREE + CROWDED) / 2
    assert judged(*[between] * 9) == [False] * 9
    assert judged(1, *[between] * 9) == [True] * 10


@linux
def test_a_thread_without_a_core_has_waited() -> None:
    before = waited()
    assert before is not None
    assert str(os.getpid()) in before
    assert all(seconds >= 0 for seconds in before.values())


PROGRAM = """
import ctypes, os, resource, threading, time
import torch
from torchwire.execution import waiting

openmp = waiting.loaded_openmp()
harmless = ctypes.CDLL(None).getpid

def spent():
    "Seconds of the processor that 300 meetings of all threads take, with pauses as between operations."
    def now():
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
    before = now()
    for _ in range(300):
        openmp.GOMP_parallel(harmless, None, len(os.sched_getaffinity(0)), 0)
        time.sleep(0.001)
    return now() - before
"""


def said_by(program: str) -> str:
    """What a process with torch prints."""
    environment = {name: value for name, value in os.environ.items() if name not in CHOSEN_BY}
    command = [sys.executable, "-c", PROGRAM + textwrap.dedent(program)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=100)
    return done.stdout.strip()


@linux
@several_cores
def test_more_managed_threads_let_all_sleep_until_they_end() -> None:
    program = """
        awake = spent()
        managed = waiting.Managed(openmp)
        asleep = spent()
        managed.close()
        print(asleep < awake / 2, asleep < spent() / 2)
    """
    assert said_by(program) == "True True"


CROWD = """
    threading.Thread(target=waiting.share_cores, args=[0.05], daemon=True).start()
    ends = time.monotonic() + 60
    while time.monotonic() < ends and "managed" not in {thread.name for thread in threading.enumerate()}:
        torch.ones(1 << 20).add_(1)
    print("managed" in {thread.name for thread in threading.enumerate()})
"""


@linux
@several_cores
def test_beside_others_that_want_all_cores_threads_sleep_soon() -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        assert said_by(CROWD) == "True"
    finally:
        for process in busy:
            process.kill()
            process.wait()


@pytest.mark.parametrize("name", CHOSEN_BY)
def test_what_the_user_chose_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1000" if name == "GOMP_SPINCOUNT" else "passive")
    assert not CoreSharing().looks


@linux
def test_else_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHOSEN_BY:
        monkeypatch.delenv(name, raising=False)
    assert CoreSharing().looks
