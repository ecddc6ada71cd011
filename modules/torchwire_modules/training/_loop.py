"""The training loop: epochs of steps, a validation after each, the best epoch's weights kept, early stopping.

What is special to training is ``Trainer.train_step``; progress, metrics and logs listen through ``Listener``.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from torchwire_modules.training._batches import Batch, Batches
from torchwire_modules.training._compiled import forward_of
from torchwire_modules.training._device import make_optimizer, memory_megabytes
from torchwire_modules.training._distributed import ALONE, GradientSum, World
from torchwire_modules.training.errors import TrainingDivergedError
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.training.schedule import Schedule
from torchwire_modules.vision._hardware import LAYOUTS, computing, place
from torchwire_modules.vision._networks import head_of, train_mode
from torchwire_modules.vision.arithmetic import OFF, PLAIN, Arithmetic

Weights = dict[str, Tensor]

LARGEST_RATE = 1e38
"""What a float32 can still hold; training diverges long before."""


@dataclass
class Epoch:
    """What one epoch came to. Losses are means per image; accuracies and rates are fractions and images per second."""

    epoch: int
    train_loss: float
    val_loss: float
    train_accuracy: float
    val_accuracy: float
    val_top5: float | None  # None with five categories or fewer, where it would always be 1
    learning_rate: float
    images_per_second: float
    seconds: float
    memory_mb: float

    def as_json(self) -> dict[str, float | None]:
        """The record as model.json and the metric events hold it."""
        return asdict(self)


class Listener(Protocol):
    """Hears how training goes. Raising RunCancelled from any of these stops it."""

    def trained(self, trainer: Trainer, loss: float | None) -> None:
        """A training step ended; ``loss`` is the mean since the last time it was told (None in between)."""

    def validated(self, trainer: Trainer, batch: int) -> None:
        """Validation batch ``batch`` (from 0) ended."""

    def epoch_ended(self, trainer: Trainer, epoch: Epoch) -> None:
        """An epoch with its validation ended."""


class Listeners:
    """Several listeners as one: each hears everything, in order."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners

    def trained(self, trainer: Trainer, loss: float | None) -> None:
        """A training step ended."""
        for listener in self._listeners:
            listener.trained(trainer, loss)

    def validated(self, trainer: Trainer, batch: int) -> None:
        """A validation batch ended."""
        for listener in self._listeners:
            listener.validated(trainer, batch)

    def epoch_ended(self, trainer: Trainer, epoch: Epoch) -> None:
        """An epoch ended."""
        for listener in self._listeners:
            listener.epoch_ended(trainer, epoch)


@dataclass
class Tally:
    """Sums over the images seen so far in an epoch, kept on the device so that reading them waits for nothing."""

    loss: Tensor
    correct: Tensor
    images: int = 0
    among_five: Tensor | None = None  # where there are more than five classes, and only for validation

    @classmethod
    def empty(cls, device: str) -> Tally:
        """Nothing seen yet. Sums are in float64, so that they don't depend on how often they are read."""
        kind = torch.float32 if device.startswith("mps") else torch.float64
        return cls(torch.zeros((), dtype=kind, device=device), torch.zeros((), dtype=torch.int64, device=device))

    def add(self, loss: Tensor, correct: Tensor, images: int) -> None:
        """Count a batch in: the sums over its images."""
        self.images += images
        self.loss += loss
        self.correct += correct.to(self.correct.dtype)

    def mean_loss(self) -> float:
        """The mean loss per image."""
        return float(self.loss) / max(1, self.images)

    def accuracy(self) -> float:
        """The fraction whose greatest logit was the label's."""
        return float(self.correct) / max(1, self.images)


@dataclass
class Best:
    """The epoch with the lowest validation loss so far."""

    epoch: int = 0
    loss: float = math.inf
    weights: Weights = field(default_factory=dict)


