"""Other orchestrators from PyPI, in an environment of their own, doing what our benchmarks do."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.bench.environments import NoPeerError, environment
from tests.bench.harness import Measurement, summarise

HERE = Path(__file__).parent
ROUNDS = 7


@dataclass(frozen=True)
class Peer:
    """An orchestrator. ``can`` names what it is measured at: chain, again (unchanged), fan-out."""

    name: str
    packages: tuple[str, ...]
    script: str
    can: tuple[str, ...]
    rounds: int = 2

    def python(self) -> Path:
        """The interpreter of its environment, installed when it isn't there. Raises NoPeerError."""
        return environment(Path(self.script).stem, self.packages)

    def seconds(self, what: str) -> float:
        """Measure one thing, in a fresh folder."""
        with tempfile.TemporaryDirectory(prefix="torchwire-bench-") as folder:
            command = [str(self.python()), str(HERE / self.script), what]
            done = subprocess.run(
                command, cwd=folder, env=_environment(folder), capture_output=True, timeout=180, check=True
            )
            return float(json.loads(done.stdout.splitlines()[-1]))


PEERS = (
    Peer("Metaflow", ("metaflow==2.19.39",), "metaflow_peer.py", ("chain", "again", "fan-out")),
    Peer("Luigi, 2 workers", ("luigi==3.8.1",), "luigi_peer.py", ("chain", "again", "fan-out")),
    Peer("Dagster multiprocess", ("dagster==1.13.29",), "dagster_peer.py", ("chain", "fan-out"), rounds=1),
)


def compare(
    id: str, what: str, round_of_ours: Callable[[], float], *, at_most: float, per: int = 1
) -> list[Measurement]:
    """Measure ours and each peer in turn, in ms for each of ``per`` nodes: one line against each peer.

    The first line has the id itself; without any peer it is the only one.
    """
    ours: list[float] = []
    theirs: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        ours.append(round_of_ours())
        for peer in installed():
            if what in peer.can and number < peer.rounds:
                with suppress(OSError, subprocess.SubprocessError, ValueError):
                    theirs.setdefault(peer.name, []).append(peer.seconds(what) * 1000 / per)
    lines = [summarise(id, ours, "ms", at_most=at_most, peer=peer) for peer in theirs.items()]
    first, *others = lines or [summarise(id, ours, "ms", at_most=at_most)]
    return [
        first,
        *(replace(line, id=f"{id} ({line.against[0]})", goal=None, holds=None) for line in others if line.against),
    ]


@cache
def installed() -> tuple[Peer, ...]:
    """The peers that could be installed; says which could not."""
    return tuple(peer for peer in PEERS if _install(peer))


def _install(peer: Peer) -> bool:
    try:
        peer.python()
    except NoPeerError as error:
        print(f"{peer.name} can't be installed and is left out: {str(error).strip()[-300:]}")
        return False
    return True


def _environment(folder: str) -> dict[str, str]:
    """No settings of the user's, and nothing sent home."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": folder,
        "USER": "bench",
        "DAGSTER_HOME": folder,
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": folder,
        "METAFLOW_DEFAULT_METADATA": "local",
    }
