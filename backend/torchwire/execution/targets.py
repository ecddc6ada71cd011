"""Compute targets of this machine: where nodes run, and how much of it is taken."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCAL_CPU = "local-cpu"
THIS_COMPUTER = "this computer"


@dataclass(frozen=True)
class Machine:
    """One machine of a target. ``free_*`` is what nobody has taken at the moment."""

    name: str
    cores: float
    memory_bytes: int
    gpus: float = 0
    gpu: str | None = None
    free_cores: float = 0
    free_memory_bytes: int = 0
    free_gpus: float = 0
    alive: bool = True


@dataclass(frozen=True)
class Target:
    """A place where nodes run. ``device`` is torch's name for it."""

    id: str
    title: str
    kind: str
    device: str
    cores: int
    memory_bytes: int | None
    gpu: str | None = None

    @property
    def place(self) -> str:
        """Where its resources are counted: all targets of this computer share them."""
        return THIS_COMPUTER

    def device_of(self, heavy: bool) -> str:
        """Torch's name for what a node computes on, whether it computes much or little."""
        return self.device

    def threads(self, heavy: bool) -> int:
        """How many threads a node may use. Never depends on what else runs: results must not."""
        return self.cores if heavy else min(self.cores, 8)

    def as_json(self, load: Load) -> dict[str, Any]:
        """The target with what is busy on it, as ``GET targets`` shows it."""
        record = {
            "id": self.id,
            "title": self.title,
            "kind": self.kind,
            "cores": self.cores,
            "memory_bytes": self.memory_bytes,
            "busy": {"nodes": load.nodes, "cores": min(load.cores, self.cores), "memory_bytes": load.memory_bytes},
            "waiting": load.waiting,
            "available": True,
        }
        return record | ({"gpu": self.gpu} if self.gpu else {})


@dataclass(frozen=True)
class Load:
    """What is taken of a target: by how many nodes, how many cores and bytes; and how many nodes wait for it."""

    nodes: int = 0
    cores: int = 0
    memory_bytes: int = 0
    waiting: int = 0


def local_targets(cores: int, memory: int, devices: Iterable[Mapping[str, Any]]) -> dict[str, Target]:
    """The CPU, with the ``memory`` that nodes may take, and each GPU that the workers found, with its own."""
    found = [Target(LOCAL_CPU, "This computer (CPU)", "cpu", "cpu", cores, memory)]
    for device in devices:
        kind, _, index = device["device"].partition(":")
        target_id = f"local-gpu-{index}" if kind == "cuda" else kind
        title = f"This computer ({device['name']})"
        found.append(Target(target_id, title, "gpu", device["device"], cores, device["memory_bytes"], device["name"]))
    return {target.id: target for target in found}


def may_have_gpu() -> bool:
    """Whether it is worth waiting for the workers to say which GPUs there are."""
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return apple or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists() or Path("/dev/dxg").exists()
