"""What a module sees of the world while it runs: the worker's side of ``module_api.Context``."""

from __future__ import annotations

import copy
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from torchwire.errors import LibraryError, MissingValueError, RunCancelled
from torchwire.execution import logs
from torchwire.execution.checkpointing import CheckpointWriter, first_intact
from torchwire.execution.logs import LogBook
from torchwire.execution.ranks import run_ranks
from torchwire.execution.reporting import Reporter, Ticker, as_number
from torchwire.execution.sealing import FileRecord, KnownDigests, read_index
from torchwire.module_api import Checkpoint, Context

T = TypeVar("T")

AXES = ("epoch", "batch", "result")
MAX_VALUES = 200
MAX_NAME = 200
MAX_MESSAGE = 1000
FLAG_INTERVAL = 0.01
"""Seconds between two looks for the cancel flag, so that a module may ask in its innermost loop."""


@dataclass(frozen=True)
class InputFolder:
    """An artifact that is wired to an input."""

    path: Path
    digest: str


class RankDone(BaseException):
    """Raised out of a module in further ranks that others started: what it does after them is for the first one."""


class WorkerContext:
    """One attempt's context. Implements ``torchwire.module_api.Context``."""

    def __init__(self, request: Mapping[str, Any], folder: Path, reporter: Reporter) -> None:
        self._request = request
        self._attempt = folder
        self._reporter = reporter
        self._inputs = {port: InputFolder(Path(i["path"]), i["digest"]) for port, i in request["inputs"].items()}
        self._indexes: dict[str, dict[str, FileRecord]] = {}
        self._made: set[str] = set()
        self._looked = 0.0
        self._rank: int | None = None
        self.known = KnownDigests()
        self._writer = CheckpointWriter(folder, reporter, self.known)

    def of_rank(self, number: int) -> WorkerContext:
        """The context of one of several processes, made in that process. Only the first one tells how it goes."""
        context = copy.copy(self)
        context._rank = number
        vars(context).pop("scratch", None)
        use_threads(context.threads)
        if number == 0:
            log_elsewhere = LogBook(self._attempt, streams=())
            context._reporter = Reporter(
                self._attempt, self._request["attempt"], Path(self._request["doorbell"]), log_elsewhere
            )
            context._reporter.start(Ticker())
            context._writer = CheckpointWriter(self._attempt, context._reporter, self.known)
        return context

    def close_rank(self) -> None:
        """Send what was held back, at the end of one of several processes."""
        if self._rank == 0:
            self._reporter.close()
            with suppress(OSError):
                self._reporter.flush(final=True)

    def _joined(self, number: int) -> WorkerContext:
        context = copy.copy(self)
        context._rank = number
        vars(context).pop("scratch", None)
        use_threads(context.threads)
        return context

    @property
    def attempt_folder(self) -> Path:
        """The folder of all that belongs to the attempt."""
        return self._attempt

    @property
    def rank(self) -> int:
        """Which of the processes this is."""
        return self._rank or 0

    @property
    def processes(self) -> int:
        """In how many processes the node runs, or is to run."""
        return int(self._request.get("processes", 1))

    def run_ranks(self, function: Callable[[Context], T]) -> T:
        """Run ``function`` in so many processes, and return what the first one returns."""
        if self._rank is not None or self.processes == 1:
            return function(self)
        if "rank" in self._request:  # whoever runs us has started the others, and joins them
            context = self._joined(int(self._request["rank"]))
            value = function(context)
            if context.rank:
                raise RankDone
            return value
        _ = self._going_on  # looked at once for all
        return cast(T, run_ranks(self, function))

    @property
    def node_id(self) -> str:
        """The id of the node on the canvas."""
        return str(self._request["node"])

    @property
    def folder(self) -> Path:
        """This attempt's own folder for outputs."""
        return self._attempt / "out"

    @cached_property
    def scratch(self) -> Path:
        """A folder for temporary files, removed when the attempt ends."""
        folder = self._attempt / "scratch"
        if self._rank:
            folder /= f"rank-{self._rank}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def log_folder(self) -> Path:
        """A folder for files that people read while the node runs."""
        folder = logs.log_folder(self._attempt)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def device(self) -> str:
        """The torch device to use: each process that computes on a GPU has one of its own."""
        kind, _, number = str(self._request["device"]).partition(":")
        among = 0 if "rank" in self._request else self.rank  # ranks that others started see only their own GPU
        return f"{kind}:{int(number) + among}" if number else kind

    @property
    def threads(self) -> int:
        """How many CPU cores this process may use."""
        threads = int(self._request["threads"])
        return threads if self._rank is None else max(1, threads // self.processes)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Operator's settings that concern modules."""
        return MappingProxyType(self._request["settings"])

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The pipeline document of the run."""
        document: dict[str, Any] = json.loads(Path(self._request["document"]).read_text())
        return MappingProxyType(document)

    def input(self, port: str) -> Path:
        """The folder of a wired input. Raises MissingValueError when nothing is wired to it."""
        return self._input(port).path

    def optional_input(self, port: str) -> Path | None:
        """The folder of an optional input, or None when nothing is wired to it."""
        return self._inputs[port].path if port in self._inputs else None

    def input_digest(self, port: str) -> str:
        """The content digest of a wired input's folder."""
        return self._input(port).digest

    def resolved(self, parameter: str) -> Mapping[str, Any]:
        """What the engine found a ``dataset`` parameter to mean."""
        return MappingProxyType(self._request["resolved"][parameter])

    def output_folder(self, port: str) -> Path:
        """Make and return the folder for the output ``port``."""
        if port not in self._request["outputs"]:
            raise LibraryError(f"The module has no output '{port}'.", node=self.node_id, port=port)
        self._check_first("make outputs")
        folder = self.folder / port
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def progress(self, done: float, total: float, *, unit: str = "", message: str = "") -> None:
        """Say how far the node is. Raises RunCancelled when the run is being cancelled."""
        self.check_cancelled()
        if self._rank:
            return
        about = (str(unit)[:MAX_NAME], str(message)[:MAX_MESSAGE])
        self._reporter.progress(as_number(done) or 0.0, as_number(total) or 0.0, *about)

    def metric(self, step: float, values: Mapping[str, float | None], *, axis: str = "epoch") -> None:
        """Report metric values at ``step`` on ``axis``."""
        if axis not in AXES:
            raise LibraryError(f"There is no axis '{axis}'; there are {', '.join(AXES)}.", node=self.node_id)
        place = as_number(step)
        if place is None:
            raise LibraryError(f"A metric's step must be a finite number, not {step!r:.100}.", node=self.node_id)
        if len(values) > MAX_VALUES:
            raise LibraryError(f"A metric has at most {MAX_VALUES} values, not {len(values)}.", node=self.node_id)
        if self._rank:
            return
        numbers = {str(name)[:MAX_NAME]: as_number(value) for name, value in values.items()}
        self._reporter.metric(axis, place, numbers)

    def log(self, message: str) -> None:
        """Write one line to the node's log."""
        print(message, flush=True)  # noqa: T201 - what is printed is the log

    def check_cancelled(self) -> None:
        """Raise RunCancelled when the run is being cancelled."""
        now = time.monotonic()
        if now - self._looked < FLAG_INTERVAL:
            return
        self._looked = now
        if cancel_flag(self._attempt).exists():
            raise RunCancelled

    def link(self, source: Path, target: Path) -> None:
        """Put a file of an input into an output without copying bytes; its known digest is kept."""
        if str(target.parent) not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(str(target.parent))
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:  # another file system, or one that knows no hard links
            shutil.copyfile(source, target)
        record = self._record_of(source)
        if record is not None and record.size == target.stat().st_size:
            self.known.remember(target, record.sha256)

    def remember_digest(self, path: Path, sha256: str) -> None:
        """Say the SHA-256 of a file just written, so that the commit need not read it again."""
        self.known.remember(path, sha256)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where to go on from; damaged ones are passed over."""
        return None if self._going_on is None else self._going_on[0]

    def save_checkpoint(
        self, folder: Path, *, step: int, info: Mapping[str, Any] | None = None, final: bool = False
    ) -> None:
        """Keep ``folder`` as the state after ``step`` steps. Raises OSError when the disk does not take it."""
        if not folder.resolve().is_relative_to(self.scratch.resolve()) or folder.resolve() == self.scratch.resolve():
            raise LibraryError(f"A checkpoint must be a folder below `ctx.scratch`, not {folder}.", node=self.node_id)
        self._check_first("keep checkpoints")
        self._writer.save(folder, step, info or {}, final=final)

    def resumed(self, message: str, *, epoch: int, batch: int = 0) -> None:
        """Say that the work goes on from ``checkpoint``."""
        if self._going_on is None:
            raise LibraryError("There is no checkpoint to have gone on from.", node=self.node_id)
        if self._rank:
            return
        checkpoint, digest = self._going_on
        told = {"source": checkpoint.source, "from_run": checkpoint.run_id, "epoch": epoch, "batch": batch}
        self._reporter.event("attempt.resumed", told | {"message": message, "digest": digest})

    @cached_property
    def _going_on(self) -> tuple[Checkpoint, str] | None:
        return first_intact(self._request.get("checkpoints", ()))

    def _check_first(self, what: str) -> None:
        if self._rank:
            raise LibraryError(f"Rank {self._rank} may not {what}: only rank 0 may.", node=self.node_id)

    def _input(self, port: str) -> InputFolder:
        if port not in self._inputs:
            raise MissingValueError(f"Nothing is wired to input '{port}'.", node=self.node_id, port=port)
        return self._inputs[port]

    def _record_of(self, source: Path) -> FileRecord | None:
        for port, folder in self._inputs.items():
            if source.is_relative_to(folder.path):
                if port not in self._indexes:
                    self._indexes[port] = read_index(folder.path.parent)
                return self._indexes[port].get(source.relative_to(folder.path).as_posix())
        return None


def cancel_flag(attempt: Path) -> Path:
    """The file whose presence asks an attempt to stop."""
    return attempt / "cancel"


def use_threads(count: int) -> None:
    """Have torch compute with so many threads, where it is loaded."""
    torch = sys.modules.get("torch")  # there when this process was forked from one that holds it
    if torch is not None:
        torch.set_num_threads(count)
