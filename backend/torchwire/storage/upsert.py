"""INSERT with a rule for rows that are there already, for whichever database it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable, Table

from torchwire.storage.statements import Statement


class Upsert:
    """Inserts rows; one whose primary key is taken is replaced, or left as it is.

    The statement is built once for each kind of database: building it costs more than running it.
    """

    def __init__(self, table: Table, *, replace: bool) -> None:
        self._table = table
        self._replace = replace
        self._statements: dict[str, Statement] = {}

    def run(self, connection: Connection, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Insert one row, or several with different keys."""
        dialect = connection.dialect.name
        if dialect not in self._statements:
            self._statements[dialect] = Statement(self._build(dialect))
        self._statements[dialect].run(connection, rows)

    def _build(self, dialect: str) -> Executable:
        table = self._table
        keys = [column.name for column in table.primary_key]
        # Both spell it ON CONFLICT, but each compiles its own construct alone.
        if dialect == "postgresql":
            from sqlalchemy.dialects import postgresql

            ours = postgresql.insert(table)
            if not self._replace:
                return ours.on_conflict_do_nothing()
            new = {column.name: ours.excluded[column.name] for column in table.c if column.name not in keys}
            return ours.on_conflict_do_update(index_elements=keys, set_=new)
        from sqlalchemy.dialects import sqlite

        theirs = sqlite.insert(table)
        if not self._replace:
            return theirs.on_conflict_do_nothing()
        new = {column.name: theirs.excluded[column.name] for column in table.c if column.name not in keys}
        return theirs.on_conflict_do_update(index_elements=keys, set_=new)
