"""Takes up what an engine before this one left: nothing stays 'running' that does not run."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torchwire.errors import InvalidPipeline
from torchwire.execution.active_run import ENDED, ActiveRun
from torchwire.execution.attempt import EventTail, LiveAttempt
from torchwire.execution.context import cancel_flag
from torchwire.execution.home import Home
from torchwire.execution.processes import ProcessTree, is_alive
from torchwire.graph.plan import plan
from torchwire.graph.slicing import Part
from torchwire.graph.validate import validate
from torchwire.registry import Registry
from torchwire.storage.attempts import AttemptRecord
from torchwire.storage.database import Database
from torchwire.storage.runs import Change

logger = logging.getLogger(__name__)


def recover(home: Home, database: Database, registry: Registry) -> Iterator[tuple[ActiveRun, list[LiveAttempt]]]:
    """Yield each run that is not at an end, with its attempts that have not ended.

    A run whose document is not valid any more (a module is gone) is ended here, as failed.
    """
    for run_id in database.runs.unfinished():
        try:
            run = load_run(database, registry, run_id)
        except InvalidPipeline as error:
            _end(home, database, run_id, error)
            continue
        write_document(home, run_id, database.runs.document(run_id))
        nodes = database.runs.snapshot(run_id)["nodes"]
        attempts = []
        for record in database.attempts.living(run_id):
            request = _request_of(home.attempts / record.id)
            if request is None or not database.attempts.holds_lease(record.id):
                _give_up(home, database, record)
            else:
                attempts.append(_take_up(home, record, request, nodes[record.node]))
        yield run, attempts


def load_run(database: Database, registry: Registry, run_id: str) -> ActiveRun:
    """The state of a run as the log has it. Raises InvalidPipeline."""
    snapshot = database.runs.snapshot(run_id)
    part = Part.of_json(snapshot["asked_for"])
    validation = validate(part.of(snapshot["document"]), registry)
    if validation.faults:
        raise InvalidPipeline(validation.faults)
    nodes = snapshot["nodes"]
    status = {node: state["status"] if state["status"] in ENDED else "pending" for node, state in nodes.items()}
    return ActiveRun(
        run_id,
        plan(validation, registry),
        status,
        outputs={node: state["outputs"] for node, state in nodes.items() if state["status"] == "completed"},
        errors=[state["error"] for state in nodes.values() if state["error"]],
        began=snapshot["started"],
        cancelling=snapshot["cancel_requested"],
        only=frozenset(part.only),
    )


def write_document(home: Home, run_id: str, document: object) -> None:
    """Put a run's document where its workers read it."""
    path = home.documents / f"{run_id}.json"
    if not path.exists():
        draft = path.with_suffix(".new")  # renamed when it is whole: half a document would be there for good
        draft.write_text(json.dumps(document))
        draft.rename(path)


def _end(home: Home, database: Database, run_id: str, error: InvalidPipeline) -> None:
    """End a run that can't go on: nothing of it runs, nothing of it waits."""
    for record in database.attempts.living(run_id):
        _give_up(home, database, record)
    nodes = database.runs.snapshot(run_id)["nodes"]
    open_nodes = [node for node, state in nodes.items() if state["status"] not in ENDED]
    ended: list[Change] = [("node.cancelled", node, {"seconds": None}) for node in open_nodes]
    failed = {"status": "failed", "error": error.as_json(), "seconds": 0.0}
    database.runs.append(run_id, [*ended, ("run.finished", None, failed)])


def _request_of(folder: Path) -> dict[str, Any] | None:
    """What an attempt was told; None when that is lost, as it may be after a power cut."""
    try:
        request: dict[str, Any] = json.loads((folder / "request.json").read_text())
    except (OSError, ValueError):
        return None
    return request


def _give_up(home: Home, database: Database, record: AttemptRecord) -> None:
    """End an attempt whatever it does: nobody knows what it makes, or another took its place."""
    logger.warning("Attempt %s is given up.", record.id)
    cancel = cancel_flag(home.attempts / record.id)
    if cancel.parent.exists():
        cancel.touch()
    if record.pid is not None:
        ProcessTree(record.pid, record.pid_started).signal(signal.SIGKILL)
    database.attempts.end(record.id, record.offset)


def _take_up(home: Home, record: AttemptRecord, request: Mapping[str, Any], state: Mapping[str, Any]) -> LiveAttempt:
    folder = home.attempts / record.id
    attempt = LiveAttempt(
        record.id,
        record.run_id,
        record.node,
        record.number,
        folder,
        request,
        EventTail(folder / "events.jsonl", record.offset),
        pid=record.pid,
        pid_started=record.pid_started,
        ours=False,
    )
    _remember(attempt, record.offset)
    if record.pid is not None:
        attempt.began = time.monotonic() - max(0.0, time.time() - record.created)
        attempt.memory.curve = [(seconds, memory) for seconds, memory in state["memory"]]
        attempt.memory.peak = state["memory_peak"] or 0
    attempt.found_dead = attempt.pid is None or not is_alive(attempt.pid, attempt.pid_started)
    if attempt.pid is None:
        attempt.lost_since = 0.0
    return attempt


def _remember(attempt: LiveAttempt, heard: int) -> None:
    """Look how much of what it prints was ``heard``, and whether it began after that."""
    tail = EventTail(attempt.folder / "events.jsonl", 0)
    tail.behind = True
    while tail.behind:
        for event in tail.read():
            if event["type"] == "attempt.started":
                attempt.pid, attempt.pid_started = event["data"]["pid"], event["data"]["pid_started"]
            if tail.offset <= heard:
                attempt.log_offsets = event.get("read", attempt.log_offsets)
                attempt.last_lines.extend(event["data"].get("lines", ()))
    tail.close()
