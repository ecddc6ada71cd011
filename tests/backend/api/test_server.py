"""The server as people start it: a process of its own, under gunicorn."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.backend.server_fixtures import SECONDS
from tests.backend.sockets.browser import Browser
from tests.timing import until

SERVE = "from torchwire.cli import main; import sys; sys.exit(main(['serve', '--no-open', *sys.argv[1:]]))"
REPOSITORY = Path(__file__).parents[3]


class Served:
    """A server process."""

    def __init__(self, home: Path, *flags: str) -> None:
        command = [sys.executable, "-c", SERVE, "--home", str(home), "--port", "0", *flags]
        self._words = home.with_name(f"{home.name}-{time.monotonic_ns()}.txt")
        with self._words.open("wb") as words:
            self.process = subprocess.Popen(command, stdout=words, stderr=words, start_new_session=True)

    @property
    def said(self) -> str:
        """All that it has printed."""
        return self._words.read_text(encoding="utf-8")

    def url(self) -> str:
        """Where it is, once it says so."""
        until(lambda: "Ctrl-C" in self.said or self.process.poll() is not None, seconds=60)
        assert "http://" in self.said, self.said
        return "http://" + self.said.partition("http://")[2].split()[0]

    def fails(self) -> str:
        """What it says when it can't start."""
        assert self.process.wait(60) == 2, self.said
        assert "Traceback" not in self.said
        return self.said

    def stop(self, sign: int = signal.SIGTERM) -> str:
        """Send a signal to the whole group, as a terminal does, and return all that was said."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, sign)
        self.process.wait(SECONDS)
        return self.said


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server with an empty home."""
    server = Served(tmp_path / "home")
    yield server
    server.stop(signal.SIGKILL)


def worker_of(server: Served) -> psutil.Process:
    return psutil.Process(server.process.pid).children()[0]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_stops_cleanly(served: Served, sign: int) -> None:
    url = served.url()
    assert requests.get(f"{url}/healthz", timeout=SECONDS).json()["status"] == "ok"
    watching = Browser(url)
    began = time.monotonic()
    said = served.stop(sign)
    watching.close()
    assert served.process.returncode == 0 and time.monotonic() - began < 20
    assert "Ctrl-C" in said and said.rstrip().endswith("Stopped.") and "Traceback" not in said


def test_the_server_loads_nothing_heavy(served: Served) -> None:
    requests.get(served.url() + "/api/v1/modules", timeout=SECONDS)
    mapped = {Path(region.path).name for region in worker_of(served).memory_maps()}
    heavy = [name for name in mapped if name.startswith(("libtorch", "libarrow", "_multiarray_umath"))]
    assert heavy == []


def test_a_taken_port_is_told_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Served(tmp_path / "home", "--port", str(taken.getsockname()[1]))
        assert "Choose another one with --port" in server.fails()


def test_a_host_that_is_not_ours_is_told_in_words(tmp_path: Path) -> None:
    assert "not an address of this machine" in Served(tmp_path / "home", "--host", "192.0.2.1").fails()


def test_two_servers_do_not_share_a_home(tmp_path: Path, served: Served) -> None:
    served.url()
    assert "in use by the Torchwire server" in Served(tmp_path / "home").fails()


def test_other_addresses_need_a_token_which_is_printed(tmp_path: Path) -> None:
    server = Served(tmp_path / "home", "--host", "0.0.0.0")
    try:
        address = server.url()
        assert "/login?token=" in address
        base = address.partition("/login")[0]
        assert requests.get(f"{base}/api/v1/runs", timeout=SECONDS).status_code == 401
        token = address.partition("token=")[2]
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(f"{base}/api/v1/runs", headers=headers, timeout=SECONDS).status_code == 200
        session = requests.Session()
        session.get(address, timeout=SECONDS)
        assert session.get(f"{base}/api/v1/runs", timeout=SECONDS).status_code == 200
        session.close()
    finally:
        server.stop()


@pytest.mark.slow
def test_a_run_outlives_the_server_and_is_followed_by_the_next(tmp_path: Path, served: Served) -> None:
    document: dict[str, Any] = {
        "nodes": [{"id": "data", "module": "dataset", "parameters": {"path": "fashion-mnist-sample"}}]
    }
    url = served.url()
    until(lambda: requests.get(f"{url}/healthz", timeout=SECONDS).json()["workers"] == "ready", seconds=60)
    run = requests.post(f"{url}/api/v1/runs", json={"pipeline": document}, timeout=SECONDS).json()["run"]
    worker_of(served).kill()  # gunicorn starts another worker, with another engine
    until(lambda: ask(f"{url}/api/v1/runs/{run['id']}").get("run", {}).get("status") == "completed", seconds=60)
    events = ask(f"{url}/api/v1/runs/{run['id']}/events")["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def ask(url: str) -> dict[str, Any]:
    try:
        return dict(requests.get(url, timeout=SECONDS).json())
    except (requests.ConnectionError, ValueError):
        return {}
