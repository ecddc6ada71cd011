"""Open image files that somebody else made: by content, in the formats we trust, up to a number of pixels."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from PIL import Image, ImageFile

from torchwire.errors import TooManyPixelsError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""Names of images end so, in any letter case."""

FORMATS = ("JPEG", "PNG", "PPM", "BMP", "TIFF", "WEBP", "GIF")
"""Contents that are decoded. Pillow's other readers stay shut: some start other programs (EPS), few are well tested."""

MAX_PIXELS = 100_000_000
"""The default limit of an image's width times height: 300 MB when decoded."""

Image.MAX_IMAGE_PIXELS = None  # our own limit stands in its place: per call, and an error instead of a warning


def is_image_name(name: str) -> bool:
    """Whether the file's name ends like an image's."""
    return name.lower().endswith(EXTENSIONS)


def open_image(source: Path | IO[bytes], max_pixels: int = MAX_PIXELS) -> ImageFile.ImageFile:
    """Open an image by its content; its pixels are decoded later. The caller closes it.

    Raises TooManyPixelsError above ``max_pixels``, and OSError (or what Pillow's reader raises) when it is no image.
    """
    image = Image.open(source, formats=FORMATS)
    width, height = image.size
    if width * height > max_pixels:
        image.close()
        raise TooManyPixelsError(
            f"The image has {width}×{height} pixels, more than the {max_pixels:,} that are allowed.",
            hint="Make it smaller, or raise the server's setting max_image_pixels.",
        )
    return image
