"""What a parameter's declaration lets through, and what it says of the rest."""

from __future__ import annotations

import math
from typing import Any

import pytest

from torchwire.errors import (
    BelowMinimumError,
    MissingValueError,
    NotGreaterThanError,
    OutOfRangeError,
    ParameterParseError,
    TorchwireError,
)
from torchwire.module_api import REQUIRED, Parameter, choice, flag, integer, number, text

EPOCHS: Parameter = integer(5, label="Epochs", help="", minimum=0, exclusive_minimum=True)
SIZE: Parameter = integer(256, label="Size", help="", minimum=1)
FRACTION: Parameter = number(0.9, label="Fraction", help="", minimum=0, maximum=1)
RATE: Parameter = number(0.1, label="Rate", help="", minimum=5e-324)
MODE: Parameter = choice(REQUIRED, label="Mode", options=("For training", "For inference"), help="")
ON: Parameter = flag(True, label="On", help="")
NOTE: Parameter = text("", label="Note", help="")


@pytest.mark.parametrize(
    ("parameter", "value", "kept"),
    [
        (EPOCHS, 1, 1),
        (EPOCHS, 3.0, 3),
        (FRACTION, 0, 0.0),
        (FRACTION, 1, 1.0),
        (RATE, 1e-300, 1e-300),
        (RATE, 10**20, 1e20),
        (MODE, "For training", "For training"),
        (ON, False, False),
        (NOTE, "", ""),
    ],
)
def test_a_good_value_comes_back_in_the_parameters_type(parameter: Parameter, value: Any, kept: Any) -> None:
    checked = parameter.check(value)
    assert checked == kept
    assert type(checked) is type(kept)


@pytest.mark.parametrize(
    ("parameter", "value", "error"),
    [
        (EPOCHS, 0, NotGreaterThanError),
        (EPOCHS, 2.5, ParameterParseError),
        (EPOCHS, "5", ParameterParseError),
        (EPOCHS, True, ParameterParseError),
        (EPOCHS, None, MissingValueError),
        (EPOCHS, 2**63, OutOfRangeError),
        (SIZE, 0, BelowMinimumError),
        (FRACTION, 1.1, OutOfRangeError),
        (FRACTION, -0.1, OutOfRangeError),
        (RATE, 0, BelowMinimumError),
        (RATE, math.nan, ParameterParseError),
        (RATE, math.inf, ParameterParseError),
        (RATE, 10**400, OutOfRangeError),
        (MODE, "training", OutOfRangeError),
        (MODE, None, MissingValueError),
        (ON, 1, ParameterParseError),
    ],
)
def test_a_wrong_value_is_refused_by_name(parameter: Parameter, value: Any, error: type[TorchwireError]) -> None:
    with pytest.raises(error) as raised:
        parameter.check(value)
    assert f"'{parameter.label}'" in raised.value.message
    assert raised.value.hint
