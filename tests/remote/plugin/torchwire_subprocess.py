"""A target for tests, as somebody else would write one: each job is a process of its own on this computer.

It waits in a queue while there is a file ``busy`` in the folder ``site``, and is out of reach while there is ``down``.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import Field

from torchwire.errors import ForbiddenError, TargetUnavailableError
from torchwire.remote.attempt import RemoteAttempt
from torchwire.remote.backend import (
    JobState,
    Machine,
    RemoteBackend,
    RemoteHandle,
    RemoteJob,
    Survey,
    TargetOptions,
)
from torchwire.remote.versions import versions

GIB = 1 << 30


class SubprocessOptions(TargetOptions):
    """What it has."""

    site: str = Field(description="A folder by which the target is held up.")
    machines: int = Field(2, ge=1, description="How many machines it says that it has.")
    cores: int = Field(2, ge=1, description="Cores of each.")
    token: str | None = Field(None, description="The token that it wants to see.")
    python: str | None = Field(None, description="The version of Python that it says that it has.")
    versions: dict[str, str] = Field(default_factory=dict, description="Other versions that it says that it has.")


class SubprocessBackend(RemoteBackend):
    """Jobs in processes of this computer."""

    kind, title, Options = "subprocess", "Processes", SubprocessOptions
    options: SubprocessOptions

    def survey(self) -> Survey:
        """Say what there is."""
        self._check()
        machines = tuple(
            Machine(f"machine-{n}", self.options.cores, 4 * GIB, free_cores=self.options.cores)
            for n in range(self.options.machines)
        )
        python = {"python": self.options.python} if self.options.python else {}
        return Survey(machines, dict(versions()) | python | self.options.versions)

    def submit(self, job: RemoteJob) -> SubprocessHandle:
        """Start a process."""
        self._check()
        return SubprocessHandle(job, Path(self.options.site))

    def _check(self) -> None:
        if (Path(self.options.site) / "down").exists():
            raise TargetUnavailableError("It does not answer.", hint="Start it.")
        if self.options.token is not None and self.token != self.options.token:
            raise ForbiddenError("The token is wrong.", hint="Set the right one.")


class SubprocessHandle(RemoteHandle):
    """The pipes to a process."""

    def __init__(self, job: RemoteJob, site: Path) -> None:
        self._job, self._site = job, site
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def read(self, offset: int, wait: float) -> bytes:
        """Ask the process, once the target is free for it."""
        if self._process is None and not self._begin():
            threading.Event().wait(wait)
            return b""
        return base64.b64decode(self._ask("read", offset, wait) or "")

    def state(self) -> JobState:
        """Ask the process."""
        if self._process is None:
            return JobState("ended", ended="signal 15") if self._stopped else JobState("pending", "waits in the queue")
        found = self._ask("state")
        return JobState("lost", "its machine is gone") if found is None else JobState(**found)

    def stop(self, *, kill: bool = False) -> None:
        """Tell the process, or never start it."""
        self._stopped = True
        if self._process is not None:
            self._ask("stop", kill)

    def close(self) -> None:
        """Let it end."""
        if self._process is not None:
            self._process.communicate()

    def _begin(self) -> bool:
        if self._stopped or (self._site / "busy").exists():
            return False
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        (self._site / f"{self._job.attempt}.pid").write_text(str(self._process.pid))
        self._ask("start", asdict(self._job))
        return True

    def _ask(self, what: str, *arguments: Any) -> Any:
        """The answer; None when the process is gone."""
        if (self._site / "down").exists():
            raise ConnectionError("It does not answer.")
        assert self._process is not None and self._process.stdin and self._process.stdout
        try:
            with self._lock:
                self._process.stdin.write(json.dumps([what, *arguments]) + "\n")
                self._process.stdin.flush()
                answer = self._process.stdout.readline()
        except OSError:
            return None
        return json.loads(answer) if answer else None


def serve() -> None:
    """Be such a process: run one attempt, until nobody asks any more."""
    attempt: RemoteAttempt | None = None
    for line in sys.stdin:
        answer: Any = None
        match json.loads(line):
            case ["start", job]:
                attempt = RemoteAttempt(RemoteJob(**job), machine="machine-0")
                attempt.start()
            case ["read", offset, wait] if attempt:
                answer = base64.b64encode(attempt.read(offset, wait)).decode()
            case ["state"] if attempt:
                answer = asdict(attempt.state())
            case ["stop", kill] if attempt:
                attempt.stop(kill=kill)
        print(json.dumps(answer), flush=True)  # noqa: T201 - that is how it answers
    if attempt:
        attempt.close()


if __name__ == "__main__":
    serve()
