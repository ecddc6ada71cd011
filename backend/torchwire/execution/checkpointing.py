"""Checkpoints on the worker's side: saved without waiting for the engine, and checked before work goes on from them."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from torchwire.execution.reporting import Reporter
from torchwire.execution.sealing import KnownDigests, file_digest, folder_digest, read_index, seal
from torchwire.module_api import Checkpoint

FOLDER = "checkpoints"
"""Where an attempt puts its checkpoints, each sealed as ``<name>/{data,index.json}``."""
KEPT = 2
"""Checkpoints that stay in the attempt's folder while no engine takes them over."""


class CheckpointWriter:
    """Seals an attempt's checkpoints and tells of them. The engine moves them away whenever it gets to it."""

    def __init__(self, attempt: Path, reporter: Reporter, known: KnownDigests) -> None:
        self._root = attempt / FOLDER
        self._reporter = reporter
        self._known = known
        self._count = 0
        self._names: deque[str] = deque()

    def save(self, folder: Path, step: int, info: Mapping[str, Any], *, final: bool) -> None:
        """Keep ``folder`` as the state after ``step`` steps. Raises OSError; the one before then still stands."""
        self._count += 1
        name = f"{self._count:06d}"
        self._root.mkdir(exist_ok=True)
        try:
            sealed = seal(folder, self._root / name, self._known)
        except OSError:
            shutil.rmtree(self._root / name, ignore_errors=True)
            raise
        told = {"name": name, "step": step, "info": dict(info), "final": final, **vars(sealed)}
        self._reporter.event("attempt.checkpoint", told)
        self._names.append(name)
        while len(self._names) > KEPT:
            self._drop(self._names.popleft())

    def _drop(self, name: str) -> None:
        """Remove one that the engine may be taking over at this moment: moved aside first, it goes whole or stays."""
        aside = self._root / f"dropped-{name}"
        with suppress(OSError):
            (self._root / name).rename(aside)
            shutil.rmtree(aside)


def first_intact(told: Sequence[Mapping[str, Any]]) -> tuple[Checkpoint, str] | None:
    """The best checkpoint whose files are as they were written, with its digest. Prints why others are passed over."""
    for one in told:
        folder = Path(one["folder"])
        damage = damage_of(folder, one["digest"])
        if damage is None:
            checkpoint = Checkpoint(
                folder / "data", one["step"], one["source"], one["run"], one["parameters"], one["info"]
            )
            return checkpoint, one["digest"]
        reached = one["info"].get("text") or f"step {one['step']}"
        print(f"Passed over the checkpoint after {reached}: {damage}.", flush=True)  # noqa: T201 - this is the log
    return None


def damage_of(folder: Path, digest: str) -> str | None:
    """What is wrong with a sealed folder; None when every byte is as it was sealed."""
    try:
        records = read_index(folder).values()
        if folder_digest(records) != digest:
            return "its index is not as it was written"
        for record in records:
            if file_digest(folder / "data" / record.path) != record.sha256:
                return f"its file {record.path} is not as it was written"
    except FileNotFoundError:
        return "files of it are missing"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"it can't be read ({error})"
    return None
