"""The namespace ``/runs``: lets a browser watch runs. Knows rooms and snapshots, nothing about graphs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from flask import request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import Namespace

from torchwire.api.answers import body_of
from torchwire.api.errors import InvalidRequestError, UnexpectedError
from torchwire.api.guard import Guard
from torchwire.api.parsing import check, check_depth
from torchwire.api.run_records import UnwatchRequest, WatchRequest
from torchwire.errors import TorchwireError
from torchwire.sockets.clients import NAMESPACE
from torchwire.sockets.relay import Relay
from torchwire.storage.runs import Runs

logger = logging.getLogger(__name__)

PERMISSIONS = {"connect": "read", "disconnect": "public", "watch": "read", "unwatch": "read"}
"""What each event needs. An event that isn't named here is refused."""

MAX_EVENTS = 5000
MAX_WATCHED = 50


class RunNamespace(Namespace):  # type: ignore[misc]  # Flask-SocketIO has no types
    """Answers ``watch`` with the snapshot and what was missed; the relay goes on from there."""

    def __init__(self, guard: Guard, runs: Runs, relay: Relay) -> None:
        super().__init__(NAMESPACE)
        self._guard = guard
        self._runs = runs
        self._relay = relay
        self._watched: dict[str, set[str]] = {}
        self._waiting: dict[str, tuple[str, int]] = {}

    def trigger_event(self, event: str, *args: Any) -> Any:
        """The choke point of the socket: refuse what has no declared permission."""
        if event not in PERMISSIONS:
            return body_of(InvalidRequestError(f"There is no event '{event}'.", hint="There are watch and unwatch."))
        return super().trigger_event(event, *args)

    def on_connect(self, auth: object = None) -> None:
        """Let the client in, or refuse the connection."""
        try:
            self._guard.admit(request.environ, PERMISSIONS["connect"])
        except TorchwireError as error:
            raise Refused(error.message) from error
        self._watched[self._client] = set()

    def on_disconnect(self, reason: object = None) -> None:
        """Forget what the client watched."""
        self._watched.pop(self._client, None)
        self._waiting.pop(self._client, None)
        self._relay.unwatch(self._client)

    def on_watch(self, *message: object) -> dict[str, Any]:
        """Acknowledge with the run and all events after ``after``; the later ones follow as they happen."""
        return self._answer("watch", self._watch, message)

    def on_unwatch(self, *message: object) -> dict[str, Any]:
        """Stop the events of a run."""
        return self._answer("unwatch", self._unwatch, message)

    def answered(self, client: str) -> None:
        """The acknowledgement is on its way: events may follow it now."""
        waiting = self._waiting.pop(client, None)
        if waiting is not None:
            self._relay.watch(client, *waiting)

    def _watch(self, message: Any) -> dict[str, Any]:
        wanted = cast(WatchRequest, check(message, WatchRequest))
        run_id, after = wanted["run_id"], wanted.get("after")
        watched = self._watched.setdefault(self._client, set())
        if len(watched | {run_id}) > MAX_WATCHED:
            raise InvalidRequestError(f"A client may watch {MAX_WATCHED} runs at once.", hint="Unwatch one first.")
        run = self._runs.snapshot(run_id)
        answer: dict[str, Any] = {"run": run, "events": []}
        if after:
            missed = self._runs.events(run_id, after, MAX_EVENTS + 1)
            # The log may have grown since the snapshot was taken; what is beyond it comes live.
            answer["events"] = [event.as_json() for event in missed[:MAX_EVENTS] if event.seq <= run["seq"]]
            if len(missed) > MAX_EVENTS:
                answer["more"] = True
        watched.add(run_id)
        self._waiting[self._client] = (run_id, run["seq"])
        return answer

    def _unwatch(self, message: Any) -> dict[str, Any]:
        run_id = cast(UnwatchRequest, check(message, UnwatchRequest))["run_id"]
        self._watched.get(self._client, set()).discard(run_id)
        self._relay.unwatch(self._client, run_id)
        return {}

    def _answer(self, event: str, act: Callable[[Any], dict[str, Any]], message: tuple[object, ...]) -> dict[str, Any]:
        try:
            self._guard.admit(request.environ, PERMISSIONS[event])
            if len(message) != 1:
                raise InvalidRequestError(f"'{event}' takes one object.")
            check_depth(message[0])
            return act(message[0])
        except TorchwireError as error:
            return body_of(error)
        except Exception as error:
            logger.exception("Unexpected fault in socket event %s", event)
            return body_of(UnexpectedError(f"Something went wrong in the server ({type(error).__name__})."))

    @property
    def _client(self) -> str:
        return cast(str, request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
