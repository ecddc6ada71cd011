"""A home folder with an engine over the tiny modules, and ways to wait for what happens in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torchwire.execution.engine import Engine
from torchwire.execution.events import RunEvent
from torchwire.execution.settings import EngineSettings
from torchwire.registry import Registry
from torchwire.remote.roster import Roster
from torchwire.storage.database import Database

PACKAGE = "tests.tiny_modules"
TIMEOUT = 120.0


class Place:
    """One engine in one home. It loads no torch, so its workers are ready in a moment."""

    def __init__(
        self,
        home: Path,
        packages: Sequence[str] = (PACKAGE,),
        *,
        url: str | None = None,
        patience: float = TIMEOUT,
        targets: Sequence[Mapping[str, Any]] = (),
        **settings: Any,
    ) -> None:
        self.home, self._patience = home, patience
        home.mkdir(parents=True, exist_ok=True)
        self.database = Database(url or f"sqlite:///{home / 'torchwire.db'}", home)
        options = {"allowed_roots": None, "preload": (), "cores": 2} | settings
        self.roster = Roster(home, self.database, targets)
        self.engine = Engine(home, self.database, Registry.of(packages), EngineSettings(**options), self.roster)
        self.heard: list[RunEvent] = []
        self._changed = threading.Condition()
        self.engine.subscribe(self._hear)

    def start(self) -> Place:
        """Start the engine."""
        self.engine.start()
        return self

    def ready(self) -> Place:
        """Start the engine and wait until it can fork workers."""
        self.engine.start()
        assert self.engine.wait_until_ready(self._patience)
        return self

    def stop(self, *, kill: bool = False) -> None:
        """Stop the engine. Starting it again takes a new Place."""
        self.engine.stop(kill=kill)
        self.database.close()

    def submit(self, document: object) -> str:
        """Submit and return the run's id."""
        return str(self.engine.submit(document)["id"])

    def run(self, document: object) -> dict[str, Any]:
        """Submit, wait for the end, return the snapshot."""
        return self.finish(self.submit(document))

    def finish(self, run_id: str) -> dict[str, Any]:
        """Wait for the end of a run, return the snapshot."""
        self.wait_for("run.finished", run=run_id)
        return self.database.runs.snapshot(run_id)

    def wait_for(
        self,
        kind: str,
        node: str | None = None,
        *,
        run: str | None = None,
        where: Callable[[RunEvent], bool] = lambda _: True,
    ) -> RunEvent:
        """Wait for an event that was or will be heard."""

        def found() -> RunEvent | None:
            for event in self.heard:
                fits = event.type == kind and node in (None, event.node) and run in (None, event.run_id)
                if fits and where(event):
                    return event
            return None

        with self._changed:
            event = self._changed.wait_for(found, self._patience)
        assert event is not None, f"no {kind} of {node}; heard {[(e.type, e.node) for e in self.heard]}"
        return event

    def said(self, run_id: str, kind: str | None = None, node: str | None = None) -> list[RunEvent]:
        """The stored events of a run."""
        events = self.database.runs.events(run_id, limit=100_000)
        return [event for event in events if kind in (None, event.type) and node in (None, event.node)]

    def file(self, snapshot: dict[str, Any], node: str, port: str, name: str) -> str:
        """The text of a file that a node made."""
        return (self.engine.artifact(snapshot["nodes"][node]["outputs"][port]["digest"]) / name).read_text()

    def _hear(self, events: list[RunEvent]) -> None:
        with self._changed:
            self.heard += events
            self._changed.notify_all()


def statuses(snapshot: dict[str, Any]) -> dict[str, str]:
    """Each node's status; a reused node counts as ``reused``."""
    return {node: "reused" if state["reused"] else state["status"] for node, state in snapshot["nodes"].items()}
