"""A job of Slurm's, seen from the machines that run it: what each of its tasks does, and how it speaks to its driver.

Both sides have nothing in common but a folder, so they speak through files in it. All of them are made before the job
is submitted: on a network file system a file that is not there yet can stay unseen for a minute. Each has one writer.

- ``said-<rank>.jsonl``: what that task's attempt says. Rank 0 passes all on in ``said.jsonl``, which the driver reads,
  and whose last line (``OVER``) says how the job ended.
- ``wanted``: what the driver wants, and a number that it counts up as a sign of life.
- ``course``: where the ranks meet, and later that all is over, both said by rank 0.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torchwire.errors import TorchwireError
from torchwire.execution.failures import failure_of
from torchwire.remote.attempt import RemoteAttempt
from torchwire.remote.backend import JobState, RemoteJob
from torchwire.remote.job import ranked

OVER = "slurm.over"
LOOK = 0.2
"""Seconds between two looks at the files of others."""
GRACE = 1.0
"""Seconds in which, after one rank ended badly, the others may still say what they know of it."""
BAD = ("attempt.ended", "attempt.lost", "attempt.failed")
"""Ends that no other rank survives, those that explain most first."""
FINAL = ("attempt.done", "attempt.cancelled", *BAD)


class JobFolder:
    """The files of one job."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said = path / "said.jsonl"
        self._wanted, self._course = path / "wanted", path / "course"

    def make(self, processes: int) -> None:
        """Make the folder and all of its files."""
        self.path.mkdir(parents=True)
        for path in (self.said, self._course, *(self.said_by(rank) for rank in range(processes))):
            path.touch()
        self.want("run", 0)

    def said_by(self, rank: int) -> Path:
        """What one of its tasks says."""
        return self.path / f"said-{rank}.jsonl"

    def want(self, what: str, beat: int) -> None:
        """Say what the driver wants: ``run``, ``stop`` or ``kill``."""
        self._wanted.write_text(f"{what} {beat} .")

    def wanted(self) -> tuple[str, int] | None:
        """What the driver wants and its sign of life; None while it is being written."""
        parts = self._wanted.read_text().split()
        return (parts[0], int(parts[1])) if len(parts) == 3 else None

    def steer(self, word: str) -> None:
        """Tell the other ranks: the address where they meet, or ``over``."""
        self._course.write_text(f"{word} .")

    def course(self) -> str | None:
        """What rank 0 said last."""
        parts = self._course.read_text().split()
        return parts[0] if len(parts) == 2 else None


