"""Targets beyond this computer, as the engine sees them: what they have, and what a node takes of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from torchwire.errors import TargetMismatchError, TargetUnavailableError, TorchwireError
from torchwire.execution.targets import Load, Machine, Target

DRIVER = "driver"
"""The kind of zygote from which the local processes of remote attempts are forked."""
RUNNER = "torchwire.remote.driver"
"""What those run. It is named, not imported: it stands above the engine."""


@dataclass(frozen=True)
class Share:
    """What a node takes: of each of ``node_count`` machines, for each of ``process_count`` processes."""

    cores: int
    gpus: float
    node_count: int
    process_count: int

    @property
    def processes(self) -> int:
        """In how many processes it runs."""
        return self.node_count * self.process_count


@dataclass(frozen=True)
class RemoteTarget(Target):
    """A target beyond this computer, and what was last seen of it.

    ``driver`` is what its drivers are told, ``shared`` the folders that its machines see as this computer does.
    ``why_not`` says why nothing can begin there now; ``since`` is since when that is so, by the monotonic clock.
    ``mismatch`` says that it never will as it is. ``about`` is shown to people.
    """

    driver: Mapping[str, Any] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    cores_each: int | None = None
    gpus_each: float | None = None
    unreachable_seconds: float = 60.0
    machines: tuple[Machine, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    surveyed: float | None = None
    why_not: str | None = "It was not looked at yet."
    mismatch: str | None = None
    since: float = 0.0
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where its resources are counted."""
        return self.id

    def device_of(self, heavy: bool) -> str:
        """Torch's name for what a node computes on."""
        return "cuda:0" if heavy and self._gpus() > 0 else "cpu"

    def threads(self, heavy: bool) -> int:
        """How many threads a node of one process may use."""
        smallest = self._smallest()
        return (self.cores_each or smallest) if heavy else min(smallest, 8)

    def share(self, heavy: bool, machines: int, processes: int) -> Share:
        """What a node takes that runs in so many ``processes`` on each of so many ``machines``."""
        if not heavy:
            return Share(1, 0, machines, processes)
        return Share(self.cores_each or max(1, self._smallest() // processes), self._gpus(), machines, processes)

    def refuses(self, heavy: bool, machines: int, processes: int) -> TorchwireError | None:
        """What is wrong with asking for so much, as far as the machines are known: it can never be had."""
        alive = self._alive()
        if self.mismatch is not None:
            message = f"The target '{self.id}' has other versions than this computer: {self.mismatch}."
            return TargetMismatchError(message, hint="Install the same versions on both sides.")
        if not alive:
            return None
        share = self.share(heavy, machines, processes)
        if machines > len(alive):
            there = f"'{self.id}' has {len(alive)}: {', '.join(machine.name for machine in alive)}"
            return TargetUnavailableError(f"{machines} machines were asked for, and {there}.", hint="Lower node count.")
        for what, each, most in (
            ("cores", share.cores, max(int(machine.cores) for machine in alive)),
            ("GPUs", share.gpus, max(machine.gpus for machine in alive)),
        ):
            if each * processes > most:
                message = (
                    f"{processes} process{'es' * (processes > 1)} with {each:g} {what} each were asked for on a "
                    f"machine, and the largest of '{self.id}' has {most:g}."
                )
                return TargetUnavailableError(message, hint="Lower process count per node, or what each takes.")
        return None

    def sees(self, path: Path) -> bool:
        """Whether a path leads its machines to the same as this computer."""
        return any(path.is_relative_to(Path(folder).expanduser().resolve()) for folder in self.shared)

    def most_memory(self) -> int:
        """The memory of the machine that has most of it."""
        return max((machine.memory_bytes for machine in self._alive()), default=0)

    def most_gpus(self) -> float:
        """How many GPUs there are."""
        return sum(machine.gpus for machine in self._alive())

    def as_json(self, load: Load) -> dict[str, Any]:
        """The target with its machines, as ``GET targets`` shows it."""
        looked = None if self.surveyed is None else datetime.datetime.fromtimestamp(self.surveyed, datetime.UTC)
        return (
            super().as_json(load)
            | {"available": self.why_not is None, "why": self.why_not, "remote": True}
            | {"machines": [vars(machine) for machine in self.machines], "versions": dict(self.versions)}
            | {"surveyed": None if looked is None else looked.isoformat(timespec="seconds")}
            | dict(self.about)
        )

    def _alive(self) -> list[Machine]:
        return [machine for machine in self.machines if machine.alive]

    def _gpus(self) -> float:
        if self.gpus_each is not None:
            return self.gpus_each
        return 1.0 if any(machine.gpus for machine in self._alive()) else 0.0

    def _smallest(self) -> int:
        """The cores of the smallest machine on which a node that computes could run."""
        fitting = [machine for machine in self._alive() if machine.gpus >= self._gpus()]
        return max(1, min((int(machine.cores) for machine in fitting), default=1))


class Outside(Protocol):
    """Where an engine learns of targets beyond this computer."""

    def begin(self, tell: Callable[[Mapping[str, RemoteTarget]], None]) -> None:
        """Say at once which targets there are, and again whenever that changes."""

    def end(self) -> None:
        """Say nothing any more."""
