"""Clusters under Slurm, through submitit. A worked example for whoever writes a target of their own.

``docs/guide/write-a-target.md`` goes through this file step by step.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import subprocess
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psutil
from pydantic import Field, field_validator

from torchwire.errors import TargetUnavailableError
from torchwire.remote.backend import (
    JobState,
    Machine,
    RemoteBackend,
    RemoteHandle,
    RemoteJob,
    Survey,
    TargetOptions,
)
from torchwire.remote.slurm_job import JobFolder, ended_with, work
from torchwire.remote.versions import versions

if TYPE_CHECKING:
    import submitit

logger = logging.getLogger(__name__)

MIB, GIB = 1 << 20, 1 << 30
BEAT = 2.0
"""Seconds between two signs of life of a driver."""
ASK = 2.0
"""Seconds between two questions to Slurm about one job."""
ANSWER = 20.0
"""Seconds that one of Slurm's commands may take."""
SHOW_UP = 10.0
"""Seconds after a job's end in which what it wrote may still be on its way through a shared folder."""
DAY = 86400.0
ALIVE = ("idle", "mixed", "allocated", "completing", "planned", "reserved")
ASK_VERSIONS = "import json; from torchwire.remote.versions import versions; print(json.dumps(dict(versions())))"


class SlurmOptions(TargetOptions):
    """A Slurm cluster, seen from a machine on which ``sbatch`` works."""

    cluster: Literal["slurm", "local"] = Field(
        "slurm", description="With local, jobs are processes of this computer: to try things out, and for tests."
    )
    partition: str | None = Field(None, description="Where jobs are submitted; by default Slurm's default.")
    account: str | None = Field(None, description="Who pays for them.")
    qos: str | None = Field(None, description="Their quality of service.")
    constraint: str | None = Field(None, description="Features that their machines must have.")
    minutes: int = Field(24 * 60, ge=1, description="Slurm ends a job after so many minutes; work goes on in another.")
    python: str | None = Field(
        None, description="The Python that has Torchwire on the machines; by default this one's path."
    )
    setup: tuple[str, ...] = Field((), description="Shell commands that come before it, as in: module load cuda")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Further options of sbatch, by name.")

    @field_validator("exchange")
    @classmethod
    def _is_folder(cls, value: str) -> str:
        path = value.removeprefix("file://")
        if "://" in path or not path.startswith("/"):
            raise ValueError("must be the absolute path of a folder that all machines share: jobs speak through it")
        return path


