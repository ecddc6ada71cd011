"""Parameters of a module: each declaration is the one source of form, validation, default and reference page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from torchwire.errors import (
    BelowMinimumError,
    MissingValueError,
    NotGreaterThanError,
    OutOfRangeError,
    ParameterParseError,
    TorchwireError,
)

Kind = Literal["integer", "number", "flag", "choice", "text", "dataset"]


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a module.

    ``minimum`` and ``maximum`` are inclusive unless ``exclusive_minimum`` is set. ``shown_when`` maps other
    parameters' ids to the value (or list of values) at which this one is shown and checked. ``group`` names the
    section of the form.
    """

    kind: Kind
    default: Any
    help: str
    label: str = ""
    minimum: float | None = None
    exclusive_minimum: bool = False
    maximum: float | None = None
    options: tuple[str, ...] = ()
    shown_when: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    unit: str = ""
    id: str = ""  # filled in from the attribute's name by @module

    @property
    def required(self) -> bool:
        """Whether the user has to give a value."""
        return self.default is REQUIRED

    def is_shown(self, values: Mapping[str, Any]) -> bool:
        """Whether the other parameters' ``values`` (defaults filled in) let this one apply."""
        return all(
            values.get(other) in wanted if isinstance(wanted, list | tuple) else values.get(other) == wanted
            for other, wanted in self.shown_when.items()
        )

    def check(self, value: Any) -> Any:
        """Return ``value`` in the parameter's own type. Raises a TorchwireError that names this parameter."""
        if value is None or value is REQUIRED or (isinstance(value, str) and not value.strip()):
            if self.kind == "text" and not self.required and isinstance(value, str):
                return value
            raise self._error(MissingValueError, "is empty", self._remedy())
        if self.kind in ("integer", "number"):
            return self._check_bounds(self._as_number(value))
        if self.kind == "flag":
            if not isinstance(value, bool):
                raise self._error(
                    ParameterParseError, f"must be true or false, not {value!r}", "Set it to true or false."
                )
            return value
        if not isinstance(value, str):
            raise self._error(ParameterParseError, f"must be text, not {value!r}", self._remedy())
        if self.kind == "choice" and value not in self.options:
            raise self._error(OutOfRangeError, f"can't be {value!r}", self._remedy())
        return value

    def as_json(self) -> dict[str, Any]:
        """The declaration as the front end and the reference pages read it."""
        return {
            "id": self.id,
            "label": self.label,
            "kind": self.kind,
            "help": self.help,
            "required": self.required,
            "default": None if self.required else self.default,
            "minimum": self.minimum,
            "exclusive_minimum": self.exclusive_minimum,
            "maximum": self.maximum,
            "options": list(self.options),
            "shown_when": {key: list(v) if isinstance(v, tuple) else v for key, v in self.shown_when.items()},
            "group": self.group,
            "unit": self.unit,
        }

    def _as_number(self, value: Any) -> int | float:
        article = "a whole number" if self.kind == "integer" else "a number"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(ParameterParseError, f"must be {article}, not {value!r}", self._remedy())
        # JavaScript writes 1e20 without an exponent, so a real number may come as a long whole one.
        if isinstance(value, int) and abs(value) >= (2**63 if self.kind == "integer" else 10**308):
            raise self._error(OutOfRangeError, "is larger than 64 bits can hold", self._remedy())
        if not math.isfinite(value):
            raise self._error(ParameterParseError, f"must be {article}, not {value!r}", self._remedy())
        if self.kind == "number":
            return float(value)
        if value != int(value):
            raise self._error(ParameterParseError, f"must be a whole number, not {value!r}", self._remedy())
        return int(value)

    def _check_bounds(self, value: int | float) -> int | float:
        low, high = self.minimum, self.maximum
        if (
            low is not None
            and high is not None
            and not (low <= value <= high and (value > low or not self.exclusive_minimum))
        ):
            raise self._error(OutOfRangeError, f"is {value!r}, out of its range", self._remedy())
        if low is not None and self.exclusive_minimum and value <= low:
            raise self._error(NotGreaterThanError, f"is {value!r} and must be greater than {low:g}", self._remedy())
        if low is not None and value < low:
            raise self._error(BelowMinimumError, f"is {value!r} and must be at least {low:g}", self._remedy())
        if high is not None and value > high:
            raise self._error(OutOfRangeError, f"is {value!r} and must be at most {high:g}", self._remedy())
        return value

    def _error(self, kind: type[TorchwireError], fault: str, hint: str) -> TorchwireError:
        return kind(f"Parameter '{self.label}' {fault}.", hint=hint, parameter=self.id)

    def _remedy(self) -> str:
        if self.options:
            return "Choose one of: " + ", ".join(self.options) + "."
        if self.kind in ("integer", "number"):
            noun = "a whole number" if self.kind == "integer" else "a number"
            over = "greater than" if self.exclusive_minimum else "of at least"
            low = "" if self.minimum is None else f" {over} {self.minimum:g}"
            high = "" if self.maximum is None else f"{' and' if low else ' of'} at most {self.maximum:g}"
            return f"Give {noun}{low}{high}."
        return "Choose a data set." if self.kind == "dataset" else "Give a value."


def integer(
    default: int | _Required,
    *,
    help: str,
    label: str = "",
    minimum: int | None = None,
    exclusive_minimum: bool = False,
    maximum: int | None = None,
    shown_when: Mapping[str, Any] | None = None,
    group: str = "",
    unit: str = "",
) -> Any:
    """Declare a whole number. Read on an instance, the attribute is an ``int``."""
    return Parameter(
        "integer", default, help, label, minimum, exclusive_minimum, maximum, (), shown_when or {}, group, unit
    )


def number(
    default: float | _Required,
    *,
    help: str,
    label: str = "",
    minimum: float | None = None,
    exclusive_minimum: bool = False,
    maximum: float | None = None,
    shown_when: Mapping[str, Any] | None = None,
    group: str = "",
    unit: str = "",
) -> Any:
    """Declare a real number. Read on an instance, the attribute is a ``float``."""
    return Parameter(
        "number", default, help, label, minimum, exclusive_minimum, maximum, (), shown_when or {}, group, unit
    )


def flag(
    default: bool, *, help: str, label: str = "", shown_when: Mapping[str, Any] | None = None, group: str = ""
) -> Any:
    """Declare an on/off switch. Read on an instance, the attribute is a ``bool``."""
    return Parameter("flag", default, help, label, shown_when=shown_when or {}, group=group)


def choice(
    default: str | _Required,
    *,
    options: Sequence[str],
    help: str,
    label: str = "",
    shown_when: Mapping[str, Any] | None = None,
    group: str = "",
) -> Any:
    """Declare one of several named options. Read on an instance, the attribute is a ``str``."""
    return Parameter("choice", default, help, label, options=tuple(options), shown_when=shown_when or {}, group=group)


def text(
    default: str | _Required,
    *,
    help: str,
    label: str = "",
    shown_when: Mapping[str, Any] | None = None,
    group: str = "",
) -> Any:
    """Declare free text. Read on an instance, the attribute is a ``str``."""
    return Parameter("text", default, help, label, shown_when=shown_when or {}, group=group)


def dataset_path(*, help: str, label: str = "") -> Any:
    """Declare a registered data set's name, or a folder or archive that the server may read."""
    return Parameter("dataset", REQUIRED, help, label)
