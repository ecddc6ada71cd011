"""One run of Train PyTorch Model: open and check the inputs, build the network, train, save."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import nn

from torchwire.data_types.model import UntrainedModel
from torchwire.errors import BelowMinimumError, InvalidDatasetError, InvalidModelDirectoryError, OutOfRangeError
from torchwire.module_api import Context
from torchwire_modules.training._checkpoints import Saved, Saver, find_saved, threads_of
from torchwire_modules.training._compiled import compiling
from torchwire_modules.training._curves import CurveFile
from torchwire_modules.training._datasets import ImageSet, at_port, category_counts, check_categories, pixel_cache
from torchwire_modules.training._device import memory_errors, repeatable
from torchwire_modules.training._distributed import joined
from torchwire_modules.training._loop import Epoch, Listeners, Trainer
from torchwire_modules.training._report import Report
from torchwire_modules.training._save import save
from torchwire_modules.training.loading import Loading
from torchwire_modules.training.recipe import Recipe, balanced_weights
from torchwire_modules.vision._hardware import chosen
from torchwire_modules.vision._networks import build, freeze_backbone
from torchwire_modules.vision._pretrained import load_pretrained
from torchwire_modules.vision.arithmetic import DEFAULT, GRAPHS, OFF, Arithmetic


def train(ctx: Context, recipe: Recipe, *, balance_classes: bool, loading: Loading | None = None) -> Path | None:
    """Train as ``recipe`` says, from the inputs of ``ctx``, and return the folder of the output ``trained_model``.

    ``loading`` is sized from the machine unless given. Each process of the node calls it; rank 0 alone writes, tells
    how it goes, and returns the folder. Raises TorchwireError for everything that the user can mend.
    """
    with at_port("untrained_model"):
        untrained = UntrainedModel.read(ctx.input("untrained_model"))
    training = ImageSet.open("training_dataset", ctx.input("training_dataset"), train=True)
    validation = ImageSet.open("validation_dataset", ctx.input("validation_dataset"), train=False)
    check_categories(training, validation)
    check_trainable(untrained, training, recipe, ctx.processes)
    if balance_classes:
        recipe = dataclasses.replace(recipe, class_weights=balanced_weights(category_counts(training.images)))
    digests = {port: ctx.input_digest(port) for port in ("training_dataset", "validation_dataset")}
    work = same_work(untrained, recipe, digests, ctx.processes)
    saved = find_saved(ctx, work)
    threads = threads_of(ctx, saved)
    arithmetic = chosen(
        ctx.device,
        untrained.family,
        training.image_size,
        precision=recipe.precision,
        memory_format=recipe.memory_format,
        compile=recipe.compile == "on",
        batch_size=recipe.batch_size,
        recorded=None if saved is None else saved.arithmetic,
    )
    check_arithmetic(arithmetic, ctx.device)
    tell_start(ctx, recipe, arithmetic, threads)
    cache = pixel_cache(ctx.settings)
    hint = "Make the batch size or the images smaller, or choose a smaller model."
    exact = recipe.deterministic or ctx.device == "cpu"
    with (
        repeatable(recipe.seed, threads, exact=exact),
        compiling(arithmetic, ctx.device, ctx.scratch / "compiled", exact=exact),
        memory_errors(hint, "batch_size"),
        joined(ctx) as world,
        ExitStack() as stack,
    ):
        network, pretrained = prepare_network(untrained, len(training.images.categories), recipe, ctx, saved)
        trainer = Trainer(
            network,
            untrained.family,
            recipe,
            training.batches(
                stack.enter_context(training.store(ctx.scratch, cache=cache, sharers=world.size)),
                recipe.batch_size,
                seed=recipe.seed,
                shuffle=True,
                cores=ctx.threads,
                loading=loading,
                device=ctx.device,
                world=world,
            ),
            validation.batches(
                stack.enter_context(validation.store(ctx.scratch, cache=cache, sharers=world.size)),
                recipe.batch_size,
                cores=ctx.threads,
                loading=loading,
                device=ctx.device,
                world=world,
            ),
            ctx.device,
            arithmetic,
            world,
        )
        if world.rank:
            if saved is not None:
                trainer.load_state_dict(saved.state)
            trainer.fit(Follower(ctx))
            return None
        report = Report(ctx, stack.enter_context(CurveFile(ctx.log_folder, ctx.log)))
        saver = stack.enter_context(Saver(ctx, report, work, pretrained, saved))
        if saved is not None:
            resume(trainer, saved, report, ctx)
        trainer.fit(Listeners(report, saver))
        report.finished(trainer)
        saver.finished(trainer)
    facts = {
        "seconds": saver.seconds,
        "threads": threads * ctx.processes,
        "processes": ctx.processes,
        "effective_batch_size": recipe.batch_size * ctx.processes,
        "effective_learning_rate": trainer.peak_rate,
        "device": ctx.device,
        "pretrained_weights": pretrained,
        "data": digests,
    }
    folder = ctx.output_folder("trained_model")
    return save(folder, untrained, training, validation, trainer, facts, ctx.log_folder, ctx.document)


class Follower:
    """The listener of a Trainer in the processes that say nothing."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def trained(self, trainer: Trainer, loss: float | None) -> None:
        """A training step ended."""
        self._ctx.check_cancelled()

    def validated(self, trainer: Trainer, batch: int) -> None:
        """A validation batch ended."""
        self._ctx.check_cancelled()

    def epoch_ended(self, trainer: Trainer, epoch: Epoch) -> None:
        """An epoch ended."""


