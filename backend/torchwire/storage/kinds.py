"""The kinds of database that all state can live in: a SQLite file, or a PostgreSQL server. What differs is in here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from torchwire.errors import ParameterParseError

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit survives a power cut: nobody hears of an event that could still be lost
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",
    "PRAGMA wal_autocheckpoint = 8000",  # pages: 32 MB at most; `tidy` comes long before that, and holds up no commit
)


class Kind(Protocol):
    """A kind of database, at one address."""

    def open(self) -> Engine:
        """Connections to it, made when they are needed. Raises DatabaseUnavailableError without a driver."""

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """Begin a transaction: one that reads sees one state, one that writes waits for its turn."""

    def size(self, connection: Connection) -> int:
        """How many bytes it takes on the disk."""

    def tidy(self, engine: Engine) -> None:
        """Do now what would else hold up a commit later. Called every now and then, while others write."""

    def claim(self, engine: Engine) -> None:
        """Keep other engines away, or make sure that they still are. Raises ConflictError, DatabaseUnavailableError."""

    def release(self) -> None:
        """Let others in."""

    def why_lost(self, error: BaseException) -> str | None:
        """In words why there is no connection, when that is what the driver's error says."""

    def cannot_keep(self, error: BaseException) -> bool:
        """Whether the driver's error says that a text or number can't be stored."""


class SQLite:
    """A file in the home folder. The home's lock keeps other engines away from it."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def open(self) -> Engine:
        """Connections to the file."""
        engine = create_engine(self._url, connect_args={"check_same_thread": False, "timeout": 10})
        event.listen(engine, "connect", _prepare)
        return engine

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """Begin. IMMEDIATE takes the write lock at once: what began by reading could fail when it comes to write."""
        driver = connection.connection.cursor()  # without SQLAlchemy's detour: it is done for every node
        driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        driver.close()

    def size(self, connection: Connection) -> int:
        """The file with its journal."""
        files = [Path(f"{self._url.database}{suffix}") for suffix in ("", "-wal", "-shm")]
        return sum(file.stat().st_size for file in files if file.exists())

    def tidy(self, engine: Engine) -> None:
        """Bring the journal's pages into the file, as far as nobody has to wait for it."""
        with engine.connect() as connection:
            driver = connection.connection.cursor()
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)")
            driver.close()

    def claim(self, engine: Engine) -> None:
        """Nothing to do."""

    def release(self) -> None:
        """Nothing to do."""

    def why_lost(self, error: BaseException) -> str | None:
        """A file is not lost."""
        return None

    def cannot_keep(self, error: BaseException) -> bool:
        """It keeps everything."""
        return False


def kind_of(address: str) -> Kind:
    """The kind of database that an address names. Raises ParameterParseError, in which no password is told."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise _not_understood() from error
    match url.get_backend_name():
        case "sqlite" if url.database:
            return SQLite(url)
        case "postgresql" | "postgres":
            from torchwire.storage.postgresql import PostgreSQL

            return PostgreSQL(url)
        case _:
            raise _not_understood()


def _not_understood() -> ParameterParseError:
    return ParameterParseError(
        "The database's address can't be understood.",
        hint="It looks like postgresql://USER:PASSWORD@HOST:5432/NAME, with special characters of the password "
        "written as %40 and the like. Without one, a file in the home folder is used.",
        parameter="database_url",
    )


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where sqlite3 guesses
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