class Trainer:
    """Trains ``network`` by ``recipe``. ``epoch`` and ``batch`` say where it stands, counted from 0."""

    def __init__(
        self,
        network: nn.Module,
        family: str,
        recipe: Recipe,
        training: Batches,
        validation: Batches,
        device: str,
        arithmetic: Arithmetic = PLAIN,
        world: World = ALONE,
    ) -> None:
        self.world = world
        self.recipe, self.family, self.device, self.arithmetic = recipe, family, device, arithmetic
        self.training, self.validation = training, validation
        self.network = place(network, device, arithmetic)
        world.share([*self.network.parameters(), *self.network.buffers()])
        full = (
            recipe.batch_size if arithmetic.compiled == OFF else min(recipe.batch_size, training.images // world.size)
        )
        self._forward = forward_of(self.network, arithmetic, full)
        self.gradients = GradientSum(world, self.network.parameters())
        self.classes = head_of(self.network, family).out_features
        self.scaler = torch.amp.GradScaler(device.partition(":")[0], enabled=arithmetic.precision == "fp16")
        self.optimizer = make_optimizer(self.network, recipe, device)
        steps = len(training)
        self.peak_rate = recipe.learning_rate * world.size
        self.schedule = Schedule(
            recipe.schedule, self.peak_rate, recipe.epochs * steps, recipe.warmup_epochs * steps, recipe.power
        )
        self.class_weights = None if recipe.class_weights is None else torch.tensor(recipe.class_weights, device=device)
        self.epoch = self.batch = self.epochs_without_gain = 0
        self.tally = Tally.empty(device)
        self.best = Best()
        self.history: list[Epoch] = []
        self._told = (0.0, 0)  # the sum of losses, and the images, up to the last loss that was told
        self._pending: tuple[Callable[[], Tensor], int] | None = None  # the last step's figures, and its images
        self._began: float | None = None  # when this epoch began, or would have, had it not been interrupted
        self._seconds_before = 0.0  # what was spent on this epoch before it was interrupted

    def fit(self, listener: Listener) -> Best:
        """Train to the last epoch, or until patience runs out, and return the best epoch with its weights.

        Raises TrainingDivergedError when a loss is no longer a number.
        """
        while not self.is_over:
            self._began = started = time.perf_counter() - self._seconds_before
            self._train_epoch(listener)
            seconds = time.perf_counter() - started
            tally = self._validate(listener)
            self._close_epoch(tally, seconds, time.perf_counter() - started, listener)
        return self.best

    @property
    def is_over(self) -> bool:
        """Whether the last epoch is behind, or patience has run out."""
        return self.epoch >= self.recipe.epochs or self.epochs_without_gain >= self.recipe.patience

    @property
    def learning_rate(self) -> float:
        """The rate of the coming step."""
        return self.schedule.at(self.step)

    @property
    def step(self) -> int:
        """Steps taken so far."""
        return self.epoch * len(self.training) + self.batch

    def train_step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Learn from one batch and return its loss (a scalar) and logits (n, classes).

        With several processes each learns from its part, and what they sum is the gradient of the whole batch's loss:
        a part weighs as much as its images do.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = min(self.learning_rate, LARGEST_RATE)
        with computing(self.device, self.arithmetic):
            logits = self._forward(self._laid_out(batch.images))
        loss = functional.cross_entropy(
            logits.float(), batch.labels, weight=self.class_weights, label_smoothing=self.recipe.label_smoothing
        )
        self.optimizer.zero_grad(set_to_none=True)
        weighed = loss if self.world.size == 1 else loss * self._weight(batch)
        self.scaler.scale(weighed).backward()  # type: ignore[no-untyped-call]
        self.gradients.wait()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss, logits

    def _laid_out(self, images: Tensor) -> Tensor:
        """The images in the chosen layout: a convolution takes its own from them."""
        return images.contiguous(memory_format=LAYOUTS[self.arithmetic.memory_format])

    def _weight(self, batch: Batch) -> float | Tensor:
        """The weight of a process's part of the batch in the loss of the whole."""
        if self.class_weights is None:
            return len(batch.indices) / len(batch.all_indices)
        labels = self.training.labels[list(batch.all_indices)].to(self.device)
        return self.class_weights[batch.labels].sum() / self.class_weights[labels].sum()

    def _train_epoch(self, listener: Listener) -> None:
        train_mode(self.network, self.family, frozen=self.recipe.freeze_backbone)
        with closing(self.training.epoch(self.epoch, start=self.batch)) as batches:
            for batch in batches:
                loss, logits = self.train_step(batch)
                self._settle()
                self._pending = self.world.sum_later(_figures(loss, logits, batch.labels)), len(batch.all_indices)
                self.batch += 1
                if self.batch % self.recipe.print_frequency and self.batch < len(self.training):
                    listener.trained(self, None)
                    continue
                self._settle()
                (told_loss, told_images), images = self._told, self.tally.images
                total = self.tally.mean_loss() * images
                mean = (total - told_loss) / max(1, images - told_images)
                self._told = total, images
                self._check_finite(mean, f"after batch {self.batch} of epoch {self.epoch + 1}")
                listener.trained(self, mean)

    def _settle(self) -> None:
        """Count the last step in. Nobody waited for its figures from other processes before the next step was done."""
        if self._pending is not None:
            figures, images = self._pending
            self._pending = None
            loss, correct = figures()
            self.tally.add(loss, correct, images)

    def _validate(self, listener: Listener) -> Tally:
        """Loss (plain cross entropy: no smoothing, no class weights) and accuracy on the validation set.

        Each batch's figures are kept apart until all are there, and added up in the order of the batches, so that it
        makes no difference which process has seen which.
        """
        self.network.eval()
        self.world.share(self.network.buffers())  # each has statistics of its own images; those of rank 0 count
        tally = Tally.empty(self.device)
        figures = torch.zeros(len(self.validation), 3, dtype=tally.loss.dtype, device=self.device)
        with torch.inference_mode(), closing(self.validation.epoch(0)) as batches:
            for batch in batches:
                with computing(self.device, self.arithmetic):
                    logits = self._forward(self._laid_out(batch.images))
                loss = functional.cross_entropy(logits.float(), batch.labels)
                figures[batch.number] = _figures(loss, logits, batch.labels, among=5)
                listener.validated(self, batch.number)
        loss, correct, among_five = self.world.sum(figures).sum(0)
        tally.add(loss, correct, self.validation.images)
        tally.among_five = among_five if self.classes > 5 else None
        self._check_finite(tally.mean_loss(), f"on the validation set after epoch {self.epoch + 1}")
        return tally

    def _close_epoch(self, validation: Tally, train_seconds: float, seconds: float, listener: Listener) -> None:
        record = Epoch(
            epoch=self.epoch + 1,
            train_loss=self.tally.mean_loss(),
            val_loss=validation.mean_loss(),
            train_accuracy=self.tally.accuracy(),
            val_accuracy=validation.accuracy(),
            val_top5=None if validation.among_five is None else float(validation.among_five) / validation.images,
            learning_rate=self.schedule.at(self.step - 1),
            images_per_second=self.tally.images / max(train_seconds, 1e-9),
            seconds=seconds,
            memory_mb=self.world.total(memory_megabytes(self.device), self.device),
        )
        self.history.append(record)
        self.epochs_without_gain += 1
        if record.val_loss < self.best.loss:
            weights = self.weights() if self.world.rank == 0 else {}
            self.best, self.epochs_without_gain = Best(record.epoch, record.val_loss, weights), 0
        self.epoch, self.batch, self.tally = self.epoch + 1, 0, Tally.empty(self.device)
        self._told, self._began, self._seconds_before = (0.0, 0), None, 0.0
        listener.epoch_ended(self, record)

    def weights(self) -> Weights:
        """A copy of the weights on the CPU, in the plain memory layout that every reader expects."""
        state = self.network.state_dict()
        return {
            name: value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
            for name, value in state.items()
        }

    def _check_finite(self, loss: float, when: str) -> None:
        if not math.isfinite(loss):
            raise TrainingDivergedError(
                f"The loss is {loss} {when}: training has diverged.",
                hint=f"Halve the learning rate (to {self.recipe.learning_rate / 2:g}), or add warm-up epochs.",
                parameter="learning_rate",
            )

    def state_dict(self) -> dict[str, Any]:
        """All that exact resuming needs. Taken between steps; the order of images follows from seed and epoch."""
        self._settle()
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "epochs_without_gain": self.epochs_without_gain,
            "tally": {"loss": self.tally.loss.cpu(), "correct": self.tally.correct.cpu(), "images": self.tally.images},
            "told": list(self._told),
            "seconds": self._seconds_before if self._began is None else time.perf_counter() - self._began,
            "network": self.weights(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "best": {"epoch": self.best.epoch, "loss": self.best.loss, "weights": self.best.weights},
            "history": [record.as_json() for record in self.history],
            "rng": _random_states(self.device),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to where ``state_dict`` was taken: what follows is bit for bit what would have followed then."""
        self.epoch, self.batch = state["epoch"], state["batch"]
        self.epochs_without_gain = state["epochs_without_gain"]
        tally = state["tally"]
        self.tally = Tally(tally["loss"].to(self.device), tally["correct"].to(self.device), tally["images"])
        self._told, self._began, self._seconds_before = (state["told"][0], state["told"][1]), None, state["seconds"]
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._lay_out_optimizer()
        self.scaler.load_state_dict(state["scaler"])
        self.best = Best(**state["best"])
        self.history = [Epoch(**record) for record in state["history"]]
        _set_random_states(state["rng"], self.device)

    def _lay_out_optimizer(self) -> None:
        """Give the optimiser's tensors the memory layout of their weights, as they had when they were made.

        Arithmetic takes other paths through tensors of different layouts, and may round differently on the way.
        """
        for parameter, values in self.optimizer.state.items():
            for name, value in values.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    values[name] = torch.empty_like(parameter, dtype=value.dtype, requires_grad=False).copy_(value)


def _figures(mean_loss: Tensor, logits: Tensor, labels: Tensor, among: int = 0) -> Tensor:
    """The sums over a batch: loss, right answers, and, if asked for, labels ``among`` so many greatest logits.

    In float64, so that they don't depend on how often they are read. ``logits`` (n, classes), ``labels`` (n,).
    """
    kind = torch.float32 if mean_loss.device.type == "mps" else torch.float64
    logits = logits.detach()
    figures = [mean_loss.detach().to(kind) * len(labels), (logits.argmax(1) == labels).sum().to(kind)]
    if among:
        best = logits.float().topk(min(among, logits.shape[1])).indices
        figures.append((best == labels[:, None]).any(1).sum().to(kind))
    return torch.stack(figures)


def _random_states(device: str) -> dict[str, Any]:
    """Where every generator of random numbers stands that training may draw from."""
    kind, keys, position, has_gauss, gauss = np.random.get_state()
    states: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "python": [list(part) if isinstance(part, tuple) else part for part in random.getstate()],
        "numpy": [kind, [int(key) for key in keys], position, has_gauss, gauss],
    }
    if device.startswith("cuda"):
        states["device"] = torch.cuda.get_rng_state(device)
    return states


def _set_random_states(states: Mapping[str, Any], device: str) -> None:
    torch.set_rng_state(states["torch"])
    version, words, gauss = states["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, *rest = states["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    if device.startswith("cuda"):
        torch.cuda.set_rng_state(states["device"], device)
