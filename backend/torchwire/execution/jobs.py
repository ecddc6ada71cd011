"""Small jobs: a module that runs once, in a worker of its own, while somebody waits for what it makes.

A job is no part of a run: nothing of it is stored in the database or the store, it takes no slot, and it may take only
so long. One runs at a time; the others wait for their turn.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any

from torchwire.errors import ConflictError, NodeCrashedError, NodeTimedOutError, error_from
from torchwire.execution.home import Home
from torchwire.execution.launcher import kind_for
from torchwire.execution.processes import ProcessTree
from torchwire.execution.settings import EngineSettings
from torchwire.registry import Registry

THREADS = 2


@dataclass
class Job:
    """One job, as the engine's thread sees it. ``ended`` is set when its process has ended or never will have begun."""

    id: str
    folder: Path
    zygote: str
    asked: bool = False
    pid: int | None = None
    pid_started: float | None = None
    ended: Future[None] = field(default_factory=Future)

    def end(self) -> None:
        """Its process is no more."""
        if not self.ended.done():
            self.ended.set_result(None)


class JobBoard:
    """The jobs under way. Only the engine's thread touches it."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def add(self, job: Job) -> None:
        """Have it started soon."""
        self._jobs[job.id] = job

    def waiting(self) -> list[Job]:
        """Those that no zygote was asked for yet."""
        return [job for job in self._jobs.values() if not job.asked]

    def forked(self, job_id: str, pid: int, started: float | None) -> None:
        """The worker of one exists now; other ids are passed over."""
        job = self._jobs.get(job_id)
        if job is not None:
            job.pid, job.pid_started = pid, started

    def exited(self, job_id: str) -> None:
        """A worker has ended."""
        job = self._jobs.pop(job_id, None)
        if job is not None:
            job.end()

    def end(self, *, zygote: str | None = None, job: Job | None = None) -> None:
        """Kill and forget one job, those of one kind of zygote, or all."""
        for one in list(self._jobs.values()):
            if (zygote is None or (one.zygote == zygote and one.asked)) and (job is None or one is job):
                if one.pid is not None:
                    ProcessTree(one.pid, one.pid_started).signal(SIGKILL)
                self.exited(one.id)


class Jobs:
    """Runs jobs for other threads. ``begin`` and ``give_up`` tell the engine's thread to."""

    def __init__(
        self,
        home: Home,
        registry: Registry,
        settings: EngineSettings,
        data: Callable[[str], Path],
        begin: Callable[[Job], None],
        give_up: Callable[[Job], None],
    ) -> None:
        self._home, self._registry, self._settings, self._data = home, registry, settings, data
        self._begin, self._give_up = begin, give_up
        self._turn = threading.Lock()

    @contextmanager
    def run(
        self, module: str, parameters: Mapping[str, Any], inputs: Mapping[str, str], seconds: float
    ) -> Iterator[dict[str, Path]]:
        """Run ``module`` on artifacts, named by digest for each port; its outputs' folders are there within the block.

        Raises what the module raised for people, NodeTimedOutError after ``seconds``, NodeCrashedError for a worker
        that died, and ConflictError when others took all that time.
        """
        until = time.monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            raise ConflictError("The server is busy with other requests of this kind.", hint="Try again in a moment.")
        folder = self._home.jobs / uuid.uuid4().hex
        try:
            try:
                self._wait(self._prepare(folder, module, parameters, inputs), until)
            finally:
                self._turn.release()
            yield _outputs(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _wait(self, job: Job, until: float) -> None:
        self._begin(job)
        try:
            job.ended.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            self._give_up(job)
            hint = "Try again when the machine is less busy."
            raise NodeTimedOutError("It took too long and was stopped.", hint=hint) from None

    def clean(self) -> None:
        """Remove what an engine that died has left."""
        shutil.rmtree(self._home.jobs, ignore_errors=True)

    def _prepare(self, folder: Path, module: str, parameters: Mapping[str, Any], inputs: Mapping[str, str]) -> Job:
        spec = self._registry.get(module).spec
        values, faults = spec.check(parameters)
        if faults:
            raise faults[0]
        folder.mkdir(parents=True)
        request = {
            "attempt": folder.name,
            "node": module,
            "module": module,
            "parameters": values,
            "inputs": {port: {"path": str(self._data(digest)), "digest": digest} for port, digest in inputs.items()},
            "outputs": {port.id: port.type.id for port in spec.outputs},
            "resolved": {},
            "device": "cpu",
            "threads": min(THREADS, self._settings.cores),
            "settings": self._settings.as_seen_by_modules(),
            "document": str(folder / "document.json"),
            "doorbell": str(self._home.doorbell),
        }
        (folder / "request.json").write_text(json.dumps(request))
        return Job(folder.name, folder, kind_for(spec.libraries, self._settings.preload))


def _outputs(folder: Path) -> dict[str, Path]:
    try:
        last = json.loads((folder / "events.jsonl").read_bytes().splitlines()[-1])
    except (OSError, ValueError, IndexError):
        last = {}
    if last.get("type") == "attempt.done":
        return {port: folder / "sealed" / port / "data" for port in last["data"]["outputs"]}
    if last.get("type") == "attempt.failed":
        raise error_from(last["data"]["error"])
    raise NodeCrashedError("The process that worked on it ended without a word.", hint="Try again in a moment.")
