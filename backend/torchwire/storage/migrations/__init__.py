"""The history of the schema. Run by the program itself at start; there is no alembic.ini."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

HEAD = "0004"
"""The newest revision below ``versions/``; a test holds it to what Alembic finds there."""


def is_current(connection: Connection) -> bool:
    """Whether the database is at the newest revision. Does not load Alembic."""
    try:
        rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
    except (OperationalError, ProgrammingError):  # no such table: a new database
        connection.rollback()
        return False
    return [row[0] for row in rows] == [HEAD]


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run every revision up to this one that the database has not seen, in one transaction."""
    from alembic import command

    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        command.upgrade(configuration(connection), revision)


def configuration(connection: Connection | None = None):  # type: ignore[no-untyped-def]  # Alembic is loaded late
    """Alembic's settings for this folder."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
