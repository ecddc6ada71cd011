"""How images are read ahead: sized from the machine, and of no influence on what is learnt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_train import context
from tests.modules.toy_images import toy_images
from torchwire.errors import RunCancelled
from torchwire_modules.training import _run
from torchwire_modules.training._datasets import ImageSet
from torchwire_modules.training.loading import HELD, ONE_AHEAD, Loading, sized
from torchwire_modules.training.train import TrainPyTorchModel

MIB = 1 << 20
BATCH = 16 * 224 * 224 * 3
MORE_THAN_CORES = 4 * (os.cpu_count() or 1) + 1


@pytest.mark.parametrize(
    ("cores", "device", "threads"),
    [
        (1, "cpu", 1),
        (2, "cpu", 1),
        (7, "cpu", 1),
        (8, "cpu", 2),
        (64, "cpu", 9),
        (500, "cpu", 16),
        (1, "cuda:0", 1),
        (2, "cuda:0", 1),
        (8, "cuda:0", 7),
        (16, "cuda:3", 15),
        (128, "cuda:0", 16),
        (8, "mps", 7),
    ],
)
def test_threads_follow_from_cores_and_device(cores: int, device: str, threads: int) -> None:
    assert sized(cores, device, BATCH) == Loading(threads, threads + 3)


def test_two_cores_read_as_was_measured_to_be_best() -> None:
    assert sized(2, "cpu", BATCH) == ONE_AHEAD


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
@pytest.mark.parametrize("batch", [1, BATCH, 30 * MIB, 100 * MIB])
def test_what_is_held_ahead_stays_within_its_bound(device: str, batch: int) -> None:
    for cores in (1, 2, 16, 96):
        loading = sized(cores, device, batch)
        assert loading.ahead * batch <= HELD
        assert 1 <= loading.threads < loading.ahead


def test_one_batch_is_read_while_another_is_computed_on_however_large() -> None:
    assert sized(16, "cuda:0", 10 * HELD) == Loading(1, 2)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("images")
    return {
        "training_dataset": toy_images(root / "training", (4, 4, 3)),
        "validation_dataset": toy_images(root / "validation", (2, 2, 2), seed=1),
    }


def test_a_batch_is_as_large_as_its_decoded_images(tmp_path: Path, images: dict[str, Path]) -> None:
    given = ImageSet.open("training_dataset", images["training_dataset"], train=True)
    assert given.pixel_bytes == 32 * 32 * 3
    cropped = toy_images(tmp_path / "crop", size=(40, 20), steps=({"name": "center_crop", "size": 24},))
    assert ImageSet.open("training_dataset", cropped, train=True).pixel_bytes == 24 * 24 * 3
    large = toy_images(tmp_path / "large", size=(40, 20), steps=({"name": "random_crop", "size": 16},))
    assert ImageSet.open("training_dataset", large, train=True).pixel_bytes == 40 * 20 * 3
    with given.store(tmp_path) as store:
        assert given.batches(store, 4, cores=16, device="cuda:0").loading == Loading(15, 18)
        assert given.batches(store, HELD // given.pixel_bytes, cores=16, device="cuda:0").loading == Loading(1, 2)


def learnt(
    root: Path, images: dict[str, Path], monkeypatch: pytest.MonkeyPatch, threads: int | None, then: int | None = None
) -> bytes:
    """The weights after training with so many loader threads; with ``then``, stopped within the epoch and gone on with
    so many."""
    parameters = {"epochs": 1, "batch_size": 4, "learning_rate": 0.02, "print_frequency": 1}

    def train(ctx: FakeContext, threads: int | None) -> Path:
        loading = None if threads is None else Loading(threads, threads + 3)
        monkeypatch.setitem(_run.train.__kwdefaults__, "loading", loading)
        return run_module(TrainPyTorchModel, ctx, **parameters)["trained_model"]

    given = context(root / "whole", images)
    if then is not None:
        stopped = context(
            root / "stopped",
            images,
            settings={"checkpoint_seconds": 0},
            cancel_when=lambda ctx: sum(axis == "batch" for axis, *_ in ctx.metrics) > 1,
        )
        with pytest.raises(RunCancelled):
            train(stopped, threads)
        given = context(root / "again", images, checkpoint=stopped.checkpoints[-1])
        threads = then
    folder = train(given, threads)
    assert len(load_file(folder / "model.safetensors")) > 100
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, images: dict[str, Path]) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        return learnt(tmp_path_factory.mktemp("usual"), images, patch, None)


@pytest.mark.parametrize(("threads", "then"), [(0, None), (4, None), (0, 4), (4, MORE_THAN_CORES)])
def test_weights_are_the_same_bit_by_bit_with_any_number_of_workers_interrupted_or_not(
    tmp_path: Path,
    images: dict[str, Path],
    usual: bytes,
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
    then: int | None,
) -> None:
    assert learnt(tmp_path, images, monkeypatch, threads, then) == usual
