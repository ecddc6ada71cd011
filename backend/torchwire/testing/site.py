"""What the suite has to know of a target to use and to disturb it."""

from __future__ import annotations

import os
import re
import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

OTHER = "3.1"
"""A version of anything that nobody has."""
INTRODUCTION = re.compile(r"I am process (\d+) on (.+)")


@dataclass(frozen=True)
class Process:
    """A worker's process, as it introduced itself."""

    pid: int
    host: str

    @classmethod
    def introduced(cls, line: str) -> Process | None:
        """The process that speaks in this line."""
        found = INTRODUCTION.fullmatch(line)
        return cls(int(found[1]), found[2]) if found else None


class Site(ABC):
    """A target under test. What it can't do, its contract says by a flag, and is never called."""

    @property
    @abstractmethod
    def target(self) -> str:
        """The id of the target."""

    @abstractmethod
    def row(self) -> Mapping[str, Any] | None:
        """What ``[[targets]]`` in ``torchwire.toml`` says of it; None for one that is there without."""

    def is_alive(self, process: Process) -> bool:
        """Whether a worker's process still runs."""
        self._check_here(process)
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE
        return False

    def kill_worker(self, process: Process) -> None:
        """End the process as the kernel would."""
        self._check_here(process)
        os.kill(process.pid, signal.SIGKILL)

    def kill_machine(self, process: Process) -> None:
        """Take away the machine that the process runs on, with all that the target has on it."""
        raise NotImplementedError

    def kill_head(self) -> None:
        """Take away what rules the target's machines."""
        raise NotImplementedError

    def mend(self) -> None:  # noqa: B027 - some are never broken
        """Bring back what was taken away; the target is as it was in the beginning. May be called for a whole one."""

    def unreachable(self) -> Mapping[str, Any]:
        """A row like ``row`` of a target that nobody answers for."""
        raise NotImplementedError

    def other_versions(self, name: str) -> Mapping[str, Any] | None:
        """A row like ``row`` whose machines have another version of ``python``, ``torch`` or ``torchwire``.

        None where that can't be arranged. ``OTHER`` is the version to say; ``pretend`` makes an installed library
        look so for processes that have its folder first on their path.
        """
        return None

    def wrong_token(self) -> str:
        """A token that it does not accept."""
        return "this-is-not-the-token-of-anything"

    def _check_here(self, process: Process) -> None:
        if process.host != socket.gethostname():
            raise NotImplementedError(f"{process} is not on this computer: say how to reach it")


class LocalSite(Site):
    """This computer."""

    @property
    def target(self) -> str:
        """The CPU."""
        return "local-cpu"

    def row(self) -> None:
        """It needs none."""
        return


def pretend(name: str, folder: Path) -> Path:
    """Make a folder that, first on a process's path, has it find the library in version ``OTHER``."""
    about = folder / f"{name}-{OTHER}.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {OTHER}\n")
    return folder
