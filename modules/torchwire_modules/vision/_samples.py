"""Show what a transformation does: a drawn test card, before and after."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from torchwire.data_types.transformation import output_size
from torchwire_modules.vision.transform_ops import Transform, seed_for

CARD = (320, 240)
"""Width and height of the test card, in pixels."""
AUGMENTED = 6
SHOWN = 192
"""Longest side of a stored sample, in pixels."""
TOO_LARGE = 4096
"""No samples are made when a step's result has a longer side, in pixels."""


def samples(transformations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The test card as ``original`` and in ``augmented`` versions, as data URLs of images.

    Without random steps there is one version. The same steps always give the same versions. Normalisation is undone,
    so that they can be looked at.
    """
    transform = Transform(transformations, train=True)
    sizes = [output_size(transform.steps[:count], CARD[::-1]) or CARD for count in range(len(transform.steps) + 1)]
    if max(map(max, sizes)) > TOO_LARGE:
        return []
    card = draw_card()
    seeds = [seed_for(0, 0, number) for number in range(AUGMENTED if transform.random else 1)]
    augmented = [_data_url(_picture(transform(card, seed), transform.steps)) for seed in seeds]
    return [{"original": _data_url(card), "augmented": augmented}]


def draw_card() -> Image.Image:
    """A house on a hill below the sun, with a ruler of colours: every flip, turn, cut and change of colour shows."""
    width, height = CARD
    fade = np.linspace(0, 1, height)[:, None, None]
    sky = (1 - fade) * np.array([96, 160, 232]) + fade * np.array([244, 224, 196])
    image = Image.fromarray(np.broadcast_to(sky, (height, width, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.ellipse((236, 20, 286, 70), fill=(255, 214, 64))
    draw.ellipse((-120, 130, 300, 420), fill=(98, 160, 76))
    draw.ellipse((120, 160, 520, 460), fill=(72, 132, 66))
    draw.rectangle((80, 104, 156, 170), fill=(236, 226, 208), outline=(90, 70, 60), width=2)
    draw.polygon([(70, 106), (118, 62), (166, 106)], fill=(190, 74, 52))
    draw.rectangle((92, 120, 112, 140), fill=(120, 186, 222), outline=(90, 70, 60), width=2)
    draw.rectangle((124, 130, 144, 170), fill=(120, 78, 50))
    draw.line((250, 208, 250, 128), fill=(96, 66, 44), width=8)
    draw.ellipse((222, 92, 280, 150), fill=(40, 104, 58))
    for number in range(8):
        level = round(255 * number / 7)
        draw.rectangle((number * 40, 224, number * 40 + 39, 239), fill=(level, 255 - level, 128 if number % 2 else 40))
    return image


def _picture(pixels: Tensor, steps: Sequence[Mapping[str, Any]]) -> Image.Image:
    """A float tensor (3, height, width) as an image, normalisation undone."""
    values = pixels.permute(1, 2, 0).numpy()
    for step in steps:
        if step["name"] == "normalize":
            values = values * np.array(step["std"]) + np.array(step["mean"])
    return Image.fromarray(np.rint(values.clip(0, 1) * 255).astype(np.uint8))


def _data_url(image: Image.Image) -> str:
    shown = image.copy()
    shown.thumbnail((SHOWN, SHOWN))
    buffer = io.BytesIO()
    shown.save(buffer, "WEBP", quality=88)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
