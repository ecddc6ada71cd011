"""Ports of a module: where wires begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torchwire.data_types.catalog import DirectoryType


@dataclass(frozen=True)
class InputPort:
    """An input; it accepts any of ``types`` from one wire."""

    types: tuple[DirectoryType, ...]
    help: str
    label: str = ""
    optional: bool = False
    id: str = ""

    def as_json(self) -> dict[str, Any]:
        """The declaration as the front end reads it."""
        return {
            "id": self.id,
            "label": self.label,
            "help": self.help,
            "types": [kind.id for kind in self.types],
            "optional": self.optional,
        }


@dataclass(frozen=True)
class OutputPort:
    """An output of one type; any number of wires may leave it."""

    type: DirectoryType
    help: str
    label: str = ""
    id: str = ""

    def as_json(self) -> dict[str, Any]:
        """The declaration as the front end reads it."""
        return {"id": self.id, "label": self.label, "help": self.help, "type": self.type.id}


def input(*types: DirectoryType, help: str, label: str = "", optional: bool = False) -> Any:
    """Declare an input that accepts any of ``types``."""
    return InputPort(types, help, label, optional)


def output(type: DirectoryType, *, help: str, label: str = "") -> Any:
    """Declare an output of ``type``."""
    return OutputPort(type, help, label)
