from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torchvision import models

from tests.modules.fake_context import FakeContext, digest_of, run_module
from tests.modules.toy_images import FLIP, toy_images
from torchwire.data_types.model import TrainedModel, UntrainedModel
from torchwire.errors import (
    BelowMinimumError,
    FileOpenError,
    InvalidDatasetError,
    InvalidModelDirectoryError,
    NotGreaterThanError,
    NotLabeledDatasetError,
    OutOfRangeError,
    ParameterParseError,
    RunCancelled,
    TorchwireError,
)
from torchwire_modules.training.errors import TrainingDivergedError
from torchwire_modules.training.train import TrainPyTorchModel

FAST = {"epochs": 2, "batch_size": 8, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("images")
    return {
        "training_dataset": toy_images(root / "training", (6, 6, 5)),
        "validation_dataset": toy_images(root / "validation", (2, 2, 2), seed=1),
    }


def untrained(folder: Path, name: str = "resnet18", family: str = "resnet", **more: Any) -> Path:
    folder.mkdir(parents=True)
    UntrainedModel(family, name, more.pop("pretrained", False), more).write(folder)
    return folder


def context(root: Path, images: Mapping[str, Path], **more: Any) -> FakeContext:
    inputs = {"untrained_model": more.pop("model", None) or untrained(root / "model"), **images}
    return FakeContext(root / "node", inputs, **{"threads": 1} | more)


def train(root: Path, images: Mapping[str, Path], parameters: Mapping[str, Any] | None = None, **more: Any) -> Path:
    return run_module(TrainPyTorchModel, context(root, images, **more), **FAST | dict(parameters or {}))[
        "trained_model"
    ]


REFUSED = [
    ("epochs", 0, NotGreaterThanError, "0004"),
    ("epochs", 1.5, ParameterParseError, "0002"),
    ("batch_size", 0, NotGreaterThanError, "0004"),
    ("batch_size", -1, NotGreaterThanError, "0004"),
    ("warmup_step_number", -1, BelowMinimumError, "0005"),
    ("learning_rate", 0, BelowMinimumError, "0005"),
    ("learning_rate", -0.1, BelowMinimumError, "0005"),
    ("learning_rate", "fast", ParameterParseError, "0002"),
    ("random_seed", 0.5, ParameterParseError, "0002"),
    ("patience", 0, NotGreaterThanError, "0004"),
    ("print_frequency", 0, NotGreaterThanError, "0004"),
    ("optimizer", "lion", OutOfRangeError, "0008"),
    ("momentum", 1.1, OutOfRangeError, "0008"),
    ("weight_decay", -1, BelowMinimumError, "0005"),
    ("learning_rate_schedule", "step", OutOfRangeError, "0008"),
    ("label_smoothing", 2, OutOfRangeError, "0008"),
    ("class_weights", "some", OutOfRangeError, "0008"),
    ("precision", "fp8", OutOfRangeError, "0008"),
]


@pytest.mark.parametrize(("parameter", "value", "error", "code"), REFUSED)
def test_refused(parameter: str, value: Any, error: type[TorchwireError], code: str) -> None:
    _, faults = TrainPyTorchModel.spec.check({parameter: value})
    assert [(type(fault), fault.code, fault.parameter) for fault in faults] == [(error, code, parameter)]


def test_documented_defaults() -> None:
    values, faults = TrainPyTorchModel.spec.check({})
    assert not faults
    assert values.items() >= {
        "epochs": 5, "batch_size": 16, "warmup_step_number": 0, "learning_rate": 0.001, "random_seed": 1,
        "patience": 3, "print_frequency": 10, "optimizer": "sgd", "learning_rate_schedule": "polynomial",
    }.items()  # fmt: skip


def test_momentum_applies_to_sgd_only() -> None:
    assert "momentum" not in TrainPyTorchModel.spec.check({"optimizer": "adamw"})[0]


def test_an_unlabelled_port_is_named(tmp_path: Path, images: dict[str, Path]) -> None:
    for port in images:
        bare = toy_images(tmp_path / port, labelled=False)
        with pytest.raises(NotLabeledDatasetError) as raised:
            train(tmp_path / f"train {port}", images | {port: bare})
        assert raised.value.port == port


def test_other_categories_are_named(tmp_path: Path, images: dict[str, Path]) -> None:
    other = toy_images(tmp_path / "other", categories=("blue", "green", "yellow"))
    with pytest.raises(InvalidDatasetError, match=r"lacks 'red' and it also has 'yellow'") as raised:
        train(tmp_path, images | {"validation_dataset": other})
    assert raised.value.port == "validation_dataset"


def test_a_folder_without_a_model_is_refused(tmp_path: Path, images: dict[str, Path]) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidModelDirectoryError) as raised:
        train(tmp_path, images, model=tmp_path / "empty")
    assert (raised.value.port, raised.value.code) == ("untrained_model", "0159")


