"""How a worker speaks: events appended to a file of its own, and a doorbell that wakes whoever reads it."""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchwire.execution.logs import LogBook, in_parts

TICK = 0.1
"""Seconds between two reports of progress, and between two looks at what was printed."""
SOON = 0.04
"""Seconds after which an attempt's start is told, unless something else was told with it by then."""

LOOK_EVERY = 50
"""Ticks between two looks whether the attempt's folder is still there."""


LOOK_BACK = 1 / 4
"""The share of what is done that foretells how long the rest takes."""
FINENESS = 1 / 1000
"""The shares of the whole by which progress is remembered."""

BATCH = "batch"
"""The axis of values that may come faster than anybody looks at them."""
METRICS = 2000
"""Values on one axis after which only half as many are passed on as before."""
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class Reporter:
    """Writes an attempt's events. Safe to use from several threads; a thread of its own sends what was held back."""

    def __init__(self, folder: Path, attempt_id: str, doorbell: Path, logs: LogBook) -> None:
        self._file = os.open(folder / "events.jsonl", FLAGS, 0o644)
        self._inode = os.fstat(self._file).st_ino
        self._paces: dict[str, Pace] = {}
        self._folder = folder
        self._doorbell = Doorbell(doorbell, attempt_id)
        self._logs = logs
        self._lock = threading.Lock()
        self._progress: dict[str, Any] | None = None
        self._progress_due = 0.0
        self._course = Course()
        self._batch_due = 0.0
        self._unheard = False
        self._closed = False

    def start(self, ticker: Ticker, also: Callable[[], None] = lambda: None) -> None:
        """Begin to send progress and printed lines as time passes; ``also`` is called with each tick."""
        ticker.serve(lambda: self._tick(also))

    def event(self, kind: str, data: Mapping[str, Any], *, ring: bool = True) -> None:
        """Append one event. It outlives this process, and the engine; after a power cut the attempt is repeated.

        Without ``ring`` whoever reads it is not woken for it alone.
        """
        with self._lock:
            self._write(kind, data)
        if ring:
            self._doorbell.ring()

    def progress(self, done: float, total: float, unit: str, message: str) -> None:
        """Report progress now, or keep it for the next tick when the last report was just made."""
        now = time.monotonic()
        with self._lock:
            self._progress = {
                "done": done,
                "total": total,
                "unit": unit,
                "message": message,
                "seconds_left": self._course.seconds_left(now, done, total),
            }
            due = now >= self._progress_due
            if due:
                self._send_progress(now)
        if due:
            self._doorbell.ring()

    def metric(self, axis: str, step: float, values: Mapping[str, float | None]) -> None:
        """Report values at a step. Of very many on one axis every other one is kept, then every fourth, and so on.

        Of batches the reader hears ten times a second at most, all that there is to tell.
        """
        with self._lock:
            pace = self._paces.setdefault(axis, Pace())
            event = {"axis": axis, "step": step, "values": values}
            due = pace.is_due()
            pace.held = None if due else event
            if due:
                self._write("node.metric", event)
            ring = due and (axis != BATCH or time.monotonic() >= self._batch_due)
            if ring and axis == BATCH:
                self._batch_due = time.monotonic() + TICK
            self._unheard = self._unheard or (due and not ring)
        if ring:
            self._doorbell.ring()

    def flush(self, *, final: bool = False) -> None:
        """Send the progress that was held back and what was printed; ``final`` includes a last line without an end."""
        with self._lock:
            if self._closed and not final:
                return
            sent, self._unheard = self._unheard, False
            if self._progress is not None:
                sent = True
                self._send_progress(time.monotonic())
            sent = self._send_held() or sent if final else sent
            lines = self._logs.read(final=final)
            for part in in_parts(lines):
                self._write("node.log", {"lines": part}, read=self._logs.offsets())
        if sent or lines:
            self._doorbell.ring()

    def close(self) -> None:
        """Send nothing any more as time passes. Does not wake the thread: it finds out when it comes to it."""
        with self._lock:
            self._closed = True

    def _tick(self, also: Callable[[], None]) -> None:
        ticks = 0
        time.sleep(SOON)
        if not self._closed:
            self._doorbell.ring()
        while True:
            time.sleep(TICK)
            if self._closed:
                return
            with suppress(OSError):  # a full disk is told when the module meets it, or at the end
                self.flush()
            also()
            ticks += 1
            if ticks % LOOK_EVERY == 0 and not self._folder.exists():
                os.killpg(os.getpgrp(), signal.SIGKILL)  # the home was removed: nobody will ever want the result

    def _send_progress(self, now: float) -> None:
        self._write("node.progress", self._progress or {})
        self._progress, self._progress_due = None, now + TICK

    def _write(self, kind: str, data: Mapping[str, Any], **extra: Any) -> None:
        text = json.dumps({"type": kind, "data": data, **extra}, allow_nan=False, default=str)
        # Begins a line of its own, whatever half of one a full disk, or a module that found the file, left there.
        line = b"\n" + text.encode() + b"\n"
        if not self._is_ours():  # the module closed it, and perhaps something else has its number now
            self._file = os.open(self._folder / "events.jsonl", FLAGS, 0o644)
            self._inode = os.fstat(self._file).st_ino
        while line:
            line = line[os.write(self._file, line) :]

    def _is_ours(self) -> bool:
        try:
            return os.fstat(self._file).st_ino == self._inode
        except OSError:
            return False

    def _send_held(self) -> bool:
        held = [pace.held for pace in self._paces.values() if pace.held is not None]
        for event in held:
            self._write("node.metric", event)
        return bool(held)


