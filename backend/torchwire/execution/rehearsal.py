"""Rehearses a pipeline before it runs: one batch of each heavy node, in a process that can be ended at any time.

Run as ``python -m torchwire.execution.rehearsal``, this is that process: it reads what to rehearse from its standard
input, pickled by the engine, and prints one JSON object for each node.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from torchwire.errors import ConflictError, NotFoundError, TorchwireError
from torchwire.execution.launcher import worker_environment
from torchwire.module_api import Estimate, Known
from torchwire.registry import Registry

LONGEST = 90.0
"""Seconds that a rehearsal may take."""


@dataclass(frozen=True)
class Part:
    """One node to rehearse: its module with checked parameters, what is known around it, and where it would run."""

    node: str
    module: str
    parameters: Mapping[str, Any]
    known: Known
    device: str
    threads: int


@dataclass
class Rehearsal:
    """A rehearsal under way or over. ``others`` are the seconds that the nodes take that aren't rehearsed."""

    id: str
    target: str
    others: float
    waiting: int
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: str = "running"
    error: str | None = None
    process: subprocess.Popen[bytes] | None = None

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

    def __init__(self, packages: Sequence[str], log: Path) -> None:
        self._packages, self._log = tuple(packages), log
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
            if not parts:
                rehearsal.status = "done"
                return rehearsal.as_json()
            command = [sys.executable, "-m", "torchwire.execution.rehearsal", *self._packages]
            environment = worker_environment(["torchwire", *self._packages])
            with self._log.open("ab") as log:
                rehearsal.process = subprocess.Popen(  # noqa: S603 - our own interpreter and names from the registry
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=environment,
                    start_new_session=True,
                )
        given = pickle.dumps(list(parts))
        self._thread = threading.Thread(
            target=self._follow, args=(rehearsal, given), name="torchwire-rehearsal", daemon=True
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
            rehearsal = self._current
            if rehearsal is None or rehearsal.status != "running":
                return
            rehearsal.status = "cancelled"
            _kill(rehearsal.process)
            thread = self._thread
        if thread is not None:
            thread.join(timeout=5)

    def _follow(self, rehearsal: Rehearsal, parts: bytes) -> None:
        process = rehearsal.process
        if process is None or process.stdin is None or process.stdout is None:
            return
        timer = threading.Timer(LONGEST, _kill, [process])
        timer.name = "torchwire-rehearsal-time"
        timer.start()
        began = monotonic()
        try:
            with suppress(OSError), process.stdin:
                process.stdin.write(parts)
            for line in process.stdout:
                found = json.loads(line)
                with self._lock:
                    rehearsal.nodes[found.pop("node")] = found
            code = process.wait()
        finally:
            timer.cancel()
            timer.join()
            process.stdout.close()
        with self._lock:
            if rehearsal.status != "running":
                return
            rehearsal.status = "done" if code == 0 else "failed"
            if code != 0:
                late = monotonic() - began >= LONGEST
                rehearsal.error = (
                    f"The rehearsal took longer than {LONGEST:.0f} seconds and was ended: training would be slow here."
                    if late
                    else "The rehearsal ended before its time: memory ran out, or the process was killed."
                    if code < 0
                    else "The rehearsal failed; the workers' log says why."
                )


def _without_nothing(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value is not None}


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def main(packages: list[str]) -> None:
    """Rehearse what the engine sends."""
    parts: list[Part] = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the engine that started this process
    answers, sys.stdout = sys.stdout, sys.stderr  # what modules print is no answer
    registry = Registry.of(packages)
    for part in parts:
        try:
            estimate = registry.get(part.module)(part.parameters).rehearse(part.known, part.device, part.threads)
        except TorchwireError as error:
            estimate = Estimate(why=error.message)
        if estimate is not None:
            record = asdict(estimate)
            record["memory_bytes"] = record.pop("memory")
            print(json.dumps({"node": part.node, **record}), file=answers, flush=True)


if __name__ == "__main__":
    from torchwire.execution import rehearsal

    rehearsal.main(sys.argv[1:])  # by its name: what was pickled are that module's classes
