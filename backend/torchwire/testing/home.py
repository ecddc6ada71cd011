"""A home folder whose engine is a process that can be killed, and what the suite wants to know of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

from torchwire.execution.events import RunEvent
from torchwire.storage.database import Database

T = TypeVar("T")
Document = dict[str, Any]

PATIENCE = 240.0
"""Seconds after which what is waited for is said not to happen."""


class RefusedError(Exception):
    """The engine refused a command. ``error`` is what people would read."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


def until(condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Wait for a condition and return what it says. Fails when that takes too long."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen in {seconds:g} s")
        time.sleep(0.02)
    return found


class Home:
    """A home folder and the engines that follow each other in it."""

    def __init__(
        self,
        folder: Path,
        targets: Sequence[Mapping[str, Any]] = (),
        *,
        packages: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        """``targets`` are the rows of ``[[targets]]``, ``settings`` are fields of EngineSettings."""
        self.folder, self.temporary = folder / "home", folder / "tmp"
        for path in (self.folder, self.temporary):
            path.mkdir(parents=True, exist_ok=True)
        self._targets = [dict(row) for row in targets]
        self._packages = list(packages)
        self._settings = {"preload": (), "checkpoint_seconds": 0.0} | settings
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[str] | None = None
        self.database = Database(f"sqlite:///{self.folder / 'torchwire.db'}", self.folder)

    # The engine

    def start(self, **settings: Any) -> Home:
        """Start the engine; ``settings`` are other than at the other times."""
        options = {"packages": self._packages, "targets": self._targets, "settings": self._settings | settings}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", "torchwire.testing.host", str(self.folder), json.dumps(options)],
                env={**os.environ, "TMPDIR": str(self.temporary), **self._environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._answer() == {"started": True}, self.log()
        return self

    def kill(self) -> None:
        """End the engine as the power would. What it has started lives on."""
        assert self._process is not None
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """End the engine as it wants to be ended, and all nodes with it."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._end()

    def close(self) -> None:
        """Stop, check that nothing is left behind on this computer, and let go of the folder."""
        try:
            self.stop()
            until(lambda: not self.processes(), "the end of all processes", 15.0)
        except (AssertionError, subprocess.TimeoutExpired):
            left = self.processes()
            told = [(process.pid, process.info["cmdline"]) for process in left]
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            raise AssertionError(f"left running: {told}\n{self.log()}") from None
        finally:
            if self._process is not None:
                self._process.kill()
            self.database.close()

    def processes(self) -> list[psutil.Process]:
        """Every living process here that the engine or anything of it has started."""
        found = []
        for process in psutil.process_iter(["environ", "cmdline", "status"]):
            mark = (process.info["environ"] or {}).get("TMPDIR")
            if mark == str(self.temporary) and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def log(self) -> str:
        """The end of what the engine and its workers printed outside of nodes."""
        texts = [path.read_text(errors="replace")[-4000:] for path in (self._log, *self.folder.glob("*.log"))]
        return "\n".join(texts)

    @property
    def _log(self) -> Path:
        path = self.folder.parent / "host.log"
        path.touch()
        return path

    # Commands

    def submit(self, document: Document) -> str:
        """Submit and return the run's id. Raises RefusedError."""
        return str(self._ask({"do": "submit", "document": document})["run"])

    def cancel(self, run_id: str) -> None:
        """Ask for the end of a run."""
        self._ask({"do": "cancel", "run": run_id})

    def targets(self) -> dict[str, dict[str, Any]]:
        """The compute targets by id, as ``GET targets`` shows them."""
        return {row["id"]: row for row in self._ask({"do": "targets"})["targets"]}

    # What is to be seen, whether an engine runs or not

    def events(self, run_id: str, kind: str | None = None, node: str | None = None) -> list[RunEvent]:
        """The stored events of a run."""
        events = self.database.runs.events(run_id, limit=1_000_000)
        return [event for event in events if kind in (None, event.type) and node in (None, event.node)]

    def wait(
        self,
        run_id: str,
        kind: str,
        node: str | None = None,
        where: Callable[[RunEvent], bool] = lambda _: True,
        seconds: float = PATIENCE,
    ) -> RunEvent:
        """Wait for an event that was or will be stored."""

        last = 0

        def found() -> RunEvent | None:
            nonlocal last
            for event in self.database.runs.events(run_id, last, limit=1_000_000):
                if kind == event.type and node in (None, event.node) and where(event):
                    return event
                last = event.seq
            return None

        try:
            event = until(found, kind, seconds)
        except AssertionError as error:
            told = [(event.type, event.node, event.data) for event in self.events(run_id)][-30:]
            raise AssertionError(f"{error}; there is {told}\n{self.log()}") from None
        assert event is not None
        return event

    def lines(self, run_id: str, node: str) -> list[tuple[str, str]]:
        """What a node printed, with the stream of each line."""
        events = self.events(run_id, "node.log", node)
        return [(stream, text) for event in events for _, stream, text in event.data["lines"]]

    def finish(self, run_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait for the end of a run and return its snapshot."""
        self.wait(run_id, "run.finished", seconds=seconds)
        return self.database.runs.snapshot(run_id)

    def run(self, document: Document) -> dict[str, Any]:
        """Submit, wait for the end, return the snapshot."""
        return self.finish(self.submit(document))

    def settle(self) -> None:
        """Cancel what still runs."""
        for run_id in self.database.runs.unfinished():
            self.cancel(run_id)
        until(lambda: not self.database.runs.unfinished(), "the end of all runs")

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the engine ended:\n{self.log()}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait(30.0)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
