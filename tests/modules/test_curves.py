"""The curves for TensorBoard: there while it trains, whole after an interruption, and in the model."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_train import context
from tests.modules.toy_images import toy_images
from torchwire.errors import RunCancelled
from torchwire_modules.training._curves import CurveFile
from torchwire_modules.training._loop import Epoch
from torchwire_modules.training.train import TrainPyTorchModel

EPOCH = Epoch(1, 0.5, 0.6, 0.7, 0.8, None, 0.01, 100.0, 2.0, 300.0)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("images")
    return {
        "training_dataset": toy_images(root / "training", (2, 2, 2)),
        "validation_dataset": toy_images(root / "validation", (1, 1, 1), seed=1),
    }


def curves_in(folder: Path) -> dict[str, list[int]]:
    """The steps of each curve in the one event file of ``folder``, in the order they were written."""
    (file,) = folder.iterdir()
    found: dict[str, list[int]] = {}
    for event in events_in(file.read_bytes()):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append(event.step)
    return found


def events_in(data: bytes) -> Iterator[Event]:
    """Every record: its length, a checksum, the event and a checksum."""
    while data:
        (length,) = struct.unpack_from("<Q", data)
        yield Event.FromString(data[12 : 12 + length])
        data = data[12 + length + 4 :]


def train(ctx: FakeContext) -> Path:
    parameters = {"epochs": 3, "batch_size": 3, "print_frequency": 1}
    return run_module(TrainPyTorchModel, ctx, **parameters)["trained_model"]


def test_they_grow_while_training_goes_and_are_whole_after_an_interruption(
    tmp_path: Path, images: dict[str, Path]
) -> None:
    def in_the_second_epoch(ctx: FakeContext) -> bool:
        return len([1 for axis, *_ in ctx.metrics if axis == "batch"]) == 3

    ctx = context(tmp_path / "first", images, cancel_when=in_the_second_epoch, settings={"checkpoint_seconds": 0})
    with pytest.raises(RunCancelled):
        train(ctx)
    found = curves_in(ctx.log_folder)
    assert (found["epoch/val_loss"], found["batch/loss"]) == ([1], [1, 2, 3])
    assert f"TensorBoard draws the curves while they grow: tensorboard --logdir {ctx.log_folder}" in ctx.logs

    again = context(tmp_path / "second", images, checkpoint=ctx.checkpoints[-1])
    model = train(again)
    found = curves_in(again.log_folder)
    assert found["epoch/val_loss"] == found["epoch/memory_mb"] == [1, 2, 3]
    assert sorted(found["batch/loss"]) == [1, 2, 3, 4, 5, 6]
    assert curves_in(model / "tensorboard") == found


def test_figures_can_be_read_once_they_are_added(tmp_path: Path) -> None:
    with CurveFile(tmp_path, lambda text: None) as curves:
        curves.add_point(4, 0.5, 0.01)
        assert curves_in(tmp_path) == {"batch/loss": [4], "batch/learning_rate": [4]}
        curves.add_epoch(EPOCH)
        assert curves_in(tmp_path)["epoch/train_accuracy"] == [1]
        assert "epoch/val_top5" not in curves_in(tmp_path)  # there was none


def test_a_folder_that_takes_no_file_ends_the_curves_and_not_the_training(tmp_path: Path) -> None:
    told: list[str] = []
    with CurveFile(tmp_path / "missing", told.append) as curves:
        for _ in range(2):
            curves.add_epoch(EPOCH)
    (line,) = told
    assert "can't be written" in line
