"""Serves the designer: gunicorn with threads and exactly one worker process, in which everything runs."""

from __future__ import annotations

import gc
import ipaddress
import logging
import os
import secrets
import socket
import sys
import threading
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker
from pydantic import SecretStr

from torchwire.config import Config
from torchwire.errors import DatabaseUnavailableError, TorchwireError
from torchwire.execution.home import HomeLock
from torchwire.imports import hidden

logger = logging.getLogger(__name__)

STOP_SECONDS = 10


class AddressInUseError(TorchwireError):
    """The address to listen on is taken, or isn't one of this machine."""

    name, code = "AddressInUseError", "2017"


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then end the process. Nodes that run at that moment go on.

    Raises AddressInUseError, ConflictError when another process has the home folder or the database, and
    DatabaseUnavailableError.
    """
    config = _with_token(config)
    _check_home(config)
    if config.database_url is not None:
        _check_database(config)
    listener = _listen(config)
    _Application(config, listener).run()


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn, told by our configuration. The application is built in the worker, after the fork."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        self.config = config
        self.listener = listener
        self.port: int = listener.getsockname()[1]
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        settings = {
            "bind": f"fd://{self.listener.fileno()}",
            "workers": 1,
            "worker_class": f"{__name__}.Worker",
            "threads": self.config.threads,
            "worker_connections": self.config.threads * 4,
            "timeout": 0,  # one long request, or a laptop that slept, is no reason to kill the engine
            "graceful_timeout": STOP_SECONDS,
            "keepalive": 15,
            "preload_app": False,
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "torchwire",
            "limit_request_line": 8190,
            "worker_exit": _leave,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application and start its threads. Called in the worker."""
        gc.disable()  # what is loaded stays: looking for garbage in it takes a twentieth of the start
        try:
            # Socket.IO brings its client, which nobody uses here, and that brings requests: 0.1 s of the start.
            with hidden(("requests", "websocket")):
                import flask_socketio  # noqa: F401
            from torchwire.app import create_app
            from torchwire.extensions import services

            app = create_app(self.config)
        finally:
            gc.enable()
        made = services(app)
        made.start()
        self.services = made
        threading.Thread(target=_announce, args=(self.config, self.port), daemon=True).start()
        return app


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that closes the pages' connections when it is told to stop, instead of waiting for the pages."""

    alive: bool

    def init_process(self) -> None:
        """Build the application and serve. Ends the whole server when that fails for a reason that we know."""
        try:
            super().init_process()
        except TorchwireError as error:
            _say(f"{error.message} {error.hint or ''}")
            os._exit(4)  # gunicorn's word for "do not try again"

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop: SIGTERM."""
        if self.alive:
            self.alive = False
            self.method_queue.defer(self._close_connections)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop: Ctrl-C in the terminal reaches every process there."""
        self.handle_exit(sig, frame)

    def _close_connections(self) -> None:
        self.app.services.clients.disconnect_all()


def _leave(server: Any, worker: Any) -> None:
    """Stop the engine, say what goes on, and end the worker without waiting for threads."""
    made = getattr(worker.app, "services", None)
    if made is not None:
        going_on = _unfinished(made)
        made.stop()
        runs = "1 run goes" if going_on == 1 else f"{going_on} runs go"
        _say(f"Stopped. {runs} on in the background; start Torchwire again to follow." if going_on else "Stopped.")
    sys.stdout.flush()
    os._exit(0)


def _unfinished(made: Any) -> int:
    try:
        return len(made.database.runs.unfinished())
    except DatabaseUnavailableError:
        return 0


def _announce(config: Config, port: int) -> None:
    url = address(config, port)
    token = f"/login?token={config.token.get_secret_value()}" if config.token else ""
    stop = "Press Ctrl-C to stop the server; what is running goes on in the background."
    _say(f"Torchwire is at {url}{token}\n{stop}")
    if config.open_browser:
        import webbrowser

        webbrowser.open(url + token)


def address(config: Config, port: int) -> str:
    """The address for a browser on this machine."""
    host = "127.0.0.1" if config.host in ("0.0.0.0", "", "::") else config.host  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _with_token(config: Config) -> Config:
    if config.is_local or config.token is not None:
        return config
    _say(f"{config.host} can be reached from other machines, so a token is needed: the address below has it.")
    return config.model_copy(update={"token": SecretStr(secrets.token_urlsafe(24))})


def _check_home(config: Config) -> None:
    """Say now, in words, what would otherwise go wrong in the worker. Raises ConflictError."""
    lock = HomeLock(config.home, "the Torchwire server")
    lock.acquire()
    lock.release()


def _check_database(config: Config) -> None:
    """The same for a database server. Raises DatabaseUnavailableError, ParameterParseError, ConflictError."""
    from torchwire.storage.database import Database

    database = Database(config.database, config.home)
    try:
        database.claim()
    finally:
        database.close()


def _listen(config: Config) -> socket.socket:
    """A listening socket. Raises AddressInUseError in words that help."""
    host = config.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, config.port))
    except OSError as error:
        listener.close()
        if _is_own_address(host):
            raise AddressInUseError(
                f"Port {config.port} on {config.host} can't be used: {error.strerror or error}.",
                hint="Another program, perhaps another Torchwire, has it. Choose another one with --port.",
            ) from error
        raise AddressInUseError(
            f"'{config.host}' is not an address of this machine: {error.strerror or error}.",
            hint="Use 127.0.0.1, or 0.0.0.0 for all of its addresses.",
        ) from error
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


def _is_own_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
