"""Tells the node's context how training goes: progress in step with time, metrics, and a line every few batches."""

from __future__ import annotations

import time

from torchwire.module_api import Context
from torchwire_modules.training._curves import CurveFile, Point
from torchwire_modules.training._loop import Epoch, Trainer

VALIDATION_COST = 1 / 3
"""What a validation batch costs, in training batches, until an epoch has shown it: a step is a forward and a backward
pass, and the backward pass takes twice as long."""
MAX_POINTS = 2000


class Report:
    """The listener of a Trainer that speaks to ``ctx``. Cancelling takes effect at the next batch."""

    def __init__(self, ctx: Context, curves: CurveFile) -> None:
        self._ctx, self._curves = ctx, curves
        self._cost = VALIDATION_COST
        self._told_at, self._told_images = time.perf_counter(), 0
        self._half_done = self._validation_started = 0.0
        self.points: list[Point] = []
        """The curve over batches so far, thinned when it has grown long: a resumed node tells it again."""

    def resumed(self, trainer: Trainer, points: list[Point]) -> None:
        """Training goes on from where ``trainer`` stands: tell what was measured up to there."""
        for epoch in trainer.history:
            self._tell_epoch(epoch)
        for point in points:
            self._tell_point(*point)
        self._told_images = trainer.tally.images
        self._progress(trainer, trainer.batch)

    def trained(self, trainer: Trainer, loss: float | None) -> None:
        """A training step ended."""
        self._ctx.check_cancelled()
        self._progress(trainer, trainer.batch)
        if loss is not None:
            self._tell_batch(trainer, loss)
        if trainer.batch == len(trainer.training) // 2:
            self._half_done = time.perf_counter()
        if trainer.batch == len(trainer.training):
            self._validation_started = time.perf_counter()

    def validated(self, trainer: Trainer, batch: int) -> None:
        """A validation batch ended."""
        self._ctx.check_cancelled()
        self._progress(trainer, len(trainer.training) + (batch + 1) * self._cost)

    def epoch_ended(self, trainer: Trainer, epoch: Epoch) -> None:
        """An epoch ended: its figures, what a validation batch really costs, and how long the coming ones will take.

        The second half of its steps tells both: the first may have decoded images or compiled the network.
        """
        coming = epoch.seconds
        if self._half_done and self._validation_started:
            validation = time.perf_counter() - self._validation_started
            steps = len(trainer.training)
            step = max(1e-9, self._validation_started - self._half_done) / (steps - steps // 2)
            self._cost = min(2.0, validation / len(trainer.validation) / step)
            coming = min(coming, steps * step + validation)
        self._told_at, self._told_images = time.perf_counter(), 0
        self._tell_epoch(epoch)
        top5 = "" if epoch.val_top5 is None else f", top 5 {epoch.val_top5:.4f}"
        best = " (best so far)" if trainer.best.epoch == epoch.epoch else ""
        left = (trainer.recipe.epochs - epoch.epoch) * coming
        self._ctx.log(
            f"Epoch {epoch.epoch} of {trainer.recipe.epochs}: training loss {epoch.train_loss:.4f}, accuracy "
            f"{epoch.train_accuracy:.4f}; validation loss {epoch.val_loss:.4f}, accuracy {epoch.val_accuracy:.4f}{top5}"
            f"{best}; learning rate {epoch.learning_rate:.3g}, {epoch.images_per_second:.1f} images/s, "
            f"{epoch.memory_mb:.0f} MB, {epoch.seconds:.1f} s" + (f", about {left:.0f} s left" if left else "")
        )

    def finished(self, trainer: Trainer) -> None:
        """Training ended, perhaps early."""
        if trainer.epoch < trainer.recipe.epochs:
            self._ctx.log(
                f"Stopped early after epoch {trainer.epoch}: the validation loss has not fallen for "
                f"{trainer.epochs_without_gain} epochs."
            )
        self._ctx.log(f"Keeping the weights of epoch {trainer.best.epoch}: validation loss {trainer.best.loss:.4f}.")
        total = round(trainer.recipe.epochs * self._per_epoch(trainer), 2)
        self._ctx.progress(total, total, unit="batches", message=f"Finished after epoch {trainer.epoch}")

    def _per_epoch(self, trainer: Trainer) -> float:
        return len(trainer.training) + len(trainer.validation) * self._cost

    def _progress(self, trainer: Trainer, within: float) -> None:
        per_epoch, epochs = self._per_epoch(trainer), trainer.recipe.epochs
        done = trainer.epoch * per_epoch + min(within, per_epoch)
        message = f"Epoch {trainer.epoch + 1} of {epochs}"
        self._ctx.progress(round(done, 2), round(epochs * per_epoch, 2), unit="batches", message=message)

    def _tell_batch(self, trainer: Trainer, loss: float) -> None:
        now, images = time.perf_counter(), trainer.tally.images
        speed = (images - self._told_images) / max(1e-9, now - self._told_at)
        self._told_at, self._told_images = now, images
        rate = trainer.schedule.at(trainer.step - 1)
        self._tell_point(trainer.step, loss, rate)
        self._ctx.log(
            f"Epoch {trainer.epoch + 1} of {trainer.recipe.epochs}, batch {trainer.batch} of {len(trainer.training)}: "
            f"loss {loss:.4f}, learning rate {rate:.3g}, {speed:.1f} images/s"
        )

    def _tell_epoch(self, epoch: Epoch) -> None:
        figures = {name: value for name, value in epoch.as_json().items() if name != "epoch" and value is not None}
        self._ctx.metric(epoch.epoch, figures, axis="epoch")
        self._curves.add_epoch(epoch)

    def _tell_point(self, step: int, loss: float, rate: float) -> None:
        self.points.append((step, loss, rate))
        if len(self.points) > MAX_POINTS:
            del self.points[::2]
        self._ctx.metric(step, {"loss": loss, "learning_rate": rate}, axis="batch")
        self._curves.add_point(step, loss, rate)
