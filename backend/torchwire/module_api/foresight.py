"""What a module is told when it is asked, before it runs, what would come out of it and what to remark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torchwire.data_types.facts import UNKNOWN, Facts

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Known:
    """What is known around a node.

    ``inputs`` has the facts of each wired input, and those of the data set that a ``dataset`` parameter names under
    the parameter's id. ``sources`` is where each wire comes from: (node, output port). ``target`` is where the node
    would run, in words, with ``memory_bytes``; ``processes`` in how many. ``settings`` are those of ``Context``.
    """

    inputs: Mapping[str, Facts] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    target: str = ""
    memory_bytes: int | None = None
    processes: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    def input(self, port: str) -> Facts:
        """What is known of an input; nothing when it isn't wired."""
        return self.inputs.get(port, UNKNOWN)


@dataclass(frozen=True)
class Estimate:
    """How long a node would take and how many bytes of memory, by a rehearsal.

    Where that can't be told, ``why`` says it in a sentence and ``port`` names the input that too little is known of.
    """

    seconds: float | None = None
    seconds_per_epoch: float | None = None
    memory: int | None = None
    why: str | None = None
    port: str | None = None


@dataclass(frozen=True)
class Change:
    """A parameter and the value to give it; ``node`` is empty for the node that remarks."""

    parameter: str
    value: bool | int | float | str
    node: str = ""


@dataclass(frozen=True)
class Fix:
    """What can be done with one click, all of it or nothing. ``text`` is an order: "Set 'Crop size' to 64"."""

    text: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Remark:
    """Something to know before running, at a ``port`` or a ``parameter`` of the node.

    An ``error`` will make the node fail, a ``warning`` probably isn't meant, a ``note`` is worth knowing. ``code``
    names the kind of remark for programs; ``text`` is one sentence or two for people.
    """

    code: str
    severity: Severity
    text: str
    port: str | None = None
    parameter: str | None = None
    fix: Fix | None = None
