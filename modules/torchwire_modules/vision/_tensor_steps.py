"""The steps of a transformation on tensors: uint8 (3, height, width) in and out, then floats.

Each random step draws from the image's own ``random.Random``. The arithmetic is ``torchvision.transforms.v2``'s; the
draws have the distributions of its classes of the same names, which can't be used: they draw from a global generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, cast

import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F  # noqa: N812 - its usual name

from torchwire.data_types.transformation_steps import shorter_side_to
from torchwire.errors import InvalidDatasetError

Step = Mapping[str, Any]


def run(steps: Sequence[Step], images: Tensor | Sequence[Tensor], draws: Sequence[Random]) -> Tensor:
    """Run ``steps`` on uint8 images; return float32 (n, 3, height, width). ``draws`` has one generator per image."""
    for step in (step for step in steps if step["name"] in _ON_PIXELS):
        if step["name"] in _FLIPS and isinstance(images, Tensor):
            _flip_some(images, step, draws)
        else:
            operation = _ON_PIXELS[step["name"]]
            images = _stacked([operation(image, step, draw) for image, draw in zip(images, draws, strict=True)])
    if not isinstance(images, Tensor):
        images = _stacked(list(images))
    if not isinstance(images, Tensor):
        raise _sizes_differ(images)
    floats = _as_floats(images, next((step for step in steps if step["name"] == "normalize"), None))
    for step in (step for step in steps if step["name"] == "random_erasing"):
        for image, draw in zip(floats, draws, strict=True):
            _erase(image, step, draw)
    return floats


def _stacked(images: list[Tensor]) -> Tensor | list[Tensor]:
    return torch.stack(images) if len({image.shape for image in images}) == 1 else images


def _sizes_differ(images: Sequence[Tensor]) -> InvalidDatasetError:
    shapes = sorted({f"{image.shape[2]}×{image.shape[1]}" for image in images})
    return InvalidDatasetError(
        f"The images of a batch have different sizes: {', '.join(shapes[:3])}.",
        hint="Switch on 'Center crop' in Init Image Transformation, so that all images end with one size.",
    )


def _as_floats(images: Tensor, normalize: Step | None) -> Tensor:
    if normalize is None:
        return images.to(torch.float32).div_(255)
    mean, std = (torch.tensor(normalize[name], device=images.device) for name in ("mean", "std"))
    scale, shift = 1 / (255 * std), mean / std
    floats = torch.empty_like(images, dtype=torch.float32)
    rows = floats.permute(0, 2, 3, 1)
    if not rows.is_contiguous():
        return floats.copy_(images).mul_(scale.view(3, 1, 1)).sub_(shift.view(3, 1, 1))
    # Whole rows at once: three channels are too few for a processor's vectors. Image by image: one stays in its cache.
    scales, shifts = scale.repeat(floats.shape[3]), shift.repeat(floats.shape[3])
    for made, image in zip(rows.flatten(2), images.permute(0, 2, 3, 1).flatten(2), strict=True):
        made.copy_(image).mul_(scales).sub_(shifts)
    return floats


def _flip_some(images: Tensor, step: Step, draws: Sequence[Random]) -> None:
    chosen = [at for at, draw in enumerate(draws) if draw.random() < step["p"]]
    if chosen:
        images[chosen] = images[chosen].flip(_FLIPS[step["name"]])


def _flip(image: Tensor, step: Step, draw: Random) -> Tensor:
    return image.flip(_FLIPS[step["name"]]) if draw.random() < step["p"] else image


def _resize(image: Tensor, step: Step, draw: Random) -> Tensor:
    size = shorter_side_to(step, (image.shape[1], image.shape[2]))
    return cast(Tensor, F.resize(image, list(size or ()), _filter(step), antialias=True))


def _center_crop(image: Tensor, step: Step, draw: Random) -> Tensor:
    return cast(Tensor, F.center_crop(image, [step["size"]]))


def _pad(image: Tensor, step: Step, draw: Random) -> Tensor:
    return cast(Tensor, F.pad(image, [step["padding"]]))


def _grayscale(image: Tensor, step: Step, draw: Random) -> Tensor:
    return cast(Tensor, F.rgb_to_grayscale(image, num_output_channels=3))


def _random_grayscale(image: Tensor, step: Step, draw: Random) -> Tensor:
    return _grayscale(image, step, draw) if draw.random() < step["p"] else image


def _color_jitter(image: Tensor, step: Step, draw: Random) -> Tensor:
    adjustments: list[tuple[Callable[[Tensor, float], Tensor], float]] = [
        (adjust, draw.uniform(max(0.0, 1 - step[name]), 1 + step[name]))
        for name, adjust in (
            ("brightness", F.adjust_brightness),
            ("contrast", F.adjust_contrast),
            ("saturation", F.adjust_saturation),
        )
        if step[name]
    ]
    if step["hue"]:
        adjustments.append((F.adjust_hue, draw.uniform(-step["hue"], step["hue"])))
    draw.shuffle(adjustments)
    for adjust, amount in adjustments:
        image = adjust(image, amount)
    return image


def _random_resized_crop(image: Tensor, step: Step, draw: Random) -> Tensor:
    height, width = image.shape[1:]
    box = _box(height, width, step, draw) or _fitting_box(height, width, step["ratio"])
    side = [step["size"], step["size"]]
    return cast(Tensor, F.resized_crop(image, *box, side, _filter(step), antialias=True))


def _box(height: int, width: int, step: Step, draw: Random) -> tuple[int, int, int, int] | None:
    """Draw (top, left, height, width) by share of the area and aspect ratio; None when ten draws don't fit."""
    low, high = (math.log(value) for value in step["ratio"])
    for _ in range(10):
        area, ratio = height * width * draw.uniform(*step["scale"]), math.exp(draw.uniform(low, high))
        h, w = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
        if 0 < h <= height and 0 < w <= width:
            return draw.randint(0, height - h), draw.randint(0, width - w), h, w
    return None


