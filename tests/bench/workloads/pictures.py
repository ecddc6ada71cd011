"""Make a folder of JPEG photographs, as far as a computer can dream them up: `pictures.py FOLDER COUNT`."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = 4


def picture(number: int) -> Image.Image:
    """About 500 x 375 pixels: soft colours with edges and some noise, which compress as photographs do."""
    draw = np.random.default_rng(number)
    width, height = (500, 375) if number % 3 else (375, 500)
    coarse = draw.integers(0, 255, (height // 25, width // 25, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    noisy = soft + draw.integers(-12, 12, soft.shape, dtype=np.int16)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def main(folder: Path, count: int) -> None:
    """Write ``count`` pictures in class folders."""
    for number in range(count):
        place = folder / f"class{number % CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        picture(number).save(place / f"{number:05}.jpg", quality=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
