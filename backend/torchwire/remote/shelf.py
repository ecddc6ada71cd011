"""Artifacts that were fetched to a machine of a target, kept for the attempts after the one that needed them first."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from torchwire.execution.sealing import read_index

LIMIT = 50 * 1024**3
"""Bytes that may stay on a machine. What attempts use at the moment stays in any case."""


class Shelf:
    """A folder of artifacts. Each that is held is locked by the process that holds it, until that ends."""

    def __init__(self, root: Path, limit: int = LIMIT) -> None:
        self._root = root
        self._limit = limit
        self._locks: list[int] = []
        root.mkdir(parents=True, exist_ok=True)

    def hold(self, digest: str, name: str, fetch: Callable[[Path], None]) -> Path:
        """Where an artifact lies, under ``name`` in a folder of its own; fetched when it is not there yet."""
        folder = self._root / digest
        lock = os.open(self._root / f"{digest}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_SH)  # nobody removes it from here on
        self._locks.append(lock)
        folder.mkdir(exist_ok=True)
        fetch(folder / name)
        os.utime(folder)
        return folder / name

    def trim(self) -> None:
        """Remove what was not used for the longest time, until the rest is small enough."""
        found = [folder for folder in self._root.iterdir() if folder.is_dir()]
        sizes = {folder: _size(folder) for folder in found}
        total = sum(sizes.values())
        for folder in sorted(found, key=_used):
            if total <= self._limit:
                return
            if self._remove(folder):
                total -= sizes[folder]

    def close(self) -> None:
        """Let go of everything."""
        for lock in self._locks:
            os.close(lock)
        self._locks.clear()

    def _remove(self, folder: Path) -> bool:
        lock = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            shutil.rmtree(folder, ignore_errors=True)
            return True
        finally:
            os.close(lock)


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _size(folder: Path) -> int:
    size = 0
    with suppress(OSError, ValueError, KeyError, TypeError):
        for entry in folder.iterdir():
            if entry.is_dir():
                size += sum(record.size for record in read_index(entry).values())
            else:
                size += entry.stat().st_size
    return size
