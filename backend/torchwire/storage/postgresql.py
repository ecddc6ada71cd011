"""PostgreSQL, for teams: the rows on a server, everything else in the home folder as ever."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from torchwire.errors import ConflictError, DatabaseUnavailableError, ParameterParseError

DRIVER = "pg8000"
CONNECT_SECONDS = 10
ANSWER_SECONDS = 120
"""After which a server that doesn't answer is taken for lost."""
POOL, OVERFLOW = 10, 20
ENGINES_TURN = 0x746F7263_77697265
"""The number of the advisory lock that the one engine of a database holds."""

ENDED = ("57P01", "57P02", "57P03", "08")
"""How the states begin that a server gives when it shuts down, starts up or loses a connection."""


class PostgreSQL:
    """A database on a server."""

    def __init__(self, url: URL) -> None:
        """Raises ParameterParseError for options that are not understood."""
        driver = url.get_driver_name() if "+" in url.drivername else DRIVER
        options, self._arguments = _connect_arguments(url.query) if driver == DRIVER else (url.query, {})
        self._url = url.set(drivername=f"postgresql+{driver}", query=options)
        self._claim: Connection | None = None

    def open(self) -> Engine:
        """Connections to the server. Those that died in the pool are replaced before they are used."""
        try:
            engine = create_engine(
                self._url,
                pool_pre_ping=True,
                pool_size=POOL,
                max_overflow=OVERFLOW,
                pool_timeout=CONNECT_SECONDS,
                connect_args=self._arguments,
                json_serializer=to_json,
            )
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            raise DatabaseUnavailableError(
                "The driver for PostgreSQL is not installed.",
                hint="Install it beside Torchwire: pip install 'torchwire[postgresql]', or pip install pg8000.",
            ) from error
        event.listen(engine, "connect", _be_patient)
        engine.dialect.do_close = _close_quietly  # type: ignore[assignment, method-assign]
        return engine

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """Begin. The server begins by itself; only reads are told apart, so that they see one state."""
        if not writing:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def size(self, connection: Connection) -> int:
        """What the server says."""
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    def tidy(self, engine: Engine) -> None:
        """The server does that by itself."""

    def claim(self, engine: Engine) -> None:
        """Hold a lock on a connection of its own. It is the server's to give: it ends with the connection."""
        if self._claim is not None:
            try:
                self._claim.exec_driver_sql("SELECT 1")
                self._claim.commit()
                return
            except DBAPIError:
                self.release()
        connection = engine.connect().execution_options(claim=True)
        try:
            connection.detach()  # never back into the pool, with the lock on it
            taken = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({ENGINES_TURN})").scalar_one()
            connection.commit()
        except BaseException:
            connection.close()
            raise
        if not taken:
            connection.close()
            raise ConflictError(
                f"The database {self._place} is in use by another Torchwire.",
                hint="Stop that one, or give each its own database.",
            )
        self._claim = connection

    def release(self) -> None:
        """Close the connection that holds the lock."""
        claim, self._claim = self._claim, None
        if claim is not None:
            try:
                claim.close()
            except DBAPIError:  # it was lost already
                claim.invalidate()

    def why_lost(self, error: BaseException) -> str | None:
        """In words why there is no connection. The password is in none of them."""
        state, said = _state(error)
        match state:
            case "28P01" | "28000":
                return f"The database server refuses the user '{self._url.username or ''}' ({said})."
            case "3D000":
                return f"There is no database '{self._url.database or ''}' on {self._server}."
            case "53300":
                return f"The database server takes no more connections ({said})."
        if state.startswith(ENDED):
            return f"The connection to the database {self._place} was lost ({said})."
        if isinstance(error, OSError) or type(error).__name__ in ("InterfaceError", "OperationalError", "TimeoutError"):
            reason = getattr(error.__cause__, "strerror", None) or said
            return f"The database server {self._server} can't be reached ({reason})."
        return None

    def cannot_keep(self, error: BaseException) -> bool:
        """Whether it is a data exception: a NUL character, a text longer than its column, a number out of range."""
        return _state(error)[0].startswith("22")

    @property
    def _server(self) -> str:
        return f"{self._url.host or 'localhost'}:{self._url.port or 5432}"

    @property
    def _place(self) -> str:
        return f"'{self._url.database or ''}' on {self._server}"


def _close_quietly(connection: Any) -> None:
    """Close, be the other end there or not: to say goodbye to a server that is gone is no error worth a trace."""
    with suppress(Exception):
        connection.close()


def to_json(value: Any) -> str:
    """The value as JSON that the server can read again: it refuses NUL and halves of surrogate pairs."""
    text = json.dumps(value)
    if "\\u0000" in text or "\\ud" in text:
        text = json.dumps(_readable(value))
    return text


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, Mapping):
        return {_readable(key): _readable(part) for key, part in value.items()}
    return [_readable(part) for part in value] if isinstance(value, (list, tuple)) else value


def _be_patient(connection: Any, _record: object) -> None:
    """Give answers longer than connecting: the driver knows one time-out for both."""
    socket = getattr(connection, "_usock", None)
    if socket is not None:
        socket.settimeout(ANSWER_SECONDS)


def _state(error: BaseException) -> tuple[str, str]:
    """The SQLSTATE and the words of a driver's error."""
    first = error.args[0] if error.args else ""
    if isinstance(first, Mapping):  # as pg8000 hands on what the server says
        return str(first.get("C", "")), str(first.get("M", ""))
    return str(getattr(error, "sqlstate", None) or ""), str(first)


def _connect_arguments(query: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What libpq calls its options, as pg8000 takes it."""
    left, arguments = dict(query), {"timeout": CONNECT_SECONDS, "application_name": "torchwire"}
    arguments["application_name"] = left.pop("application_name", arguments["application_name"])
    mode = left.pop("sslmode", "prefer")
    if mode not in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"):
        raise _unknown_option("sslmode", str(mode))
    if mode in ("require", "verify-ca", "verify-full"):
        context = ssl.create_default_context(cafile=left.pop("sslrootcert", None))
        context.check_hostname = mode == "verify-full"
        if mode == "require":
            context.verify_mode = ssl.CERT_NONE
        arguments["ssl_context"] = context
    if left:
        raise _unknown_option(*next((str(name), str(value)) for name, value in left.items()))
    return {}, arguments


def _unknown_option(name: str, value: str) -> ParameterParseError:
    return ParameterParseError(
        f"The database's address has the option {name}={value}, which isn't known.",
        hint="Known are sslmode, sslrootcert and application_name.",
        parameter="database_url",
    )
