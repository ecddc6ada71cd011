"""Workers forked ahead of time: each waits on a pipe for the one attempt that it will run.

A fork of a process that holds torch takes several milliseconds, and taking such a process down takes as many. With
spares the fork happens while nobody waits for it. A spare is a worker like any other but for that wait: it has its own
session already, serves one attempt and ends. When the zygote ends, however it ends, the pipes close and the spares go.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from torchwire.execution.processes import started_at

Order = Callable[[], Path | None]
"""Waits until it is known which attempt's folder to work in. None: there will be no attempt."""


@dataclass(frozen=True)
class Spare:
    """A process that waits. ``pipe`` is where it is told what for."""

    pid: int
    started: float | None
    pipe: int


class Spares:
    """The waiting processes of one zygote, oldest first."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._waiting: list[Spare] = []

    @property
    def lacking(self) -> bool:
        """Whether there are fewer than wanted."""
        return len(self._waiting) < self._wanted

    def pids(self) -> Collection[int]:
        """Who waits."""
        return {spare.pid for spare in self._waiting}

    def add(self, become: Callable[[Order], NoReturn]) -> None:
        """Fork one more. ``become`` is called in it."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(writer)
            become(lambda: _wait_for_order(reader))
        os.close(reader)
        self._waiting.append(Spare(pid, started_at(pid), writer))

    def take(self, folder: Path) -> Spare | None:
        """Have one work in ``folder``, and return it. None when nobody waits."""
        while self._waiting:
            spare = self._waiting.pop(0)
            try:
                os.write(spare.pipe, json.dumps(str(folder)).encode() + b"\n")
            except BrokenPipeError:  # somebody killed it
                continue
            finally:
                os.close(spare.pipe)
            return spare
        return None

    def forget(self, pid: int) -> None:
        """Strike off one that has ended without work."""
        for spare in [spare for spare in self._waiting if spare.pid == pid]:
            self._waiting.remove(spare)
            os.close(spare.pipe)

    def let_go(self) -> None:
        """Close our ends of their pipes: in a child, which would else keep them waiting for a zygote that ended."""
        for spare in self._waiting:
            with suppress(OSError):
                os.close(spare.pipe)
        self._waiting.clear()


def _wait_for_order(pipe: int) -> Path | None:
    with os.fdopen(pipe, "rb") as orders:
        line = orders.readline()
    return Path(json.loads(line)) if line.endswith(b"\n") else None
