"""Many clients of the namespace ``/runs`` on one thread: bare websockets, so that a hundred of them cost little."""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

NAMESPACE = "/runs"
HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Watcher:
    """One client. It reads when it is told to, and notes the numbers of the events in the order in which they came."""

    def __init__(self, url: str, receive_buffer: int | None = None) -> None:
        parts = urlsplit(url)
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(30)
        self.socket.connect((str(parts.hostname), parts.port or 80))
        self.socket.sendall(HANDSHAKE.format(host=parts.netloc).encode())
        self._rest = b""
        while b"\r\n\r\n" not in self._rest:
            self._rest += self.socket.recv(4096)
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        assert b" 101 " in head.split(b"\r\n")[0], head
        self._text = b""
        self.numbers: list[int] = []
        self.over = False
        self.run: dict[str, Any] | None = None
        self.send(f"40{NAMESPACE},")
        self.read_until(lambda: self._joined)

    _joined = False

    def watch(self, run_id: str) -> None:
        """Ask for a run's events; the answer comes when it is read."""
        self.send(f"42{NAMESPACE},1" + json.dumps(["watch", {"run_id": run_id}]))

    def send(self, text: str) -> None:
        """Send one packet."""
        data = text.encode()
        length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
        self.socket.sendall(b"\x81" + length + bytes(4) + data)  # masked with zeros

    def read_until(self, condition: Callable[[], Any], seconds: float = 30.0) -> None:
        """Read until something is true."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come in time"
            self.read()

    def read(self) -> None:
        """Take in what has come."""
        data = self.socket.recv(1 << 20)
        assert data, "the server went away"
        self._rest += data
        for packet in self._packets():
            self._take(packet)

    def close(self) -> None:
        """Go away."""
        self.socket.close()

    def _take(self, packet: str) -> None:
        if packet == "2":
            self.send("3")
        elif packet.startswith(f"40{NAMESPACE},"):
            self._joined = True
        elif packet.startswith(f"43{NAMESPACE},1"):
            self.run = json.loads(packet.removeprefix(f"43{NAMESPACE},1"))[0]["run"]
        elif packet.startswith(f'42{NAMESPACE},["event"'):
            event = json.loads(packet.removeprefix(f"42{NAMESPACE},"))[1]
            self.numbers.append(event["seq"])
            self.over = self.over or event["type"] == "run.finished"

    def _packets(self) -> Iterator[str]:
        while len(self._rest) >= 2:
            size, start = self._rest[1] & 0x7F, 2
            if size >= 126:
                start = 4 if size == 126 else 10
                if len(self._rest) < start:
                    return
                size = int.from_bytes(self._rest[2:start], "big")
            if len(self._rest) < start + size:
                return
            kind, data = self._rest[0], self._rest[start : start + size]
            self._rest = self._rest[start + size :]
            if kind & 0x0F in (0, 1):
                self._text += data
                if kind & 0x80:
                    text, self._text = self._text, b""
                    yield text.decode()


def read_all(watchers: list[Watcher], until: Callable[[], bool], seconds: float) -> None:
    """Read whatever comes to any of them until something is true."""
    with selectors.DefaultSelector() as selector:
        for watcher in watchers:
            selector.register(watcher.socket, selectors.EVENT_READ, watcher)
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, "it did not come in time"
            for key, _ in selector.select(timeout=0.5):
                key.data.read()
