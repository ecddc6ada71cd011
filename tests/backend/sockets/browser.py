"""Clients of the namespace ``/runs``: one that reads, and one that may stop reading."""

from __future__ import annotations

import json
from typing import Any

import requests
import socketio

from tests.backend.server_fixtures import SECONDS
from tests.timing import until

NAMESPACE = "/runs"
Event = dict[str, Any]


class Browser:
    """A client over a websocket that notes everything in the order in which it came."""

    def __init__(self, url: str, **options: Any) -> None:
        self.heard: list[Event] = []
        self.changes: list[Event] = []
        self._client = socketio.Client(reconnection=False)
        self._client.on("event", self.heard.append, namespace=NAMESPACE)
        self._client.on("changed", self.changes.append, namespace=NAMESPACE)
        self._client.connect(url, namespaces=[NAMESPACE], transports=["websocket"], **options)
        self._websocket = self._client.eio.ws

    def call(self, event: str, message: Any = None) -> Any:
        """Send an event and return its acknowledgement."""
        return self._client.call(event, message, namespace=NAMESPACE, timeout=SECONDS)

    def watch(self, run_id: str, after: int | None = None) -> Any:
        """Watch a run; what was missed is noted as heard."""
        before = len(self.heard)
        answer = self.call("watch", {"run_id": run_id, "after": after})
        self.heard[before:before] = answer.get("events", [])
        return answer

    @property
    def numbers(self) -> list[int]:
        """The numbers of the events that were heard."""
        return [event["seq"] for event in self.heard]

    def hears(self, last: int) -> list[int]:
        """The numbers heard, once the event ``last`` is among them."""
        until(lambda: self.numbers and self.numbers[-1] >= last)
        return self.numbers

    def close(self) -> None:
        """Go away, without the three seconds that the client would wait for a farewell."""
        self._websocket.close(timeout=0)
        self._client.disconnect()
        self._websocket.shutdown()


class Browsers:
    """Makes clients, and closes them all in the end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[Browser] = []

    def open(self, **options: Any) -> Browser:
        """A new client."""
        self._made.append(Browser(self._url, **options))
        return self._made[-1]

    def close(self) -> None:
        """Close all."""
        for browser in self._made:
            browser.close()


class Poller:
    """A client over long polling that reads only when it is told to."""

    def __init__(self, url: str) -> None:
        self._http = requests.Session()
        self._url = f"{url}/socket.io/?EIO=4&transport=polling"
        self._url += "&sid=" + json.loads(self._read()[0][1:])["sid"]
        self._write(f"40{NAMESPACE},")
        assert self._read()[0].startswith(f"40{NAMESPACE},")

    def watch(self, run_id: str) -> Event:
        """Watch a run and return the acknowledgement."""
        self._write(f"42{NAMESPACE},7" + json.dumps(["watch", {"run_id": run_id}]))
        acknowledgement = self._read()[0]
        assert acknowledgement.startswith(f"43{NAMESPACE},7")
        return dict(json.loads(acknowledgement.partition("[")[2][:-1])["run"])

    def read_until(self, last: int) -> list[int]:
        """Read until the event ``last`` comes; return the numbers of all."""
        numbers: list[int] = []
        while not numbers or numbers[-1] < last:
            for packet in self._read():
                if packet == "2":
                    self._write("3")
                elif packet.startswith(f'42{NAMESPACE},["event"'):
                    numbers.append(json.loads(packet.partition(",")[2])[1]["seq"])
        return numbers

    def close(self) -> None:
        """Go away."""
        self._write("1")
        self._http.close()

    def _read(self) -> list[str]:
        answer = self._http.get(self._url, timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.text.split("\x1e")

    def _write(self, packet: str) -> None:
        assert self._http.post(self._url, data=packet, timeout=SECONDS).status_code == 200
