"""Which ends of a process cost the attempt alone, and how often a node is tried again."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

MAX_FRUITLESS = 3
"""Attempts in a row that may end from outside without a checkpoint in between."""
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def ended_from_outside(ended: str | None) -> bool:
    """Whether something other than the node ended its process: ``ended`` is "signal N", "exit N", or None: unseen."""
    kind, _, number = (ended or "").partition(" ")
    return not kind or (kind == "signal" and int(number) in FROM_OUTSIDE)


def what_ended(ended: str | None) -> str:
    """The end of a process, as the reason for the next attempt."""
    kind, _, number = (ended or "").partition(" ")
    return (
        f"its process was killed by {signal.Signals(int(number)).name}" if kind == "signal" else "its process was lost"
    )


def given_up(error: Mapping[str, Any], attempts: int) -> dict[str, Any]:
    """The error of a node that ended like that too often."""
    if attempts < MAX_FRUITLESS:
        return dict(error)
    more = f" That was attempt {attempts} in a row that got no further."
    report = {"report": error["report"] | {"what": error["report"]["what"] + more}} if "report" in error else {}
    return {**error, "message": error["message"] + more, **report}
