"""Runs one attempt at one node, in a process of its own, and says how it went in its event file."""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from torchwire.errors import LibraryError, ProcessLostError, RunCancelled, TorchwireError
from torchwire.execution.aftermath import Surroundings
from torchwire.execution.context import RankDone, WorkerContext, use_threads
from torchwire.execution.failures import ReportedError, failure_of, print_trace
from torchwire.execution.logs import LogBook, log_file
from torchwire.execution.processes import started_at
from torchwire.execution.rehearsal import rehearse
from torchwire.execution.reporting import Reporter, Ticker
from torchwire.execution.sealing import Sealed, seal
from torchwire.execution.waiting import CoreSharing, share_cores
from torchwire.registry import Registry


@dataclass(frozen=True)
class Prepared:
    """What a worker has before it knows its attempt. ``started`` is when its process began, by ``started_at``."""

    started: float | None
    ticker: Ticker

    @classmethod
    def now(cls) -> Prepared:
        """What this process needs for itself."""
        return cls(started_at(os.getpid()), Ticker())


def prepare() -> Prepared:
    """Do what needs no knowledge of the attempt yet, in a process that was not forked from one with open streams."""
    open_streams()
    return Prepared.now()


def open_streams() -> None:
    """Have what is printed leave line by line, and a crash say where: here, and in all that is forked from here."""
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    faulthandler.enable(sys.stderr)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True)


def run_attempt(folder: Path, registry: Registry, prepared: Prepared) -> None:
    """Run the attempt that ``folder/request.json`` describes. Its outcome is the last event; nothing is raised."""
    request = json.loads((folder / "request.json").read_bytes())
    _take_over_streams(folder)
    if "rehearsal" in request:
        prepared.ticker.serve(share_cores)
        rehearse(folder, registry)
        return
    signal.signal(signal.SIGTERM, _on_terminate)
    reporter = Reporter(folder, request["attempt"], Path(request["doorbell"]), LogBook(folder))
    # Not worth waking the engine for: it hears of it with the next event, or when the reporter's thread gets to it.
    reporter.event("attempt.started", {"pid": os.getpid(), "pid_started": prepared.started}, ring=False)
    reporter.start(prepared.ticker, CoreSharing().look)
    began, memory, before = time.monotonic(), _highest_memory(), Surroundings.now(folder)
    outcome, data = _outcome(request, before, registry, reporter)
    if data.get("cause") == "disk-full":
        before.make_room()
    reporter.close()
    with suppress(OSError):
        reporter.flush(final=True)
    about = {"seconds": time.monotonic() - began, "memory_growth": _highest_memory() - memory}
    try:
        reporter.event(outcome, data | about)
    except OSError as error:  # no room even for that
        before.make_room()
        reporter.event("attempt.failed", failure_of(error, request["node"]).as_json() | about)
    shutil.rmtree(folder / "scratch", ignore_errors=True)


def _outcome(
    request: Mapping[str, Any], before: Surroundings, registry: Registry, reporter: Reporter
) -> tuple[str, dict[str, Any]]:
    try:
        context = WorkerContext(request, before.folder, reporter)
        context.check_cancelled()
        context.folder.mkdir(exist_ok=True)
        use_threads(context.threads)
        module = registry.get(request["module"])(request["parameters"])
        try:
            made = module.run(context)
        finally:
            before.restore()
        return "attempt.done", {"outputs": _seal_outputs(request, before.folder, made, context)}
    except RankDone:
        return "attempt.done", {"outputs": {}}
    except RunCancelled:
        return "attempt.cancelled", {}
    except ProcessLostError as lost:
        lost.node = lost.node or request["node"]
        return "attempt.lost", {"error": lost.as_json(), "ended": lost.ended}
    except BaseException as error:  # noqa: BLE001 - a module is other people's code: anything may come out
        if not isinstance(error, (TorchwireError, ReportedError, SystemExit)):
            print_trace(error)
        return "attempt.failed", failure_of(error, request["node"]).as_json()


def _seal_outputs(
    request: Mapping[str, Any], folder: Path, made: Mapping[str, Path], context: WorkerContext
) -> dict[str, Any]:
    wanted: Mapping[str, str] = request["outputs"]
    hint = "This is a fault in the module: `run` must return one folder for each declared output."
    if not isinstance(made, Mapping):
        kind = "nothing" if made is None else f"an object of the type '{type(made).__name__}'"
        message = f"The module returned {kind}; it declares [{', '.join(sorted(wanted))}]."
        raise LibraryError(message, node=request["node"], hint=hint)
    if set(made) != set(wanted):
        given = ", ".join(sorted(str(port)[:100] for port in made))
        message = f"The module returned the outputs [{given}] where it declares [{', '.join(sorted(wanted))}]."
        raise LibraryError(message, node=request["node"], hint=hint)
    for port, path in made.items():
        if not isinstance(path, (str, os.PathLike)):
            message = f"For output '{port}' the module returned an object of the type '{type(path).__name__}'."
            raise LibraryError(message, node=request["node"], port=port, hint=hint)
    return {port: vars(_seal_output(port, Path(path), folder, context)) for port, path in made.items()}


def _seal_output(port: str, path: Path, folder: Path, context: WorkerContext) -> Sealed:
    if not _is_below(path, context.folder) or not path.is_dir():
        raise LibraryError(
            f"Output '{port}' is not a folder of this attempt.",
            node=context.node_id,
            port=port,
            hint="This is a fault in the module: it must write each output to a folder of its own below `ctx.folder`.",
        )
    return seal(path, folder / "sealed" / port, context.known)


def _is_below(path: Path, folder: Path) -> bool:
    if path.parent == folder and path.name != ".." and not path.is_symlink():
        return True  # as nearly all are
    return folder.resolve() in path.resolve().parents


def _take_over_streams(folder: Path) -> None:
    """Send all that this process and its children print to files, so that a crash loses none of it."""
    for stream, number in (("stdout", 1), ("stderr", 2)):
        file = os.open(log_file(folder, stream), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(file, number)
        os.close(file)


def _highest_memory() -> int:
    """The most that this process has had. A fork starts with what it shares with its parent."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _on_terminate(_number: int, _frame: FrameType | None) -> None:
    raise RunCancelled
