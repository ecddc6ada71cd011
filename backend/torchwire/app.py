"""Builds the web application: everything that answers a request, with all the parts it needs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from flask_socketio import SocketIO

from torchwire.api import answers, load_resources
from torchwire.api.errors import TooManyClientsError
from torchwire.api.guard import Guard
from torchwire.api.resource import ROUTES
from torchwire.config import Config
from torchwire.errors import TorchwireError
from torchwire.execution.engine import Engine
from torchwire.execution.settings import EngineSettings, available_cores, usable_memory
from torchwire.extensions import KEY, Services
from torchwire.registry import Registry
from torchwire.remote.roster import Roster
from torchwire.sockets.clients import MAX_MESSAGE, Clients
from torchwire.sockets.namespace import RunNamespace
from torchwire.sockets.relay import Relay
from torchwire.storage.database import Database
from torchwire.storage.dataset_files import DatasetFiles

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

SOCKET_PATH = "/socket.io"
SPARE_THREADS = 32  # kept for requests when every other thread holds an open page


def create_app(config: Config, registry: Registry | None = None, settings: EngineSettings | None = None) -> Flask:
    """Build the application for ``config.home``. Nothing runs until its ``services(app).start()``.

    ``registry`` and ``settings`` take the place of the installed modules and of what ``config`` says of the engine.
    """
    app = Flask("torchwire", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = config.max_document_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the order of ports and parameters means something
    made = _build(app, config, registry or Registry.installed(), settings or engine_settings(config))
    app.extensions[KEY] = made
    answers.install(app)
    app.before_request(lambda: _admit(made.guard))
    for resource in load_resources():
        app.register_blueprint(resource)
    app.wsgi_app = _SocketGuard(app.wsgi_app, made)  # type: ignore[method-assign]
    return app


def engine_settings(config: Config) -> EngineSettings:
    """The engine's settings for a server: data may be read from the allowed roots only."""
    return EngineSettings(
        allowed_roots=config.roots,
        weights_folder=config.weights,
        max_image_pixels=config.max_image_pixels,
        checkpoint_seconds=config.checkpoint_seconds,
        rank_silence_seconds=config.rank_silence_seconds,
        cores=config.cores or available_cores(),
        memory_bytes=config.memory_bytes or usable_memory(),
        for_modules=config.for_modules,
        holder="the Torchwire server",
        disk_budget=config.disk_budget,
    )


def _build(app: Flask, config: Config, registry: Registry, settings: EngineSettings) -> Services:
    config.home.mkdir(parents=True, exist_ok=True)
    config.data_folder.mkdir(exist_ok=True)
    database = Database(config.database, config.home)
    roster = Roster(config.home, database, config.targets)
    engine = Engine(config.home, database, registry, settings, roster)
    guard = Guard(config)
    socketio = SocketIO(
        app,
        async_mode="threading",
        async_handlers=False,  # a client's messages are answered in order, on the thread that it holds anyway
        max_http_buffer_size=MAX_MESSAGE,
        ping_interval=20,
        ping_timeout=20,
        json=json,
    )
    clients = Clients(socketio)
    relay = Relay(clients, database.runs.events)
    namespace = RunNamespace(guard, database.runs, relay)
    socketio.on_namespace(namespace)
    clients.after_acknowledgement(namespace.answered)
    clients.limit_messages()
    files = DatasetFiles(config.home, database, config.upload_part_bytes, config.upload_lifetime_hours * 3600)
    return Services(config, database, registry, engine, roster, files, guard, clients, relay)


def _admit(guard: Guard) -> None:
    """The choke point of HTTP. An address that doesn't exist is told so, but only to those who may ask."""
    route = ROUTES.get(request.endpoint or "")
    unknown = request.endpoint is None
    guard.admit(request.environ, route.permission if route else "read" if unknown else None)


class _SocketGuard:
    """Lets the socket's handshakes and polls through the choke point: they don't pass Flask's."""

    def __init__(self, inner: WSGIApplication, made: Services) -> None:
        self._inner = inner
        self._made = made

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == SOCKET_PATH or path.startswith(SOCKET_PATH + "/"):
            try:
                self._made.guard.admit(environ, "read")
                self._check_room(environ)
            except TorchwireError as error:
                return _refusal(error, start_response)
        return self._inner(environ, start_response)

    def _check_room(self, environ: WSGIEnvironment) -> None:
        is_new = "sid=" not in environ.get("QUERY_STRING", "")
        threads = self._made.config.threads
        if is_new and self._made.clients.count() >= threads - min(SPARE_THREADS, threads // 2):
            raise TooManyClientsError("Too many pages are open.", hint="Close some, or raise TORCHWIRE_THREADS.")


def _refusal(error: TorchwireError, start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = json.dumps(answers.body_of(error)).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(f"{error.status} Refused", headers)
    return [body]
