"""One SQLite file per home folder: how it is opened, written by one at a time, and brought to the newest schema."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event, inspect

from torchwire.storage import migrations
from torchwire.storage.artifacts import Artifacts
from torchwire.storage.attempts import Attempts
from torchwire.storage.checkpoints import Checkpoints
from torchwire.storage.holdings import Holdings
from torchwire.storage.runs import Runs

if TYPE_CHECKING:
    from torchwire.storage.datasets import Datasets
    from torchwire.storage.pipelines import Pipelines

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit survives a power cut: nobody hears of an event that could still be lost
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",
)


class Database:
    """The tables of one home folder, by subject. Safe to use from several threads; writes take turns."""

    def __init__(self, url: str) -> None:
        """Open ``url`` (``sqlite:///path``); nothing is read or made until the first use."""
        self.url = url
        self._engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10})
        event.listen(self._engine, "connect", _prepare_connection)
        event.listen(self._engine, "begin", _begin)
        self._turn = threading.RLock()
        self._here = threading.local()
        self.runs = Runs(self)
        self.attempts = Attempts(self)
        self.artifacts = Artifacts(self)
        self.checkpoints = Checkpoints(self)
        self.holdings = Holdings(self)

    @cached_property
    def pipelines(self) -> Pipelines:
        """The pipeline drafts and their revisions."""
        from torchwire.storage.pipelines import Pipelines

        return Pipelines(self)

    @cached_property
    def datasets(self) -> Datasets:
        """The registered data sets and the uploads under way."""
        from torchwire.storage.datasets import Datasets

        return Datasets(self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection whose statements all see one state of the database (this thread's own writes included)."""
        open_here: Connection | None = getattr(self._here, "writing", None) or getattr(self._here, "reading", None)
        if open_here is not None:
            yield open_here
            return
        with self._engine.connect() as connection, connection.begin():
            self._here.reading = connection
            try:
                yield connection
            finally:
                self._here.reading = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield the connection of a write transaction: the one this thread is in, else a new one that ends here."""
        with self.unit():
            yield self._writing()

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Make all that this thread writes until the end one transaction. It begins at the first write, if any.

        Units nest: the outermost commits, or rolls everything back when an exception leaves it.
        """
        self._here.depth = getattr(self._here, "depth", 0) + 1
        try:
            yield
        except BaseException:
            self._leave(commit=False)
            raise
        self._leave(commit=True)

    def migrate(self) -> None:
        """Bring the schema to the newest revision. Alembic is loaded only when there is something to do."""
        with self._engine.connect() as connection:
            if migrations.is_current(connection):
                return
        migrations.upgrade(self._engine)

    def tables(self) -> list[str]:
        """The names of the tables that exist."""
        return inspect(self._engine).get_table_names()

    def size(self) -> int:
        """How many bytes it takes on the disk."""
        name = self._engine.url.database
        files = [Path(f"{name}{suffix}") for suffix in ("", "-wal", "-shm")] if name else []
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _writing(self) -> Connection:
        connection: Connection | None = getattr(self._here, "writing", None)
        if connection is None:
            self._turn.acquire()
            try:
                connection = self._engine.connect().execution_options(immediate=True)
                connection.begin()
            except BaseException:
                self._turn.release()
                raise
            self._here.writing = connection
        return connection

    def _leave(self, *, commit: bool) -> None:
        self._here.depth -= 1
        connection: Connection | None = getattr(self._here, "writing", None)
        if self._here.depth or connection is None:
            return
        self._here.writing = None
        try:
            if commit:
                connection.commit()
            else:
                connection.rollback()
        finally:
            connection.close()
            self._turn.release()


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where sqlite3 guesses
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a transaction that began by reading could fail when it comes to write.
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
