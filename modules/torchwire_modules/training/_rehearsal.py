"""A few steps of training or scoring on made-up images, to see how long they take and what memory they need."""

from __future__ import annotations

import dataclasses
import io
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from torchwire.data_types.images import open_image
from torchwire.data_types.model import UntrainedModel
from torchwire.data_types.scores import ScoredWriter
from torchwire.module_api import Estimate, Facts, Known
from torchwire_modules.evaluation._inference import fast_logits
from torchwire_modules.training._batches import Batch
from torchwire_modules.training._device import repeatable
from torchwire_modules.training._loop import Trainer
from torchwire_modules.training._run import check_arithmetic
from torchwire_modules.training.forethought import batch_sizes
from torchwire_modules.training.loading import sized
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.vision._hardware import chosen, computing
from torchwire_modules.vision._networks import build, freeze_backbone, train_mode
from torchwire_modules.vision.transform_ops import Transform

STEPS, SPAN, ENOUGH = 3, 1.0, 8.0
"""Steps that are timed after a first one, which is slower: at least so many, and more until so many seconds have
passed; fewer when they take the last number of seconds."""
SHORT = 0.2
"""Seconds for which the preparation of images is timed."""
LARGEST_SIDE = 4000
WRITTEN = 500
"""Rows of a table that are written to see how long that takes."""


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
    arithmetic = chosen(
        device,
        model.family,
        size,
        precision=recipe.precision,
        memory_format=recipe.memory_format,
        batch_size=recipe.batch_size,
    )
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
        learnt, seen = _prepare(training, True, batch), _prepare(validation, False, batch)
    checked = validation.images or 0
    epoch = (step + learnt.finish * batch) * len(steps) + (look + seen.finish * batch) * -(-checked // batch)
    first = _beside(epoch, images // known.processes * learnt.decode + checked * seen.decode, device, threads)
    seconds = ready + first + epoch * (recipe.epochs - 1)
    return Estimate(seconds=seconds, seconds_per_epoch=epoch, memory=memory.taken(device))


def rehearse_scoring(known: Known, precision: str, batch: int, compared: int, device: str, threads: int) -> Estimate:
    """Score a batch of random pixels with a network of the model's kind, also as the ``compared`` images are."""
    memory, began = _Memory(), time.perf_counter()
    images, model = known.input("dataset"), known.input("trained_model")
    if model.model is None or model.input_size is None or not model.categories:
        return _unknown(known, "trained_model", "which model scores, and on what size of images")
    if images.images is None:
        return _unknown(known, "dataset", "how many images there are")
    facts: Facts = model
    size = model.input_size
    arithmetic = chosen(device, model.model.family, size, precision=precision)
    batch = min(batch, images.images)
    with repeatable(0, threads), torch.inference_mode():
        network = build(model.model.family, model.model.model_name, model.model.options, len(facts.categories or ()))
        network = network.to(device=device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        logits = fast_logits(network, device, arithmetic)
        pixels = torch.randn(batch, 3, *size, device=device).contiguous(memory_format=torch.channels_last)
        ready = time.perf_counter() - began
        look = _timed(lambda: logits(pixels), device)
        exact = _Timed()
        if arithmetic.precision != "fp32" and compared:
            few = pixels[:compared]
            exact = _timed(lambda: network(few), device).shared(len(few))
        transformed = dataclasses.replace(images, transformations=model.transformations or (_resized(size),))
        image = _prepare(transformed, False, batch)
    one = look.shared(batch)
    scored = (one.each + image.finish) * images.images + exact.each * compared
    alone = one.first + exact.first + image.decode * batch + _writing(facts.categories or (), images.images)
    meanwhile = image.decode * (images.images - batch)
    seconds = ready + alone + _beside(scored, meanwhile, device, threads)
    return Estimate(seconds=seconds, memory=memory.taken(device))


def _writing(categories: Sequence[str], rows: int) -> float:
    """Seconds to write the table of scores."""
    few = min(rows, WRITTEN)
    scores = np.random.default_rng(0).random((few, len(categories)), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with ScoredWriter(Path(folder), list(categories), labelled=True, images_digest="") as table:
            table.write([str(number) for number in range(few)], [categories[0]] * few, scores)
        return (time.perf_counter() - began) * max(1, rows / max(1, few))


@dataclasses.dataclass(frozen=True)
class _Preparation:
    """Seconds to prepare an image: to read it and bring it to size, and what is done to it each time."""

    decode: float = 0.0
    finish: float = 0.0


def _prepare(images: Facts, train: bool, batch: int) -> _Preparation:
    """Prepare a made-up photograph of the images' size; nothing where that isn't known."""
    if images.transformations is None or not images.sizes:
        return _Preparation()
    transform = Transform(images.transformations, train=train)
    height, width = (min(side, LARGEST_SIDE) for side in images.sizes[len(images.sizes) // 2])
    photograph = _photograph(width, height)
    decode = _seconds(lambda: transform.prepare(open_image(io.BytesIO(photograph))), "cpu", SHORT)
    prepared = transform.prepare(open_image(io.BytesIO(photograph)))
    pixels = torch.from_numpy(prepared).movedim(-1, -3).expand(batch, -1, -1, -1)
    finish = _seconds(lambda: transform.finish(pixels.clone(), range(batch)), "cpu", SHORT)
    return _Preparation(decode, finish / batch)


def _photograph(width: int, height: int) -> bytes:
    """A JPEG file that takes as long to read as a photograph does: soft colours with some noise."""
    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 255, (height // 25 + 1, width // 25 + 1, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    file = io.BytesIO()
    noisy = (soft + draw.integers(-12, 12, soft.shape, dtype=np.int16)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(file, "JPEG", quality=90)
    return file.getvalue()


def _resized(size: tuple[int, int]) -> dict[str, Any]:
    """What brings images to ``size`` in most pipelines, where it isn't known how."""
    steps = [
        {"name": "resize", "size": min(size), "interpolation": "bilinear"},
        {"name": "center_crop", "size": min(size)},
    ]
    return {"mode": "inference", "spec": {"steps": steps}}


def _beside(compute: float, decode: float, device: str, threads: int) -> float:
    """Seconds for both, where loader threads decode meanwhile and share the processor's cores with the computing."""
    shared = decode / max(1, threads) if device == "cpu" else 0.0
    return max(decode / sized(threads, device, 0).threads, compute + shared)


def _unknown(known: Known, port: str, what: str) -> Estimate:
    source = known.sources.get(port)
    before = f" until '{source[0]}' has run" if source else ""
    return Estimate(port=port, why=f"It is not known {what}{before}.")


class _Timed(NamedTuple):
    """Seconds that a step takes, and that the first one takes more: it lays out weights and asks for memory."""

    each: float = 0.0
    first: float = 0.0

    def shared(self, images: int) -> _Timed:
        """For each of so many images."""
        return self._replace(each=self.each / images)


def _timed(step: Callable[[], object], device: str, span: float = SPAN) -> _Timed:
    """The middle of a few after the first, so that a moment without the processor counts little."""
    found: list[float] = []
    while len(found) <= STEPS or sum(found[1:]) < span:
        began = time.perf_counter()
        step()
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)
        found.append(time.perf_counter() - began)
        if sum(found) > ENOUGH:
            break
    each = median(found[1:] or found)
    return _Timed(each, max(0.0, found[0] - each))


def _seconds(step: Callable[[], object], device: str, span: float = SPAN) -> float:
    """What a step takes after the first."""
    return _timed(step, device, span).each


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
