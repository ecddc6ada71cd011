"""Keeps the state of training while it goes, and finds where to go on.

A checkpoint is ``state.safetensors`` and ``state.json`` (see ``_state``), and ``best.safetensors``, the weights of the
best epoch so far: written once for each new best and linked into the checkpoints that share it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from torchwire.module_api import Checkpoint, Context
from torchwire_modules.training._curves import Point
from torchwire_modules.training._loop import Epoch, Trainer
from torchwire_modules.training._report import Report
from torchwire_modules.training._state import read_state, write_state

VERSION = 1
STATE, BEST = "state", "best.safetensors"
EVERY = 60.0
"""Seconds between two checkpoints within an epoch, unless the operator says otherwise; 0 keeps one after each batch."""
SHARE = 0.05
"""The most of the time that may go into keeping checkpoints."""


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds: the trainer's state, the curve over batches, and what else the outcome tells."""

    state: Mapping[str, Any]
    points: list[Point]
    seconds: float
    pretrained: str | None
    threads: int
    arithmetic: Mapping[str, Any]


def find_saved(ctx: Context, work: Mapping[str, Any]) -> Saved | None:
    """Where to go on from; None to start from the beginning. ``work`` is what must be the same for that."""
    if ctx.checkpoint is None:
        return None
    try:
        saved = _read(ctx.checkpoint, work)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        ctx.log(f"The checkpoint is not used, because it can't be read: {error!r}")
        return None
    if isinstance(saved, str):
        ctx.log(f"The checkpoint is not used: {saved}.")
        return None
    if saved.threads != ctx.threads:  # sums are split by thread, and each split rounds in its own way
        ctx.log(f"Goes on with {saved.threads} threads, as the checkpoint was made, and not with {ctx.threads}.")
    return saved


def _read(checkpoint: Checkpoint, work: Mapping[str, Any]) -> Saved | str:
    record = read_state(checkpoint.path, STATE)
    if record["version"] != VERSION:
        return "it was written by another version"
    differing = [name for name, value in _plain(work).items() if record["work"].get(name) != value]
    if differing:
        return f"it belongs to training with another {' and '.join(differing)}"
    state = record["trainer"]
    state["best"]["weights"] = load_file(checkpoint.path / BEST) if state["best"]["epoch"] else {}
    points = [(int(step), loss, rate) for step, loss, rate in record["points"]]
    return Saved(state, points, record["seconds"], record["pretrained"], record["threads"], record["arithmetic"])


class Saver:
    """The listener of a Trainer that keeps checkpoints: after each epoch, within long ones, and at the end."""

    def __init__(
        self, ctx: Context, report: Report, work: Mapping[str, Any], pretrained: str | None, saved: Saved | None
    ) -> None:
        self._ctx, self._report = ctx, report
        self._facts = {
            "version": VERSION,
            "work": _plain(work),
            "pretrained": pretrained,
            "threads": threads_of(ctx, saved),
        }
        self._every = float(ctx.settings.get("checkpoint_seconds", EVERY))
        self._cost = 0.0
        self._last = time.perf_counter()
        self._started = self._last - (0.0 if saved is None else saved.seconds)
        self._best: tuple[int, Path, str] | None = None

    def __enter__(self) -> Saver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._ctx.scratch / "checkpoint", ignore_errors=True)
        if self._best is not None:
            self._best[1].unlink(missing_ok=True)

    @property
    def seconds(self) -> float:
        """How long training has taken, with what was spent before it was interrupted."""
        return time.perf_counter() - self._started

    def trained(self, trainer: Trainer, loss: float | None) -> None:
        """A training step ended."""
        if self._is_due(self._every):
            self._save(trainer)

    def validated(self, trainer: Trainer, batch: int) -> None:
        """A validation batch ended."""

    def epoch_ended(self, trainer: Trainer, epoch: Epoch) -> None:
        """An epoch ended. After the last one there is nothing left to go on with."""
        if not trainer.is_over and self._is_due(0.0):
            self._save(trainer)

    def finished(self, trainer: Trainer) -> None:
        """Training ended. With a constant schedule, training for more epochs can go on from here."""
        if trainer.recipe.schedule == "constant":
            self._save(trainer, final=True)

    def _is_due(self, interval: float) -> bool:
        if self._every == 0:
            return True
        return time.perf_counter() - self._last >= max(interval, self._cost * (1 / SHARE - 1))

    def _save(self, trainer: Trainer, *, final: bool = False) -> None:
        began = time.perf_counter()
        try:
            folder = self._write(trainer)
            self._ctx.save_checkpoint(folder, step=trainer.step, info=self._info(trainer, final=final), final=final)
        except (OSError, SafetensorError) as error:  # a full disk: training is worth more than its checkpoints
            self._ctx.log(f"No checkpoint could be kept, the one before stands: {error}")
        self._last = time.perf_counter()
        self._cost = self._last - began

    def _write(self, trainer: Trainer) -> Path:
        folder = self._ctx.scratch / "checkpoint"
        shutil.rmtree(folder, ignore_errors=True)  # one that could not be finished
        folder.mkdir()
        state = trainer.state_dict()
        state["best"] = {name: value for name, value in state["best"].items() if name != "weights"}
        record = {
            **self._facts,
            "arithmetic": trainer.arithmetic.as_json(),
            "trainer": state,
            "points": self._report.points,
            "seconds": self.seconds,
        }
        write_state(folder, STATE, record)
        if trainer.best.epoch:
            self._link_best(trainer, folder / BEST)
        return folder

    def _link_best(self, trainer: Trainer, target: Path) -> None:
        if self._best is None or self._best[0] != trainer.best.epoch:
            if self._best is not None:
                self._best[1].unlink(missing_ok=True)
            path = self._ctx.scratch / f"best-{trainer.best.epoch}.safetensors"
            save_file(trainer.best.weights, path, metadata={"format": "pt"})
            self._best = trainer.best.epoch, path, _flushed_digest(path)
        _, path, digest = self._best
        self._ctx.link(path, target)
        self._ctx.remember_digest(target, digest)

    def _info(self, trainer: Trainer, *, final: bool) -> dict[str, Any]:
        epochs, batches = trainer.recipe.epochs, len(trainer.training)
        text = f"epoch {trainer.epoch} of {epochs}"
        if trainer.batch:
            text = f"batch {trainer.batch} of {batches} in epoch {trainer.epoch + 1} of {epochs}"
        return {
            "epoch": trainer.epoch,
            "batch": trainer.batch,
            "text": f"{trainer.epoch} epoch{'s' * (trainer.epoch != 1)}" if final else text,
            "done": trainer.step / max(1, epochs * batches),
            "seconds": self.seconds,
        }


def threads_of(ctx: Context, saved: Saved | None) -> int:
    """How many threads to train with: where training goes on, as many as before, for the outcome depends on it."""
    return ctx.threads if saved is None else saved.threads


def _flushed_digest(path: Path) -> str:
    """Put a file that others will link to on the disk, for good, and return its SHA-256."""
    path.chmod(0o444)
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(work: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they come back from JSON, so that they can be compared."""
    plain: dict[str, Any] = json.loads(json.dumps(work))
    return plain
