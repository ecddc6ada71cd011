"""Rehearses a pipeline before it runs: one batch of each heavy node, each in a worker of its own, like a small job."""

from __future__ import annotations

import json
import pickle
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from torchwire.errors import ConflictError, NotFoundError, TorchwireError
from torchwire.execution.failures import failure_of, print_trace
from torchwire.execution.jobs import Job
from torchwire.module_api import Estimate, Known
from torchwire.registry import Registry

LONGEST = 90.0
"""Seconds that a rehearsal may take."""
PART, FOUND = "part.pickle", "found.json"
LATE = f"The rehearsal took longer than {LONGEST:.0f} seconds and was ended: training would be slow here."
KILLED = "The rehearsal ended before its time: memory ran out, or the process was killed."


@dataclass(frozen=True)
class Part:
    """One node to rehearse: its module with checked parameters, what is known around it, and where it would run.

    ``zygote`` is the kind that its workers are forked from. ``elsewhere`` names the target that it will run on where
    that is not this computer, on which it is rehearsed all the same.
    """

    node: str
    module: str
    parameters: Mapping[str, Any]
    known: Known
    device: str
    threads: int
    zygote: str
    elsewhere: str | None = None


@dataclass
class Rehearsal:
    """A rehearsal under way or over, on the ``target`` of this computer that is so named.

    ``others`` are the seconds that the nodes take that aren't rehearsed.
    """

    id: str
    target: str
    others: float
    waiting: int
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: str = "running"
    error: str | None = None
    job: Job | None = None

    def as_json(self) -> dict[str, Any]:
        """The rehearsal as HTTP answers it; totals are there once it is done and every node could be rehearsed."""
        seconds = [node.get("seconds") for node in self.nodes.values()]
        memory = [node["memory_bytes"] for node in self.nodes.values() if node.get("memory_bytes") is not None]
        whole = self.status == "done" and None not in seconds
        return {
            "id": self.id,
            "status": self.status,
            "target": self.target,
            "nodes": {
                node: {key: v for key, v in found.items() if v is not None} for node, found in self.nodes.items()
            },
            "waiting": self.waiting - len(self.nodes),
            "seconds": self.others + sum(s for s in seconds if s is not None) if whole else None,
            "memory_bytes": max(memory, default=None),
            "error": self.error,
        }


class Rehearsals:
    """One rehearsal at a time. The last one is remembered until the next begins."""

    def __init__(self, folder: Path, begin: Callable[[Job], None], give_up: Callable[[Job], None]) -> None:
        """Jobs get a folder each below ``folder``; ``begin`` and ``give_up`` tell the engine's thread of them."""
        self._folder, self._begin, self._give_up = folder, begin, give_up
        self._current: Rehearsal | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self, parts: Sequence[Part], others: float, target: str) -> dict[str, Any]:
        """Begin. Raises ConflictError while another one goes on."""
        with self._lock:
            if self._current is not None and self._current.status == "running":
                raise ConflictError("Another rehearsal goes on.", hint="Wait for it, or cancel it.")
            rehearsal = Rehearsal(uuid.uuid4().hex, target, others, len(parts))
            self._current = rehearsal
            self._thread = threading.Thread(
                target=self._go_through, args=(rehearsal, parts), name="torchwire-rehearsal", daemon=True
            )
            self._thread.start()
            return rehearsal.as_json()

    def get(self, rehearsal_id: str) -> dict[str, Any]:
        """A rehearsal by its id. Raises NotFoundError."""
        with self._lock:
            if self._current is None or self._current.id != rehearsal_id:
                raise NotFoundError("There is no such rehearsal.", hint="Only the last one is remembered.")
            return self._current.as_json()

    def cancel(self, rehearsal_id: str) -> None:
        """End a rehearsal at once. Raises NotFoundError. One that is over stays so."""
        self.get(rehearsal_id)
        self.stop()

    def stop(self) -> None:
        """End whatever goes on."""
        with self._lock:
            rehearsal, thread = self._current, self._thread
            if rehearsal is None or rehearsal.status != "running":
                return
            rehearsal.status = "cancelled"
            if rehearsal.job is not None:
                self._give_up(rehearsal.job)
        if thread is not None:
            thread.join(timeout=5)

    def _go_through(self, rehearsal: Rehearsal, parts: Sequence[Part]) -> None:
        until, error = monotonic() + LONGEST, None
        for part in parts:
            error = self._rehearse(rehearsal, part, until)
            if error is not None or rehearsal.status != "running":
                break
        with self._lock:
            if rehearsal.status == "running":
                rehearsal.status, rehearsal.error = "done" if error is None else "failed", error

    def _rehearse(self, rehearsal: Rehearsal, part: Part, until: float) -> str | None:
        """Have one part rehearsed. Returns what went wrong, in words."""
        folder = self._folder / uuid.uuid4().hex
        try:
            folder.mkdir(parents=True)
            (folder / "request.json").write_text(json.dumps({"rehearsal": PART}))
            (folder / PART).write_bytes(pickle.dumps(part))
            job = Job(folder.name, folder, part.zygote)
            with self._lock:
                if rehearsal.status != "running":
                    return None
                rehearsal.job = job
                self._begin(job)
            try:
                job.ended.result(max(0.0, until - monotonic()))
            except TimeoutError:
                self._give_up(job)
                return LATE
            found = json.loads((folder / FOUND).read_bytes())
        except (OSError, ValueError):
            return KILLED
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        with self._lock:
            rehearsal.nodes[part.node] = found | {"elsewhere": part.elsewhere}
        return None


def rehearse(folder: Path, registry: Registry) -> None:
    """Rehearse the part that ``folder`` holds; this is what the worker does. What was found is written as a whole."""
    part: Part = pickle.loads((folder / PART).read_bytes())  # noqa: S301 - from the engine that had us forked
    try:
        estimate = registry.get(part.module)(part.parameters).rehearse(part.known, part.device, part.threads)
    except TorchwireError as error:
        estimate = Estimate(why=error.message)
    except Exception as error:  # noqa: BLE001 - a module is other people's code
        print_trace(error)
        estimate = Estimate(why=failure_of(error, part.node).error.message)
    record = asdict(estimate or Estimate(why="The module has no rehearsal."))
    record["memory_bytes"] = record.pop("memory")
    partial = folder / f"{FOUND}.part"
    partial.write_text(json.dumps(record))
    partial.rename(folder / FOUND)
