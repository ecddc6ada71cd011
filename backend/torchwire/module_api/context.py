"""What a module may talk to while it runs: inputs, progress, metrics, logs, and a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Checkpoint:
    """The state of earlier work that may be gone on with. Its files were found to be as they were written.

    ``source`` is ``checkpoint`` for the same work, interrupted, and ``run`` for shorter work that came to its end:
    then ``parameters``, which it was done with, differ from the present ones in what the module calls extendable.
    """

    path: Path
    step: int
    source: Literal["checkpoint", "run"]
    run_id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)


class Context(Protocol):
    """Handed to ``Module.run``. Knows no socket, database or request."""

    @property
    def node_id(self) -> str:
        """The id of the node on the canvas."""

    @property
    def folder(self) -> Path:
        """This attempt's own folder, empty at the start. Outputs are written below it, each in a folder of its own."""

    @property
    def scratch(self) -> Path:
        """A folder for temporary files, removed when the attempt ends."""

    @property
    def log_folder(self) -> Path:
        """A folder for files that people read while the node runs, such as TensorBoard's. Kept as long as its log."""

    @property
    def device(self) -> str:
        """The torch device to use: ``cpu``, ``cuda:0``, ``mps``."""

    @property
    def threads(self) -> int:
        """How many CPU cores this process may use."""

    @property
    def rank(self) -> int:
        """Which of the node's processes this is, from 0. Only rank 0 makes outputs and keeps checkpoints."""

    @property
    def processes(self) -> int:
        """In how many processes the node is to run: 1 unless the pipeline asks for more."""

    def run_ranks(self, function: Callable[[Context], T]) -> T:
        """Run ``function`` in ``processes`` processes, each with a context of its own; return what rank 0 returns.

        Call it first of all in ``Module.run``: nothing may have been computed yet, and no thread be started. Each
        context has its ``rank``, its share of the ``threads``, its ``device`` and a ``scratch`` of its own; what other
        ranks than 0 say of progress and metrics goes nowhere. If one fails, is killed, or shows no sign of life for
        ``settings["rank_silence_seconds"]``, all are ended. With one process it is called in place. ``function`` and
        what it returns must be such that they can be pickled.
        """

    @property
    def settings(self) -> Mapping[str, Any]:
        """Operator's settings that concern modules: ``pretrained_weights_folder``, ``max_image_pixels``, limits.

        ``checkpoint_seconds`` is how often a long step keeps its state; 0 is as often as it can.
        ``pixel_cache_folder`` and ``pixel_cache_bytes`` say where decoded images may outlive a node, and how many.
        """

    @property
    def document(self) -> Mapping[str, Any]:
        """The pipeline document of the run, as data."""

    def input(self, port: str) -> Path:
        """The folder of a wired input. Raises MissingValueError when nothing is wired to it."""

    def optional_input(self, port: str) -> Path | None:
        """The folder of an optional input, or None when nothing is wired to it."""

    def input_digest(self, port: str) -> str:
        """The content digest of a wired input's folder; Score keeps it so that results lead back to their images."""

    def resolved(self, parameter: str) -> Mapping[str, Any]:
        """What a ``dataset`` parameter was found to mean: ``{"kind": "registered"|"path", "name", "path", …}``."""

    def output_folder(self, port: str) -> Path:
        """Make and return the folder for the output ``port``."""

    def progress(self, done: float, total: float, *, unit: str = "", message: str = "") -> None:
        """Say how far the node is. Cheap: at most ten a second go out. Raises RunCancelled like check_cancelled."""

    def metric(self, step: float, values: Mapping[str, float | None], *, axis: str = "epoch") -> None:
        """Report metric values at ``step`` on ``axis`` (``epoch`` or ``batch``), kept forever and drawn as curves."""

    def log(self, message: str) -> None:
        """Write one line to the node's log. Printing to stdout or stderr does the same."""

    def check_cancelled(self) -> None:
        """Raise RunCancelled when the run is being cancelled. Call it in every loop."""

    def link(self, source: Path, target: Path) -> None:
        """Put a file of an input into an output without copying it (a hard link, where the file system allows)."""

    def remember_digest(self, path: Path, sha256: str) -> None:
        """Say the SHA-256 (hex) of a file just written, so that the commit need not read it again."""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where to go on from instead of from the beginning; None when there is nothing, or nothing intact."""

    def save_checkpoint(
        self, folder: Path, *, step: int, info: Mapping[str, Any] | None = None, final: bool = False
    ) -> None:
        """Keep ``folder``, which lies below ``scratch`` and is moved away, as the state after ``step`` steps.

        Once this returns, the state outlives the process; until then the one before does. ``info`` is what people are
        told: ``epoch`` (those complete) and ``batch`` (of the next one), ``text`` (it completes "goes on after ...";
        for a final one "continues the ..."), ``done`` (the fraction of the work) and ``seconds`` (what it took so
        far). ``final`` says that the work is at its end, and that longer work may go on from here. Raises OSError
        when the disk does not take it.
        """

    def resumed(self, message: str, *, epoch: int, batch: int = 0) -> None:
        """Say that the work goes on from ``checkpoint``, and where that is."""
