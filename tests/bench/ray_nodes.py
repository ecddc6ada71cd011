"""What a node costs on a Ray cluster, beside bare Ray tasks."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.harness import ROOT, Measurement, seconds, summarise

ROUNDS = 3
LENGTH = 5


def ray_node() -> list[Measurement]:
    """ms a node, in a chain of nodes that do next to nothing on a real cluster of a head and one machine.

    Beside it a chain of Ray tasks that add one to a number in a file: in a process for each, as nodes have, and in one
    that Ray keeps for all of them.
    """
    from tests.bench.orchestration import _chain
    from tests.places import Place
    from tests.remote.ray_cluster import RayCluster

    marks = itertools.count(1)
    ours: list[float] = []
    fresh: list[float] = []
    kept: list[float] = []
    with tempfile.TemporaryDirectory(prefix="torchwire-bench-") as folder, RayCluster({"head": 0, "m": 2}) as cluster:
        token = Path(folder) / "token"
        token.write_text(cluster.token)
        target = {"id": "ray", "kind": "ray", "token_file": str(token), "cores_per_process": 1}
        target |= cluster.options(f"{folder}/exchange", scratch=f"{folder}/scratch")
        place = Place(Path(folder) / "home", patience=300.0, targets=[target]).ready()

        def once() -> float:
            graph = _chain(LENGTH, 1000 * next(marks)) | {"default_compute_target": "ray"}
            run: dict[str, object] = {}
            taken = seconds(lambda: run.update(place.run(graph)))
            if run["status"] != "completed":
                raise RuntimeError(str(run["error"]))
            return taken / LENGTH * 1000

        try:
            once()
            for _ in range(ROUNDS):
                ours.append(once())
                bare = _bare(cluster.environment(), cluster.address, folder)
                fresh.append(bare["fresh"])
                kept.append(bare["kept"])
        finally:
            place.stop(kill=True)
    return [
        summarise("ray-node", ours, "ms", peer=("Ray tasks, a process for each", fresh)),
        summarise("ray-node-kept", ours, "ms", peer=("Ray tasks in one process", kept)),
    ]


def _bare(environment: dict[str, str], address: str, folder: str) -> dict[str, float]:
    script = ROOT / "tests" / "bench" / "workloads" / "ray_tasks.py"
    command = [sys.executable, str(script), address, folder, str(LENGTH)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