class SlurmBackend(RemoteBackend):
    """Jobs of Slurm's. Needs no connection: everything is a command or a file."""

    kind, title, Options = "slurm", "Slurm cluster", SlurmOptions
    needs, install = ("submitit",), "pip install torchwire[slurm]"
    options: SlurmOptions

    def survey(self) -> Survey:
        """Ask Slurm for its machines, and their Python for its versions."""
        if self.options.cluster == "local":
            return Survey((_this_computer(),), versions())
        named = ("-p", self.options.partition) if self.options.partition else ()
        lines = ask("sinfo", "-h", "-N", *named, "-o", "%N|%c|%m|%e|%G|%T|%C").splitlines()
        machines = {machine.name: machine for machine in map(machine_of, lines)}  # listed once for each partition
        return Survey(tuple(machines.values()), self._versions())

    def submit(self, job: RemoteJob) -> SlurmHandle:
        """Hand the job to Slurm, as one task for each of its processes."""
        jobs = Path(self.options.exchange) / "jobs"
        folder = JobFolder(jobs / f"{job.attempt}-{uuid.uuid4().hex[:8]}")
        try:
            folder.make(job.processes)
            _remove_old(jobs, self.options.keep_days * DAY)
        except OSError as error:
            raise TargetUnavailableError(
                f"The exchange of '{self.target_id}' can't be written: {error.strerror}: {error.filename}.",
                hint="It must be a folder that this computer and all machines share.",
            ) from error
        submitted = self._executor(job, folder).submit(work, str(folder.path), asdict(job), self.options.silent_seconds)
        return SlurmHandle(submitted, folder, local=self.options.cluster == "local")

    def _executor(self, job: RemoteJob, folder: JobFolder) -> submitit.AutoExecutor:
        import submitit

        options = self.options
        try:
            executor = submitit.AutoExecutor(
                folder.path / "submitit", cluster=options.cluster, **{f"{options.cluster}_python": options.python}
            )
        except RuntimeError as error:
            raise TargetUnavailableError(
                f"This computer has no Slurm: {error}", hint="Run Torchwire on a machine on which `sbatch` works."
            ) from error
        asked_of_slurm = {
            "slurm_partition": options.partition,
            "slurm_account": options.account,
            "slurm_qos": options.qos,
            "slurm_constraint": options.constraint,
            "slurm_setup": list(options.setup) or None,
            "slurm_srun_args": ["--kill-on-bad-exit=1"],
            "slurm_additional_parameters": options.parameters or None,
        }
        executor.update_parameters(
            name=f"torchwire-{job.request['node']}"[:60],
            timeout_min=options.minutes,
            nodes=job.node_count,
            tasks_per_node=job.process_count,
            cpus_per_task=job.cores,
            mem_gb=max(1, -(-job.memory_bytes * job.process_count // GIB)),
            gpus_per_node=int(-(-job.gpus * job.process_count // 1)),
            **(asked_of_slurm if options.cluster == "slurm" else {"local_setup": list(options.setup)}),
        )
        return executor

    def _versions(self) -> dict[str, str]:
        if self.options.python is None:
            return dict(versions())
        try:
            return dict(json.loads(ask(*self.options.python.split(), "-c", ASK_VERSIONS)))
        except (TargetUnavailableError, ValueError):
            return {}  # a Python that is only on the machines: each job compares for itself


class SlurmHandle(RemoteHandle):
    """A submitted job: its folder, and what Slurm says of it."""

    def __init__(self, job: submitit.Job[Any], folder: JobFolder, *, local: bool) -> None:
        self._job, self._folder, self._local = job, folder, local
        self._last: JobState | None = None
        self._scanned = 0
        self._wanted = "run"
        self._asked = 0.0
        self._queue: tuple[str, str] | None = ("PENDING", "")
        self._gone_since: float | None = None
        self._closed = threading.Event()
        self._beats = threading.Thread(target=self._beat, name="slurm-beat", daemon=True)
        self._beats.start()

    def read(self, offset: int, wait: float) -> bytes:
        """Look into the file that the job appends to."""
        until = time.monotonic() + wait
        while not (data := self._lines_from(offset)) and time.monotonic() < until:
            time.sleep(0.05)
        return data

    def state(self) -> JobState:
        """What the job's last line says; before it is there, what Slurm says."""
        self._scan()
        if self._last is not None:
            return self._last
        status, reason = self._in_queue()
        if status == "PENDING":
            if self._wanted != "run":
                return JobState("ended", ended="signal 15")  # it will never start
            about = f" ({reason})" if reason not in ("", "None") else ""
            return JobState("pending", f"waits for Slurm to start job {self._job.job_id}{about}")
        if status != "GONE":
            self._gone_since = None
            return JobState("running")
        now = time.monotonic()
        self._gone_since = self._gone_since or now
        if not self._local and now - self._gone_since < SHOW_UP:
            return JobState("running")
        self._scan()
        return self._last or JobState("lost", f"Slurm ended job {self._job.job_id} ({reason or 'nobody says why'})")

    def stop(self, *, kill: bool = False) -> None:
        """Say so in the job's folder; one that has not begun is taken out of the queue."""
        self._wanted = "kill" if kill else "stop"
        with suppress(OSError):
            self._folder.want(self._wanted, 0)
        if self._in_queue()[0] == "PENDING":
            self._cancel()

    def close(self) -> None:
        """End the job if it is not over, and remove its folder."""
        over = self._last is not None
        if not over:
            self.stop(kill=True)
        until = time.monotonic() + 3.0
        while time.monotonic() < until and self._in_queue(now=self._local)[0] != "GONE":
            time.sleep(0.05)
        if self._in_queue()[0] != "GONE":
            self._cancel()
        self._closed.set()
        self._beats.join()
        if over:
            shutil.rmtree(self._folder.path, ignore_errors=True)

    def _lines_from(self, offset: int) -> bytes:
        with self._folder.said.open("rb") as file:  # anew each time: a network file system then looks what there is
            file.seek(offset)
            data = file.read()
        return data[: data.rfind(b"\n") + 1]

    def _scan(self) -> None:
        """Look for the job's last line."""
        data = self._lines_from(self._scanned)
        self._scanned += len(data)
        for line in data.splitlines():
            self._last = self._last or ended_with(json.loads(line))

    def _in_queue(self, *, now: bool = False) -> tuple[str, str]:
        """What Slurm says of the job: its state and the reason for it; GONE when it is not in the queue any more."""
        if self._local:
            status = self._job.state
            return ("RUNNING", "") if status == "RUNNING" else ("GONE", status.lower())
        if self._queue is None or now or time.monotonic() - self._asked > ASK:
            self._queue = self._ask_slurm()
            self._asked = time.monotonic()
        return self._queue

    def _ask_slurm(self) -> tuple[str, str]:
        try:
            answer = ask("squeue", "-h", "-j", self._job.job_id, "-o", "%T|%r").strip()
        except TargetUnavailableError as error:
            if "Invalid job id" in error.message:
                return "GONE", ""
            raise ConnectionError(error.message) from error
        status, _, reason = answer.partition("|")
        return (status, reason) if status else ("GONE", "")

    def _cancel(self) -> None:
        with suppress(Exception):  # it may have ended just now
            self._job.cancel(check=False)

    def _beat(self) -> None:
        number = 0
        while not self._closed.wait(BEAT):
            number += 1
            with suppress(OSError):
                self._folder.want(self._wanted, number)


def ask(*command: str) -> str:
    """What a command prints. Raises TargetUnavailableError with what it complains of."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise TargetUnavailableError(
            f"This computer has no '{command[0]}'.", hint="Run Torchwire on a machine on which `sbatch` works."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise TargetUnavailableError(
            f"'{command[0]}' did not answer for {ANSWER:g} seconds.", hint="Slurm's controller may be down."
        ) from error
    if done.returncode:
        said = " ".join(done.stderr.split())[:500]
        raise TargetUnavailableError(f"'{command[0]}' failed: {said}", hint="Try the same command in a terminal.")
    return done.stdout


def machine_of(line: str) -> Machine:
    """The machine that a line of ``sinfo -o "%N|%c|%m|%e|%G|%T|%C"`` tells of."""
    name, cores, memory, free_memory, gres, state, of_cores = line.strip().split("|")
    gpu, gpus = gpus_of(gres)
    alive = state.rstrip("~#$@^!%+-") in ALIVE  # with a * it does not answer
    free_cores = float(of_cores.split("/")[1])
    return Machine(
        name,
        float(cores),
        int(memory) * MIB,
        gpus,
        gpu,
        free_cores,
        int(free_memory) * MIB if free_memory.isdecimal() else 0,
        gpus if free_cores == float(cores) else 0,
        alive=alive,
    )


def gpus_of(gres: str) -> tuple[str | None, float]:
    """The kind and number of GPUs in a list like ``gpu:a100:4(S:0-1),lustre:1``."""
    kind, count = None, 0.0
    for entry in gres.split(","):
        parts = entry.partition("(")[0].split(":")
        if parts[0] == "gpu" and parts[-1].isdecimal():
            count += float(parts[-1])
            kind = parts[1] if len(parts) == 3 else kind or "GPU"
    return kind, count


def _this_computer() -> Machine:
    cores, memory = float(len(os.sched_getaffinity(0))), psutil.virtual_memory()
    free = max(0.0, cores - psutil.getloadavg()[0])
    return Machine(platform.node() or "this computer", cores, memory.total, 0, None, free, memory.available, 0)


def _remove_old(jobs: Path, seconds: float) -> None:
    """Remove what drivers left behind that did not live to do so."""
    for folder in jobs.iterdir():
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > seconds:
                shutil.rmtree(folder)
