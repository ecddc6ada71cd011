"""Small pictures of the images in an artifact, made once and kept in the home's cache.

They are the only images that the server process decodes, so size and kind are checked before any pixel is.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from torchwire.errors import InvalidDatasetError, NotFoundError, TooManyPixelsError

FORMATS = ("JPEG", "PNG", "PPM", "BMP", "TIFF", "WEBP")
CACHE_LIMIT = 256 * 1024 * 1024
TRIM_AFTER = CACHE_LIMIT // 8
"""Bytes made after which the cache is looked over: it may outgrow its limit by so much."""
RECENTLY = 3600.0
"""Seconds within which it is not written down again that a thumbnail was looked at."""
PARTIAL = ".part"
"""The end of a thumbnail's name while it is written; one older than RECENTLY was left by a server that was killed."""
_slots = threading.BoundedSemaphore(2)  # decoding is heavy: a page full of images must not starve everything else


@dataclass(frozen=True)
class FoundImage:
    """An image file and the digest of its bytes."""

    file: Path
    sha256: str


def find_image(folder: Path, digest: str, image_id: str) -> FoundImage:
    """The image with that id in the image directory ``folder``. Raises NotFoundError."""
    from torchwire.data_types.image_pages import ImagePages

    found = ImagePages.open(folder, digest).find(image_id)
    if found is None:
        raise NotFoundError(f"There is no image '{image_id[:200]}' in this output.")
    path, sha256 = found
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise NotFoundError(f"The file of image '{image_id[:200]}' is gone.")
    return FoundImage(file, sha256 or _name_for(digest, image_id))


def thumbnail(image: FoundImage, size: int, cache: Path, max_pixels: int) -> bytes:
    """The image fitted into a square of ``size`` pixels, as WebP, from the cache when it is there.

    Small images are enlarged without smoothing to at most the square, so that 28-pixel digits can be seen. Raises
    TooManyPixelsError and InvalidDatasetError.
    """
    kept = cache / image.sha256[:2] / f"{image.sha256}-{size}.webp"
    try:
        data = kept.read_bytes()
        if time.time() - kept.stat().st_mtime > RECENTLY:
            os.utime(kept)
        return data
    except OSError:
        pass
    with _slots:
        data = _make(image.file, size, max_pixels)
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(f"{kept.name}.{threading.get_ident()}{PARTIAL}")
    partial.write_bytes(data)
    partial.replace(kept)
    _growth.add(cache, len(data))
    return data


class _Growth:
    """Has the cache trimmed when enough was added to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._added = 0

    def add(self, cache: Path, size: int) -> None:
        with self._lock:
            self._added += size
            if self._added < TRIM_AFTER:
                return
            self._added = 0
        threading.Thread(target=trim, args=(cache,), name="torchwire-thumbnails", daemon=True).start()


_growth = _Growth()


def trim(cache: Path, limit: int = CACHE_LIMIT) -> None:
    """Remove the thumbnails that were looked at longest ago until the rest is within ``limit`` bytes.

    One that is just being written is left alone: its request is about to put it in its place.
    """
    found = []
    now = time.time()
    for parent, _, names in os.walk(cache):
        for name in names:
            path = Path(parent, name)
            with suppress(OSError):  # another request has just put it in its place
                status = path.stat()
                if name.endswith(PARTIAL) and now - status.st_mtime < RECENTLY:
                    continue
                found.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found, key=lambda entry: entry[0]):
        if total <= limit:
            return
        path.unlink(missing_ok=True)
        total -= size


def _name_for(digest: str, image_id: str) -> str:
    return hashlib.sha256(f"{digest}\0{image_id}".encode()).hexdigest()


def _make(file: Path, size: int, max_pixels: int) -> bytes:
    from PIL import Image, ImageOps

    try:
        with Image.open(file, formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > max_pixels:
                raise TooManyPixelsError(f"'{file.name}' has {width} x {height} pixels, more than the limit.")
            opened.draft("RGB", (2 * size, 2 * size))
            picture = ImageOps.exif_transpose(opened)
            picture = picture.convert("RGBA" if "A" in picture.getbands() else "RGB")
        scale = size / max(picture.size)
        method = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
        fitted = tuple(max(1, round(side * min(scale, 8))) for side in picture.size)
        picture = picture.resize((fitted[0], fitted[1]), method)
        out = io.BytesIO()
        picture.save(out, "WEBP", lossless=scale > 1, quality=82, method=2)
        return out.getvalue()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidDatasetError(f"'{file.name}' can't be shown: {error}.") from error
