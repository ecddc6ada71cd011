"""What is said about a node whose process ended without saying anything itself."""

from __future__ import annotations

import signal
from pathlib import Path

from torchwire.errors import NodeCrashedError
from torchwire.execution.attempt import LiveAttempt
from torchwire.execution.logs import Line, LogBook
from torchwire.execution.oom import killed_for_memory

LAST_LINES = 500


def was_out_of_memory(attempt: LiveAttempt) -> bool:
    """Whether the kernel ended the attempt for want of memory: the same work would end the same way again."""
    memory = attempt.memory
    used = memory.curve[-1][1] if memory.curve else 0
    return killed_for_memory(attempt.ended, memory.kills, used, memory.limit, memory.available)


def crash_error(node: str, ended: str | None) -> NodeCrashedError:
    """The error of a node that crashed. ``ended`` is "signal N", "exit N", or None when nobody saw it end."""
    kind, _, number = (ended or "").partition(" ")
    if kind == "signal":
        name = signal.Signals(int(number)).name
        hint = (
            "Often the system kills a process that takes too much memory: try a smaller batch or smaller images."
            if name == "SIGKILL"
            else "A library crashed; the end of the node's log may show where."
        )
        return NodeCrashedError(f"The node's process was killed by {name}.", node=node, hint=hint)
    how = f"with exit code {number}" if kind == "exit" else "while nobody was watching"
    return NodeCrashedError(
        f"The node's process ended {how} and did not say why.", node=node, hint="See the end of the node's log."
    )


def last_words(folder: Path, offsets: dict[str, int]) -> list[Line]:
    """What the process printed and had no time to report."""
    return LogBook(folder, offsets).read(final=True)[-LAST_LINES:]
