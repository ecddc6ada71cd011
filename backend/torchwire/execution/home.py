"""The home folder: where everything lies, and the lock that keeps two engines from sharing one."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from torchwire.errors import ConflictError
from torchwire.execution.processes import is_alive, started_at
from torchwire.execution.sealing import flush_folder


@dataclass(frozen=True)
class Home:
    """The folders and files below one home folder."""

    root: Path

    @property
    def artifacts(self) -> Path:
        """The content-addressed store."""
        return self.root / "artifacts"

    @property
    def attempts(self) -> Path:
        """One folder for each attempt."""
        return self.root / "attempts"

    @property
    def documents(self) -> Path:
        """The documents of the runs under way, for their workers to read."""
        return self.root / "cache" / "documents"

    @property
    def jobs(self) -> Path:
        """The folders of small jobs, each removed when what it made was taken."""
        return self.root / "cache" / "jobs"

    @property
    def blanks(self) -> Path:
        """Folders that attempts will have."""
        return self.root / "cache" / "blanks"

    @property
    def doorbell(self) -> Path:
        """The FIFO by which workers say that they have written something."""
        return self.root / "doorbell"

    @property
    def workers_log(self) -> Path:
        """What the process that workers are forked from prints."""
        return self.root / "workers.log"

    def prepare(self) -> None:
        """Make the folders that are missing."""
        for folder in (self.root, self.artifacts, self.attempts, self.documents):
            folder.mkdir(parents=True, exist_ok=True)
        if next(self.artifacts.iterdir(), None) is None:  # else each would cost a flush when it is first needed
            for number in range(256):
                (self.artifacts / f"{number:02x}").mkdir()
            flush_folder(self.artifacts)


PATIENCE = 5.0
"""Seconds that the lock of a process that is dead is waited for."""


class HomeLock:
    """An exclusive lock on a home folder. The kernel lets go of it when its process ends, however it ends."""

    def __init__(self, root: Path, holder: str) -> None:
        """``holder`` is what another process that finds the home locked is told is using it."""
        self._path = root / "lock"
        self._holder = holder
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises ConflictError that says who holds it.

        A process that was about to start another when it was killed leaves the lock to that one for a moment, until
        it has become what it was started as: so a holder that is dead is waited for.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        patience = time.monotonic() + PATIENCE
        while not _locked(file):
            file.seek(0)
            holder = _Holder.read(file.read())
            if holder.alive or time.monotonic() > patience:
                file.close()
                raise ConflictError(
                    f"The home folder {self._path.parent} is in use by {holder.name}.",
                    hint="Stop it, or choose another home folder with --home.",
                )
            time.sleep(0.01)
        file.truncate(0)
        pid = os.getpid()
        file.write(json.dumps({"holder": self._holder, "pid": pid, "pid_started": started_at(pid)}))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go of the lock, if it is held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class _Holder:
    """Who says in the file that it holds the lock."""

    name: str
    alive: bool

    @classmethod
    def read(cls, text: str) -> _Holder:
        try:
            record = json.loads(text)
            pid, started = record["pid"], record["pid_started"]
            return cls(f"{record['holder']} (process {pid})", is_alive(pid, started))
        except (ValueError, KeyError, TypeError):  # it is being written
            return cls("another Torchwire", alive=False)
