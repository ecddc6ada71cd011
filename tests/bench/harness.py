"""What every benchmark shares: the record it returns, paired timing, and a server to measure."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TORCHWIRE = Path(sys.executable).parent / "torchwire"


@dataclass(frozen=True)
class Measurement:
    """One line of the table. ``ratio`` is value / against.value; ``goal`` and ``holds`` are None without a goal."""

    id: str
    value: float
    unit: str
    spread: tuple[float, float]
    against: tuple[str, float] | None = None
    goal: str | None = None
    holds: bool | None = None

    @property
    def ratio(self) -> float | None:
        """How the value compares with the peer's, measured in the same run."""
        return None if self.against is None or self.against[1] == 0 else self.value / self.against[1]

    def as_json(self) -> dict[str, Any]:
        """The record as ``build/bench.json`` holds it."""
        against = None if self.against is None else {"name": self.against[0], "value": self.against[1]}
        return {
            "id": self.id,
            "value": self.value,
            "unit": self.unit,
            "spread": list(self.spread),
            "against": against,
            "ratio": self.ratio,
            "goal": self.goal,
            "holds": self.holds,
        }


def summarise(
    id: str,
    values: list[float],
    unit: str,
    *,
    at_most: float | None = None,
    peer: tuple[str, list[float]] | None = None,
    ratio_at_most: float | None = None,
    ratio_at_least: float | None = None,
) -> Measurement:
    """Make a Measurement of the median of ``values``, judged against an absolute goal or a peer's median."""
    value = statistics.median(values)
    against = None if peer is None else (peer[0], statistics.median(peer[1]))
    goal, holds = None, None
    if ratio_at_most is not None and against is not None:
        goal, holds = f"<= {ratio_at_most:g} x {against[0]}", value <= ratio_at_most * against[1]
    elif ratio_at_least is not None and against is not None:
        goal, holds = f">= {ratio_at_least:g} x {against[0]}", value >= ratio_at_least * against[1]
    elif at_most is not None:
        goal, holds = f"<= {at_most:g} {unit}", value <= at_most
    return Measurement(id, value, unit, (min(values), max(values)), against, goal, holds)


def seconds(action: Callable[[], object]) -> float:
    """How long ``action`` takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def free_port() -> int:
    """A TCP port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_http(url: str, process: subprocess.Popen[bytes], limit: float = 60) -> None:
    """Return when ``url`` answers. Raises RuntimeError when the process ends first or the limit passes."""
    deadline = time.monotonic() + limit
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).read()
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{url} did not answer")
        time.sleep(0.005)


@contextlib.contextmanager
def serving(
    home: Path | None = None, python_path: Sequence[str] = ()
) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """Run ``torchwire serve`` on a home folder and yield its address, its process and the folder."""
    with tempfile.TemporaryDirectory(prefix="torchwire-bench-") as fresh:
        folder, port = home or Path(fresh), free_port()
        command = [str(TORCHWIRE), "serve", "--no-open", "--home", str(folder), "--port", str(port)]
        environment = os.environ | ({"PYTHONPATH": os.pathsep.join(python_path)} if python_path else {})
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            wait_for_http(f"http://127.0.0.1:{port}/healthz", process)
            yield f"http://127.0.0.1:{port}", process, folder
        finally:
            process.terminate()
            process.wait(30)
