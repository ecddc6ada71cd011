"""Times that we promise, measured on machines that do other things as well."""

from __future__ import annotations

import os
from collections.abc import Callable

TRIES = 4


def soon(measure: Callable[[], float], seconds: float) -> None:
    """Check that it takes less. It is measured a few times, for whatever else goes on only makes it slower; where more
    wants to run than there are cores, everything takes so many times longer."""
    taken: list[float] = []
    limit = seconds
    while not taken or taken[-1] >= limit:
        assert len(taken) < TRIES, f"took {taken} seconds, never less than {limit:g}"
        taken.append(measure())
        limit = seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
