"""Removes what ended attempts leave behind, on a thread of its own: a big folder must not hold up the engine."""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from torchwire.execution.home import Home
from torchwire.execution.store import REMOVED

GARBAGE = ("out", "sealed", "scratch", "checkpoints")
"""What is removed of an attempt's folder; what it said and printed stays."""

LATER = 0.2
"""Seconds that what is to be done waits: removing folders keeps the disk busy, and the next node would meet it."""


class Janitor:
    """A queue of folders and files, and a thread that empties it."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="torchwire-janitor", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove attempts' garbage, or single files, soon."""
        for path in paths:
            self._queue.put(partial(_remove, path))

    def sweep(self, home: Home, *, known: set[str], living: set[str], runs: set[str]) -> None:
        """Remove what is of no use, soon: the garbage of all attempts but the ``living``, for what they made is
        committed or lost, whole folders of attempts that are not ``known``, documents of other ``runs``, and what was
        taken out of the store.

        What there is, is listed now: what begins after this call is left alone.
        """
        attempts = [path for path in home.attempts.iterdir() if path.name not in living]
        documents = [path for path in home.documents.iterdir() if path.suffix != ".json" or path.stem not in runs]
        strays = [path for path in attempts if path.name not in known]
        withdrawn = list(home.artifacts.glob(f"{REMOVED}*"))
        self._queue.put(partial(_sweep, attempts + documents + withdrawn, strays))

    def do(self, task: Callable[[], object]) -> None:
        """Call something soon that nobody waits for."""
        self._queue.put(task)

    def stop(self) -> None:
        """End after what was queued is removed."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            tasks = [self._queue.get()]
            self._stopping.wait(LATER)
            while not self._queue.empty():
                tasks.append(self._queue.get())
            for task in tasks:
                if task is None:
                    return
                with suppress(OSError):
                    task()


def _sweep(paths: Iterable[Path], strays: Iterable[Path]) -> None:
    for path in paths:
        _remove(path)
    for path in strays:
        shutil.rmtree(path, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.name.startswith(REMOVED):
        shutil.rmtree(path, ignore_errors=True)
    elif path.is_dir():
        for name in GARBAGE:
            _remove_folder(path / name)
    else:
        path.unlink(missing_ok=True)


def _remove_folder(path: Path) -> None:
    try:
        path.rmdir()  # mostly there is nothing in it any more, or it was never made
    except FileNotFoundError:
        return
    except OSError:
        shutil.rmtree(path, ignore_errors=True)