def test_an_unknown_architecture_is_refused(tmp_path: Path, images: dict[str, Path]) -> None:
    with pytest.raises(InvalidModelDirectoryError, match="vgg11"):
        train(tmp_path, images, model=untrained(tmp_path / "vgg", "vgg11", "vgg"))


def test_no_images_is_refused(tmp_path: Path, images: dict[str, Path]) -> None:
    for port in images:
        empty = toy_images(tmp_path / port, (0, 0, 0))
        with pytest.raises(InvalidDatasetError, match="holds no images") as raised:
            train(tmp_path / f"train {port}", images | {port: empty})
        assert raised.value.port == port


def test_a_single_training_image_is_refused(tmp_path: Path, images: dict[str, Path]) -> None:
    single = toy_images(tmp_path / "single", (1, 0, 0))
    with pytest.raises(InvalidDatasetError, match="at least two"):
        train(tmp_path, images | {"training_dataset": single})


def test_images_of_different_sizes_are_named(tmp_path: Path, images: dict[str, Path]) -> None:
    odd = toy_images(tmp_path / "odd", odd_size=True)
    with pytest.raises(InvalidDatasetError, match=r"'blue/blue-0.png' is 32×32 .* 'red/red-7.png' 36×32") as raised:
        train(tmp_path, images | {"training_dataset": odd})
    assert "Center crop" in (raised.value.hint or "")


def test_images_too_small_for_the_network_are_refused(tmp_path: Path) -> None:
    tiny = toy_images(tmp_path / "tiny", size=(16, 16))
    with pytest.raises(InvalidDatasetError, match="16×16 pixels are too small for densenet121"):
        train(
            tmp_path,
            {"training_dataset": tiny, "validation_dataset": tiny},
            model=untrained(tmp_path / "densenet", "densenet121", "densenet"),
        )


def test_batches_of_one_small_image_are_refused(tmp_path: Path, images: dict[str, Path]) -> None:
    with pytest.raises(BelowMinimumError, match="batches of at least 2") as raised:
        train(tmp_path, images, {"batch_size": 1})
    assert raised.value.parameter == "batch_size"


def test_divergence_says_what_to_change(tmp_path: Path, images: dict[str, Path]) -> None:
    with pytest.raises(TrainingDivergedError) as raised:
        train(tmp_path, images, {"learning_rate": 1e20})
    assert "Halve the learning rate" in (raised.value.hint or "")


def test_missing_pretrained_weights_are_named(
    tmp_path: Path, images: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise OSError("offline")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    with pytest.raises(FileOpenError) as raised:
        train(
            tmp_path,
            images,
            model=untrained(tmp_path / "pretrained", pretrained=True),
            settings={"pretrained_weights_folder": str(tmp_path / "weights")},
        )
    assert str(tmp_path / "weights") in raised.value.message
    assert raised.value.port == "untrained_model"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, images: dict[str, Path]) -> tuple[Path, FakeContext]:
    """A model trained by the defaults of this file, and the context that heard it."""
    ctx = context(tmp_path_factory.mktemp("trained"), images)
    return run_module(TrainPyTorchModel, ctx, **FAST, print_frequency=2)["trained_model"], ctx


def test_the_same_seed_gives_identical_weights(
    tmp_path: Path, images: dict[str, Path], trained: tuple[Path, FakeContext]
) -> None:
    again = train(tmp_path, images)
    assert (again / "model.safetensors").read_bytes() == (trained[0] / "model.safetensors").read_bytes()


def test_two_threads_give_identical_weights_twice(tmp_path: Path, images: dict[str, Path]) -> None:
    first, second = (train(tmp_path / name, images, {"epochs": 1}, threads=2) for name in "ab")
    assert (first / "model.safetensors").read_bytes() == (second / "model.safetensors").read_bytes()


def test_another_seed_gives_other_weights(
    tmp_path: Path, images: dict[str, Path], trained: tuple[Path, FakeContext]
) -> None:
    other = train(tmp_path, images, {"random_seed": -7})
    assert (other / "model.safetensors").read_bytes() != (trained[0] / "model.safetensors").read_bytes()


