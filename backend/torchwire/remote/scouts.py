"""Looks at targets through processes of their own: the latest survey of each, or why there is none."""

from __future__ import annotations

import json
import logging
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torchwire.errors import TargetUnavailableError, TorchwireError, error_from
from torchwire.execution.launcher import driver_environment
from torchwire.execution.targets import Machine
from torchwire.remote.backend import Survey
from torchwire.remote.kinds import Standing

logger = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds that one look may take."""
LONGEST_PAUSE = 30.0
LOOK = 0.5

Tell = Callable[[Survey | TorchwireError], None]


class Scout:
    """One target's scout, with a thread that listens to it and starts it again when it ends."""

    def __init__(self, standing: Standing, log: Path, tell: Tell) -> None:
        """``tell`` is called with every survey, and with every reason why there is none; it must not wait."""
        self._standing, self._log, self._tell = standing, log, tell
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"torchwire-scout-{standing.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self, *, wait: bool = True) -> None:
        """Stop looking, and wait until the process is gone."""
        self._ending.set()
        if wait:
            self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._ending.is_set():
            began = time.monotonic()
            self._listen()
            failures = 0 if time.monotonic() - began > PATIENCE else failures + 1
            self._ending.wait(min(LONGEST_PAUSE, 2.0 ** min(failures, 5) / 2))

    def _listen(self) -> None:
        """Pass on what one process says, until it ends or says nothing for too long."""
        with _Process({"target": self._standing.as_json()}, self._log) as process:
            waited = 0.0
            while not self._ending.is_set():
                answer = process.answer(LOOK)
                waited = 0.0 if answer is not None else waited + LOOK
                if answer is not None:
                    self._tell(answer)
                elif process.is_over():
                    self._tell(TargetUnavailableError("The process that looks at it ended.", hint=_see(self._log)))
                    return
                elif waited > self._standing.options.survey_seconds + PATIENCE:
                    self._tell(TargetUnavailableError("It does not answer.", hint="Look whether it runs."))
                    return


def look_once(standing: Standing, token: str | None, log: Path) -> Survey:
    """Look at a target that need not be set up, now. Raises what its backend raises."""
    with _Process({"target": standing.as_json(), "token": token, "once": True}, log) as process:
        answer = process.answer(PATIENCE)
    if answer is None:
        raise TargetUnavailableError(f"The target did not answer within {PATIENCE:.0f} seconds.", hint=_see(log))
    if isinstance(answer, TorchwireError):
        raise answer
    return answer


class _Process:
    """A scout's process. Leaving the block ends it."""

    def __init__(self, order: Mapping[str, Any], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "torchwire.remote.scout"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=driver_environment(),
                start_new_session=True,
            )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101 - for the type checker
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        self._out = self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()
        self._selector.close()

    def answer(self, seconds: float) -> Survey | TorchwireError | None:
        """What it says next; None when it says nothing in that time, or has ended."""
        if not self._selector.select(seconds):
            return None
        line = self._out.readline()
        if not line:
            self._process.wait()
            return None
        try:
            record = json.loads(line)
        except ValueError:
            return None
        if "error" in record:
            return error_from(record["error"])
        machines = tuple(Machine(**machine) for machine in record["survey"]["machines"])
        return Survey(machines, record["survey"]["versions"])

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None


def _see(log: Path) -> str:
    return f"The reason is at the end of {log}."
