"""What can be said of a training before it runs: its steps, its memory, and what it would stumble over. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from torchwire.data_types.architectures import ARCHITECTURES, Architecture
from torchwire.data_types.facts import TrainingFacts
from torchwire.data_types.transformation import Size, for_inference
from torchwire.module_api import Change, Facts, Fix, Known, Remark
from torchwire_modules.training.recipe import Recipe

FEW = 3
"""A category with fewer images than this can't be learnt, or is left out of one side of a split."""
IMBALANCE = 10
"""How many times the images of the smallest category the largest may have before that is remarked."""
MOMENTS = {"sgd": 1, "adamw": 2}
"""Numbers that each optimizer keeps for each weight; SGD only with momentum."""


class Forethought:
    """One Train node with all that is known around it."""

    def __init__(self, known: Known, recipe: Recipe, *, balanced: bool) -> None:
        self._known, self._recipe, self._balanced = known, recipe, balanced
        self._training, self._validation = known.input("training_dataset"), known.input("validation_dataset")
        self._model = known.input("untrained_model").model
        self._architecture = ARCHITECTURES.get(self._model.model_name) if self._model else None

    def facts(self) -> Facts:
        """What Train would make, and how."""
        categories = self._training.categories
        classes = len(categories) if categories else None
        transformations = self._training.transformations
        counted = None if self._architecture is None else self._architecture.count(classes or 1000)
        return Facts(
            model=None if self._model is None else replace(self._model, classes=classes, trained=True),
            categories=categories,
            transformations=None if transformations is None else tuple(for_inference(transformations)),
            input_size=self._training.final_size,
            training=self._steps(),
            bytes=None if counted is None else 4 * counted,
        )

    def _steps(self) -> TrainingFacts:
        images, batch, processes = self._training.images, self._recipe.batch_size, self._known.processes
        memory = self._memory(min(batch, images or batch))
        if not images:
            return TrainingFacts(self._recipe.epochs, effective_batch=batch * processes, memory=memory)
        sizes = batch_sizes(images, batch, processes)
        effective = min(batch * processes, images)
        return TrainingFacts(self._recipe.epochs, len(sizes), sizes[-1], effective, memory)

    def _memory(self, batch: int) -> int | None:
        size = self._training.final_size
        if self._architecture is None or self._model is None or size is None:
            return None
        classes = len(self._training.categories or ()) or 1000
        efficient = bool(self._model.options.get("memory_efficient"))
        return training_memory(self._architecture, self._recipe, classes, size, batch, memory_efficient=efficient)

    def remarks(self) -> Iterator[Remark]:
        """Everything to remark, the worst first."""
        yield from self._of_labels()
        yield from self._of_numbers()
        yield from self._of_sizes()
        yield from self._of_categories()
        yield from self._of_sources()
        yield from self._of_batch()
        yield from self._of_memory()

    def _of_labels(self) -> Iterator[Remark]:
        for port, facts in (("training_dataset", self._training), ("validation_dataset", self._validation)):
            if facts.labelled is False:
                yield Remark(
                    "unlabelled",
                    "error",
                    f"The {TITLES[port]} has no labels. Put the images in one folder per category before Convert to "
                    "Image Directory.",
                    port=port,
                )

    def _of_numbers(self) -> Iterator[Remark]:
        if self._validation.images == 0:
            text = "The validation dataset holds no images, so no epoch could be judged."
            yield Remark("empty-set", "error", text, port="validation_dataset")
        if self._training.images in (0, 1):
            text = f"The training dataset holds {'one image' if self._training.images else 'no images'}."
            yield Remark("empty-set", "error", text, port="training_dataset")
        extremes = self._training.extremes()
        if extremes is None or self._training.counts is None:
            return
        few = {name: count for name, count in self._training.counts.items() if count < FEW}
        if few:
            names = listed(sorted(few, key=lambda name: (few[name], name)))
            count = next(iter(few.values()))
            images = "training image" if len(few) == count == 1 else "training images"
            one = f"{names} has only {count}" if len(few) == 1 else f"{names} have fewer than {FEW}"
            text = f"{one} {images}: too few to learn from."
            yield Remark("few-images", "warning", text, port="training_dataset")
        (fewest, low), (most, high) = extremes
        if low and high >= IMBALANCE * low and not self._balanced:
            yield Remark(
                "imbalanced",
                "note",
                f"'{most}' has {high:,} images and '{fewest}' {low:,}: the model may learn to prefer the large ones.",
                parameter="class_weights",
                fix=Fix("Let every category count the same", (Change("class_weights", "balanced"),)),
            )

    def _of_sizes(self) -> Iterator[Remark]:
        for port, facts in (("training_dataset", self._training), ("validation_dataset", self._validation)):
            sizes = facts.final_sizes
            if not sizes:
                continue
            if len(sizes) > 1:
                yield Remark(
                    "different-sizes",
                    "error",
                    f"The images of the {TITLES[port]} end with different sizes, such as {wide(sizes[0])} and "
                    f"{wide(sizes[-1])} pixels, which can't be put into one batch.",
                    port=port,
                    fix=_crop(facts, min(map(min, sizes))),
                )
            elif self._architecture is not None and min(sizes[0]) < self._architecture.smallest:
                yield Remark(
                    "images-too-small",
                    "error",
                    f"Images of {wide(sizes[0])} pixels are too small for {self._name}, which needs at least "
                    f"{self._architecture.smallest}×{self._architecture.smallest}.",
                    port=port,
                    fix=_enlarge(facts, 64),
                )

    def _of_categories(self) -> Iterator[Remark]:
        ours, theirs = self._training.categories, self._validation.categories
        if ours is None or theirs is None or ours == theirs:
            return
        missing, spare = [n for n in ours if n not in theirs], [n for n in theirs if n not in ours]
        found = [f"it lacks {listed(missing)}" if missing else "", f"it also has {listed(spare)}" if spare else ""]
        differ = " and ".join(filter(None, found)) or "their order differs"
        yield Remark(
            "categories-differ",
            "error",
            f"The validation dataset's categories differ from the training dataset's: {differ}. Take both from one "
            "Split Image Directory.",
            port="validation_dataset",
        )

    def _of_sources(self) -> Iterator[Remark]:
        sources = self._known.sources
        if "training_dataset" in sources and sources["training_dataset"] == sources.get("validation_dataset"):
            yield Remark(
                "same-images",
                "warning",
                "The model is judged on the very images that it learns from, which says nothing about new ones. "
                "Divide them with Split Image Directory.",
                port="validation_dataset",
            )

    def _of_batch(self) -> Iterator[Remark]:
        images, batch = self._training.images, self._recipe.batch_size
        if images and images > 1 and batch > images:
            better = 1 << max(1, (images // 4).bit_length() - 1)
            yield Remark(
                "batch-larger-than-set",
                "warning",
                f"A batch of {batch:,} is more than all {images:,} training images: each epoch is a single step.",
                parameter="batch_size",
                fix=Fix(f"Set 'Batch size' to {better}", (Change("batch_size", better),)),
            )

    def _of_memory(self) -> Iterator[Remark]:
        room, batch = self._known.memory_bytes, self._recipe.batch_size
        if self._training.images:
            batch = min(batch, self._training.images)
        needed = self._memory(batch)
        if room is None or needed is None or needed <= room:
            return
        better = next((b for b in _halves(batch) if (self._memory(b) or 0) <= 0.8 * room), None)
        yield Remark(
            "memory",
            "warning",
            f"Training {self._name} on batches of {batch} takes about {gigabytes(needed)}, and "
            f"{self._known.target or 'the target'} has {gigabytes(room)}.",
            parameter="batch_size",
            fix=None if better is None else Fix(f"Set 'Batch size' to {better}", (Change("batch_size", better),)),
        )

    @property
    def _name(self) -> str:
        return self._model.model_name if self._model else "the model"


TITLES = {"training_dataset": "training dataset", "validation_dataset": "validation dataset"}


def batch_sizes(images: int, batch: int, processes: int = 1) -> list[int]:
    """The images of each step of one epoch, in all processes together.

    A last step with too few for batch norm, which needs two in each process, joins the one before it.
    """
    full, rest = divmod(images, batch * processes)
    sizes = [batch * processes] * full + ([rest] if rest else [])
    if len(sizes) > 1 and sizes[-1] < processes * min(2, batch):
        return [*sizes[:-2], sizes[-2] + sizes[-1]]
    return sizes


def training_memory(
    architecture: Architecture, recipe: Recipe, classes: int, size: Size, batch: int, *, memory_efficient: bool = False
) -> int:
    """About how many bytes training takes: weights, gradients, what the optimizer keeps, and activations.

    Weights count four bytes each, their gradients and each number of the optimizer as much again; activations are
    those of one image of 224×224 pixels, as measured, times the images' area and the batch, and half of that where
    the precision has two bytes. With a frozen backbone only the head has gradients, and activations are not kept.
    """
    weights = architecture.count(classes)
    learnt = (architecture.features + 1) * classes if recipe.freeze_backbone else weights
    moments = MOMENTS[recipe.optimizer] if recipe.optimizer != "sgd" or recipe.momentum else 0
    activations = architecture.activations_at(size, memory_efficient=memory_efficient) * batch
    if recipe.precision in ("bf16", "fp16"):
        activations //= 2
    if recipe.freeze_backbone:
        activations //= 20
    return 4 * (weights + learnt * (1 + moments)) + activations


def listed(names: Sequence[str]) -> str:
    """Up to five names in quotes, and how many more."""
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def wide(size: Size) -> str:
    """A size as people say it: width × height."""
    return f"{size[1]}×{size[0]}"


def gigabytes(count: int) -> str:
    """A number of bytes in GB, with one digit behind the point while that matters."""
    return f"{count / 1e9:.1f} GB" if count < 1e10 else f"{count / 1e9:.0f} GB"


def _halves(batch: int) -> Iterator[int]:
    while batch > 1:
        batch = (batch + 1) // 2
        yield max(batch, 1)


def _crop(facts: Facts, side: int) -> Fix | None:
    """Crop all images to one size, in the transformation that they went through last."""
    if not facts.transformed_by:
        return None
    node = facts.transformed_by[-1]
    changes = (Change("center_crop", True, node), Change("crop_size", side, node))
    return Fix(f"Crop the middle {side}×{side} px of every image", changes)


def _enlarge(facts: Facts, side: int) -> Fix | None:
    if not facts.transformed_by:
        return None
    node = facts.transformed_by[-1]
    names = ("resize", "size", "center_crop", "crop_size")
    values = (True, side, True, side)
    return Fix(
        f"Resize and crop the images to {side}×{side} px",
        tuple(Change(name, value, node) for name, value in zip(names, values, strict=True)),
    )