def test_the_weights_load_into_plain_torchvision(trained: tuple[Path, FakeContext]) -> None:
    network = models.resnet18(num_classes=3)
    network.load_state_dict(load_file(trained[0] / "model.safetensors"), strict=True)


def test_the_folder_says_how_the_model_came_about(images: dict[str, Path], trained: tuple[Path, FakeContext]) -> None:
    model = TrainedModel.read(trained[0])
    assert (model.family, model.model_name, model.categories) == ("resnet", "resnet18", ("blue", "green", "red"))
    assert model.image_size == (32, 32)
    assert FLIP not in model.input["transformations"][0]["spec"]["steps"]
    training = model.training
    assert [row["epoch"] for row in training["history"]] == [1, 2]
    losses = [row["val_loss"] for row in training["history"]]
    assert losses[training["best_epoch"] - 1] == min(losses)
    assert training["data"] == {port: digest_of(folder) for port, folder in images.items()}
    assert training["seed"] == 1
    assert training["threads"] == 1
    assert set(training["versions"]) >= {"torch", "torchvision", "python"}
    assert "resnet18, 3 categories" in model.card
    for text in ("seed 1", f"precision {training['precision']}", "`blue`, `green`, `red`", "- batch_size: 8"):
        assert text in model.card
    for row in training["history"]:
        assert f"| {row['epoch']} | {row['train_loss']:.4f} |" in model.card
        assert f"| {row['images_per_second']:.1f} | {row['seconds']:.1f} | {row['memory_mb']:.0f} |" in model.card
    assert "top 5" not in model.card  # there are three categories
    for name, number in training["versions"].items():
        assert f"- {name} {number}" in model.card
    for port, digest in training["data"].items():
        assert f"- {port}: `{digest}`" in model.card
    assert json.loads((trained[0] / "model.json").read_text())["training"]["parameters"]["batch_size"] == 8


def test_metrics_and_logs_tell_how_it_goes(trained: tuple[Path, FakeContext]) -> None:
    ctx = trained[1]
    epochs = [(step, values) for axis, step, values in ctx.metrics if axis == "epoch"]
    assert [step for step, _ in epochs] == [1, 2]
    assert set(epochs[0][1]) == {
        "train_loss", "val_loss", "train_accuracy", "val_accuracy", "learning_rate", "images_per_second", "seconds",
        "memory_mb",
    }  # fmt: skip
    batches = [(step, set(values)) for axis, step, values in ctx.metrics if axis == "batch"]
    assert batches == [(step, {"loss", "learning_rate"}) for step in (2, 4)]
    assert any(line.startswith("Epoch 1 of 2, batch 2 of 2: loss") for line in ctx.logs)
    first, last = (next(line for line in ctx.logs if line.startswith(f"Epoch {epoch} of 2:")) for epoch in (1, 2))
    assert f"learning rate {epochs[0][1]['learning_rate']:.3g}, " in first
    assert f"{epochs[0][1]['memory_mb']:.0f} MB" in first
    assert first.endswith(" s left") and not last.endswith(" left")


def test_progress_rises_to_its_end(trained: tuple[Path, FakeContext]) -> None:
    shares = [done / total for done, total, _, _ in trained[1].progress_calls]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {message for *_, message in trained[1].progress_calls} >= {"Epoch 1 of 2", "Epoch 2 of 2"}


@pytest.mark.parametrize("at", [1, 3, 4])
def test_cancelling_takes_effect_at_the_next_batch(tmp_path: Path, images: dict[str, Path], at: int) -> None:
    ctx = context(tmp_path, images, cancel_when=lambda ctx: len(ctx.progress_calls) >= at)
    with pytest.raises(RunCancelled):
        run_module(TrainPyTorchModel, ctx, **FAST)
    assert len(ctx.progress_calls) == at
    assert not list(ctx.scratch.iterdir())


def test_a_last_batch_of_one_image_is_no_problem(tmp_path: Path, images: dict[str, Path]) -> None:
    train(tmp_path, images, {"epochs": 1})  # 17 images in batches of 8


