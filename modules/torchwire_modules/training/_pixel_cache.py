"""Decoded images that outlive a run: the next node with the same images and the same first steps need not decode them.

A folder per set below the operator's cache, named by what decides every pixel: the images' own digests in order, the
steps that are the same every time, and the version of the library that runs them. It holds the pixels of all images
one after another, and where each begins. It comes into being whole, is never changed, and goes when the cache is over
its budget, the longest unused first.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

VERSION = 1
PIXELS, INDEX = "pixels.bin", "index.npz"


class Entry(NamedTuple):
    """A set of decoded images: its file, each image's offset in it, and each one's (height, width)."""

    pixels: Path
    offsets: NDArray[np.int64]
    shapes: NDArray[np.int32]


def key_of(digests: Iterable[str], steps: Sequence[Mapping[str, Any]]) -> str:
    """The name of the set of images with these SHA-256 digests after ``steps``."""
    about = json.dumps({"version": VERSION, "pillow": version("pillow"), "steps": list(steps)}, sort_keys=True)
    digest = hashlib.sha256(about.encode())
    for each in digests:
        digest.update(b"\0" + each.encode())
    return digest.hexdigest()


class PixelCache:
    """The sets below ``folder``, together at most ``budget`` bytes. Several processes may use it at once."""

    def __init__(self, folder: Path, budget: int) -> None:
        self._folder, self._budget = folder, budget

    def has_room(self, size: int) -> bool:
        """Whether a set of ``size`` bytes leaves half of the room to others."""
        return 2 * size <= self._budget

    def find(self, key: str, images: int) -> Entry | None:
        """The set of that name, if it is there and whole."""
        place = self._folder / key
        with suppress(OSError, ValueError, KeyError):
            with np.load(place / INDEX, allow_pickle=False) as index:
                entry = Entry(place / PIXELS, index["offsets"], index["shapes"])
            sizes = entry.shapes.astype(np.int64).prod(axis=1) * 3
            whole = len(entry.offsets) == images and entry.pixels.stat().st_size == int(sizes.sum())
            if whole:
                os.utime(place)  # when it was last used
                return entry
        return None

    def keep(self, key: str, entry: Entry) -> None:
        """Move a set's file into the cache, where it fits. Whatever goes wrong costs time later and no more."""
        size = entry.pixels.stat().st_size
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if size > self._budget or (self._folder / key).exists():
                return
            self._make_room(size)
            fresh = self._folder / f".{uuid.uuid4().hex}"
            fresh.mkdir(mode=0o700)
            try:
                np.savez(fresh / INDEX, offsets=entry.offsets, shapes=entry.shapes)
                entry.pixels.rename(fresh / PIXELS)
                for name in (INDEX, PIXELS):
                    _flush(fresh / name)
                fresh.rename(self._folder / key)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)

    def _make_room(self, size: int) -> None:
        found = []
        for place in self._folder.iterdir():
            with suppress(OSError):
                found.append((place.stat().st_mtime, sum(f.stat().st_size for f in place.iterdir()), place))
        used = sum(held for _, held, _ in found)
        for _, held, place in sorted(found):
            if used + size <= self._budget:
                return
            shutil.rmtree(place, ignore_errors=True)  # who reads it has it open
            used -= held


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
