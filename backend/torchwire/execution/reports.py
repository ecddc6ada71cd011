"""Puts together what is known of a failed attempt: what happened, one remedy, its last words and its memory."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchwire.errors import LibraryError, NodeCrashedError, NodeTimedOutError, OutOfMemoryError, TorchwireError
from torchwire.execution.attempt import LAST_LINES, LiveAttempt
from torchwire.execution.crashes import was_out_of_memory
from torchwire.execution.logs import CUT, Line, tail
from torchwire.execution.oom import limit_of
from torchwire.execution.retries import ended_from_outside
from torchwire.graph.plan import Step

CRASHES = frozenset({"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGSYS", "SIGTRAP"})
"""Signals that a process brings upon itself; the others come from outside."""
LONGEST_LINE = 500
CRASH_LINES = 400
FULL = 1 << 20
"""A disk with less than this left is full."""
PYTHON_LINE = re.compile(r'File "(.+)", line (\d+) in (\S+)')


class Obituary:
    """Finds words for the end of an attempt of ``step``. ``home`` is the folder whose disk it wrote to."""

    def __init__(self, attempt: LiveAttempt, step: Step, home: Path) -> None:
        self._attempt = attempt
        self._step = step
        self._home = home
        self._name = step.node.label or step.spec.title

    def told(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The error of an attempt that said itself why it failed, in its last event."""
        error, cause, more = dict(data["error"]), data.get("cause"), data.get("what")
        if cause == "child-killed":
            memory = self._attempt.memory
            cause = "out-of-memory" if memory.kills.named() or memory.kills.counted() else "library-error"
        if cause is None:
            return error
        match cause:
            case "out-of-memory":
                what = f"{self._name} ran out of memory{self._taken()}. {more or ''}"
            case "disk-full":
                what = f"{self._name} could not write any more: the disk is full. {self._room()} {more or ''}"
            case "nan-loss":
                what = f"{self._name} stopped: {error['message']}"
            case "crashed":
                what = f"{self._name} ended before it had made its outputs. {more or ''}"
            case _:
                what = f"{self._name} failed with {_sentence(error['message'])} {more or ''}"
        return self._with_report(error, cause, what.strip(), data.get("exit"), data.get("seconds"))

    def unsaid(self) -> dict[str, Any]:
        """The error of an attempt whose process ended without a word."""
        ended, node = self._attempt.ended, self._attempt.node
        if was_out_of_memory(self._attempt):
            message = "The node ran out of memory: the system ended its process."
            hint = "Use a smaller batch or smaller images, or a target with more memory."
            what = f"{self._name} ran out of memory, and the system ended it{self._taken()}."
            error: TorchwireError = OutOfMemoryError(message, node=node, hint=hint)
            return self._with_report(error.as_json(), "out-of-memory", what, ended, None)
        kind, _, number = (ended or "").partition(" ")
        if kind == "signal":
            return self._signalled(int(number))
        if kind == "exit" and number != "0" and self._free() < FULL:
            message = "The node could not even say why it failed: there is no room left on the disk."
            error = LibraryError(message, node=node, hint="Free some space, then submit again.")
            what = f"{self._name} could not write any more: the disk is full. {self._room()}"
            return self._with_report(error.as_json(), "disk-full", what, ended, None)
        how = f"with exit code {number}" if kind == "exit" else "while nobody was watching"
        message = f"The node's process ended {how} and did not say why."
        error = NodeCrashedError(message, node=node, hint="See the end of the node's log.")
        if kind == "exit":
            what = f"{self._name} ended its own process {how}, past everything that could have said why."
        else:
            what = f"{self._name}'s process was gone when the engine came back; nobody saw what ended it."
        return self._with_report(error.as_json(), "crashed" if kind == "exit" else "killed", what, ended, None)

    def stopped_from_outside(self, seconds: float | None) -> dict[str, Any]:
        """The error of an attempt that got SIGTERM, and could still say so."""
        error = NodeCrashedError("The node was stopped from outside.", node=self._attempt.node, hint="Submit again.")
        what = f"{self._name} was asked to stop by SIGTERM, which came from outside Torchwire."
        return self._with_report(error.as_json(), "killed", what, "signal 15", seconds)

    def lost_process(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The error of an attempt that lost one of its processes."""
        error, ended, seconds = dict(data["error"]), data["ended"], data["seconds"]
        if was_out_of_memory(self._attempt):
            what = f"{self._name} ran out of memory, and the system ended one of its processes{self._taken()}."
            return self._with_report(error, "out-of-memory", f"{what} {error['message']}", ended, seconds)
        crashed = not ended_from_outside(ended)
        what = f"{self._name} ended because one of its processes did. {error['message']}"
        return self._with_report(error, "crashed" if crashed else "killed", what, ended, seconds)

    def timed_out(self, limit: float, seconds: float) -> dict[str, Any]:
        """The error of an attempt that took longer than it may."""
        message = f"The node took longer than its time limit of {_duration(limit)}."
        hint = "Raise the limit in the node's run settings, or give the node less to do."
        error = NodeTimedOutError(message, node=self._attempt.node, hint=hint)
        what = f"{self._name} was stopped after {_duration(seconds)}: its time limit is {_duration(limit)}."
        return self._with_report(error.as_json(), "time-out", what, None, seconds)

    def not_kept(self, problem: OSError, seconds: float | None) -> dict[str, Any]:
        """The error of an attempt whose outputs could not be moved into the store."""
        message = f"What the node made could not be kept: {problem}."
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
            error = LibraryError(message, node=self._attempt.node)
            what = f"{self._name} did its work, but it could not be kept: {problem}."
            return self._with_report(error.as_json(), "library-error", what, None, seconds)
        error = LibraryError(message, node=self._attempt.node, hint="Free some space, then submit again.")
        what = f"{self._name} did its work, but there was no room to keep it. {self._room()}"
        return self._with_report(error.as_json(), "disk-full", what, None, seconds)

    def not_started(self, problem: OSError) -> dict[str, Any]:
        """The error of an attempt for which not even a folder could be made."""
        message = f"The node could not be started: {problem}."
        error = LibraryError(message, node=self._attempt.node, hint="Free some space, then submit again.")
        what = f"{self._name} could not begin: there is no room to write. {self._room()}"
        return self._with_report(error.as_json(), "disk-full", what, None, None)

    def _signalled(self, number: int) -> dict[str, Any]:
        name = _signal_name(number)
        if name in CRASHES:
            hint = "A library crashed; the end of the node's log may show where."
            place = _python_line(_last_lines(self._attempt))
            at = f", while Python was at {place}" if place else ""
            what = f"{self._name} crashed: a library it uses did something illegal ({name}){at}."
        else:
            hint = (
                "Often the system kills a process that takes too much memory: try a smaller batch or smaller images."
                if name == "SIGKILL"
                else "Something outside Torchwire ended it."
            )
            what = f"{self._name}'s process was ended by {name}, which came from outside{self._taken()}."
        error = NodeCrashedError(f"The node's process was killed by {name}.", node=self._attempt.node, hint=hint)
        cause = "crashed" if name in CRASHES else "killed"
        return self._with_report(error.as_json(), cause, what, f"signal {number}", None)

    def _with_report(
        self, error: dict[str, Any], cause: str, what: str, exit_: str | None, seconds: float | None
    ) -> dict[str, Any]:
        attempt = self._attempt
        if seconds is None and attempt.began is not None:
            seconds = time.monotonic() - attempt.began
        report = {
            "cause": cause,
            "what": what,
            "remedy": self._remedy(cause, error),
            "lines": [[when, stream, str(text)[:LONGEST_LINE]] for when, stream, text in _last_lines(attempt)],
            "memory": [list(point) for point in attempt.memory.points()],
            "memory_limit": attempt.memory.limit or limit_of(os.getpid()),
            "exit": exit_,
            "seconds": seconds,
        }
        return error | {"node": error.get("node") or attempt.node, "report": report}

    def _remedy(self, cause: str, error: Mapping[str, Any]) -> dict[str, Any]:
        match cause:
            case "out-of-memory":
                smaller = self._halved("batch_size")
                return smaller or {"text": "Give it less at a time: smaller images, or a target with more memory."}
            case "nan-loss":
                slower = self._halved(str(error.get("parameter") or "learning_rate"))
                return slower or {"text": str(error.get("hint") or "Train with a lower learning rate.")}
            case "disk-full":
                place = "below " + str(self._home)
                return {
                    "text": f"Make room: delete old runs and data sets under Storage, or other files. It is {place}."
                }
            case "time-out":
                return {"text": "Raise the node's time limit if it was getting on, or give it less to do."}
            case "killed":
                return {"text": "Submit again; what was finished is reused. If it recurs, find out who ends processes."}
            case "crashed":
                return {"text": "Look at the last lines below. Submit again; if it recurs, the module has a fault."}
            case _:
                return {"text": str(error.get("hint") or "Look at the last lines below for where it happened.")}

    def _halved(self, name: str) -> dict[str, Any] | None:
        """The remedy of halving a parameter, when the module has it and half is still allowed."""
        declared, value = self._step.spec.parameter(name), self._step.parameters.get(name)
        if declared is None or isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            return None
        half: float = value // 2 if isinstance(value, int) else float(f"{value / 2:.6g}")
        least = declared.minimum
        if half <= 0 or (least is not None and half < least):
            return None
        text = f"Halve {declared.label.lower()}, from {value:g} to {half:g}."
        return {"text": text, "node": self._attempt.node, "parameter": name, "value": half}

    def _taken(self) -> str:
        memory = self._attempt.memory
        if not memory.peak:
            return ""  # it ended before it was looked at
        limit = f" of at most {_size(memory.limit)}" if memory.limit else ""
        return f": it had taken {_size(memory.peak)}{limit}"

    def _room(self) -> str:
        return f"{_size(self._free())} are free where {self._home} lies."

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._home).free
        except OSError:
            return 0


def without_report(error: Mapping[str, Any]) -> dict[str, Any]:
    """The error for lists of runs, which would grow long with every node's last lines; the node's own keeps all."""
    return {name: value for name, value in error.items() if name != "report"}


def _last_lines(attempt: LiveAttempt) -> list[Line]:
    """What it printed last: from a crash on; of a log that was cut, what lies at the end of the files."""
    trace = [line for line in tail(attempt.folder, CRASH_LINES) if line[1] == "stderr"]
    told = [str(text) for _, _, text in trace]
    fatal = next((index for index, text in enumerate(told) if text.startswith("Fatal Python error")), None)
    if fatal is not None:  # what Python still says when a library crashes: the thread that did comes after the others
        current = next((i for i, text in enumerate(told) if i > fatal and text.startswith("Current thread")), fatal + 1)
        return [trace[fatal], *trace[current : current + LAST_LINES - 1]]
    lines = list(attempt.last_lines)
    cut = any(text == CUT for _, _, text in lines)
    return tail(attempt.folder, len(lines)) if cut else lines


def _python_line(lines: Sequence[Line]) -> str | None:
    """Where Python was when it crashed: the first line below the heading of the thread that did."""
    current = False
    for _, _, text in lines:
        current = current or str(text).startswith("Current thread")
        found = PYTHON_LINE.search(str(text)) if current else None
        if found:
            place = "/".join(Path(found[1]).parts[-2:])
            return f"{place} line {found[2]}, in {found[3]}"
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _size(size: int | None) -> str:
    if size is None:
        return "an unknown amount"
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
