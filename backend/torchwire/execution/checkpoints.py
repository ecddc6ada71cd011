"""Checkpoints on the engine's side: taken over from attempts, handed to later ones, removed when nobody needs them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torchwire.execution.active_run import Candidate
from torchwire.execution.attempt import LiveAttempt
from torchwire.execution.cache import key_of
from torchwire.execution.checkpointing import FOLDER
from torchwire.execution.store import ArtifactStore
from torchwire.graph.plan import Step
from torchwire.module_api import Module
from torchwire.storage.checkpoints import KEPT, CheckpointRecord
from torchwire.storage.database import Database

FAMILY_LOOKED_AT = 8
HOW_RUNS_STAND = {
    "cancelled": "the run cancelled at",
    "failed": "the run that failed at",
    "completed": "the run of",
    "running": "the run of",
}


def family_of(step: Step, fields: Mapping[str, Any], key: str) -> str:
    """The key without the parameters that only say how far to go."""
    if not step.spec.extendable:
        return key
    values = {name: value for name, value in fields["parameters"].items() if name not in step.spec.extendable}
    return key_of(dict(fields) | {"parameters": values})


@dataclass(frozen=True)
class Adopted:
    """What became of a checkpoint that an attempt has told of: its event, and folders that may go now."""

    event: Mapping[str, Any] | None
    unused: set[str]


@dataclass(frozen=True)
class Continuation:
    """What a node may go on from, the best first, and why that is."""

    records: Sequence[CheckpointRecord]
    key: str
    why: str
    seconds_saved: float | None
    seconds_expected: float | None

    def source(self, record: CheckpointRecord) -> Literal["checkpoint", "run"]:
        """Whether the same work was interrupted, or shorter work came to its end."""
        return "run" if record.final and record.key != self.key else "checkpoint"


class CheckpointKeeper:
    """Decides which checkpoints are kept, and what a node goes on from."""

    def __init__(self, database: Database, store: ArtifactStore) -> None:
        self._database = database
        self._store = store

    def adopt(self, attempt: LiveAttempt, said: Mapping[str, Any]) -> Adopted:
        """Move a checkpoint into the store and write its row, which belongs to the surrounding transaction.

        One that is not there is passed over: its worker has made a newer one since and removed it. Raises OSError
        when the folder can't be moved.
        """
        request = attempt.request
        try:
            self._store.adopt(attempt.folder / FOLDER / said["name"], said["digest"])
        except FileNotFoundError:
            return Adopted(None, set())
        record = CheckpointRecord(
            id=uuid.uuid4().hex,
            key=request["key"],
            family=request["family"],
            run_id=attempt.run_id,
            node=attempt.node,
            attempt_id=attempt.id,
            digest=said["digest"],
            size=said["size"],
            files=said["files"],
            step=said["step"],
            final=said["final"],
            parameters=request["parameters"],
            info=said["info"],
            created=time.time(),
        )
        unused = self._database.checkpoints.add(record)
        where = {name: said["info"].get(name) for name in ("epoch", "batch")}
        return Adopted({"step": record.step, **where, "size": record.size, "digest": record.digest}, unused)

    def finished(self, attempt: LiveAttempt) -> set[str]:
        """Keep only the final state of work that is done. Returns the digests of folders that may go now."""
        return self._database.checkpoints.finished(attempt.key, attempt.id)

    def continuation(self, step: Step, module: type[Module], candidate: Candidate, run_id: str) -> Continuation | None:
        """What a node may go on from: the same work first, then work that goes less far.

        A node whose output is to be made anew goes on from its own run's checkpoints only.
        """
        if not candidate.repeatable:
            return None
        same = self._database.checkpoints.of_key(candidate.key, KEPT)
        others: list[CheckpointRecord] = []
        if step.node.regenerate_output:
            same = [record for record in same if record.run_id == run_id]
        elif step.spec.extendable:
            node = module(step.parameters)
            others = [
                record
                for record in self._database.checkpoints.of_family(candidate.family, candidate.key, FAMILY_LOOKED_AT)
                if node.why_not_continue(record.parameters) is None
            ]
        records = [*same, *others]
        first = next((record for record in records if self._store.is_whole(record.digest)), None)
        if first is None:
            return None
        saved, expected = _times(first, step)
        return Continuation(records[:3], candidate.key, self._why(first, candidate.key, run_id), saved, expected)

    def as_told(self, continuation: Continuation | None) -> list[dict[str, Any]]:
        """The checkpoints as a worker is told of them."""
        if continuation is None:
            return []
        return [
            {
                "folder": str(self._store.folder(record.digest)),
                "digest": record.digest,
                "step": record.step,
                "source": continuation.source(record),
                "run": record.run_id,
                "parameters": dict(record.parameters),
                "info": dict(record.info),
            }
            for record in continuation.records
        ]

    def _why(self, record: CheckpointRecord, key: str, run_id: str) -> str:
        reached = record.info.get("text") or f"step {record.step}"
        if record.run_id == run_id:
            return f"goes on after {reached}"
        run = self._run(record.run_id)
        if record.final and record.key != key:
            return f"continues the {reached} of {run}"
        return f"goes on after {reached}, from {run}"

    def _run(self, run_id: str) -> str:
        standing = self._database.runs.standing(run_id)
        if standing is None:
            return "a run that was deleted"
        status, since = standing
        now, then = time.localtime(), time.localtime(since)
        clock = time.strftime("%H:%M" if now[:3] == then[:3] else "%H:%M on %Y-%m-%d", then)
        return f"{HOW_RUNS_STAND.get(status, 'the run of')} {clock}"


def _times(record: CheckpointRecord, step: Step) -> tuple[float | None, float | None]:
    """What the work behind a checkpoint took, and what is left should it go on at that pace."""
    seconds, done = record.info.get("seconds"), record.info.get("done")
    if not isinstance(seconds, (int, float)) or not isinstance(done, (int, float)) or done <= 0:
        return None, None
    farther = 1.0
    for name in step.spec.extendable:
        before, now = record.parameters.get(name), step.parameters.get(name)
        if isinstance(before, (int, float)) and isinstance(now, (int, float)) and before > 0:
            farther *= now / before
    return float(seconds), max(0.0, seconds / done * (farther - done))
