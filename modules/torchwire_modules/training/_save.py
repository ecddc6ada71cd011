"""Write a trained network as a ModelDirectory: safetensors, model.json and a card for people."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from torchwire.data_types.model import CARD, LAST, WEIGHTS, TrainedModel, UntrainedModel
from torchwire.data_types.transformation import for_inference
from torchwire_modules.training._datasets import ImageSet
from torchwire_modules.training._loop import Trainer
from torchwire_modules.training.model_card import model_card

TENSORBOARD = "tensorboard"
LIBRARIES = ("torchwire", "torch", "torchvision", "pillow", "numpy", "safetensors")


def save(
    folder: Path,
    untrained: UntrainedModel,
    training: ImageSet,
    validation: ImageSet,
    trainer: Trainer,
    facts: Mapping[str, Any],
    curves: Path,
    pipeline: Mapping[str, Any],
) -> Path:
    """Write the best epoch of ``trainer`` into ``folder`` and return it; the last epoch's weights lie beside it.

    So does what lies in ``curves``, for TensorBoard.

    The weights are the state dict of plain ``torchvision.models.<model_name>(num_classes=…)``. The input
    transformations are the validation images' own: the figures in the history were measured with them.
    """
    save_file(trainer.best.weights, folder / WEIGHTS, metadata={"format": "pt"})
    if trainer.best.epoch == trainer.epoch:
        os.link(folder / WEIGHTS, folder / LAST)
    else:
        save_file(trainer.weights(), folder / LAST, metadata={"format": "pt"})
    shutil.copytree(curves, folder / TENSORBOARD)
    model = TrainedModel(
        folder=folder,
        family=untrained.family,
        model_name=untrained.model_name,
        options=dict(untrained.options),
        categories=training.images.categories,
        input={
            "transformations": for_inference(validation.images.transformations),
            "image_size": list(validation.image_size),
        },
        training={
            "parameters": trainer.recipe.as_json(),
            "seed": trainer.recipe.seed,
            "precision": trainer.arithmetic.precision,
            "memory_format": trainer.arithmetic.memory_format,
            "arithmetic": trainer.arithmetic.as_json(),
            "history": [epoch.as_json() for epoch in trainer.history],
            "best_epoch": trainer.best.epoch,
            "parameter_count": sum(parameter.numel() for parameter in trainer.network.parameters()),
            "images_per_second": _median([epoch.images_per_second for epoch in trainer.history]),
            "pretrained": untrained.pretrained,
            "images": {"training": training.images.total, "validation": validation.images.total},
            "counts": dict(training.images.counts),
            "versions": {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
            **facts,
        },
        pipeline=dict(pipeline) or None,
    )
    model.write()
    (folder / CARD).write_text(model_card(model), encoding="utf-8")
    return folder


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
