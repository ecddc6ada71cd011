"""What a compute target beyond this computer has to do. Plug-ins implement it (entry point ``torchwire.targets``).

An attempt that runs elsewhere has a process here, its *driver*, which the engine starts, watches and stops like any
worker. The driver holds the backend: it submits the job, passes on what the worker there says, fetches what it made,
and ends when the worker ends. It outlives the server; when it dies itself, the backend must see to it that the job
ends as well, and the attempt is made again.

On the other side the backend runs one ``RemoteAttempt`` for each job, wherever its resources are free.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from torchwire.execution.targets import Machine as Machine


class TargetOptions(BaseModel):
    """What ``[[targets]]`` in ``torchwire.toml`` may say of any remote target, beside ``id``, ``kind`` and ``title``.

    Backends add fields of their own in a subclass. Each field's description is what people read at its input.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    exchange: str = Field(
        min_length=1,
        description="Folder or fsspec URL that this computer and every machine of the target can read and write.",
    )
    exchange_options: dict[str, Any] = Field(default_factory=dict, description="Passed to fsspec with the URL.")
    shared_folders: list[str] = Field(
        default_factory=list,
        description="Folders mounted under the same path here and on every machine: data sets there are read in place.",
    )
    scratch: str | None = Field(None, description="Folder on the machines for files in use; by default the system's.")
    weights_folder: str | None = Field(
        None, description="Where pretrained weights lie on the machines; by default they are brought from here."
    )
    cores_per_process: int | None = Field(
        None,
        ge=1,
        description="Cores for each process of a node that computes; by default those of the smallest machine.",
    )
    gpus_per_process: float | None = Field(
        None, ge=0, description="GPUs for each process of a node that computes; by default 1 where there are any."
    )
    survey_seconds: float = Field(5.0, gt=0, description="Seconds between two looks at the machines.")
    unreachable_seconds: float = Field(
        60.0, ge=0, description="Nodes wait so many seconds for a target that does not answer; then they fail."
    )
    silent_seconds: float = Field(
        30.0, ge=0, description="A running node that was not heard of for so many seconds is taken for lost."
    )
    keep_days: float = Field(
        7.0, gt=0, description="Files in the exchange that nobody has used for so many days are removed."
    )


@dataclass(frozen=True)
class Survey:
    """What a target has. ``versions`` are those of its workers, as ``torchwire.remote.versions`` names them."""

    machines: tuple[Machine, ...]
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoteJob:
    """One attempt, ready to run elsewhere. It is plain data and can be sent as JSON.

    ``request`` is what the worker is told, with digests where it has paths here. ``cores``, ``gpus`` and
    ``memory_bytes`` are for each of its ``node_count * process_count`` processes.
    """

    attempt: str
    request: Mapping[str, Any]
    exchange: str
    exchange_options: Mapping[str, Any]
    scratch: str | None
    cores: int
    gpus: float
    memory_bytes: int
    node_count: int = 1
    process_count: int = 1

    @property
    def processes(self) -> int:
        """In how many processes it runs."""
        return self.node_count * self.process_count


@dataclass(frozen=True)
class JobState:
    """How a job is. ``ended`` is ``exit 3`` or ``signal 9`` where that is known of the worker's process.

    ``pending``: it waits for resources of the target, ``why`` says for which. ``lost``: it, or the machine that it ran
    on, is gone through no fault of the module's, so that it is worth another attempt.
    """

    status: Literal["pending", "running", "ended", "lost"]
    why: str = ""
    ended: str | None = None


class RemoteHandle(ABC):
    """A job that was submitted, as its driver sees it."""

    @abstractmethod
    def read(self, offset: int, wait: float) -> bytes:
        """Whole lines of the worker's event file from byte ``offset`` on. Waits up to ``wait`` seconds for them.

        Raises ConnectionError when the target does not answer; the driver asks again.
        """

    @abstractmethod
    def state(self) -> JobState:
        """How the job is. All that it said before it ended can be read before this says so."""

    @abstractmethod
    def stop(self, *, kill: bool = False) -> None:
        """Ask the worker to stop, or with ``kill`` end all its processes now. Returns without waiting for it."""

    def close(self) -> None:
        """Let go of what the handle holds. A job that still runs is ended."""
        self.stop(kill=True)


class RemoteBackend(ABC):
    """A kind of target. Made in a process of its own, never in the server."""

    kind: ClassVar[str]
    """What ``kind`` in ``[[targets]]`` says."""
    title: ClassVar[str]
    Options: ClassVar[type[TargetOptions]] = TargetOptions
    needs: ClassVar[tuple[str, ...]] = ()
    """Libraries that it imports when it is used. Its own file must be importable without them, and in no time."""
    install: ClassVar[str] = ""
    """The command that installs them."""

    def __init__(self, target_id: str, options: TargetOptions, token: str | None) -> None:
        self.target_id = target_id
        self.options = options
        self.token = token

    @abstractmethod
    def survey(self) -> Survey:
        """Look at the machines. Raises TargetUnavailableError, which says what to do, when they can't be reached."""

    @abstractmethod
    def submit(self, job: RemoteJob) -> RemoteHandle:
        """Have ``job`` run as soon as its resources are free. Raises TargetUnavailableError."""

    def close(self) -> None:  # noqa: B027 - most have nothing to do
        """End the connection."""