@dataclass
class Pace:
    """How often values on one axis are passed on. ``held`` is the newest that was not."""

    seen: int = 0
    kept: int = 0
    stride: int = 1
    held: dict[str, Any] | None = None

    def is_due(self) -> bool:
        """Count one more; whether it is to be passed on."""
        due = self.seen % self.stride == 0
        self.seen += 1
        self.kept += due
        if due and self.kept % METRICS == 0:
            self.stride *= 2
        return due


class Ticker:
    """A thread for a reporter. Starting one takes longer than some nodes do, so a spare has it before its reporter."""

    def __init__(self) -> None:
        """Start the thread; it waits."""
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=lambda: self._tasks.get()(), name="reporter", daemon=True).start()

    def serve(self, task: Callable[[], None]) -> None:
        """Have it do this."""
        self._tasks.put(task)


class Doorbell:
    """Rings by writing the attempt's id to a FIFO. Never waits: with nobody there, the file says it all later."""

    def __init__(self, path: Path, attempt_id: str) -> None:
        self._path = path
        self._name = attempt_id.encode() + b"\n"
        self._fifo: int | None = None

    def ring(self) -> None:
        """Wake the reader, if there is one."""
        with suppress(OSError):
            if self._fifo is None:
                self._fifo = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.write(self._fifo, self._name)


def as_number(value: Any) -> float | None:
    """The value as a plain number. None for what JSON has no word for: infinite, not a number, too large."""
    try:
        number = float(value)
    except (OverflowError, TypeError):
        return None
    if not math.isfinite(number):
        return None
    return value if type(value) is int and abs(value) < 2**53 else number


class Course:
    """How work went so far, as the share that was done by when. It begins anew where the share falls.

    The last quarter of it foretells the rest: the beginning is often slower, such as an epoch that decodes its images,
    and would be counted to the end otherwise.
    """

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()
        self._begun = (0.0, 0.0)

    def seconds_left(self, now: float, done: float, total: float) -> float | None:
        """What is left when ``done`` of ``total`` is done ``now``; None until it can be told."""
        share = done / total if total > 0 else 0.0
        points = self._points
        if not points or share < points[-1][1]:
            points.clear()
            self._begun = (now, share)
        if not points or share - points[-1][1] >= FINENESS:
            points.append((now, share))
        begun, first = self._begun
        since = first + (share - first) * (1 - LOOK_BACK)
        while len(points) > 1 and points[1][1] <= since:
            points.popleft()
        elapsed, made = now - points[0][0], share - points[0][1]
        if made <= 0 or now - begun < 2 * TICK:
            return None
        return round(max(0.0, (1 - share) * elapsed / made), 1)
