"""Train PyTorch Model, interrupted and gone on with: the outcome is that of training without a break, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from torchvision import models

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_train import context, untrained
from tests.modules.toy_images import toy_images
from torchwire.data_types.model import TrainedModel
from torchwire.errors import RunCancelled
from torchwire.module_api import Checkpoint
from torchwire_modules.training import _checkpoints
from torchwire_modules.training.train import TrainPyTorchModel

FAST = {"epochs": 3, "batch_size": 6, "learning_rate": 0.02, "print_frequency": 1}
ALWAYS = {"checkpoint_seconds": 0}
STEPS = 3
"""Batches in an epoch."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("images")
    return {
        "training_dataset": toy_images(root / "training", (6, 6, 5)),
        "validation_dataset": toy_images(root / "validation", (2, 2, 2), seed=1),
    }


def batches_told(ctx: FakeContext) -> int:
    return sum(axis == "batch" for axis, *_ in ctx.metrics)


def train(ctx: FakeContext, **parameters: Any) -> Path:
    return run_module(TrainPyTorchModel, ctx, **FAST | parameters)["trained_model"]


def stopped_after(root: Path, images: Mapping[str, Path], steps: int, **given: Any) -> FakeContext:
    """A training that was cancelled once so many steps were told."""
    own = {name: given.pop(name) for name in ("settings", "model") if name in given}
    ctx = context(root, images, cancel_when=lambda ctx: batches_told(ctx) >= steps, **own)
    with pytest.raises(RunCancelled):
        train(ctx, **given)
    return ctx


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def timeless(folder: Path) -> dict[str, Any]:
    """What model.json says of training, but for what the clock and the machine's load decide."""
    training = dict(TrainedModel.read(folder).training)
    for name in ("seconds", "images_per_second"):
        del training[name]
    told = ("images_per_second", "seconds", "memory_mb")
    training["history"] = [{k: v for k, v in row.items() if k not in told} for row in training["history"]]
    return training


def timeless_metrics(ctx: FakeContext) -> list[tuple[str, float, dict[str, float | None]]]:
    told = ("images_per_second", "seconds", "memory_mb")
    return sorted(
        ((axis, step, {k: v for k, v in values.items() if k not in told}) for axis, step, values in ctx.metrics),
        key=lambda metric: metric[:2],
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, images: dict[str, Path]) -> tuple[Path, FakeContext]:
    ctx = context(tmp_path_factory.mktemp("whole"), images)
    return train(ctx), ctx


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory, images: dict[str, Path]) -> FakeContext:
    """A training that was cancelled in the middle of its second epoch, having kept a checkpoint after each batch."""
    return stopped_after(tmp_path_factory.mktemp("interrupted"), images, STEPS + 1, settings=ALWAYS)


def test_cancelled_and_gone_on_with(
    tmp_path: Path, images: dict[str, Path], whole: tuple[Path, FakeContext], interrupted: FakeContext
) -> None:
    newest = interrupted.checkpoints[-1]
    ctx = context(tmp_path, images, checkpoint=newest, threads=2)  # it was one thread before, and stays so
    folder = train(ctx)
    assert weights(folder) == weights(whole[0])
    assert timeless(folder) == timeless(whole[0])
    assert timeless_metrics(ctx) == timeless_metrics(whole[1])
    assert ctx.resumptions == [("Goes on after batch 1 of 3 in epoch 2 of 3.", 1, 1)]
    first, last = ctx.progress_calls[0], ctx.progress_calls[-1]
    assert first[0] / first[1] >= newest.step / (3 * STEPS) - 0.15
    assert last[0] == last[1]


def test_every_batch_is_kept_when_asked_for(interrupted: FakeContext) -> None:
    kept = [(checkpoint.step, checkpoint.info["text"]) for checkpoint in interrupted.checkpoints]
    assert kept == [
        (1, "batch 1 of 3 in epoch 1 of 3"),
        (2, "batch 2 of 3 in epoch 1 of 3"),
        (3, "batch 3 of 3 in epoch 1 of 3"),
        (3, "epoch 1 of 3"),
        (4, "batch 1 of 3 in epoch 2 of 3"),
    ]


def test_a_checkpoint_holds_no_code(interrupted: FakeContext) -> None:
    folder = interrupted.checkpoints[-1].path
    assert {path.name for path in folder.iterdir()} == {"best.safetensors", "state.json", "state.safetensors"}
    assert "/trainer/network/fc.weight" in load_file(folder / "state.safetensors")


def test_an_epochs_end_is_kept_by_itself(tmp_path: Path, images: dict[str, Path]) -> None:
    seldom = stopped_after(tmp_path, images, STEPS + 1)
    assert [(checkpoint.step, checkpoint.info["text"]) for checkpoint in seldom.checkpoints] == [(3, "epoch 1 of 3")]


