"""Compute targets of this machine: where nodes run, and how much of it is taken."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

LOCAL_CPU = "local-cpu"


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
    def slots(self) -> int:
        """How many light nodes may run at once, beside one heavy one: two at least, for most of them wait for files."""
        return max(2, self.cores)

    def threads(self, heavy: bool) -> int:
        """How many threads a node may use. Never depends on what else runs: results must not."""
        return self.cores if heavy else min(self.cores, 8)

    def as_json(self, *, light: int, heavy: int) -> dict[str, Any]:
        """The target with what is busy on it, as ``GET targets`` shows it."""
        record = {
            "id": self.id,
            "title": self.title,
            "kind": self.kind,
            "cores": self.cores,
            "memory_bytes": self.memory_bytes,
            "busy": {"nodes": light + heavy, "cores": self.cores if heavy else min(light, self.cores)},
            "available": True,
        }
        return record | ({"gpu": self.gpu} if self.gpu else {})


def local_targets(cores: int, devices: Iterable[Mapping[str, Any]]) -> dict[str, Target]:
    """The CPU, and each GPU that the workers found."""
    memory = psutil.virtual_memory().total
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
