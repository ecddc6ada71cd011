"""Training on two machines of a real Ray cluster, one of which is lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backend.execution.test_training_in_ranks import shared
from tests.backend.execution.test_training_resumed import anew, curve, weights
from tests.graphs import Document
from tests.places import Place
from tests.remote.ray_cluster import RayCluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def on_two_machines(graph: Document) -> Document:
    """The training on the target, in one process on each of two machines."""
    train = graph["nodes"][-1] | {"compute_target": "there"}
    train["resources"] = {"node_count": 2, "process_count_per_node": 1}
    return graph | {"nodes": [*graph["nodes"][:-1], train]}


def test_a_lost_machine_costs_the_steps_since_the_checkpoint(
    new_place: Callable[..., Place], ray_cluster: RayCluster, tmp_path: Path
) -> None:
    ray_cluster.mend()
    options: dict[str, Any] = {"cores_per_process": 1, "survey_seconds": 1.0, "scratch": str(tmp_path / "scratch")}
    target = {"id": "there", "kind": "ray", "token_file": str(ray_cluster.token_file)}
    target |= ray_cluster.options(tmp_path / "exchange", **options)
    place = new_place(
        packages=("torchwire_modules", "tests.tiny_modules"),
        preload=("torch", "torchvision"),
        patience=400.0,
        checkpoint_seconds=0,
        targets=[target],
    ).ready()
    here = place.run(shared())
    assert here["status"] == "completed", here["error"]
    run_id = place.submit(on_two_machines(anew(shared())))
    place.wait_for("node.checkpoint", "train", run=run_id, where=lambda event: event.data["step"] >= 2)
    ray_cluster.kill("node-2")
    place.wait_for("node.waiting", "train", run=run_id)
    ray_cluster.mend()
    run = place.finish(run_id)
    assert run["status"] == "completed", run["nodes"]["train"]["error"]
    assert place.said(run_id, "node.resumed")
    assert weights(place, run) == weights(place, here)
    assert curve(run) == curve(here)
