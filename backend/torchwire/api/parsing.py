"""Turns what a client sent into a checked record, or says in words what is wrong with it."""

from __future__ import annotations

import functools
import json
import math
from typing import Any, NoReturn

from flask import Request
from pydantic import TypeAdapter, ValidationError

from torchwire.api.errors import InvalidRequestError, UnsupportedMediaTypeError

MAX_DEPTH = 64


def read_json(request: Request, record: Any) -> Any:
    """The body as a checked ``record``. Raises UnsupportedMediaTypeError or InvalidRequestError."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaTypeError(
            f"This address takes application/json, not '{request.mimetype or 'a body without a content type'}'.",
            hint="Send the header 'Content-Type: application/json'.",
        )
    return check(parse_json(request.get_data(cache=False)), record)


def parse_json(raw: bytes) -> Any:
    """Parse strict JSON: UTF-8, finite numbers, text that can be stored, few levels. Raises InvalidRequestError."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
        if b"\\u" in raw:  # an escaped half of a surrogate pair parses, but is not text
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise InvalidRequestError("The body is not valid UTF-8 text.") from error
    except RecursionError as error:
        raise InvalidRequestError(f"The body is nested deeper than {MAX_DEPTH} levels.") from error
    except ValueError as error:
        raise InvalidRequestError(f"The body is not valid JSON: {error}.") from error
    check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Raise InvalidRequestError when lists and objects are nested too deeply to be safe to handle."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidRequestError(f"The body is nested deeper than {MAX_DEPTH} levels.")
        nested: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                nested += item.values()
            elif isinstance(item, list):
                nested += item
        level = nested


def check(value: Any, record: Any) -> Any:
    """``value`` as a ``record``. Raises InvalidRequestError that names the field."""
    try:
        return adapter(record).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f"'{place}'" if place else "The body"
        raise InvalidRequestError(f"{where}: {first['msg']}.", hint=_expected(record)) from error


@functools.cache
def adapter(record: Any) -> TypeAdapter[Any]:
    """The validator of a record, made once when it is first needed."""
    return TypeAdapter(record)


def whole_number(given: str | None, name: str, default: int, low: int, high: int) -> int:
    """A whole number from the query, held to its upper bound. Raises InvalidRequestError below ``low``."""
    if given is None or given == "":
        return default
    digits = given[1:] if given.startswith("-") else given
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise InvalidRequestError(f"'{name}' must be a whole number, not '{given[:40]}'.", parameter=name)
    value = int(given)
    if value < low:
        raise InvalidRequestError(f"'{name}' must be at least {low}.", parameter=name)
    return min(value, high)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:40]} is too large for a number")
    return value


def _expected(record: Any) -> str | None:
    fields = getattr(record, "__annotations__", None)
    return "The body takes: " + ", ".join(fields) + "." if fields else None
