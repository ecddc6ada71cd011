"""The connected browsers, as the relay sees them: tell one, a room or all, and ask how one keeps up.

What python-socketio keeps to itself (its queue per client, the moment after an acknowledgement) is touched here alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask_socketio import SocketIO

NAMESPACE = "/runs"
SLOW = 400  # packets waiting for a client
MAX_MESSAGE = 64 * 1024  # bytes in one message from a client


class Clients:
    """The clients of one namespace."""

    def __init__(self, socketio: SocketIO) -> None:
        self._server = socketio.server

    def tell(self, client: str, name: str, data: dict[str, Any]) -> None:
        """Send an event to one client."""
        self._server.emit(name, data, to=client, namespace=NAMESPACE)

    def tell_room(self, room: str, name: str, data: dict[str, Any]) -> None:
        """Send an event to all clients in a room; it is encoded once."""
        self._server.emit(name, data, to=f"run:{room}", namespace=NAMESPACE)

    def tell_all(self, name: str, data: dict[str, Any]) -> None:
        """Send an event to every client that keeps up."""
        slow = [client for client in self.everyone() if self.is_slow(client)]
        self._server.emit(name, data, namespace=NAMESPACE, skip_sid=slow)

    def join(self, client: str, room: str) -> None:
        """Put a client into a room; one that has just gone is passed over."""
        if self.is_there(client):
            self._server.enter_room(client, f"run:{room}", namespace=NAMESPACE)

    def leave(self, client: str, room: str) -> None:
        """Take a client out of a room."""
        self._server.leave_room(client, f"run:{room}", namespace=NAMESPACE)

    def is_there(self, client: str) -> bool:
        """Whether the client is connected."""
        return bool(self._server.manager.is_connected(client, NAMESPACE))

    def is_slow(self, client: str) -> bool:
        """Whether so much is waiting for the client already that it must catch up later."""
        socket = self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(client, NAMESPACE))
        return socket is not None and socket.queue.qsize() >= SLOW

    def everyone(self) -> list[str]:
        """All connected clients."""
        if NAMESPACE not in self._server.manager.get_namespaces():
            return []
        return [client for client, _ in self._server.manager.get_participants(NAMESPACE, None)]

    def count(self) -> int:
        """How many connections are open."""
        return sum(not socket.closed for socket in list(self._server.eio.sockets.values()))

    def disconnect_all(self) -> None:
        """Close every connection and stop the server's own thread. May be called again."""
        for socket in list(self._server.eio.sockets.values()):
            socket.close(wait=False, reason=self._server.reason.SERVER_DISCONNECT)
        if self._server.eio.service_task_handle is not None:
            self._server.shutdown()

    def after_acknowledgement(self, call: Callable[[str], None]) -> None:
        """Call ``call(client)`` after the answer to each of a client's messages is on its way.

        What is sent from there on arrives behind the answer.
        """
        handle = self._server._handle_event_internal

        @functools.wraps(handle)
        def handle_then_call(server: Any, client: str, *rest: Any) -> None:
            try:
                handle(server, client, *rest)
            finally:
                call(client)

        self._server._handle_event_internal = handle_then_call

    def limit_messages(self) -> None:
        """Refuse longer messages while they are being received, not only when they are complete."""
        websocket = self._server.eio._async["websocket"]
        self._server.eio._async["websocket"] = functools.partial(websocket, max_message_size=MAX_MESSAGE)
