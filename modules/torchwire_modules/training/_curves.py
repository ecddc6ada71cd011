"""The curves of a training for TensorBoard, written while it goes."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from torchwire_modules.training._loop import Epoch

Point = tuple[int, float, float]
"""Of the curve over batches: step, loss, learning rate."""


class CurveFile:
    """An event file in ``folder``: epochs by their number, the loss over batches by steps taken.

    Each figure is in the file once it has been added. A file that can't be written any more ends without disturbing
    training, which is worth more; ``say`` is told.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder, self._say = folder, say
        self._writer: Any = None
        self._failed = False

    def __enter__(self) -> CurveFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._writer is not None:
            with suppress(OSError):
                self._writer.close()

    def add_epoch(self, epoch: Epoch) -> None:
        """An epoch's figures, but for those that weren't measured."""
        figures = {f"epoch/{name}": value for name, value in epoch.as_json().items() if name != "epoch"}
        self._add(epoch.epoch, {name: value for name, value in figures.items() if value is not None})

    def add_point(self, step: int, loss: float, rate: float) -> None:
        """A point of the curve over batches."""
        self._add(step, {"batch/loss": loss, "batch/learning_rate": rate})

    def _add(self, step: int, figures: Mapping[str, float]) -> None:
        from tensorboardX.proto.event_pb2 import Event  # late: it takes a while
        from tensorboardX.proto.summary_pb2 import Summary

        if self._failed:
            return
        values = [Summary.Value(tag=name, simple_value=value) for name, value in figures.items()]
        try:
            if self._writer is None:
                self._open()
            self._writer.write_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
            self._writer.flush()
        except OSError as error:
            self._failed = True
            self._say(f"The curves for TensorBoard end here, because they can't be written: {error}")

    def _open(self) -> None:
        from tensorboardX.event_file_writer import EventsWriter  # not its SummaryWriter: that one writes later

        self._writer = EventsWriter(str(self._folder / "events"))
        self._say(
            f"TensorBoard draws the curves while they grow: tensorboard --logdir {shlex.quote(str(self._folder))}"
        )
