"""An attempt as the engine sees it: a process somewhere, and a file that tells what it does."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torchwire.execution.context import cancel_flag
from torchwire.execution.heard import checked
from torchwire.execution.logs import Line
from torchwire.execution.memory import MemoryRecord
from torchwire.execution.processes import ProcessTree, is_alive
from torchwire.execution.targets import THIS_COMPUTER

logger = logging.getLogger(__name__)

LAST_LINES = 20
"""Printed lines that are kept at hand, for the report should it fail."""

TERM_AFTER = 0.2
KILL_AFTER = 0.5
"""Seconds after the flag at which a tree is sent SIGTERM and SIGKILL: cancelling takes less than one second."""


CHUNK = 1 << 20
"""Bytes that are read at once; no event is as long."""
MOST = 4000
"""Lines that are taken up before others get their turn."""
MAX_METRICS = 50_000
"""More than a worker ever passes on for one attempt."""


class EventTail:
    """Reads an attempt's event file from where the log has it."""

    def __init__(self, path: Path, offset: int) -> None:
        self._path = path
        self._file: int | None = None
        self._skipping = False  # in a line that is longer than any event
        self._warned = False
        self._metrics = 0
        self.offset = offset
        self.behind = False
        """Whether the last ``read`` left events to the next one."""

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield events that were written since, up to a limit; ``offset`` counts those that were yielded."""
        self.behind = False
        left = MOST
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        while data := os.pread(self._file, CHUNK, self.offset):
            end = data.rfind(b"\n")
            if end < 0 and len(data) < CHUNK:
                return
            if end < 0:
                self._skipping = True
                self.offset += len(data)
                continue
            for line in data[:end].split(b"\n"):
                if left <= 0:
                    self.behind = True
                    return
                left -= 1
                self.offset += len(line) + 1
                skip, self._skipping = self._skipping, False
                if line and not skip:
                    yield from self._parsed(line)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _parsed(self, line: bytes) -> Iterator[dict[str, Any]]:
        try:
            event = checked(json.loads(line))
        except (ValueError, RecursionError):
            event = None
        if event is not None and event["type"] == "node.metric":
            self._metrics += 1
        if event is not None and self._metrics <= MAX_METRICS:
            yield event
        elif not self._warned:
            self._warned = True
            logger.warning("Left out lines of %s: they are no events, or too many.", self._path)


FAR_TERM_AFTER = 8.0
FAR_KILL_AFTER = 12.0
"""The same for a driver, which has to end a job elsewhere first; it gives up by itself before that."""


class Stopper:
    """Ends an attempt's whole process tree: asks by a flag, then by SIGTERM, then does not ask."""

    def __init__(self, folder: Path, now: float, *, far: bool = False) -> None:
        """``far``: the process is the driver of an attempt elsewhere."""
        self._began = now
        self._term, self._kill = (FAR_TERM_AFTER, FAR_KILL_AFTER) if far else (TERM_AFTER, KILL_AFTER)
        self._tree: ProcessTree | None = None
        cancel_flag(folder).touch()

    def step(self, now: float, pid: int, started: float | None) -> bool:
        """Do what is due. True when every process is gone."""
        if self._tree is None:
            self._tree = ProcessTree(pid, started)
        waited = now - self._began
        if waited >= self._kill or not is_alive(pid, started):
            self._tree.signal(signal.SIGKILL)
        elif waited >= self._term:
            self._tree.signal(signal.SIGTERM)
        else:
            self._tree.refresh()
        return not self._tree.alive()


@dataclass
class LiveAttempt:
    """An attempt that has not ended. ``request`` is what the worker was given, with the cache key beside it."""

    id: str
    run_id: str
    node: str
    number: int
    folder: Path
    request: Mapping[str, Any]
    tail: EventTail
    pid: int | None = None
    pid_started: float | None = None
    ours: bool = True  # the present zygote will tell when it ends; else its pid has to be asked for
    found_dead: bool = False  # at recovery: it costs the attempt, not the node
    lost_since: float | None = None  # the zygote went away before it said that it had forked
    stopper: Stopper | None = None
    ended: str | None = None  # how the zygote said that it ended
    began: float | None = None  # by the monotonic clock
    log_offsets: dict[str, int] = field(default_factory=dict)
    memory: MemoryRecord = field(default_factory=MemoryRecord)
    last_lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    overdue: bool = False  # it is being stopped because it took longer than it may
    starved: bool = False  # elsewhere, it was ended for want of memory

    @property
    def target(self) -> str:
        """The id of its compute target."""
        return str(self.request["target"])

    @property
    def is_far(self) -> bool:
        """Whether it runs elsewhere, and its process here is only its driver."""
        return bool(self.request.get("driver"))

    @property
    def place(self) -> str:
        """Where what it takes is counted."""
        return str(self.request.get("place", THIS_COMPUTER))

    @property
    def needs(self) -> dict[str, int]:
        """What it takes there."""
        return dict(self.request.get("needs", ()))

    @property
    def heavy(self) -> bool:
        """Whether it needs all cores of its target, so that only one such runs there at a time."""
        return bool(self.request["heavy"])

    @property
    def zygote(self) -> str:
        """The kind of process that it was forked from."""
        return str(self.request.get("zygote", ""))

    @property
    def reserved(self) -> int:
        """How many bytes of memory are kept for it."""
        return int(self.needs.get("memory", 0))

    @property
    def key(self) -> str:
        """The cache key of what it makes."""
        return str(self.request["key"])

    def stop(self) -> None:
        """Begin to end it."""
        self.stopper = self.stopper or Stopper(self.folder, time.monotonic(), far=self.is_far)

    def is_gone(self) -> bool:
        """Whether its process is known to have ended."""
        if self.ended is not None:
            return True
        return self.pid is not None and not self.ours and not is_alive(self.pid, self.pid_started)
