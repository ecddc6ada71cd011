"""How many threads read images ahead of the network, and how far ahead. Pure: asks no machine, and no result depends
on it.

The rows behind it, in images a second of one core: Pillow decodes 488 photographs to 224 pixels. On a processor a
ResNet-18 trains on about 25 and scores 118 of them, so that one thread keeps up with eight cores; a second one takes
time from the network instead (docs/benchmarks.md). A GPU takes thousands and leaves the cores free, all but the one
that drives it.
"""

from __future__ import annotations

from dataclasses import dataclass

HELD = 256 << 20
"""Bytes of decoded images that may wait for the network, of one data set in one process."""
CORES_PER_THREAD = 8
MOST_THREADS = 16
SPARE = 3
"""Batches that may be ready while each thread makes one more."""


@dataclass(frozen=True)
class Loading:
    """``threads`` read images in the background; with 0, whoever asks for a batch does. ``ahead`` is how many batches
    may be held before they are asked for, those in the making included."""

    threads: int
    ahead: int


ONE_AHEAD = Loading(threads=1, ahead=1 + SPARE)


def sized(cores: int, device: str, batch_bytes: int) -> Loading:
    """The loading of batches of so many bytes for a network on ``device`` (torch's name) with ``cores`` of its own.

    Within ``HELD``, unless two batches are more than that: one is read while the other is computed on.
    """
    threads = 1 + cores // CORES_PER_THREAD if device == "cpu" else cores - 1
    fit = max(2, HELD // max(1, batch_bytes))
    threads = max(1, min(threads, MOST_THREADS, fit - 1))
    return Loading(threads, min(threads + SPARE, fit))
