"""What people set in the browser for the whole home, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from torchwire.storage.models import SettingRow, table_of
from torchwire.storage.upsert import Upsert

if TYPE_CHECKING:
    from torchwire.storage.database import Database

SET = Upsert(table_of(SettingRow), replace=True)


class Settings:
    """Reads and writes such settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> dict[str, Any]:
        """A setting's value; empty when it was never set."""
        with self._database.read() as connection:
            value = connection.execute(select(SettingRow.value).where(SettingRow.name == name)).scalar()
        return dict(value or {})

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Set it."""
        with self._database.write() as connection:
            SET.run(connection, {"name": name, "value": value})