def _fitting_box(height: int, width: int, ratio: Sequence[float]) -> tuple[int, int, int, int]:
    """The largest box in the middle whose width / height lies within ``ratio``."""
    wanted = min(max(width / height, ratio[0]), ratio[1])
    h, w = min(height, round(width / wanted)), min(width, round(height * wanted))
    return (height - h) // 2, (width - w) // 2, max(1, h), max(1, w)


def _random_crop(image: Tensor, step: Step, draw: Random) -> Tensor:
    side = step["size"]
    top, left = (draw.randint(0, has - side) if has >= side else -((side - has) // 2) for has in image.shape[1:])
    return cast(Tensor, F.crop(image, top, left, side, side))  # black where it reaches beyond the image


def _random_rotation(image: Tensor, step: Step, draw: Random) -> Tensor:
    angle = draw.uniform(-step["degrees"], step["degrees"])
    return cast(Tensor, F.rotate(image, angle, interpolation=_warp_filter(step)))


def _random_affine(image: Tensor, step: Step, draw: Random) -> Tensor:
    angle = draw.uniform(-step["degrees"], step["degrees"])
    unmoved: dict[str, Any] = {"translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
    return cast(Tensor, F.affine(image, angle, interpolation=_warp_filter(step), **unmoved))


def _random_perspective(image: Tensor, step: Step, draw: Random) -> Tensor:
    if draw.random() >= step["p"]:
        return image
    height, width = image.shape[1:]
    most_x, most_y = int(step["distortion"] * (width // 2)), int(step["distortion"] * (height // 2))
    corners = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    moved = [
        [abs(x - draw.randint(0, most_x)), abs(y - draw.randint(0, most_y))] for x, y in corners
    ]  # each corner moves inwards: up to half of ``distortion`` of the side
    return cast(Tensor, F.perspective(image, corners, moved, interpolation=_warp_filter(step)))


def _erase(image: Tensor, step: Step, draw: Random) -> None:
    """Set a rectangle of the float image to 0, the mean colour after normalisation. In place."""
    if draw.random() < step["p"] and (box := _box(image.shape[1], image.shape[2], step, draw)):
        top, left, height, width = box
        image[:, top : top + height, left : left + width] = 0


def _filter(step: Step) -> InterpolationMode:
    return InterpolationMode(step["interpolation"])


def _warp_filter(step: Step) -> InterpolationMode:
    """Warps know nearest and bilinear only."""
    return InterpolationMode.NEAREST if step["interpolation"] == "nearest" else InterpolationMode.BILINEAR


_FLIPS = {"random_horizontal_flip": -1, "random_vertical_flip": -2}

_ON_PIXELS: dict[str, Callable[[Tensor, Step, Random], Tensor]] = {
    "resize": _resize,
    "center_crop": _center_crop,
    "pad": _pad,
    "grayscale": _grayscale,
    "color_jitter": _color_jitter,
    "random_resized_crop": _random_resized_crop,
    "random_crop": _random_crop,
    "random_horizontal_flip": _flip,
    "random_vertical_flip": _flip,
    "random_rotation": _random_rotation,
    "random_affine": _random_affine,
    "random_grayscale": _random_grayscale,
    "random_perspective": _random_perspective,
}
