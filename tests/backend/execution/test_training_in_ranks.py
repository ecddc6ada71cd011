"""Real training in several processes: the same figures as in one, the same weights again, whatever is killed."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import load

from tests.backend.execution.test_several_processes import alive, logged
from tests.backend.execution.test_training_resumed import anew, curve, training, weights
from tests.graphs import Document
from tests.places import Place
from torchwire.execution.processes import descendants

STEPS = 3
"""In an epoch, in two processes."""


def shared(count: int = 2, **parameters: Any) -> Document:
    graph = training(**{"batch_size": 4, "precision": "fp32"} | parameters)  # which all processors have
    graph["nodes"][-1]["resources"] = {"node_count": 1, "process_count_per_node": count}
    return graph


@pytest.fixture
def make(new_place: Callable[..., Place]) -> Callable[..., Place]:
    packages = ("torchwire_modules", "tests.tiny_modules")

    def make(**settings: Any) -> Place:
        given = {"packages": packages, "preload": ("torch", "torchvision"), "patience": 180.0, "checkpoint_seconds": 0}
        return new_place(**given | settings).ready()

    return make


def history(run: Document) -> dict[float, dict[str, float]]:
    return {m["step"]: m["values"] for m in run["nodes"]["train"]["metrics"] if m["axis"] == "epoch"}


def error_of(run: Document) -> Any:
    return run["nodes"]["train"]["error"]


def test_validation_is_that_of_one_process(make: Callable[..., Place]) -> None:
    # A head that learns nothing, over layers that stand still: the weights are the same in each run.
    place, still = make(), {"freeze_backbone": True, "learning_rate": 1e-30, "learning_rate_schedule": "constant"}
    told = []
    for count in (1, 2, 3):
        run = place.run(shared(count, batch_size=5, epochs=1, **still))
        assert run["status"] == "completed", error_of(run)
        told.append(history(run)[1])
    for figures in told[1:]:
        assert figures["val_loss"] == pytest.approx(told[0]["val_loss"], rel=1e-6)  # threads share sums out otherwise
        assert figures["val_accuracy"] == told[0]["val_accuracy"]
        assert figures["train_loss"] == pytest.approx(told[0]["train_loss"], rel=1e-5)
        assert figures["train_accuracy"] == told[0]["train_accuracy"]
    assert told[1]["learning_rate"] == 2e-30


def test_two_processes_learn_what_one_does_from_batches_of_both(make: Callable[..., Place]) -> None:
    # Over layers that stand still no batch norm tells how the images were shared out.
    place, last = make(), {"freeze_backbone": True, "epochs": 2, "learning_rate_schedule": "constant"}
    heads = []
    for count in (1, 2):
        graph = shared(count, batch_size=8 // count, learning_rate=0.02 / count, **last)
        graph["nodes"][0]["parameters"]["per_category"] = 7  # 21 images: 8, 8, and 5, which are dealt out as 3 and 2
        run = place.run(graph)
        assert run["status"] == "completed", error_of(run)
        heads.append(load(weights(place, run))["fc.weight"])
    assert torch.allclose(heads[0], heads[1], rtol=1e-4, atol=1e-6)


def test_the_same_weights_again_and_after_a_kill(make: Callable[..., Place]) -> None:
    place = make()
    first = place.run(shared())
    assert first["status"] == "completed", error_of(first)
    lines = {text for _, text in logged(place, first)}
    assert (
        "Trains in 2 processes with 1 thread each: effective batch 8 (2 × 4), learning rate 0.04 (2 × 0.02)." in lines
    )
    assert [step for axis, step, _ in curve(first) if axis == "batch"] == list(range(1, 2 * STEPS + 1))

    run_id = place.submit(anew(shared()))
    place.wait_for("node.checkpoint", "train", run=run_id, where=lambda event: event.data["step"] >= STEPS + 1)
    worker = [e.data["pid"] for e in place.heard if e.type == "node.started" and e.node == "train"][-1]
    ranks = descendants(worker)
    os.kill(ranks[1], signal.SIGKILL)
    again = place.finish(run_id)
    assert again["status"] == "completed", error_of(again)
    assert place.said(run_id, "node.resumed")
    assert not alive([worker, *ranks])
    assert weights(place, again) == weights(place, first)
    assert curve(again) == curve(first)


def test_a_stopped_rank_is_ended_and_training_goes_on(make: Callable[..., Place]) -> None:
    place = make(rank_silence_seconds=2.0)
    run_id = place.submit(shared())
    place.wait_for("node.checkpoint", "train", run=run_id)
    worker = next(e.data["pid"] for e in place.heard if e.type == "node.started" and e.node == "train")
    os.kill(descendants(worker)[1], signal.SIGSTOP)
    run = place.finish(run_id)
    assert run["status"] == "completed", error_of(run)
    whys = [event.data["why"] for event in place.said(run_id, "node.started", "train")]
    assert whys[1].startswith("rank 1 of 2 showed no sign of life for 2 seconds and was ended; goes on after ")


def test_too_few_images_for_so_many(make: Callable[..., Place]) -> None:
    graph = shared(4)
    graph["nodes"][0]["parameters"]["per_category"] = 2
    error = error_of(make().run(graph))
    assert (error["name"], error["port"]) == ("InvalidDatasetError", "training_dataset")
    assert error["message"] == "The training dataset holds 6 images, and 4 processes need 8."


def test_divergence_is_told_once(make: Callable[..., Place]) -> None:
    error = error_of(make().run(shared(learning_rate=1e20)))
    assert error["name"] == "TrainingDivergedError"
    assert math.isclose(error["report"]["remedy"]["value"], 5e19)


def test_cancelled_training_leaves_nothing(make: Callable[..., Place]) -> None:
    place = make()
    run_id = place.submit(shared(epochs=50))
    place.wait_for("node.metric", "train", run=run_id)
    worker = next(e.data["pid"] for e in place.heard if e.type == "node.started" and e.node == "train")
    pids = [worker, *descendants(worker)]
    assert len(pids) == 3
    place.engine.cancel(run_id)
    assert place.finish(run_id)["status"] == "cancelled"
    assert not alive(pids)
