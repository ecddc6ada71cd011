"""Make a zip of small PNG files, no two alike, in class folders: `small_pictures.py ARCHIVE COUNT`."""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = 10
SIDE = 32


def main(archive: Path, count: int) -> None:
    """Write ``count`` pictures; the archive appears when it is whole."""
    draw = np.random.default_rng(0)
    part = archive.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as made:
        for number in range(count):
            coarse = Image.fromarray(draw.integers(0, 255, (4, 4, 3), dtype=np.uint8))
            packed = io.BytesIO()
            coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(packed, "PNG", compress_level=1)
            made.writestr(f"class{number % CLASSES}/{number:05}.png", packed.getvalue())
    part.rename(archive)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
