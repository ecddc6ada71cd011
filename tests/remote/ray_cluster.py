"""A real Ray cluster on this machine: a head and two nodes, each with processes of its own, and the token on.

A test module that needs one asks for it once::

    @pytest.fixture(scope="module")
    def cluster():
        with RayCluster() as started:
            yield started

``cluster.options(exchange)`` is what ``[[targets]]`` has to say, ``cluster.token`` the token. ``kill("node-1")`` ends
a machine as a power cut does, ``kill("head")`` the one that holds the cluster together (what is on the others ends soon
after), ``mend()`` starts what is missing, at the same address. ``machine_of(pid)`` is the machine that a process runs
on. Nodes of pipelines run on ``node-1`` and ``node-2``, which have two cores each; the head has none to give, as on
most clusters, so that killing a worker's machine is never killing the head.

Ray reads its token when it is imported, so whoever connects is a process of its own, as in the product: a driver, a
scout, or a test's own ``python -c``. Starting takes about twelve seconds on two cores; nothing is left behind.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.timing import until

ROOT = Path(__file__).resolve().parents[2]
HEAD = "head"
MACHINES = {HEAD: 0, "node-1": 2, "node-2": 2}
MEMORY = 2_000_000_000
OBJECT_STORE = 80_000_000  # the least that Ray takes
PATIENCE = 180.0

QUICK = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "10000",  # one that was killed refuses at once; one that is only slow may live
    "RAY_health_check_failure_threshold": "4",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
    "RAY_prestart_worker_first_driver": "0",
}
"""How soon a machine that says nothing counts as dead: a few seconds, not the half minute of real clusters."""


class RayCluster:
    """The cluster. ``cores`` says how many of each machine Ray may give away; each has 2 GB."""

    def __init__(self, cores: Mapping[str, int] | None = None, *, python_path: Iterable[Path | str] = (ROOT,)) -> None:
        self._cores = dict(MACHINES if cores is None else cores)
        self._python_path = [str(place) for place in python_path]
        self._machines: dict[str, subprocess.Popen[bytes]] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="tw-ray-", dir="/tmp"))  # short: sockets' paths are limited
        self.token = secrets.token_hex(32)
        self.token_file = self.folder / "token"
        self.token_file.write_text(self.token)
        self.token_file.chmod(0o600)
        self.port = _free_port()

    @property
    def address(self) -> str:
        """Where its head listens."""
        return f"127.0.0.1:{self.port}"

    def options(self, exchange: Path | str, **more: Any) -> dict[str, Any]:
        """What the target's options are."""
        return {"address": self.address, "exchange": str(exchange)} | more

    def environment(self) -> dict[str, str]:
        """The environment of its machines, which is also that of anybody who connects by ``ray.init``."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "TORCHWIRE_"))}
        return (
            kept
            | QUICK
            | {
                "RAY_AUTH_MODE": "token",
                "RAY_AUTH_TOKEN_PATH": str(self.token_file),
                "RAY_USAGE_STATS_ENABLED": "0",
                "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
                "PYTHONPATH": os.pathsep.join(self._python_path),
            }
        )

    def __enter__(self) -> RayCluster:
        try:
            self.mend()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def mend(self) -> None:
        """Have all machines there. Without its head the whole cluster is started anew."""
        if not self.is_up(HEAD):
            for name in list(self._machines):
                self.kill(name)
        missing = [name for name in self._cores if not self.is_up(name)]
        for name in missing:
            self.start(name, wait=False)
        for name in missing:
            self._wait_for(name)

    def is_up(self, name: str) -> bool:
        """Whether a machine runs."""
        return name in self._machines and self._machines[name].poll() is None

    def machine_of(self, pid: int) -> str:
        """The machine that a process runs on."""
        return next(name for name in self._cores if pid in [process.pid for process in self.processes(name)])

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start a machine. It is known to all when this returns, unless nobody is to ``wait``."""
        if name == HEAD:
            which = ["--head", f"--port={self.port}", "--include-dashboard=false", "--no-monitor"]
        else:
            which = [f"--address={self.address}"]
        command = [
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *which),
            *("--node-ip-address=127.0.0.1", f"--node-name={name}", f"--temp-dir={self.folder / name}"),
            *(f"--num-cpus={self._cores[name]}", f"--memory={MEMORY}", f"--object-store-memory={OBJECT_STORE}"),
            *("--min-worker-port=0", "--max-worker-port=0", "--include-log-monitor=false", "--disable-usage-stats"),
        ]
        with self._log(name).open("wb") as log:
            self._machines[name] = subprocess.Popen(
                command,
                env=self.environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self._wait_for(name)

    def processes(self, name: str) -> list[psutil.Process]:
        """All processes of a machine, workers and what they started included."""
        machine = self._machines.get(name)
        if machine is None or machine.poll() is not None:
            return []
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(machine.pid)
            return [first, *first.children(recursive=True)]
        return []

    def kill(self, name: str) -> None:
        """End a machine at once, with all that runs on it."""
        tree = self.processes(name)
        for process in tree:  # none of them sees another one end
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        tree = self.processes(name) or tree
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        machine = self._machines.pop(name, None)
        if machine is not None:
            machine.wait()
        psutil.wait_procs(tree, timeout=10)

    def stop(self) -> None:
        """End all machines and remove what they wrote."""
        for name in list(self._machines):
            self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_for(self, name: str) -> None:
        machine = self._machines[name]
        until(
            lambda: machine.poll() is not None or b"Ray runtime started" in self._log(name).read_bytes(),
            f"the start of {name}",
            PATIENCE,
        )
        if machine.poll() is not None:
            raise RuntimeError(f"{name} did not start: {self._log(name).read_text()[-2000:]}")

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
