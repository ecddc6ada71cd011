"""Batches of images for a loop: order, decoding ahead in the background, random steps, all fixed by the seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from torchwire_modules.training._distributed import ALONE, World
from torchwire_modules.training._pixels import Pixels, PixelStore
from torchwire_modules.training.loading import ONE_AHEAD, Loading
from torchwire_modules.vision.transform_ops import seed_for

Finish = Callable[[Tensor | Sequence[Tensor], Sequence[int]], Tensor]
"""From uint8 images ((n, 3, height, width), or a list when sizes differ) and one seed per image to floats
(n, 3, height, width): the random steps and the normalisation."""


class Batch(NamedTuple):
    """``images`` (n, 3, height, width) float32, channels last; ``labels`` (n,) int64; ``indices`` into the data set.

    ``number`` counts the epoch's batches, of whatever process. ``all_indices`` are those of the step's images in all
    processes, where training shares a batch among them.
    """

    images: Tensor
    labels: Tensor
    indices: list[int]
    number: int = 0
    all_indices: Sequence[int] = ()


def split(order: Sequence[int], size: int, *, smallest: int = 1) -> list[list[int]]:
    """Cut ``order`` into batches of ``size``; a last batch of less than ``smallest`` joins the one before it."""
    batches = [list(order[start : start + size]) for start in range(0, len(order), size)]
    if len(batches) > 1 and len(batches[-1]) < smallest:
        short = batches.pop()
        batches[-1] += short
    return batches


class Batches:
    """A data set as batches. Every epoch's order and random steps follow from ``(seed, epoch, index)`` alone.

    Several processes share each epoch, every image in exactly one of them. With ``shuffle`` (training) a step is a
    batch of ``batch_size`` for each process, and the images of the last step are dealt out evenly: at least two to
    each (or one, if that is the batch size), for batch norm can't learn from one value; where there are too few for
    that, they join the step before. Else whole batches are dealt out in turn, the same as one process makes.

    Decoding and gathering happen in the background, as ``loading`` says, and no tensor arithmetic: it would take cores
    from the training step. With ``shuffle`` off the order is the data set's.
    """

    def __init__(
        self,
        store: PixelStore,
        labels: Sequence[int],
        finish: Finish,
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
        loading: Loading = ONE_AHEAD,
        device: str = "cpu",
        world: World = ALONE,
    ) -> None:
        self.store, self.finish, self.batch_size = store, finish, batch_size
        self.labels = torch.as_tensor(list(labels), dtype=torch.int64)
        self.seed, self.shuffle, self.loading, self.device = seed, shuffle, loading, device
        self.world = world

    def __len__(self) -> int:
        """Batches in an epoch; where processes share each of them, steps."""
        return len(self._split(range(len(self.store))))

    @property
    def images(self) -> int:
        """Images in an epoch."""
        return len(self.store)

    def order(self, epoch: int) -> list[int]:
        """The images' indices in the order of ``epoch``."""
        if not self.shuffle:
            return list(range(len(self.store)))
        order = list(range(len(self.store)))
        Random(seed_for(self.seed, epoch, -1)).shuffle(order)  # noqa: S311
        return order

    def epoch(self, epoch: int, start: int = 0) -> Generator[Batch, None, None]:
        """Yield the batches of ``epoch`` from batch ``start`` on. Close it when leaving early: it ends its threads."""
        batches = [*enumerate(self._split(self.order(epoch)))][start:]
        ours = [one for one in batches if self.shuffle or one[0] % self.world.size == self.world.rank]
        parts = [list(self.world.part(batch)) if self.shuffle else batch for _, batch in ours]
        with closing(self._ahead(parts)) as gathered:
            for (number, batch), (indices, pixels) in zip(ours, gathered, strict=True):
                seeds = [seed_for(self.seed, epoch, index) for index in indices]
                tensors = _as_tensor(pixels) if isinstance(pixels, np.ndarray) else [_as_tensor(p) for p in pixels]
                images = self._moved(self.finish(tensors, seeds))
                yield Batch(images, self._moved(self.labels[indices]), indices, number, batch)

    def _split(self, order: Sequence[int]) -> list[list[int]]:
        if not self.shuffle:
            return split(order, self.batch_size)
        return split(order, self.batch_size * self.world.size, smallest=self.world.size * min(2, self.batch_size))

    def _ahead(self, batches: list[list[int]]) -> Generator[tuple[list[int], Pixels | list[Pixels]], None, None]:
        if not self.loading.threads:
            yield from ((indices, self.store.gather(indices)) for indices in batches)
            return
        with ThreadPoolExecutor(self.loading.threads, thread_name_prefix="loader") as pool:
            waiting: deque[tuple[list[int], Future[Pixels | list[Pixels]]]] = deque()
            try:
                for indices in batches:
                    waiting.append((indices, pool.submit(self.store.gather, indices)))
                    if len(waiting) >= self.loading.ahead:
                        first, future = waiting.popleft()
                        yield first, future.result()
                while waiting:
                    first, future = waiting.popleft()
                    yield first, future.result()
            finally:
                for _, future in waiting:
                    future.cancel()

    def _moved(self, tensor: Tensor) -> Tensor:
        if self.device == "cpu":
            return tensor
        if self.device.startswith("cuda"):
            tensor = tensor.pin_memory()
        return tensor.to(self.device, non_blocking=True)


def _as_tensor(pixels: Pixels) -> Tensor:
    """(…, height, width, 3) pixels as (…, 3, height, width), without copying: channels-last memory."""
    return torch.from_numpy(pixels).movedim(-1, -3)
