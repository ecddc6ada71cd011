"""Image directories small enough to train on in a test: each category is bright in a colour of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from torchwire.data_types.image_directory import ImageRecord, write_image_directory

FLIP = {"name": "random_horizontal_flip", "p": 0.5}
CATEGORIES = ("blue", "green", "red")


def toy_images(
    folder: Path,
    counts: Sequence[int] = (8, 8, 8),
    *,
    size: tuple[int, int] = (32, 32),
    seed: int = 0,
    labelled: bool = True,
    categories: Sequence[str] = CATEGORIES,
    steps: Sequence[Mapping[str, Any]] = (FLIP,),
    odd_size: bool = False,
) -> Path:
    """Write ``counts[i]`` noisy images of category i. With ``odd_size`` the last one is 4 pixels wider."""
    draw = np.random.default_rng(seed)
    records = []
    for label, (category, count) in enumerate(zip(categories, counts, strict=True)):
        for number in range(count):
            path = f"{category if labelled else 'images'}/{category}-{number}.png"
            last = label == len(counts) - 1 and number == count - 1
            height, width = size[0], size[1] + (4 if odd_size and last else 0)
            pixels = draw.integers(0, 90, (height, width, 3), dtype=np.uint8)
            pixels[..., label % 3] += 110
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / path)
            records.append(
                ImageRecord(
                    id=f"{category}-{number}",
                    path=path,
                    category=category if labelled else None,
                    label=label if labelled else -1,
                    width=width,
                    height=height,
                    sha256=f"{len(records):064x}",
                )
            )
    transformations = [{"mode": "training", "spec": {"steps": [dict(step) for step in steps]}}] if steps else []
    folder.mkdir(parents=True, exist_ok=True)
    write_image_directory(folder, records, list(categories) if labelled else [], labelled, transformations, {})
    return folder
