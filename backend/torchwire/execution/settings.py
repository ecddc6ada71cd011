"""What an operator may set about the engine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GIB = 1 << 30


@dataclass(frozen=True)
class EngineSettings:
    """How an engine runs nodes.

    ``allowed_roots`` are the folders from which data may be read; None allows any (the command line, whose user may
    read them anyway). Relative paths are looked for below each root, or below the current folder where any is
    allowed. ``cores`` and ``memory_bytes`` are what all nodes together may take. ``disk_budget`` is how many bytes
    the home may take as long as nobody sets another limit. ``for_modules`` is added to what modules find in
    ``ctx.settings``.
    """

    allowed_roots: tuple[Path, ...] | None = ()
    weights_folder: Path | None = None
    max_image_pixels: int = 100_000_000
    checkpoint_seconds: float = 60.0
    rank_silence_seconds: float = 60.0
    preload: tuple[str, ...] = ("torch", "torchvision")
    cores: int = field(default_factory=lambda: available_cores())
    memory_bytes: int = field(default_factory=lambda: usable_memory())
    holder: str = "a Torchwire engine"
    disk_budget: int | None = None
    for_modules: Mapping[str, Any] = field(default_factory=dict)

    def as_seen_by_modules(self) -> dict[str, Any]:
        """The settings that concern modules, as JSON."""
        weights = None if self.weights_folder is None else str(self.weights_folder)
        return {
            "pretrained_weights_folder": weights,
            "max_image_pixels": self.max_image_pixels,
            "checkpoint_seconds": self.checkpoint_seconds,
            "rank_silence_seconds": self.rank_silence_seconds,
            **self.for_modules,
        }


def available_cores() -> int:
    """How many CPU cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_memory() -> int:
    """How many bytes nodes may take: all that this process could have, less an eighth (0.5 to 4 GiB) for the rest."""
    from torchwire.execution.oom import limit_of

    limit = limit_of(os.getpid())
    return limit - min(4 * GIB, max(GIB // 2, limit // 8))