def test_a_thousand_classes(tmp_path: Path) -> None:
    names = [f"class{number:03}" for number in range(1000)]
    many = toy_images(tmp_path / "many", (1,) * 16 + (0,) * 984, categories=names)
    folder = train(tmp_path, {"training_dataset": many, "validation_dataset": many}, {"epochs": 1})
    assert load_file(folder / "model.safetensors")["fc.weight"].shape == (1000, 512)
    model = TrainedModel.read(folder)
    top5 = model.training["history"][0]["val_top5"]
    assert f", top 5 {top5:.4f}, loss" in model.card and "| validation top 5 |" in model.card
    assert f" | {top5:.4f} | " in model.card


def test_images_smaller_than_the_crop_are_padded(tmp_path: Path) -> None:
    small = toy_images(tmp_path / "small", (3, 3, 2), size=(20, 16), steps=({"name": "center_crop", "size": 32},))
    folder = train(tmp_path, {"training_dataset": small, "validation_dataset": small}, {"epochs": 1})
    assert TrainedModel.read(folder).input["image_size"] == [32, 32]


def test_images_of_one_and_of_four_channels_train(tmp_path: Path) -> None:
    odd = toy_images(tmp_path / "odd", (4, 4, 0))
    for path in odd.rglob("*.png"):
        with Image.open(path) as image:
            image.convert("L" if path.parent.name == "blue" else "RGBA").save(path)
    folder = train(tmp_path, {"training_dataset": odd, "validation_dataset": odd}, {"epochs": 1})
    assert load_file(folder / "model.safetensors")["conv1.weight"].shape[1] == 3


def test_batches_of_one_larger_image_train(tmp_path: Path) -> None:
    """Batch norm has four values left of 64 x 64 pixels."""
    large = toy_images(tmp_path / "large", (1, 1, 1), size=(64, 64))
    train(tmp_path, {"training_dataset": large, "validation_dataset": large}, {"epochs": 1, "batch_size": 1})


def test_a_learning_rate_of_almost_nothing_works(tmp_path: Path, images: dict[str, Path]) -> None:
    folder = train(tmp_path, images, {"epochs": 1, "learning_rate": 1e-300})
    assert 0 < TrainedModel.read(folder).training["history"][0]["learning_rate"] < 1e-299


def test_a_class_with_one_image_or_none_and_balanced_weights(tmp_path: Path, images: dict[str, Path]) -> None:
    few = toy_images(tmp_path / "few", (6, 1, 0))
    folder = train(
        tmp_path, images | {"training_dataset": few}, {"epochs": 1, "class_weights": "balanced", "label_smoothing": 0.1}
    )
    assert TrainedModel.read(folder).training["parameters"]["class_weights"] == [7 / 12, 3.5, 0.0]


def test_pretrained_weights_from_a_folder_with_a_frozen_backbone(tmp_path: Path, images: dict[str, Path]) -> None:
    torch.manual_seed(3)
    weights = models.resnet18().state_dict()
    (tmp_path / "weights").mkdir()
    save_file(weights, tmp_path / "weights" / "resnet18-f37072fd.safetensors")
    folder = train(
        tmp_path,
        images,
        {"epochs": 1, "freeze_backbone": True},
        model=untrained(tmp_path / "pretrained", pretrained=True),
        settings={"pretrained_weights_folder": str(tmp_path / "weights")},
    )
    learnt = load_file(folder / "model.safetensors")
    assert all(torch.equal(learnt[name], weights[name]) for name in weights if not name.startswith("fc."))
    assert learnt["fc.weight"].shape == (3, 512)
    assert TrainedModel.read(folder).training["pretrained_weights"] == "resnet18-f37072fd.safetensors"


def test_a_densenet_trains(tmp_path: Path, images: dict[str, Path]) -> None:
    model = untrained(tmp_path / "densenet", "densenet121", "densenet", memory_efficient=True)
    folder = train(tmp_path, images, {"epochs": 1, "optimizer": "adamw", "precision": "bf16"}, model=model)
    models.densenet121(num_classes=3).load_state_dict(load_file(folder / "model.safetensors"))


def test_the_model_brings_its_last_epoch_its_curves_and_its_pipeline(tmp_path: Path, images: dict[str, Path]) -> None:
    document = {"format": "torchwire/pipeline", "version": 1, "name": "mine"}
    folder = train(tmp_path, images, {"epochs": 2}, document=document)
    best, last = load_file(folder / "model.safetensors"), load_file(folder / "last.safetensors")
    assert best.keys() == last.keys()
    assert TrainedModel.read(folder).pipeline == document
    shown = TrainedModel.read(folder).card.partition("```json\n")[2].partition("\n```")[0]
    assert json.loads(shown) == document
