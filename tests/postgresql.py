"""A PostgreSQL server for the tests: it has a folder and a port of its own, and is gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torchwire.storage.database import Database

USER, PASSWORD = "torchwire", "s3cret p@ss"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=80")
START_SECONDS = 120.0


def why_not() -> str | None:
    """Why no server can be started here. None when one can."""
    if importlib.util.find_spec("pg8000") is None:
        return "the driver for PostgreSQL, pg8000, is not installed"
    if _programs() is None:
        return "PostgreSQL is not installed: `make test` installs it where apt-get and root are available"
    if os.getuid() == 0 and _other_user() is None:
        return "PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as"
    return None


class Server:
    """A server on a free port of the loopback address."""

    def __init__(self) -> None:
        programs = _programs()
        assert programs is not None
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="torchwire-postgresql-"))
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:
            user = _other_user()
            assert user is not None
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._has_template = False

    def __enter__(self) -> Server:
        password = self._folder / "password"
        password.write_text(PASSWORD)
        options = ["-U", USER, "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self._programs / "initdb", "-D", self._folder / "data", *options],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            **self._as,
        )
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _template(self) -> str:
        """The name of a database with our tables: to copy it takes a fraction of making them."""
        if not self._has_template:
            self.run("CREATE DATABASE ours")
            made = Database(self.url("ours"))
            made.migrate()
            made.close()
            self._has_template = True
        return "ours"

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = (*QUICK, "listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=")
        options = [part for setting in settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._as,
            )
        end = time.monotonic() + START_SECONDS
        ask = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ask, check=False).returncode != 0:
            assert time.monotonic() < end, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop at once, whoever is connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_SECONDS)
            self._process = None

    def run(self, statement: str, database: str = "postgres") -> list[list[Any]]:
        """Run one statement as the server's owner."""
        import pg8000.native

        connection = pg8000.native.Connection(USER, "127.0.0.1", database, self.port, PASSWORD, timeout=START_SECONDS)
        try:
            return list(connection.run(statement) or [])
        finally:
            connection.close()

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        """The address of a database as a person would write it."""
        quoted = password.replace("@", "%40").replace(" ", "%20")
        return f"postgresql://{user}:{quoted}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """A new database with our tables, unless ``empty``; its address."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else self._template()}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


def _programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, the newest of those that are installed."""
    on_path = shutil.which("initdb")
    if on_path is not None and Path(on_path).resolve().with_name("postgres").exists():
        return Path(on_path).resolve().parent
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0), default=None)


def _other_user() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
