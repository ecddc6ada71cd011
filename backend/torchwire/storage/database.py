"""The database of a home folder: how it is opened, written by one at a time, and brought to the newest schema."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, ExceptionContext, event, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from torchwire.errors import DatabaseUnavailableError, ParameterParseError
from torchwire.storage import migrations
from torchwire.storage.artifacts import Artifacts
from torchwire.storage.attempts import Attempts
from torchwire.storage.checkpoints import Checkpoints
from torchwire.storage.holdings import Holdings
from torchwire.storage.kinds import kind_of
from torchwire.storage.runs import Runs

if TYPE_CHECKING:
    from torchwire.storage.datasets import Datasets
    from torchwire.storage.pipelines import Pipelines
    from torchwire.storage.settings import Settings


class Database:
    """The tables of one home folder, by subject. Safe to use from several threads; writes take turns."""

    def __init__(self, url: str, home: Path | None = None) -> None:
        """Open ``url`` (``sqlite:///path`` or ``postgresql://…``); nothing is read or made until the first use.

        ``home`` is the folder that the rows' relative paths begin at; by default the one that the file lies in. Raises
        ParameterParseError for an address that isn't understood, and DatabaseUnavailableError without its driver.
        """
        self._kind = kind_of(url)
        self._engine = self._kind.open()
        self.home = home or Path(self._engine.url.database or ".").parent
        event.listen(self._engine, "begin", self._begin)
        event.listen(self._engine, "handle_error", self._look_at_error)
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

    @cached_property
    def settings(self) -> Settings:
        """What people set in the browser."""
        from torchwire.storage.settings import Settings

        return Settings(self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection whose statements all see one state of the database (this thread's own writes included)."""
        open_here: Connection | None = getattr(self._here, "writing", None) or getattr(self._here, "reading", None)
        if open_here is not None:
            yield open_here
            return
        with self._in_words(), self._engine.connect() as connection, connection.begin():
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
        with self._in_words():
            try:
                yield
            except BaseException:
                self._leave(commit=False)
                raise
            self._leave(commit=True)

    def claim(self) -> None:
        """Keep other engines away, or make sure that they still are.

        Raises ConflictError when another one has the database, and DatabaseUnavailableError.
        """
        with self._in_words():
            self._kind.claim(self._engine)

    def migrate(self) -> None:
        """Bring the schema to the newest revision. Alembic is loaded only when there is something to do."""
        with self._in_words():
            with self._engine.connect() as connection:
                if migrations.is_current(connection):
                    return
            migrations.upgrade(self._engine)

    def tables(self) -> list[str]:
        """The names of the tables that exist."""
        return inspect(self._engine).get_table_names()

    def size(self) -> int:
        """How many bytes it takes on the disk."""
        with self.read() as connection:
            return self._kind.size(connection)

    def tidy(self) -> None:
        """Do now, from a thread that nobody waits for, what would else hold up a commit later."""
        with suppress(SQLAlchemyError, sqlite3.Error):
            self._kind.tidy(self._engine)

    def close(self) -> None:
        """Close every connection, and let other engines in."""
        self._kind.release()
        self._engine.dispose()

    def _writing(self) -> Connection:
        connection: Connection | None = getattr(self._here, "writing", None)
        if connection is None:
            self._turn.acquire()
            try:
                connection = self._engine.connect().execution_options(writing=True)
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

    def _begin(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("claim", False):
            self._kind.begin(connection, writing=options.get("writing", False))

    def _look_at_error(self, context: ExceptionContext) -> None:
        """Have the pool drop its connections when the server is gone: the driver's own signs are not all known."""
        if self._kind.why_lost(context.original_exception) is not None:
            context.is_disconnect = True

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say DatabaseUnavailableError where there is no connection, ParameterParseError for what can't be kept."""
        try:
            yield
        except SQLAlchemyError as error:
            cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
            if self._kind.cannot_keep(cause):
                raise ParameterParseError(
                    "The database can't keep this: a text is too long, or holds a character that is none."
                ) from error
            why = self._kind.why_lost(cause)
            if why is None:
                raise
            hint = "Look whether it runs; the address is in TORCHWIRE_DATABASE_URL or torchwire.toml."
            raise DatabaseUnavailableError(why, hint=hint) from error
