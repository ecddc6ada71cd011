"""A real application on a real SQLite file, with a real engine over the tiny modules."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from pydantic import ConfigDict, TypeAdapter
from werkzeug.serving import BaseWSGIServer, make_server

from tests.timing import until
from torchwire.api.resource import ROUTES
from torchwire.app import create_app
from torchwire.config import Config, load_config
from torchwire.execution.settings import EngineSettings
from torchwire.extensions import services
from torchwire.registry import Registry

SECONDS = 120.0


def make_config(home: Path, **settings: Any) -> Config:
    """Settings for a test: small limits, no browser."""
    small = {"max_document_bytes": 200_000, "upload_part_bytes": 4096, "max_upload_bytes": 1_000_000}
    return load_config(home=home, open_browser=False, **(small | settings))


def make_app(config: Config) -> Flask:
    """The application over the tiny modules, with workers that load no torch. Its clients check every answer."""
    settings = EngineSettings(allowed_roots=config.roots, preload=(), cores=2, disk_budget=config.disk_budget)
    app = create_app(config, Registry.of(["tiny_modules"]), settings)
    app.after_request(keeps_its_word)
    return app


def keeps_its_word(answer: Response) -> Response:
    """Fail when an answer isn't what its route declares, or an error isn't in words."""
    route = ROUTES.get(request.endpoint or "")
    if answer.mimetype != "application/json" or route is None:
        return answer
    declared = route.response if answer.status_code == route.status else route.answers.get(answer.status_code)
    if answer.status_code >= 400:
        assert "error" in answer.get_json(), request.url
    if declared is not None:
        promised(declared).validate_python([answer.get_json()])
    return answer


@functools.cache
def promised(record: Any) -> TypeAdapter[Any]:
    """The check of an answer: nothing missing, nothing more."""
    return TypeAdapter(list[record], config=ConfigDict(extra="forbid"))  # a record alone takes no configuration


@contextmanager
def started(app: Flask) -> Iterator[Flask]:
    """The application with its threads running; nothing is left of it afterwards."""
    services(app).start()
    try:
        yield app
    finally:
        services(app).stop(kill=True)


class _Server:
    """The application behind a real socket, in this process."""

    def __init__(self, app: Flask) -> None:
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> _Server:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serving(app: Flask) -> _Server:
    """The application behind a real socket, in this process; a context manager with ``url``."""
    return _Server(app)


def run_to_end(app: Flask, document: dict[str, Any]) -> dict[str, Any]:
    """Submit the document and return the run when it is over."""
    engine, runs = services(app).engine, services(app).database.runs
    run_id = engine.submit(document)["id"]
    until(lambda: runs.snapshot(run_id)["finished"])
    return runs.snapshot(run_id)
