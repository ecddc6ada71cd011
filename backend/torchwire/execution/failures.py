"""What an exception that came out of a module means: which error it is for people, why it happened, and where."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchwire.errors import LibraryError, NodeCrashedError, OutOfMemoryError, TorchwireError

MEMORY_WORDS = (
    "can't allocate memory",
    "cannot allocate memory",
    "out of memory",
    "std::bad_alloc",
    "unable to allocate",
)
DISK_WORDS = ("no space left on device", "disk quota exceeded", "database or disk is full")
CHILD_KILLED = "is killed by signal: killed"
"""How torch's DataLoader says that one of its processes got SIGKILL."""

LONGEST = 2000


@dataclass(frozen=True)
class Failure:
    """A node's failure, as its worker tells it. ``what`` adds to the error's message for the report."""

    error: TorchwireError
    cause: str | None = None
    what: str | None = None
    exit: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The failure as a part of the worker's last event."""
        parts = {"cause": self.cause, "what": self.what, "exit": self.exit}
        return {"error": self.error.as_json()} | {name: value for name, value in parts.items() if value is not None}


class ReportedError(Exception):
    """Another process of the node failed, and told of it there."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error.message)
        self.failure = failure


def failure_of(error: BaseException, node: str) -> Failure:
    """What is said about an exception that a module raised. Never raises, whatever kind of object it is."""
    if isinstance(error, ReportedError):
        return error.failure
    if isinstance(error, SystemExit):
        code = _exit_code(error)
        ended = NodeCrashedError(f"The node ended its own process with exit code {code}.", node=node)
        return Failure(ended, "crashed", f"The module asked for its process to end ({_text(error)}).", f"exit {code}")
    if isinstance(error, TorchwireError):
        error.node = error.node or node
        if error.cause is not None:
            return Failure(error, error.cause)
        return Failure(error, "disk-full") if _says(error, DISK_WORDS) else Failure(error)
    where = _where(error)
    if _is_disk_full(error):
        message = f"There was no room left on the disk ({_text(error)[:500]})."
        return Failure(LibraryError(message, node=node, hint="Free some space, then submit again."), "disk-full", where)
    if _is_out_of_memory(error):
        message = f"The node ran out of memory ({_text(error)[:500]})."
        hint = "Use a smaller batch or smaller images, or a target with more memory."
        return Failure(OutOfMemoryError(message, node=node, hint=hint), "out-of-memory", where)
    cause = "child-killed" if CHILD_KILLED in _text(error).lower() else "library-error"
    told = LibraryError(_text(error)[:LONGEST], node=node, hint="The node's log shows where it happened.")
    return Failure(told, cause, where)


def print_trace(error: BaseException) -> None:
    """Print the traceback to the node's log, if that is still open."""
    try:
        traceback.print_exception(error)
    except Exception:  # noqa: BLE001 - an exception of a module may refuse to be printed in any way
        return


def _is_out_of_memory(error: BaseException) -> bool:
    return any(
        isinstance(one, MemoryError)
        or type(one).__name__ == "OutOfMemoryError"
        or (isinstance(one, OSError) and one.errno == errno.ENOMEM)
        or any(words in _text(one).lower() for words in MEMORY_WORDS)
        for one in _chain(error)
    )


def _is_disk_full(error: BaseException) -> bool:
    return any(
        (isinstance(one, OSError) and one.errno in (errno.ENOSPC, errno.EDQUOT)) or _says(one, DISK_WORDS)
        for one in _chain(error)
    )


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    text = _text(error).lower()
    return any(one in text for one in words)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that it came from."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen and len(seen) < 20:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _text(error: BaseException) -> str:
    try:
        said = str(error)
    except BaseException:  # noqa: BLE001 - other people's code, called at the worst moment
        said = "(its text can't be shown: making it failed as well)"
    name = type(error).__name__
    return f"{name}: {said[: 2 * LONGEST]}".strip(": ")


def _where(error: BaseException) -> str | None:
    """Where it was raised in words: the innermost place in the module, or else the innermost of all."""
    try:
        frames = traceback.extract_tb(error.__traceback__, limit=-50)
    except Exception:  # noqa: BLE001 - see above
        return None
    own = [frame for frame in frames if "site-packages" not in frame.filename and "/execution/" not in frame.filename]
    if not frames:
        return None
    frame = (own or list(frames))[-1]
    text = f"It was raised in {frame.name}, {Path(frame.filename).name} line {frame.lineno}"
    line = f": {frame.line[:200]}" if frame.line else "."
    inner = frames[-1]
    further = "" if inner is frame else f" (deeper, in {inner.name}, {Path(inner.filename).name} line {inner.lineno})"
    return f"{text}{further}{line}"


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1
