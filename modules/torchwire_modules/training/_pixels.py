"""Decoded images on disk: each is decoded once, then read back as uint8 pixels. No torch: any thread may call it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from torchwire.errors import InvalidDatasetError
from torchwire_modules.training._pixel_cache import Entry, PixelCache

Pixels = NDArray[np.uint8]
Decode = Callable[[Path], Pixels]
"""From an image file to its pixels (height, width, 3) after the steps that are the same every time."""


class PixelStore:
    """The decoded images of a data set, kept in one scratch file as long as it stays within ``budget`` bytes.

    Images may differ in size. Those beyond the budget are decoded again each time. Safe to use from several threads;
    what comes back never depends on which thread came first.
    """

    def __init__(
        self,
        files: Sequence[Path],
        decode: Decode,
        scratch_file: Path,
        budget: int | None = None,
        *,
        cache: PixelCache | None = None,
        key: str = "",
    ) -> None:
        """With ``cache``, images are read from the set ``key`` if it is there; else they are left there at the end."""
        self._files = files
        self._decode = decode
        self._cache, self._key = cache, key
        self._path = scratch_file
        self._lock = threading.Lock()
        found = None if cache is None else cache.find(key, len(files))
        if found is not None:
            with suppress(OSError):
                self._handle = os.open(found.pixels, os.O_RDONLY)
                self._offsets, self._shapes, self._cache = found.offsets, found.shapes, None
                return
        self._budget = shutil.disk_usage(scratch_file.parent).free // 2 if budget is None else budget
        self._handle = os.open(scratch_file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._used = 0
        self._offsets = np.full(len(files), -1, dtype=np.int64)
        self._shapes = np.zeros((len(files), 2), dtype=np.int32)

    def __len__(self) -> int:
        return len(self._files)

    def __enter__(self) -> PixelStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave a whole set to the cache; give the scratch file back."""
        os.close(self._handle)
        if self._cache is not None and len(self._files) and (self._offsets >= 0).all():
            self._cache.keep(self._key, Entry(self._path, self._offsets, self._shapes))
        self._path.unlink(missing_ok=True)

    def read(self, index: int) -> Pixels:
        """The pixels (height, width, 3) of image ``index``."""
        offset = int(self._offsets[index])
        if offset < 0:
            return self._decode_and_keep(index)
        height, width = map(int, self._shapes[index])
        pixels: Pixels = np.empty((height, width, 3), dtype=np.uint8)
        os.preadv(self._handle, [pixels.data], offset)
        return pixels

    def gather(self, indices: Sequence[int]) -> Pixels | list[Pixels]:
        """The pixels of several images: one array (n, height, width, 3) when all have one size, else a list."""
        images = [self.read(index) for index in indices]
        return np.stack(images) if len({image.shape for image in images}) == 1 else images

    def _decode_and_keep(self, index: int) -> Pixels:
        file = self._files[index]
        try:
            pixels = np.ascontiguousarray(self._decode(file), dtype=np.uint8)
        except OSError as error:
            raise InvalidDatasetError(
                f"The image '{file.parent.name}/{file.name}' can't be read: {error}",
                hint="Run Convert to Image Directory again; it leaves out damaged images and says which.",
            ) from error
        with self._lock:
            offset = self._used
            if self._offsets[index] >= 0 or offset + pixels.nbytes > self._budget:
                return pixels
            self._used += pixels.nbytes
        os.pwrite(self._handle, pixels.data, offset)
        self._shapes[index] = pixels.shape[:2]
        self._offsets[index] = offset  # last: a reader that sees it finds the rest in place
        return pixels
