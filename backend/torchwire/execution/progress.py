"""How runs go on: what becomes of each node, what that means for those behind it, and when a run is over.

What is said here is numbered and stored at the end of a turn. The executor decides; this keeps the books.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torchwire.execution.active_run import ActiveRun
from torchwire.execution.dispatch import Dispatcher
from torchwire.execution.events import RunEvent
from torchwire.execution.home import Home
from torchwire.execution.reports import without_report
from torchwire.graph.plan import Step
from torchwire.storage.artifacts import Result
from torchwire.storage.database import Database
from torchwire.storage.runs import Change


class Progress:
    """The runs under way, and what was said of them in this turn."""

    def __init__(self, home: Home, database: Database, dispatcher: Dispatcher) -> None:
        self._home = home
        self._database = database
        self._dispatcher = dispatcher
        self._changes: dict[str, list[Change]] = {}
        self.runs: dict[str, ActiveRun] = {}
        self.said: list[RunEvent] = []
        self.to_clean: list[Path] = []

    def flush(self) -> None:
        """Number and store what was said in this turn."""
        for run_id, changes in self._changes.items():
            self.said += self._database.runs.append(run_id, changes)
        self._changes.clear()

    def reset(self) -> None:
        """Forget what is under way."""
        for part in (self.runs, self.said, self.to_clean, self._changes):
            part.clear()

    def begin(self, run: ActiveRun) -> None:
        """The run has something to show: say so, once."""
        if run.began is None:
            run.began = time.time()
            self.say(run, "run.started", None)

    def queue(self, run: ActiveRun, nodes: Iterable[str]) -> None:
        """These nodes have all they need: let them wait for a slot, or cancel them with their run."""
        for node in nodes:
            if run.cancelling:
                self.cancelled(run, node, None)
            else:
                run.queue(node)
                self.say(run, "node.queued", node)
                self._dispatcher.add(run, node)

    def cancelled(self, run: ActiveRun, node: str, seconds: float | None) -> None:
        """A node was cancelled; what stands behind it is skipped."""
        self._dispatcher.drop(run.id, node)
        self.say(run, "node.cancelled", node, seconds=seconds)
        for skipped in run.cancel(node):
            self.say(run, "node.skipped", skipped, because=node)

    def fail(self, run: ActiveRun, node: str, error: dict[str, Any], seconds: float | None) -> None:
        """A node failed; what stands behind it is skipped."""
        self.begin(run)
        self._dispatcher.drop(run.id, node)
        self.say(run, "node.failed", node, error=error, seconds=seconds)
        for skipped in run.fail(node, error):
            self.say(run, "node.skipped", skipped, because=node)
        self.finish_if_over(run)

    def reuse(self, run: ActiveRun, step: Step, result: Result) -> None:
        """A node has an earlier result."""
        node = step.node.id
        self.begin(run)
        self._dispatcher.drop(run.id, node)
        self.say_outputs(run, node, result.outputs)
        self.say(run, "node.reused", node, seconds_saved=result.seconds, from_run=result.run_id)
        self.queue(run, run.complete(node, result.outputs))
        self.finish_if_over(run)

    def finish_if_over(self, run: ActiveRun) -> None:
        """End a run all of whose nodes have ended."""
        if run.is_over and run.id in self.runs:
            del self.runs[run.id]
            error = {"error": without_report(run.errors[0])} if run.errors else {}
            seconds = 0.0 if run.began is None else max(0.0, time.time() - run.began)
            self.say(run, "run.finished", None, status=run.outcome(), seconds=seconds, **error)
            self.to_clean.append(self._home.documents / f"{run.id}.json")

    def say_outputs(self, run: ActiveRun, node: str, outputs: Mapping[str, Mapping[str, Any]]) -> None:
        """Tell what a node has made."""
        for port, output in outputs.items():
            about = {key: output[key] for key in ("digest", "size", "files")}
            self.say(run, "node.output", node, port=port, output_type=output["type"], **about)

    def say(self, run: ActiveRun, kind: str, node: str | None, **data: Any) -> None:
        """Tell something of a run, or of one of its nodes."""
        self._changes.setdefault(run.id, []).append((kind, node, data))
