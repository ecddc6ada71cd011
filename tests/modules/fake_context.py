"""A small Context for tests of modules: real folders, and everything that was reported kept in lists."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from torchwire.errors import MissingValueError, RunCancelled
from torchwire.module_api import Checkpoint, Context, Module, Outputs

T = TypeVar("T")


class FakeContext:
    """A Context in this process. ``cancel()``, or ``cancel_when`` turning true, makes it raise RunCancelled."""

    def __init__(
        self,
        root: Path,
        inputs: Mapping[str, Path] | None = None,
        *,
        node_id: str = "node",
        device: str = "cpu",
        threads: int = 2,
        settings: Mapping[str, Any] | None = None,
        document: Mapping[str, Any] | None = None,
        resolved: Mapping[str, Mapping[str, Any]] | None = None,
        cancel_when: Callable[[FakeContext], bool] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.node_id, self.device, self.threads = node_id, device, threads
        self.folder, self.scratch, self.log_folder = root / "out", root / "scratch", root / "logs"
        self.settings: Mapping[str, Any] = settings or {}
        self.document: Mapping[str, Any] = document or {}
        self.progress_calls: list[tuple[float, float, str, str]] = []
        self.metrics: list[tuple[str, float, dict[str, float | None]]] = []
        self.logs: list[str] = []
        self.links: list[tuple[Path, Path]] = []
        self.digests: dict[Path, str] = {}
        self.checkpoint = checkpoint
        self.checkpoints: list[Checkpoint] = []
        self.finals: list[Checkpoint] = []
        self.resumptions: list[tuple[str, int, int]] = []
        self._inputs, self._resolved = dict(inputs or {}), dict(resolved or {})
        self._cancelled, self._cancel_when = False, cancel_when
        self.folder.mkdir(parents=True)
        self.scratch.mkdir(parents=True)
        self.log_folder.mkdir()

    @property
    def rank(self) -> int:
        return 0

    @property
    def processes(self) -> int:
        return 1

    def run_ranks(self, function: Callable[[Context], T]) -> T:
        return function(self)

    def input(self, port: str) -> Path:
        if port not in self._inputs:
            raise MissingValueError(f"Nothing is wired to '{port}'.", port=port)
        return self._inputs[port]

    def optional_input(self, port: str) -> Path | None:
        return self._inputs.get(port)

    def input_digest(self, port: str) -> str:
        return digest_of(self.input(port))

    def resolved(self, parameter: str) -> Mapping[str, Any]:
        return self._resolved[parameter]

    def output_folder(self, port: str) -> Path:
        folder = self.folder / port
        folder.mkdir(exist_ok=True)
        return folder

    def progress(self, done: float, total: float, *, unit: str = "", message: str = "") -> None:
        self.progress_calls.append((done, total, unit, message))
        self.check_cancelled()

    def metric(self, step: float, values: Mapping[str, float | None], *, axis: str = "epoch") -> None:
        self.metrics.append((axis, step, dict(values)))

    def log(self, message: str) -> None:
        self.logs.append(message)

    def cancel(self) -> None:
        self._cancelled = True

    def check_cancelled(self) -> None:
        if self._cancelled or (self._cancel_when is not None and self._cancel_when(self)):
            raise RunCancelled(self.node_id)

    def link(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        self.links.append((source, target))

    def remember_digest(self, path: Path, sha256: str) -> None:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256, f"wrong digest given for {path}"
        self.digests[path] = sha256

    def save_checkpoint(
        self, folder: Path, *, step: int, info: Mapping[str, Any] | None = None, final: bool = False
    ) -> None:
        assert folder.is_relative_to(self.scratch)
        assert folder != self.scratch
        kept = self.folder.parent / "checkpoints" / str(len(self.checkpoints) + len(self.finals))
        kept.parent.mkdir(exist_ok=True)
        folder.rename(kept)
        (self.finals if final else self.checkpoints).append(
            Checkpoint(kept, step, "run" if final else "checkpoint", "run", {}, dict(info or {}))
        )

    def resumed(self, message: str, *, epoch: int, batch: int = 0) -> None:
        assert self.checkpoint is not None
        self.resumptions.append((message, epoch, batch))


def digest_of(folder: Path) -> str:
    """A digest of a folder's files and their content."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(
            f"{path.relative_to(folder).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def run_module(cls: type[Module], ctx: FakeContext, **parameters: Any) -> Outputs:
    """Check ``parameters`` as the engine does and run the module; raise the first fault."""
    values, faults = cls.spec.check(parameters)
    if faults:
        raise faults[0]
    outputs = cls(values).run(ctx)
    assert set(outputs) == {port.id for port in cls.spec.outputs}
    return outputs
