"""Nodes run in this process, one after another, as a pipeline would run them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.modules.fake_context import FakeContext, run_module
from torchwire.data_types.any_directory import write_reference
from torchwire_modules.data.apply_transformation import ApplyImageTransformation
from torchwire_modules.data.convert import ConvertToImageDirectory
from torchwire_modules.training.train import TrainPyTorchModel
from torchwire_modules.vision.densenet import DenseNet
from torchwire_modules.vision.init_transformation import InitImageTransformation
from torchwire_modules.vision.resnet import ResNet

THREADS = len(os.sched_getaffinity(0))


def converted(place: Path, folder: Path, size: int, *, scale: float = 256 / 224, flip: bool = True) -> Path:
    """The images of ``folder`` as an image directory that is resized, cropped to ``size`` and flipped at random."""
    given = place / "given"
    given.mkdir(parents=True)
    write_reference(given, folder)
    ctx = FakeContext(place / "convert", {"input_dataset": given}, threads=THREADS)
    images = run_module(ConvertToImageDirectory, ctx)["output_image_directory"]
    ctx = FakeContext(place / "init", threads=THREADS)
    steps = run_module(
        InitImageTransformation, ctx, size=round(size * scale), crop_size=size, random_horizontal_flip=flip
    )
    wires = {"input_image_directory": images, "input_image_transformation": steps["output_image_transformation"]}
    ctx = FakeContext(place / "apply", wires, threads=THREADS)
    return run_module(ApplyImageTransformation, ctx, mode="For training")["output_image_directory"]


def model_of(place: Path, name: str) -> Path:
    """An untrained model."""
    cls = DenseNet if name.startswith("densenet") else ResNet
    ctx = FakeContext(place / "untrained", threads=THREADS)
    return run_module(cls, ctx, model_name=name, pretrained=False)["untrained_model"]


def trained(
    place: Path,
    images: Path,
    model: Path,
    epochs: int,
    batch: int,
    validation: Path | None = None,
    device: str = "cpu",
    **parameters: object,
) -> Path:
    """A model trained on ``images`` and validated on ``validation``, or on the same."""
    wires = {"untrained_model": model, "training_dataset": images, "validation_dataset": validation or images}
    ctx = FakeContext(place / "train", wires, threads=THREADS, device=device)
    chosen = {"epochs": epochs, "batch_size": batch, "learning_rate": 0.01, "patience": 100, **parameters}
    return run_module(TrainPyTorchModel, ctx, **chosen)["trained_model"]
