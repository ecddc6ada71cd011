"""The home folder: where everything lies, and the lock that keeps two engines from sharing one."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from torchwire.errors import ConflictError
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


class HomeLock:
    """An exclusive lock on a home folder. The kernel lets go of it when its process ends, however it ends."""

    def __init__(self, root: Path, holder: str) -> None:
        """``holder`` is what another process that finds the home locked is told is using it."""
        self._path = root / "lock"
        self._holder = holder
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises ConflictError that says who holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = _read_holder(file.read())
            file.close()
            raise ConflictError(
                f"The home folder {self._path.parent} is in use by {holder}.",
                hint="Stop it, or choose another home folder with --home.",
            ) from error
        file.truncate(0)
        file.write(json.dumps({"holder": self._holder, "pid": os.getpid()}))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go of the lock, if it is held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _read_holder(text: str) -> str:
    try:
        record = json.loads(text)
        return f"{record['holder']} (process {record['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another Torchwire"
