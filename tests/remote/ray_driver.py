"""A process that uses a Ray target as a driver does, for a test to question and to kill."""

from __future__ import annotations

import json
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

from torchwire.remote.backend import JobState, RemoteHandle, RemoteJob, Survey
from torchwire.remote.ray_backend import RayBackend, RayOptions


class Driver:
    """The process. Errors of the backend are raised here."""

    def __init__(self, options: dict[str, Any], token: str | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, options, token), daemon=True)
        self.process.start()
        theirs.close()
        self._offset = 0
        self.said: list[dict[str, Any]] = []

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.is_alive():
            self._ours.send(None)
            self.process.join(20)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join()
        self._ours.close()

    def survey(self) -> Survey:
        """As the backend's."""
        return self._ask("survey")  # type: ignore[no-any-return]

    def submit(self, job: RemoteJob) -> None:
        """Submit its one job."""
        self._offset, self.said = 0, []
        self._ask("submit", job)

    def state(self) -> JobState:
        """As the handle's."""
        return self._ask("state")  # type: ignore[no-any-return]

    def stop(self, *, kill: bool = False) -> None:
        """As the handle's."""
        self._ask("stop", kill)

    def read(self) -> list[dict[str, Any]]:
        """What was said since the last time."""
        data = self._ask("read", self._offset, 0.2)
        self._offset += len(data)
        events = [json.loads(line) for line in data.splitlines()]
        self.said += events
        return events

    def follow(self, until: str = "", seconds: float = 120.0) -> JobState:
        """Read to the end, to an event or to a state of that name. Returns the state."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.state()  # before the last look at what it said, or the end of that may be missed
            news = self.read()
            if until and (state.status == until or until in [event["type"] for event in news]):
                return state
            if not news and state.status in ("ended", "lost"):
                return state
            assert time.monotonic() < deadline, f"no {until or 'end'}: {state}, {self.said[-10:]}"

    def _ask(self, what: str, *arguments: Any) -> Any:
        self._ours.send((what, arguments))
        good, value = self._ours.recv()
        if not good:
            raise value
        return value


def _serve(questions: Connection, options: dict[str, Any], token: str | None) -> None:
    backend = RayBackend("there", RayOptions(**options), token)
    handle: RemoteHandle | None = None
    while (question := questions.recv()) is not None:
        what, arguments = question
        try:
            answer: Any = None
            if what == "survey":
                answer = backend.survey()
            elif what == "submit":
                handle = backend.submit(*arguments)
            else:
                assert handle is not None
                answer = handle.stop(kill=arguments[0]) if what == "stop" else getattr(handle, what)(*arguments)
            questions.send((True, answer))
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked
            questions.send((False, error))
    if handle is not None:
        handle.close()
    backend.close()
