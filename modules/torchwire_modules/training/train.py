"""Train PyTorch Model: fit an image classifier to labelled images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torchwire.module_api import (
    IMAGE_DIRECTORY,
    MODEL_DIRECTORY,
    UNTRAINED_MODEL_DIRECTORY,
    Context,
    Estimate,
    Facts,
    Known,
    Module,
    Outputs,
    Remark,
    choice,
    flag,
    input,
    integer,
    module,
    number,
    output,
)
from torchwire_modules.training.forethought import Forethought
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.training.schedule import SCHEDULES

SMALLEST_POSITIVE = 5e-324
OPTIMIZING, LOSS, MACHINE = "Optimization", "Loss and layers", "Arithmetic"


@module(
    "train-pytorch-model",
    title="Train PyTorch Model",
    category="Model Training",
    version=1,
    distributed=True,
    libraries=("torch", "torchvision", "pillow", "safetensors"),
    extendable=("epochs",),
    rehearsed=True,
)
class TrainPyTorchModel(Module):
    """Fit a model to labelled images, check it after each epoch on others, and keep the best epoch's weights."""

    untrained_model = input(UNTRAINED_MODEL_DIRECTORY, help="The architecture to train: a DenseNet or ResNet node.")
    training_dataset = input(IMAGE_DIRECTORY, help="Labelled images to learn from, with their transformation.")
    validation_dataset = input(
        IMAGE_DIRECTORY, help="Labelled images of the same categories, to see after each epoch how well it does."
    )
    trained_model = output(MODEL_DIRECTORY, help="The weights of the best epoch, with all that is needed to use them.")

    epochs = integer(5, minimum=0, exclusive_minimum=True, help="How many times to go through the training images.")
    batch_size = integer(
        16,
        minimum=0,
        exclusive_minimum=True,
        help="How many images to learn from at once, per process. A last batch of one image joins the one before it.",
    )
    warmup_step_number = integer(
        0,
        minimum=0,
        unit="epochs",
        help="Epochs over which the learning rate rises from near zero to its full value.",
    )
    learning_rate = number(
        0.001,
        minimum=SMALLEST_POSITIVE,
        help="How far each step goes. Too high and the loss jumps or becomes NaN; too low and it hardly falls. Several "
        "processes multiply it by their number, as they do the batch.",
    )
    random_seed = integer(1, help="The same seed on the same machine gives exactly the same weights.")
    patience = integer(
        3,
        minimum=0,
        exclusive_minimum=True,
        unit="epochs",
        help="Stop early after this many epochs without a lower validation loss.",
    )
    print_frequency = integer(
        10, minimum=0, exclusive_minimum=True, unit="batches", help="Batches between two lines in the log."
    )

    optimizer = choice(
        "sgd",
        options=("sgd", "adamw"),
        group=OPTIMIZING,
        help="SGD with momentum, or AdamW, which adapts the step of each weight and wants a lower learning rate.",
    )
    momentum = number(
        0.9,
        minimum=0.0,
        maximum=1.0,
        shown_when={"optimizer": "sgd"},
        group=OPTIMIZING,
        help="How much of the last step each step keeps.",
    )
    weight_decay = number(
        0.0001, minimum=0.0, group=OPTIMIZING, help="How strongly weights are pulled towards zero, against overfitting."
    )
    learning_rate_schedule = choice(
        "polynomial",
        options=SCHEDULES,
        group=OPTIMIZING,
        help="How the learning rate moves after warm-up: it falls to zero as a power of what remains or as a half "
        "cosine, or stays constant.",
    )
    polynomial_power = number(
        1.0,
        minimum=0.0,
        maximum=10.0,
        shown_when={"learning_rate_schedule": "polynomial"},
        group=OPTIMIZING,
        help="The power of the polynomial schedule; 1 is a straight line to zero.",
    )
    label_smoothing = number(
        0.0,
        minimum=0.0,
        maximum=1.0,
        group=LOSS,
        help="Share of each label spread over all categories, so that the model is less sure of itself; 0.1 is common.",
    )
    class_weights = choice(
        "none",
        options=("none", "balanced"),
        group=LOSS,
        help="Balanced lets every category count the same, however many images it has.",
    )
    freeze_backbone = flag(
        False, group=LOSS, help="Train only the last layer and keep the rest as it is: fast, and good with few images."
    )
    precision = choice(
        "auto",
        options=("auto", "fp32", "bf16", "fp16"),
        group=MACHINE,
        help="Auto takes what was measured to be fastest for this processor or GPU, model and image size, and the log "
        "says what that is. Bf16 is faster on recent machines and a little less exact; fp16 is for GPUs without bf16.",
    )
    memory_format = choice(
        "auto",
        options=("auto", "channels_last", "contiguous"),
        group=MACHINE,
        help="How images lie in memory. Auto takes the faster one: channels last almost everywhere.",
    )
    deterministic = flag(
        True,
        group=MACHINE,
        help="The same seed gives the same weights. On a GPU, off is faster: the fastest convolutions are found by "
        "trying, and float32 is rounded to TF32 where it is multiplied. On a processor it makes no difference.",
    )

    compile = choice(
        "off",
        options=("off", "on"),
        group=MACHINE,
        help="On has torch.compile make code for this network, which takes a minute or more before the first batch. "
        "It is meant for GPUs, where small batches become CUDA graphs; on processors it brought nothing when we "
        "measured it, and it needs a C++ compiler.",
    )

    def run(self, ctx: Context) -> Outputs:
        """Train."""
        folder = ctx.run_ranks(self.train)
        if folder is None:
            raise ValueError("the first process has not written a model")
        return {"trained_model": folder}

    def train(self, ctx: Context) -> Path | None:
        """Train, as one of the node's processes; the first one returns the output's folder."""
        from torchwire_modules.training._run import train  # late: it loads torch

        return train(ctx, self.recipe(), balance_classes=self.class_weights == "balanced")

    def why_not_continue(self, before: Mapping[str, Any]) -> str | None:
        """None when the epochs trained with ``before`` are the first ones of this training, bit for bit.

        A constant rate is the same in every epoch however many there are, and so is a warm-up, which counts in epochs.
        """
        schedule = before["learning_rate_schedule"]
        if schedule != "constant":
            return f"the {schedule} schedule depends on the number of epochs; with a constant one it could continue"
        if before["epochs"] > self.epochs:
            return f"the {before['epochs']} epochs trained before are more than {self.epochs}"
        return None

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """The network with a head for these categories, how it would be trained, and what memory that takes."""
        return {"trained_model": self._forethought(known).facts()}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """Everything about the images, the model and the machine that training would stumble over."""
        return self._forethought(known).remarks()

    def rehearse(self, known: Known, device: str, threads: int) -> Estimate:
        """Train a few steps on random pixels."""
        from torchwire_modules.training._rehearsal import rehearse_training  # late: it loads torch

        return rehearse_training(known, self.recipe(), device, threads)

    def _forethought(self, known: Known) -> Forethought:
        return Forethought(known, self.recipe(), balanced=self.class_weights == "balanced")

    def recipe(self) -> Recipe:
        """The parameters as the loop takes them."""
        return Recipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            warmup_epochs=self.warmup_step_number,
            schedule=self.learning_rate_schedule,
            power=self.polynomial_power,
            optimizer=self.optimizer,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing,
            freeze_backbone=self.freeze_backbone,
            patience=self.patience,
            print_frequency=self.print_frequency,
            seed=self.random_seed,
            precision=self.precision,
            memory_format=self.memory_format,
            deterministic=self.deterministic,
            compile=self.compile,
        )
