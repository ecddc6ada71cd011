"""Statements that run for every node. With SQLite they go to its driver without a detour.

Running one through SQLAlchemy takes 75 µs, of which SQLite needs 20, and a short node takes twenty of them. So what
SQLAlchemy has made of a statement is kept: its text, the order of its values, and what turns them into the column's
kind and back. With another database, and for statements whose text depends on the values, SQLAlchemy runs them.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class _Text:
    """A statement as SQLite's driver takes it."""

    sql: str
    names: tuple[str, ...]
    fixed: Values  # values that are part of the statement
    to_driver: Mapping[str, Convert]
    row: Callable[..., Any] | None
    from_driver: tuple[Convert | None, ...]

    def arguments(self, values: Values) -> list[Any]:
        given = {**self.fixed, **values}
        convert = self.to_driver
        return [convert[name](given[name]) if name in convert else given[name] for name in self.names]

    def as_row(self, found: Sequence[Any]) -> Any:
        made = (value if f is None else f(value) for f, value in zip(self.from_driver, found, strict=True))
        return self.row(*made) if self.row is not None else found


class Statement:
    """One statement. Its rows have their columns' names as attributes, and ``_asdict``."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._texts: dict[tuple[str, ...], _Text | None] = {}

    def rows(self, connection: Connection, values: Values) -> list[Any]:
        """Run it and return what it finds."""
        text = self._text(connection, values)
        if text is None:
            return list(connection.execute(self._statement, values))
        return [text.as_row(found) for found in _run(connection, text.sql, text.arguments(values)).fetchall()]

    def value(self, connection: Connection, values: Values) -> Any:
        """Run it and return the first column of the first row; None when there is no row."""
        rows = self.rows(connection, values)
        return rows[0][0] if rows else None

    def run(self, connection: Connection, values: Values | Sequence[Values]) -> None:
        """Run it, for each if there are several ``values``, which all have the same names."""
        several = not isinstance(values, Mapping)
        first = cast(Values, values[0] if several else values)  # type: ignore[index]
        text = self._text(connection, first)
        if text is None:
            connection.execute(self._statement, values)
        elif several:
            _run(connection, text.sql, [text.arguments(one) for one in cast(Sequence[Values], values)], several=True)
        else:
            _run(connection, text.sql, text.arguments(first))

    def _text(self, connection: Connection, values: Values) -> _Text | None:
        if connection.dialect.name != "sqlite":
            return None
        names = tuple(values)
        if names not in self._texts:
            self._texts[names] = self._compiled(connection, names)
        return self._texts[names]

    def _compiled(self, connection: Connection, names: tuple[str, ...]) -> _Text | None:
        dialect, inserts = connection.dialect, bool(getattr(self._statement, "is_insert", False))
        compiled = cast(ClauseElement, self._statement).compile(
            dialect=dialect, column_keys=list(names) if inserts else None
        )
        if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None or "POSTCOMPILE" in compiled.string:
            return None
        if compiled.insert_prefetch or compiled.update_prefetch:  # values that SQLAlchemy makes
            return None
        columns = list(compiled._result_columns or ())
        return _Text(
            compiled.string,
            tuple(compiled.positiontup),
            {name: value for name, value in compiled.construct_params(_check=False).items() if value is not None},
            {name: convert for name, convert in compiled._bind_processors.items() if callable(convert)},
            namedtuple("Row", [entry.keyname for entry in columns]) if columns else None,
            tuple(entry.type._cached_result_processor(dialect, None) for entry in columns),
        )


def _run(connection: Connection, sql: str, arguments: list[Any], *, several: bool = False) -> sqlite3.Cursor:
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    try:
        return driver.executemany(sql, arguments) if several else driver.execute(sql, arguments)
    except sqlite3.Error as error:
        raise DBAPIError(sql, None, error) from error
