"""The one tree of errors that Torchwire shows to people.

Every error has a stable ``name``, a four-digit ``code`` (the reference's codes where there is one), a sentence on
what is wrong, a ``hint`` on what to do next, and where it is known the node, port and parameter that it is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class TorchwireError(Exception):
    """Base of every error with a message for the user. ``status`` is the HTTP status that the API answers with."""

    name: ClassVar[str] = "LibraryError"
    code: ClassVar[str] = "1000"
    status: ClassVar[int] = 400
    cause: ClassVar[str | None] = None
    """What a report calls the cause, when a node fails with this error; None: it needs no report."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        node: str | None = None,
        port: str | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.node = node
        self.port = port
        self.parameter = parameter

    def as_json(self) -> dict[str, Any]:
        """The error as it appears in API answers, events and the command line; unknown places are left out."""
        record = {
            "code": self.code,
            "name": self.name,
            "message": self.message,
            "node": self.node,
            "port": self.port,
            "parameter": self.parameter,
            "hint": self.hint,
        }
        return {key: value for key, value in record.items() if value is not None}


def error_from(record: Mapping[str, Any]) -> TorchwireError:
    """The error that a record tells of: of its class where we know it, so that it has the right status."""
    known = {kind.code: kind for kind in _kinds(TorchwireError)}
    kind = known.get(record["code"], TorchwireError)
    return kind(record["message"], **{name: record.get(name) for name in ("hint", "node", "port", "parameter")})


def _kinds(of: type[TorchwireError]) -> Iterator[type[TorchwireError]]:
    yield of
    for kind in of.__subclasses__():
        yield from _kinds(kind)


class InvalidDatasetError(TorchwireError):
    """A data set does not fit its use: empty, unreadable, or with other categories than expected."""

    name, code = "InvalidDatasetError", "0018"


class NotLabeledDatasetError(TorchwireError):
    """A labelled data set is needed and this one has no labels."""

    name, code = "NotLabeledDatasetError", "0024"


class NotScoredDatasetError(TorchwireError):
    """A scored data set is needed and this one has no scores."""

    name, code = "NotScoredDatasetError", "0025"


class InvalidTransformationDirectoryError(TorchwireError):
    """The folder holds no readable image transformation."""

    name, code = "InvalidTransformationDirectoryError", "0158"


class InvalidModelDirectoryError(TorchwireError):
    """The folder holds no readable model, or one that does not fit its use."""

    name, code = "InvalidModelDirectoryError", "0159"


class ParameterParseError(TorchwireError):
    """A parameter's value has the wrong type or can't be read."""

    name, code = "ParameterParseError", "0002"


class MissingValueError(TorchwireError):
    """A required input or parameter is empty."""

    name, code = "NullOrEmptyError", "0003"


class NotGreaterThanError(TorchwireError):
    """A parameter must be greater than a bound."""

    name, code = "ParameterValueMustBeGreaterThanError", "0004"


class BelowMinimumError(TorchwireError):
    """A parameter must be at least a bound."""

    name, code = "ParameterValueMustBeAtLeastError", "0005"


class OutOfRangeError(TorchwireError):
    """A parameter lies outside its range or options."""

    name, code = "ParameterValueOutOfRangeError", "0008"


class FileOpenError(TorchwireError):
    """A file or folder can't be opened."""

    name, code = "CouldNotOpenFileError", "0048"


class FileParseError(TorchwireError):
    """A file can't be parsed."""

    name, code = "FileParsingFailedError", "0049"


class UserScriptError(TorchwireError):
    """A user's own code failed."""

    name, code = "UserScriptError", "0085"


class InvalidArchiveError(TorchwireError):
    """An archive is damaged, hostile or over a limit."""

    name, code = "InvalidArchiveError", "0102"


class TooManyPixelsError(TorchwireError):
    """An image has more pixels than the limit."""

    name, code = "ImageExceedsPixelLimitError", "0127"


class OutOfMemoryError(TorchwireError):
    """The node ran out of memory."""

    name, code = "MemoryExhaustedError", "0138"
    cause = "out-of-memory"


class LibraryError(TorchwireError):
    """A library raised something that none of the other errors covers."""


class PipelineError(TorchwireError):
    """The pipeline document itself is wrong: unknown names, wires that don't fit, cycles."""

    name, code = "InvalidPipelineError", "2001"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a pipeline, as data: which error it is and what it is about."""

    code: str
    name: str
    message: str
    node: str | None = None
    port: str | None = None
    parameter: str | None = None
    hint: str | None = None

    @classmethod
    def of(cls, error: TorchwireError, *, node: str | None = None) -> Fault:
        """The fault that ``error`` describes; ``node`` is used where the error names none."""
        return cls(error.code, error.name, error.message, error.node or node, error.port, error.parameter, error.hint)

    def as_json(self) -> dict[str, Any]:
        """The fault in the same shape as an error; unknown places are left out."""
        return {key: value for key, value in vars(self).items() if value is not None}


class InvalidPipeline(PipelineError):  # noqa: N818 - the name says what the pipeline is
    """A pipeline was submitted that has faults. It reads as the first of them; ``faults`` holds all."""

    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        super().__init__(first.message, hint=first.hint, node=first.node, port=first.port, parameter=first.parameter)
        self.faults = list(faults)

    def as_json(self) -> dict[str, Any]:
        """The first fault."""
        return self.faults[0].as_json()


class TargetUnavailableError(TorchwireError):
    """A compute target is missing or too small for what is asked of it."""

    name, code = "ComputeTargetUnavailableError", "2002"


class TargetMismatchError(TargetUnavailableError):
    """A compute target has other versions of Python, torch or Torchwire than this computer, or other modules."""

    name, code = "ComputeTargetMismatchError", "2022"


class ExchangeError(TorchwireError):
    """The storage that a target shares with this computer can't be read or written, or holds damaged files."""

    name, code = "ExchangeError", "2023"
    status = 500


class NotFoundError(TorchwireError):
    """There is nothing under that id."""

    name, code = "NotFoundError", "2003"
    status = 404


class ConflictError(TorchwireError):
    """The change was based on an older state than the present one."""

    name, code = "ConflictError", "2004"
    status = 409


class ForbiddenError(TorchwireError):
    """The request is not allowed: wrong token, Host, Origin or a path outside the allowed folders."""

    name, code = "ForbiddenError", "2005"
    status = 403


class NodeCrashedError(TorchwireError):
    """A node's process ended without saying why: killed by a signal, or exited on its own."""

    name, code = "NodeCrashedError", "2006"
    status = 500


class ProcessLostError(NodeCrashedError):
    """One of a node's processes was lost, and the others with it: killed, or without a sign of life.

    ``ended`` says how, as ``signal 9`` or ``exit 3``; None when nobody saw it.
    """

    def __init__(self, message: str, *, ended: str | None = None, **where: str | None) -> None:
        super().__init__(message, **where)
        self.ended = ended


class NodeTimedOutError(TorchwireError):
    """A node took longer than its time limit."""

    name, code = "NodeTimedOutError", "2007"
    status = 500


class DatabaseUnavailableError(TorchwireError):
    """There is no connection to the database."""

    name, code = "DatabaseUnavailableError", "2021"
    status = 503


class RunCancelled(BaseException):
    """Raised inside a node when its run is being cancelled. Not an error, so ``except Exception`` lets it through."""
