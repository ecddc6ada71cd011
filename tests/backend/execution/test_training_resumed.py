"""Real training in real processes that are killed: the weights are those of training that nobody disturbed."""

from __future__ import annotations

import copy
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.graphs import Document, document, node, wire
from tests.places import Place, statuses

EPOCHS, STEPS = 2, 4
SAVED_AT = 5
"""After how many steps training is interrupted: in the middle of the second epoch."""


def training(**parameters: Any) -> Document:
    given = {"epochs": EPOCHS, "batch_size": 6, "learning_rate": 0.02, "print_frequency": 1, **parameters}
    return document(
        node("images", "toy-images", per_category=8),
        node("checks", "toy-images", per_category=2, seed=1),
        node("model", "resnet", model_name="resnet18", pretrained=False),
        node("train", "train-pytorch-model", **given),
        wires=(
            wire("model.untrained_model", "train.untrained_model"),
            wire("images.images", "train.training_dataset"),
            wire("checks.images", "train.validation_dataset"),
        ),
    )


def anew(graph: Document) -> Document:
    changed = copy.deepcopy(graph)
    changed["nodes"][-1]["regenerate_output"] = True
    return changed


@pytest.fixture
def make(new_place: Callable[..., Place]) -> Callable[[], Place]:
    """Makes engines with the real modules, which keep a checkpoint after each batch."""
    packages = ("torchwire_modules", "tests.tiny_modules")

    def make() -> Place:
        return new_place(
            packages=packages, preload=("torch", "torchvision"), checkpoint_seconds=0, patience=180.0
        ).ready()

    return make


def until_step(place: Place, run_id: str, step: int) -> int:
    """Wait until a checkpoint at ``step`` or later is kept, and return the pid of the worker."""
    place.wait_for("node.checkpoint", "train", run=run_id, where=lambda event: event.data["step"] >= step)
    return [event for event in place.heard if event.type == "node.started" and event.node == "train"][-1].data["pid"]


def weights(place: Place, run: Document) -> bytes:
    folder = place.engine.artifact(run["nodes"]["train"]["outputs"]["trained_model"]["digest"])
    return (folder / "model.safetensors").read_bytes()


def curve(run: Document) -> list[tuple[str, float, float | None]]:
    told = ("train_loss", "loss")
    return sorted(
        (metric["axis"], metric["step"], next(metric["values"][name] for name in told if name in metric["values"]))
        for metric in run["nodes"]["train"]["metrics"]
    )


def check(place: Place, run: Document, graph: Document, reached: int = SAVED_AT) -> None:
    """The run went on where it was, and came to what an undisturbed one comes to."""
    assert statuses(run)["train"] == "completed"
    resumed = place.said(run["id"], "node.resumed", "train")
    assert resumed[-1].data["epoch"] * STEPS + resumed[-1].data["batch"] >= reached
    undisturbed = place.run(anew(graph))
    assert not place.said(undisturbed["id"], "node.resumed")
    assert weights(place, run) == weights(place, undisturbed)
    assert curve(run) == curve(undisturbed)
    assert [step for axis, step, _ in curve(run) if axis == "epoch"] == list(range(1, EPOCHS + 1))


def test_a_worker_killed_in_the_middle_of_an_epoch(make) -> None:
    place = make()
    run_id = place.submit(training())
    os.kill(until_step(place, run_id, SAVED_AT), signal.SIGKILL)
    check(place, place.finish(run_id), training())


def test_a_run_cancelled_and_submitted_again(make) -> None:
    place = make()
    run_id = place.submit(training(optimizer="adamw", learning_rate=0.001))
    until_step(place, run_id, SAVED_AT)
    place.engine.cancel(run_id)
    assert place.finish(run_id)["status"] == "cancelled"
    again = training(optimizer="adamw", learning_rate=0.001)
    assert place.engine.plan(again)["nodes"]["train"]["action"] == "continue"
    check(place, place.run(again), again)


def test_a_worker_that_died_while_its_engine_was_gone(make) -> None:
    before = make()
    run_id = before.submit(training())
    pid = until_step(before, run_id, SAVED_AT)
    before.stop()
    os.kill(pid, signal.SIGKILL)
    after = make()
    check(after, after.finish(run_id), training())


def test_training_further(make) -> None:
    place = make()
    place.run(training(learning_rate_schedule="constant", epochs=1))
    longer = training(learning_rate_schedule="constant")
    foreseen = place.engine.plan(longer)["nodes"]["train"]
    assert foreseen["why"].startswith("continues the 1 epoch of the run of ")
    check(place, place.run(longer), longer, reached=STEPS)