def tell_start(ctx: Context, recipe: Recipe, arithmetic: Arithmetic, threads: int) -> None:
    """Say in the log how training is going to be done."""
    count, each = ctx.processes, f"{threads} thread{'s' * (threads != 1)}"
    if ctx.rank:
        ctx.log(f"Rank {ctx.rank} of {count}: process {os.getpid()} on {ctx.device} with {each}.")
        return
    if count > 1:
        batch, rate = recipe.batch_size, recipe.learning_rate
        ctx.log(
            f"Trains in {count} processes with {each} each: effective batch {batch * count} ({count} × {batch}), "
            f"learning rate {rate * count:g} ({count} × {rate:g})."
        )
    ctx.log(f"Computes in {arithmetic.precision}, {arithmetic.memory_format.replace('_', ' ')}: {arithmetic.why}.")
    if recipe.compile == "on":
        how = {OFF: "Not compiled", DEFAULT: "Compiles", GRAPHS: "Compiles into CUDA graphs"}[arithmetic.compiled]
        ctx.log(f"{how}: {arithmetic.compiled_why}. The first batch waits for it.")


def check_arithmetic(arithmetic: Arithmetic, device: str) -> None:
    """Raise OutOfRangeError for a precision that the device can't train in."""
    if arithmetic.precision == "fp16" and device == "cpu":
        raise OutOfRangeError(
            "Fp16 can't be trained in on a processor.", hint="Choose auto or bf16.", parameter="precision"
        )


def same_work(untrained: UntrainedModel, recipe: Recipe, digests: Mapping[str, str], processes: int) -> dict[str, Any]:
    """What must be the same for one training to go on from a checkpoint of another; how far it goes need not be."""
    however_far = recipe.as_json() | {"epochs": None}
    return {
        "model": dataclasses.asdict(untrained),
        "recipe": however_far,
        "data": dict(digests),
        "number of processes": processes,
    }


def resume(trainer: Trainer, saved: Saved, report: Report, ctx: Context) -> None:
    """Put ``trainer`` where the checkpoint was taken, and tell of it."""
    trainer.load_state_dict(saved.state)
    epoch, batch = trainer.epoch, trainer.batch
    where = f"batch {batch} of {len(trainer.training)} in epoch {epoch + 1}" if batch else f"epoch {epoch}"
    message = f"Goes on after {where} of {trainer.recipe.epochs}."
    ctx.resumed(message, epoch=epoch, batch=batch)
    ctx.log(message)
    report.resumed(trainer, saved.points)


def prepare_network(
    untrained: UntrainedModel, classes: int, recipe: Recipe, ctx: Context, saved: Saved | None = None
) -> tuple[nn.Module, str | None]:
    """The network to start from, and the file its pretrained weights came from.

    Where training goes on, its weights are those of the checkpoint: none are looked for.
    """
    with at_port("untrained_model"):
        network = build(untrained.family, untrained.model_name, untrained.options, classes)
        pretrained = None if saved is None else saved.pretrained
        if untrained.pretrained and saved is None and ctx.rank == 0:  # the others get them from there
            folder = weights_folder(ctx.settings)
            pretrained = load_pretrained(network, untrained.family, untrained.model_name, folder, ctx.log)
    if recipe.freeze_backbone:
        if not untrained.pretrained and ctx.rank == 0:
            ctx.log("The backbone is frozen and not pretrained: only the head learns, from random features.")
        freeze_backbone(network, untrained.family)
    return network, pretrained


def weights_folder(settings: Mapping[str, Any]) -> Path | None:
    """The operator's folder for pretrained weights."""
    folder = settings.get("pretrained_weights_folder")
    return Path(folder) if folder else None


def check_trainable(untrained: UntrainedModel, training: ImageSet, recipe: Recipe, processes: int = 1) -> None:
    """Raise unless the network can learn from batches of these images.

    Raises InvalidDatasetError for a single image or images too small for the network, BelowMinimumError when batches
    of one image leave batch norm with a single value, InvalidModelDirectoryError for an architecture we don't have.
    """
    if training.images.total < 2:
        raise InvalidDatasetError(
            "The training dataset holds one image, and batch normalisation needs at least two.",
            hint="Add images, or raise the fraction in Split Image Directory.",
            port="training_dataset",
        )
    needed = processes * min(2, recipe.batch_size)
    if training.images.total < needed:
        raise InvalidDatasetError(
            f"The training dataset holds {training.images.total} images, and {processes} processes need {needed}.",
            hint="Add images, or set a smaller process count per node.",
            port="training_dataset",
        )
    height, width = training.image_size
    with torch.device("meta"), torch.no_grad(), at_port("untrained_model"):
        if min(height, width) >= 64:  # every variant halves five times: at least 2 x 2 values remain
            build(untrained.family, untrained.model_name, untrained.options, 2)
            return
        network = build(untrained.family, untrained.model_name, {}, 2)
        try:
            network.train()(torch.empty(min(2, recipe.batch_size), 3, height, width))
        except ValueError as error:
            raise BelowMinimumError(
                f"With images of {width}×{height} pixels, batch normalisation in {untrained.model_name} needs batches "
                "of at least 2 images.",
                hint="Set the batch size to 2 or more.",
                parameter="batch_size",
            ) from error
        except RuntimeError as error:
            raise InvalidDatasetError(
                f"Images of {width}×{height} pixels are too small for {untrained.model_name}.",
                hint="Set 'Size' and 'Crop size' in Init Image Transformation to 32 or more.",
                port="training_dataset",
            ) from error
        except NotImplementedError as error:  # pragma: no cover - an operator without a shape rule
            raise InvalidModelDirectoryError(f"{untrained.model_name} can't be checked: {error}") from error
