"""Passes events on to everyone who watches a run: in order, each once, without gaps.

All of it happens on one thread. A watcher is either in its run's room, and has everything up to the last event that
was passed to the room, or it is behind and is brought up to date from the log, as fast as it can take it. New watchers
begin behind; one whose queue grows too long falls behind again. So memory stays bounded however slow a client is, and
nothing is ever left out: a gap in the numbers would make every client ask for the missing ones.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from torchwire.execution.events import RunEvent

if TYPE_CHECKING:
    from torchwire.sockets.clients import Clients

logger = logging.getLogger(__name__)

RECENT = 1000  # events of a watched run that are kept at hand
PAGE = 200  # events that are passed on before looking again at how the clients keep up
TICK = 0.05  # seconds between looks at watchers that are behind

Listener = Callable[[list[RunEvent]], None]
History = Callable[[str, int, int], list[RunEvent]]


class Source(Protocol):
    """Where events come from: the engine."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with every batch of committed events, until the returned function is called."""


@dataclass
class Feed:
    """A watched run. ``passed`` is the number of the last event that its room has had."""

    run_id: str
    passed: int
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=RECENT))
    room: set[str] = field(default_factory=set)
    behind: dict[str, int] = field(default_factory=dict)  # client: the number of the last event it has had


class Relay:
    """The one thread between the engine and the clients. The methods may be called from any thread."""

    def __init__(self, clients: Clients, history: History) -> None:
        """``history(run_id, after, limit)`` reads events from the log."""
        self._clients = clients
        self._history = history
        self._feeds: dict[str, Feed] = {}
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self, source: Source) -> None:
        """Begin to pass on what ``source`` says."""
        self._unsubscribe = source.subscribe(self.hear)
        self._thread = threading.Thread(target=self._work, name="torchwire-relay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Pass on what has been heard, and end the thread."""
        self._unsubscribe()
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def hear(self, events: Sequence[RunEvent]) -> None:
        """Take committed events. Returns at once."""
        self._inbox.put(lambda: self._pass_on(events))

    def watch(self, client: str, run_id: str, after: int) -> None:
        """Pass the run's events after number ``after`` to ``client`` from now on."""
        self._inbox.put(lambda: self._begin(client, run_id, after))

    def unwatch(self, client: str, run_id: str | None = None) -> None:
        """Stop passing a run's events, or all events, to ``client``."""
        self._inbox.put(lambda: self._end(client, run_id))

    def _work(self) -> None:
        looked = 0.0
        while True:
            waiting = any(feed.behind for feed in self._feeds.values())
            try:
                task = self._inbox.get(timeout=TICK if waiting else None)
            except queue.Empty:
                task = _nothing
            if task is None:
                return
            try:
                task()
                if waiting and time.monotonic() - looked >= TICK:
                    self._catch_up()
                    looked = time.monotonic()
            except Exception:
                logger.exception("The relay failed at a task")

    def _pass_on(self, events: Sequence[RunEvent]) -> None:
        by_run: dict[str, list[RunEvent]] = {}
        for event in events:
            by_run.setdefault(event.run_id, []).append(event)
            status = _new_status(event)
            if status is not None:
                self._clients.tell_all("changed", {"run_id": event.run_id, "status": status})
        for run_id, run_events in by_run.items():
            feed = self._feeds.get(run_id)
            if feed is not None:
                self._feed(feed, run_events)

    def _feed(self, feed: Feed, events: Iterable[RunEvent]) -> None:
        fresh = [event.as_json() for event in events if event.seq > feed.passed]
        if fresh and fresh[0]["seq"] > feed.passed + 1:  # heard of before this run was watched
            fresh = self._read(feed, feed.passed, fresh[0]["seq"] - feed.passed - 1) + fresh
        for start in range(0, len(fresh), PAGE):
            self._drop_slow(feed)
            for event in fresh[start : start + PAGE]:
                if feed.room:
                    self._clients.tell_room(feed.run_id, "event", event)
                feed.recent.append(event)
                feed.passed = event["seq"]
        self._catch_up_with(feed)

    def _drop_slow(self, feed: Feed) -> None:
        for client in [client for client in feed.room if self._clients.is_slow(client)]:
            self._clients.leave(client, feed.run_id)
            feed.room.discard(client)
            feed.behind[client] = feed.passed

    def _begin(self, client: str, run_id: str, after: int) -> None:
        feed = self._feeds.setdefault(run_id, Feed(run_id, after))
        if client in feed.room:
            self._clients.leave(client, run_id)
            feed.room.discard(client)
        feed.behind[client] = after
        self._catch_up_with(feed)

    def _end(self, client: str, run_id: str | None) -> None:
        for feed in [self._feeds[run_id]] if run_id in self._feeds else [] if run_id else list(self._feeds.values()):
            feed.behind.pop(client, None)
            if client in feed.room:
                feed.room.discard(client)
                self._clients.leave(client, feed.run_id)
            if not feed.room and not feed.behind:
                del self._feeds[feed.run_id]

    def _catch_up(self) -> None:
        for feed in list(self._feeds.values()):
            self._catch_up_with(feed)

    def _catch_up_with(self, feed: Feed) -> None:
        for client in list(feed.behind):
            if not self._clients.is_there(client):
                self._end(client, feed.run_id)
            else:
                self._bring_up_to_date(feed, client)

    def _bring_up_to_date(self, feed: Feed, client: str) -> None:
        """Send what ``client`` lacks while it keeps up; when it has everything that the room had, it joins the room.

        Its snapshot may be newer than what the room had: then it waits for the room.
        """
        while not self._clients.is_slow(client):
            missing = self._after(feed, feed.behind[client])
            for event in missing:
                self._clients.tell(client, "event", event)
                feed.behind[client] = event["seq"]
            if not feed.room and feed.behind[client] > feed.passed:  # nobody hears the room, so it may jump ahead
                feed.passed = feed.behind[client]
                feed.recent.clear()
            if feed.behind[client] == feed.passed:
                del feed.behind[client]
                feed.room.add(client)
                self._clients.join(client, feed.run_id)
                return
            if not missing:
                return

    def _after(self, feed: Feed, after: int) -> list[dict[str, Any]]:
        """Some of the events after a number: from those at hand, else from the log."""
        if feed.recent and feed.recent[0]["seq"] <= after + 1 and feed.recent[-1]["seq"] == feed.passed:
            return [event for event in feed.recent if event["seq"] > after][:PAGE]
        return self._read(feed, after, PAGE)

    def _read(self, feed: Feed, after: int, limit: int) -> list[dict[str, Any]]:
        return [event.as_json() for event in self._history(feed.run_id, after, limit)]


def _nothing() -> None:
    """Stands for a task when it is only time to look at who is behind."""


def _new_status(event: RunEvent) -> str | None:
    """The state that the run is in from this event on, if it is another one."""
    match event.type:
        case "run.queued":
            return "queued"
        case "run.started":
            return "running"
        case "run.finished":
            return str(event.data["status"])
        case _:
            return None
