"""Waiting for what will be, and times that we promise, measured on machines that do other things as well."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

TRIES = 4
T = TypeVar("T")


def until(condition: Callable[[], T], what: str = "what was waited for", seconds: float = 120.0) -> T:
    """Wait for a condition and return what it says. Fails when that takes too long."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not happen in {seconds:g} s"
        time.sleep(0.005)
    return found


def soon(measure: Callable[[], float], seconds: float) -> None:
    """Check that it takes less. It is measured a few times, for whatever else goes on only makes it slower; where more
    wants to run than there are cores, everything takes so many times longer."""
    taken: list[float] = []
    limit = seconds
    while not taken or taken[-1] >= limit:
        assert len(taken) < TRIES, f"took {taken} seconds, never less than {limit:g}"
        taken.append(measure())
        limit = seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
