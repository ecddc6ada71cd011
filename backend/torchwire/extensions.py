"""What every part of the server needs, made once by ``create_app`` and found through the running app."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask, current_app

from torchwire.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from torchwire.api.guard import Guard
    from torchwire.config import Config
    from torchwire.execution.engine import Engine
    from torchwire.registry import Registry
    from torchwire.remote.roster import Roster
    from torchwire.sockets.clients import Clients
    from torchwire.sockets.relay import Relay
    from torchwire.storage.database import Database
    from torchwire.storage.dataset_files import DatasetFiles

KEY = "torchwire"


@dataclass
class Services:
    """The parts of one server. ``start`` and ``stop`` them in pairs."""

    config: Config
    database: Database
    registry: Registry
    engine: Engine
    roster: Roster
    datasets: DatasetFiles
    guard: Guard
    clients: Clients
    relay: Relay
    _tidying: threading.Thread | None = field(default=None, init=False)

    def start(self) -> None:
        """Take the home folder, give a new one its samples, and pick up what was running.

        Raises ConflictError when another process has the home.
        """
        from torchwire.samples import prepare_home

        self.relay.start(self.engine)
        try:
            self.engine.start()
        except BaseException:
            self.relay.stop()
            raise
        prepare_home(self.database, self.datasets)
        self._tidying = threading.Thread(target=self._tidy, name="torchwire-tidy", daemon=True)
        self._tidying.start()

    def stop(self, *, kill: bool = False) -> None:
        """Close every connection, stop the threads and close the database. Nodes that run go on unless ``kill``."""
        if self._tidying is not None:
            self._tidying.join()
        self.clients.disconnect_all()
        self.engine.stop(kill=kill)
        self.relay.stop()
        self.database.close()

    def _tidy(self) -> None:
        """What can wait until the server answers: load what the first check of a pipeline needs, and clean up."""
        self.engine.validate({"nodes": []})
        from torchwire.api.thumbnails import trim

        with suppress(DatabaseUnavailableError):  # another start will come
            self.datasets.clean()
        trim(self.config.home / "cache" / "thumbnails")


def services(app: Flask | None = None) -> Services:
    """The services of ``app``, or of the app that handles the present request."""
    found: Services = (app or current_app).extensions[KEY]
    return found