class Lines:
    """Reads whole lines that are appended to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new(self) -> Iterator[dict[str, Any]]:
        """What was said since."""
        with self._path.open("rb") as file:  # opened anew, so that a network file system looks what there is
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            yield json.loads(line)


def work(path: str, record: Mapping[str, Any], patience: float) -> None:
    """Be one task of the job in the folder ``path``; submitit calls this. ``record`` is the RemoteJob."""
    from submitit import JobEnvironment

    job, folder, environment = RemoteJob(**record), JobFolder(Path(path)), JobEnvironment()
    rank = environment.global_rank if job.processes > 1 else 0
    _take_own_gpus(job, environment.local_rank)
    try:
        task = _First(folder, job, patience) if rank == 0 else _Further(folder, job, patience, rank)
    except TorchwireError as error:
        failed = failure_of(error, job.request["node"]).as_json() | {"seconds": 0.0}
        lines = [{"type": "attempt.failed", "data": failed}, {"type": OVER, "data": {"ended": None}}]
        with (folder.said if rank == 0 else folder.said_by(rank)).open("a") as out:
            out.writelines(json.dumps(line) + "\n" for line in lines)
        return
    task.run()


def _take_own_gpus(job: RemoteJob, local_rank: int) -> None:
    """Of the GPUs that all tasks on a machine see, leave each those of its own."""
    visible, own = [gpu for gpu in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if gpu], int(job.gpus)
    if own and job.process_count > 1 and len(visible) >= own * job.process_count:
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(visible[local_rank * own : (local_rank + 1) * own])


class _Task:
    """An attempt, and what the driver and the other ranks want of it."""

    def __init__(self, folder: JobFolder, job: RemoteJob, patience: float, rank: int) -> None:
        self._folder, self._rank, self._patience = folder, rank, patience
        own = ranked(job, rank, self._meeting()) if job.processes > 1 else job
        self._attempt = RemoteAttempt(own, machine=os.environ.get("SLURMD_NODENAME"))
        self._said = 0
        self._beat, self._beat_heard = -1, time.monotonic()

    def run(self) -> None:
        """Work until the end."""
        self._attempt.start()
        try:
            with self._folder.said_by(self._rank).open("ab", buffering=0) as out:
                while not self._turn(out):
                    self._heed()
        finally:
            self._attempt.close()

    def _turn(self, out: Any) -> bool:
        """Pass on what the attempt says. Whether it is over."""
        state = self._attempt.state()
        data = self._attempt.read(self._said, LOOK)
        out.write(data)
        self._said += len(data)
        return state.status == "ended" and not data

    def _heed(self) -> None:
        wanted = self._folder.wanted()
        now = time.monotonic()
        if wanted is not None and wanted[1] != self._beat:
            self._beat, self._beat_heard = wanted[1], now
        if wanted is not None and wanted[0] != "run":
            self._attempt.stop(kill=wanted[0] == "kill")
        if now - self._beat_heard > self._patience:
            self._attempt.stop(kill=True)  # the driver is gone: nobody will ever hear of it

    def _meeting(self) -> str:
        raise NotImplementedError


class _Further(_Task):
    """A rank other than the first."""

    def _meeting(self) -> str:
        while (course := self._folder.course()) is None:
            wanted = self._folder.wanted()
            if wanted is not None and wanted[0] != "run":
                return ""
            time.sleep(LOOK)
        return course

    def _heed(self) -> None:
        super()._heed()
        if self._folder.course() == "over":
            self._attempt.stop(kill=True)


class _First(_Task):
    """Rank 0, which speaks for all to the driver."""

    def __init__(self, folder: JobFolder, job: RemoteJob, patience: float) -> None:
        super().__init__(folder, job, patience, 0)
        self._processes = job.processes
        self._lines = [Lines(folder.said_by(rank)) for rank in range(job.processes)]
        self._ends: dict[int, dict[str, Any]] = {}
        self._memory: dict[int, dict[str, Any]] = {}
        self._machines: dict[int, list[str]] = {}
        self._out = folder.said.open("ab", buffering=0)

    def run(self) -> None:
        """Work, and say at the very end how it ended."""
        ended = None
        try:
            super().run()
            self._gather()
            self._await_others()
            end = self._end()
            if end is not None:
                self._say(end)
                ended = end["data"].get("ended")
        finally:
            self._folder.steer("over")
            self._say({"type": OVER, "data": {"ended": ended}})
            self._out.close()

    def _meeting(self) -> str:
        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        address = f"tcp://{socket.gethostname()}:{port}"
        self._folder.steer(address)
        return address

    def _turn(self, out: Any) -> bool:
        over = super()._turn(out)
        self._gather()
        if any(rank and end["type"] in BAD for rank, end in self._ends.items()):
            self._attempt.stop(kill=True)
        return over

    def _gather(self) -> None:
        """Pass on what all ranks have said, but for their ends."""
        for rank, lines in enumerate(self._lines):
            for event in lines.new():
                if event["type"] in FINAL:
                    self._ends.setdefault(rank, event)
                elif (told := self._as_told(rank, event)) is not None:
                    self._say(told)

    def _as_told(self, rank: int, event: dict[str, Any]) -> dict[str, Any] | None:
        """The event as the driver hears it: further ranks only print, and take memory."""
        if event["type"] == "attempt.memory":
            self._memory[rank] = event["data"]
            if rank == 0:
                total = {name: sum(one[name] for one in self._memory.values()) for name in ("now", "peak")}
                return event | {"data": event["data"] | total}
        if event["type"] == "attempt.placed":
            self._machines[rank] = event["data"]["machines"]
            named = sorted({name for names in self._machines.values() for name in names})
            whole = len(self._machines) == self._processes
            return event | {"data": {"machines": named}} if whole else None
        if rank and event["type"] == "node.log":
            lines = [[when, f"rank {rank}", text] for when, _, text in event["data"]["lines"]]
            return event | {"data": {"lines": lines}}
        return None if rank else event

    def _await_others(self) -> None:
        """When this rank ended badly, hear what the others know of it."""
        until = time.monotonic() + GRACE
        while self._ends.get(0, {}).get("type") in BAD and time.monotonic() < until:
            if len(self._ends) == self._processes:
                return
            time.sleep(LOOK)
            self._gather()

    def _end(self) -> dict[str, Any] | None:
        """The end of all: a process that was killed comes before what others say of lost connections."""
        for kind in BAD:
            for rank, end in sorted(self._ends.items(), key=lambda one: -one[0]):
                if end["type"] == kind:
                    return self._named(rank, end)
        return self._ends.get(0)

    def _named(self, rank: int, end: dict[str, Any]) -> dict[str, Any]:
        """The end with the name of its rank, where somebody reads it."""
        error = end["data"].get("error")
        if self._processes == 1 or error is None or "report" not in error:
            return end
        message = f"Rank {rank} of {self._processes}: {error['message']}"
        return end | {"data": end["data"] | {"error": error | {"message": message}}}

    def _say(self, event: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(event).encode() + b"\n")


def ended_with(event: Mapping[str, Any]) -> JobState | None:
    """The job's last state, if this event is its last line."""
    return JobState("ended", ended=event["data"]["ended"]) if event.get("type") == OVER else None
