"""What an attempt may say, and in which form. Its file lies where the module can write too, so nothing is believed."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

logger = logging.getLogger(__name__)

Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**62)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=20_000)]
Stream = Annotated[str, Field(pattern=r"^(stdout|stderr|rank [1-9][0-9]{0,3})$")]
Name = Annotated[str, Field(max_length=200)]

loose = with_config(ConfigDict(extra="ignore"))
whole = with_config(ConfigDict(extra="allow"))


@loose
class Progress(TypedDict):
    """How far it is."""

    done: Number
    total: Number
    unit: Name
    message: Text
    seconds_left: Number | None


@loose
class Metric(TypedDict):
    """Values at one step."""

    axis: Literal["epoch", "batch", "result"]
    step: Number
    values: Annotated[dict[Name, Number | None], Field(max_length=200)]


@loose
class Log(TypedDict):
    """Printed lines."""

    lines: list[tuple[Number, Stream, Text]]


@whole
class Started(TypedDict):
    """The worker runs."""

    pid: Annotated[int, Field(gt=0, le=2**31)]
    pid_started: Number | None


@loose
class Sealed(TypedDict):
    """An output that waits to be taken over."""

    digest: Digest
    size: Count
    files: Count


@whole
class Done(TypedDict):
    """The outputs are sealed."""

    outputs: dict[Name, Sealed]
    seconds: Number


@whole
class Error(TypedDict):
    """An error's record."""

    code: Name
    name: Name
    message: Text


@whole
class Failed(TypedDict):
    """The module failed."""

    error: Error
    seconds: Number


@whole
class Cancelled(TypedDict):
    """It stopped."""

    seconds: Number


@whole
class Lost(TypedDict):
    """One of its processes was lost."""

    error: Error
    ended: Annotated[str, Field(pattern=r"^(signal|exit) [0-9]{1,3}$")] | None
    seconds: Number


@whole
class Checkpoint(TypedDict):
    """A state that may be taken over."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    digest: Digest
    size: Count
    files: Count
    step: Count
    final: bool
    info: dict[str, Any]


@whole
class Resumed(TypedDict):
    """It went on from a state."""

    source: Literal["checkpoint", "run"]
    from_run: Name
    epoch: Count
    batch: Count
    message: Text
    digest: Digest


@loose
class Waiting(TypedDict):
    """A driver waits for its target to begin."""

    why: Text
    queued: bool


@loose
class Running(TypedDict):
    """What a driver waited for has begun."""


@loose
class Placed(TypedDict):
    """The machines of its target that it runs on."""

    machines: Annotated[list[Name], Field(max_length=1000)]


@loose
class Memory(TypedDict):
    """What an attempt takes that can't be looked at from here."""

    seconds: Number
    now: Count
    peak: Count
    available: Count
    limit: Count | None


@loose
class Ended(TypedDict):
    """A process elsewhere ended without a last word."""

    ended: Annotated[str, Field(pattern=r"^(signal|exit) [0-9]{1,3}$")]
    out_of_memory: bool
    seconds: Number


FORMS: dict[str, TypeAdapter[Any]] = {
    "node.progress": TypeAdapter(Progress),
    "node.metric": TypeAdapter(Metric),
    "node.log": TypeAdapter(Log),
    "attempt.started": TypeAdapter(Started),
    "attempt.done": TypeAdapter(Done),
    "attempt.failed": TypeAdapter(Failed),
    "attempt.cancelled": TypeAdapter(Cancelled),
    "attempt.lost": TypeAdapter(Lost),
    "attempt.ended": TypeAdapter(Ended),
    "attempt.waiting": TypeAdapter(Waiting),
    "attempt.running": TypeAdapter(Running),
    "attempt.placed": TypeAdapter(Placed),
    "attempt.memory": TypeAdapter(Memory),
    "attempt.checkpoint": TypeAdapter(Checkpoint),
    "attempt.resumed": TypeAdapter(Resumed),
}


def checked(event: object) -> dict[str, Any] | None:
    """The event if it has the form that its type asks for, without what is more. None for anything else."""
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return None
    form, data = FORMS.get(event["type"]), event.get("data")
    if form is None or not isinstance(data, dict):
        return None
    try:
        event["data"] = form.validate_python(data)
    except (ValidationError, RecursionError):
        return None
    read = event.get("read")
    fits = isinstance(read, dict) and all(isinstance(offset, int) and offset >= 0 for offset in read.values())
    if not fits:
        event.pop("read", None)
    return event
