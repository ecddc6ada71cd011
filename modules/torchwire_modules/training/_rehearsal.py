"""A few steps of training or scoring on made-up images, to see how long they take and what memory they need."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch

from torchwire.data_types.model import UntrainedModel
from torchwire.module_api import Estimate, Facts, Known
from torchwire_modules.evaluation._inference import fast_logits
from torchwire_modules.training._batches import Batch
from torchwire_modules.training._device import repeatable
from torchwire_modules.training._loop import Trainer
from torchwire_modules.training._run import check_arithmetic
from torchwire_modules.training.forethought import batch_sizes
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.vision._hardware import chosen, computing
from torchwire_modules.vision._networks import build, freeze_backbone, train_mode

STEPS, ENOUGH = 3, 8.0
"""Steps that are timed after a first one, which is slower; fewer when they take so many seconds."""


class _MadeUp:
    """Stands where a trainer expects its batches; it only has to say how many there are."""

    def __init__(self, images: int, batch: int, processes: int) -> None:
        self.sizes = batch_sizes(images, batch, processes)

    def __len__(self) -> int:
        return len(self.sizes)


def rehearse_training(known: Known, recipe: Recipe, device: str, threads: int) -> Estimate:
    """Train a few steps on the images' size and number, with random pixels."""
    memory, began = _Memory(), time.perf_counter()
    training, validation = known.input("training_dataset"), known.input("validation_dataset")
    model = known.input("untrained_model").model
    if model is None:
        return _unknown(known, "untrained_model", "which model is trained")
    size, images = training.final_size, training.images
    if not images or size is None or not training.categories:
        return _unknown(known, "training_dataset", "how many images of what size there are")
    batch = min(recipe.batch_size, images)
    classes = len(training.categories)
    untrained = UntrainedModel(model.family, model.model_name, False, model.options)
    arithmetic = chosen(device, model.family, size, precision=recipe.precision, memory_format=recipe.memory_format)
    check_arithmetic(arithmetic, device)
    with repeatable(recipe.seed, threads, exact=recipe.deterministic or device == "cpu"):
        network = build(untrained.family, untrained.model_name, untrained.options, classes)
        if recipe.freeze_backbone:
            freeze_backbone(network, untrained.family)
        steps: Any = _MadeUp(images, batch, known.processes)
        trainer = Trainer(network, untrained.family, recipe, steps, steps, device, arithmetic)
        pixels = torch.randn(batch, 3, *size, device=device).contiguous(memory_format=torch.channels_last)
        labels = torch.randint(classes, (batch,), device=device)
        indices = list(range(batch))
        made_up = Batch(pixels, labels, indices, 0, indices)
        train_mode(trainer.network, untrained.family, frozen=recipe.freeze_backbone)
        ready = time.perf_counter() - began
        step = _seconds(lambda: trainer.train_step(made_up), device)
        trainer.network.eval()
        with torch.inference_mode(), computing(device, arithmetic):
            look = _seconds(lambda: trainer.network(pixels), device)
    epoch = step * len(steps) + look * -(-(validation.images or 0) // batch)
    return Estimate(seconds=ready + epoch * recipe.epochs, seconds_per_epoch=epoch, memory=memory.taken(device))


def rehearse_scoring(known: Known, precision: str, batch: int, device: str, threads: int) -> Estimate:
    """Score a batch of random pixels with a network of the model's kind."""
    memory, began = _Memory(), time.perf_counter()
    images, model = known.input("dataset"), known.input("trained_model")
    if model.model is None or model.input_size is None or not model.categories:
        return _unknown(known, "trained_model", "which model scores, and on what size of images")
    if images.images is None:
        return _unknown(known, "dataset", "how many images there are")
    facts: Facts = model
    size = model.input_size
    arithmetic = chosen(device, model.model.family, size, precision=precision)
    with repeatable(0, threads), torch.inference_mode():
        network = build(model.model.family, model.model.model_name, model.model.options, len(facts.categories or ()))
        network = network.to(device=device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        logits = fast_logits(network, device, arithmetic)
        pixels = torch.randn(batch, 3, *size, device=device).contiguous(memory_format=torch.channels_last)
        ready = time.perf_counter() - began
        seconds = _seconds(lambda: logits(pixels), device)
    return Estimate(seconds=ready + seconds * -(-images.images // batch), memory=memory.taken(device))


def _unknown(known: Known, port: str, what: str) -> Estimate:
    source = known.sources.get(port)
    before = f" until '{source[0]}' has run" if source else ""
    return Estimate(port=port, why=f"It is not known {what}{before}.")


def _seconds(step: Callable[[], object], device: str) -> float:
    """What one takes: the middle of a few, so that a moment without the processor counts little, after a warm-up."""
    found: list[float] = []
    for _ in range(1 + STEPS):
        began = time.perf_counter()
        step()
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)
        found.append(time.perf_counter() - began)
        if sum(found) > ENOUGH:
            break
    return median(found[1:] or found)


class _Memory:
    """What this process has taken since now. Libraries are there already, shared with others."""

    def __init__(self) -> None:
        self._before, self._shared = _highest(), _proportional()

    def taken(self, device: str) -> int:
        if device.startswith("cuda"):
            return torch.cuda.max_memory_reserved(device)
        return self._shared + max(0, _highest() - self._before)


def _highest() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _proportional() -> int:
    """The memory of this process, that which others share counted in parts; all of it where that isn't told."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return _highest()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), _highest())