def test_saving_that_is_slow_happens_less_often(
    tmp_path: Path, images: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10**9, 10))
    monkeypatch.setattr(_checkpoints.time, "perf_counter", lambda: float(next(clock)))
    ctx = context(tmp_path, images, settings={"checkpoint_seconds": 0.1})
    train(ctx)
    assert len(ctx.checkpoints) < 4


def test_what_the_disk_does_not_take_is_logged_and_training_goes_on(
    tmp_path: Path, images: dict[str, Path], whole: tuple[Path, FakeContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FakeContext, "save_checkpoint", full)
    ctx = context(tmp_path, images, settings=ALWAYS)
    assert weights(train(ctx)) == weights(whole[0])
    assert any("No space left" in line for line in ctx.logs)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"optimizer": "adamw", "learning_rate": 0.001, "warmup_step_number": 3},
        {"patience": 1, "learning_rate": 0.5},
    ],
    ids=["sgd", "adamw with warm-up", "stops early"],
)
def test_training_further_equals_training_that_far(
    tmp_path: Path, images: dict[str, Path], parameters: dict[str, Any]
) -> None:
    constant = {"learning_rate_schedule": "constant", **parameters}
    short = context(tmp_path / "short", images)
    train(short, epochs=2, **constant)
    further = context(tmp_path / "further", images, checkpoint=short.finals[-1])
    folder = train(further, epochs=4, **constant)
    at_once = context(tmp_path / "at once", images)
    expected = train(at_once, epochs=4, **constant)
    assert weights(folder) == weights(expected)
    assert timeless(folder) == timeless(expected)
    assert timeless_metrics(further) == timeless_metrics(at_once)
    assert (folder / "MODEL_CARD.md").read_text().splitlines()[:8] == (
        (expected / "MODEL_CARD.md").read_text().splitlines()[:8]
    )


def test_a_schedule_that_depends_on_the_end_keeps_no_final_state(whole: tuple[Path, FakeContext]) -> None:
    assert whole[1].finals == []


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ({"learning_rate_schedule": "constant"}, {"learning_rate_schedule": "constant"}, None),
        ({}, {}, "the polynomial schedule depends on the number of epochs; with a constant one it could continue"),
        (
            {"learning_rate_schedule": "constant", "epochs": 9},
            {"learning_rate_schedule": "constant"},
            "the 9 epochs trained before are more than 8",
        ),
    ],
)
def test_why_training_can_not_go_on(before: dict[str, Any], now: dict[str, Any], reason: str | None) -> None:
    values, other = TrainPyTorchModel.spec.check({"epochs": 8} | now)[0], TrainPyTorchModel.spec.check(before)[0]
    assert TrainPyTorchModel(values).why_not_continue(other) == reason


def test_a_checkpoint_of_other_training_is_not_used(
    tmp_path: Path, images: dict[str, Path], interrupted: FakeContext
) -> None:
    ctx = context(tmp_path, images, checkpoint=interrupted.checkpoints[0], cancel_when=lambda ctx: bool(ctx.metrics))
    with pytest.raises(RunCancelled):
        train(ctx, random_seed=5)
    assert ctx.resumptions == []
    assert "The checkpoint is not used: it belongs to training with another recipe." in ctx.logs


@pytest.mark.parametrize("damage", ["empty", "not json", "cut"])
def test_a_checkpoint_that_can_not_be_read_is_not_used(
    tmp_path: Path, images: dict[str, Path], interrupted: FakeContext, damage: str
) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    if damage != "empty":
        good = interrupted.checkpoints[0].path
        (folder / "state.json").write_text("{" if damage == "not json" else (good / "state.json").read_text())
        (folder / "state.safetensors").write_bytes((good / "state.safetensors").read_bytes()[:1000])
    damaged = Checkpoint(folder, 1, "checkpoint", "run")
    ctx = context(tmp_path, images, checkpoint=damaged, cancel_when=lambda ctx: bool(ctx.metrics))
    with pytest.raises(RunCancelled):
        train(ctx)
    assert ctx.resumptions == []
    assert any("can't be read" in line for line in ctx.logs)


def test_pretrained_weights_are_not_looked_for_again(tmp_path: Path, images: dict[str, Path]) -> None:
    (tmp_path / "weights").mkdir()
    save_file(models.resnet18().state_dict(), tmp_path / "weights" / "resnet18-f37072fd.safetensors")
    model = untrained(tmp_path / "pretrained", pretrained=True)
    settings = {"pretrained_weights_folder": str(tmp_path / "weights")}
    before = stopped_after(tmp_path / "before", images, STEPS + 1, settings=settings, model=model, epochs=2)
    after = context(tmp_path / "after", images, model=model, checkpoint=before.checkpoints[-1])
    folder = train(after, epochs=2)
    assert TrainedModel.read(folder).training["pretrained_weights"] == "resnet18-f37072fd.safetensors"
