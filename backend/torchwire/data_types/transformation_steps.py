"""The steps an image transformation can have: their numbers, words, and what they do to an image's size.

A table, so that checking, describing, dropping randomness and sizing never branch on names elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Step = Mapping[str, Any]
Size = tuple[int, int]

INTERPOLATIONS = ("bilinear", "bicubic", "nearest")


@dataclass(frozen=True)
class StepKind:
    """One kind of step.

    ``fields`` are the keys it must have. ``resized(step, size)`` gives the (height, width) after it; ``size`` is None
    while unknown. ``at_inference`` gives what stands in for a random step when nothing may be random.
    """

    text: Callable[[Step], str]
    fields: Mapping[str, Callable[[Any], bool]]
    random: bool = False
    on_floats: bool = False
    resized: Callable[[Step, Size | None], Size | None] = lambda step, size: size
    at_inference: Callable[[Step], list[dict[str, Any]]] = lambda step: []


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _real(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def _reals(count: int, low: float, high: float) -> Callable[[Any], bool]:
    check = _real(low, high)
    return lambda value: isinstance(value, list) and len(value) == count and all(map(check, value))


def _interpolation(value: Any) -> bool:
    return value in INTERPOLATIONS


def shorter_side_to(step: Step, size: Size | None) -> Size | None:
    """The size after a resize of the shorter side to ``step["size"]``; the longer side is cut to whole pixels."""
    if size is None:
        return None
    height, width = size
    new = int(step["size"])
    if height <= width:
        return new, max(1, int(new * width / height))
    return max(1, int(new * height / width)), new


def _square(step: Step, size: Size | None) -> Size | None:
    return int(step["size"]), int(step["size"])


def _padded(step: Step, size: Size | None) -> Size | None:
    return None if size is None else (size[0] + 2 * int(step["padding"]), size[1] + 2 * int(step["padding"]))


def _center_crop(step: Step) -> list[dict[str, Any]]:
    return [{"name": "center_crop", "size": step["size"]}]


def _resize_and_center_crop(step: Step) -> list[dict[str, Any]]:
    resize = {"name": "resize", "size": step["size"], "interpolation": step["interpolation"]}
    return [resize, *_center_crop(step)]


def _percent(step: Step) -> str:
    return f"{100 * step['p']:g} % of images"


def _jitter(step: Step) -> str:
    parts = [f"{name} ±{step[name]:g}" for name in ("brightness", "contrast", "saturation", "hue") if step[name]]
    return "Jitter " + (", ".join(parts) if parts else "nothing")


_SIZE = {"size": _whole(1, 16384)}
_P = {"p": _real(0, 1)}
_DEGREES = {"degrees": _real(0, 180)}
_FILTER = {"interpolation": _interpolation}
_STRENGTH = _real(0, 10)

STEPS: dict[str, StepKind] = {
    "resize": StepKind(
        lambda s: f"Resize the shorter side to {s['size']} px", _SIZE | _FILTER, resized=shorter_side_to
    ),
    "center_crop": StepKind(lambda s: f"Crop the middle {s['size']}×{s['size']} px", _SIZE, resized=_square),
    "pad": StepKind(
        lambda s: f"Pad each side with {s['padding']} px of black", {"padding": _whole(0, 16384)}, resized=_padded
    ),
    "color_jitter": StepKind(
        _jitter,
        {"brightness": _STRENGTH, "contrast": _STRENGTH, "saturation": _STRENGTH, "hue": _real(0, 0.5)},
        random=True,
    ),
    "grayscale": StepKind(lambda s: "Turn to grey", {}),
    "random_resized_crop": StepKind(
        lambda s: (
            f"Crop {100 * s['scale'][0]:g} to {100 * s['scale'][1]:g} % of the area at random, "
            f"then resize to {s['size']}×{s['size']} px"
        ),
        _SIZE | _FILTER | {"scale": _reals(2, 1e-6, 1), "ratio": _reals(2, 1e-3, 1000)},
        random=True,
        resized=_square,
        at_inference=_resize_and_center_crop,
    ),
    "random_crop": StepKind(
        lambda s: f"Crop {s['size']}×{s['size']} px at random",
        _SIZE,
        random=True,
        resized=_square,
        at_inference=_center_crop,
    ),
    "random_horizontal_flip": StepKind(lambda s: f"Flip left and right: {_percent(s)}", _P, random=True),
    "random_vertical_flip": StepKind(lambda s: f"Flip top and bottom: {_percent(s)}", _P, random=True),
    "random_rotation": StepKind(lambda s: f"Rotate by up to ±{s['degrees']:g}°", _DEGREES | _FILTER, random=True),
    "random_affine": StepKind(
        lambda s: f"Affine map with a turn of up to ±{s['degrees']:g}°", _DEGREES | _FILTER, random=True
    ),
    "random_grayscale": StepKind(lambda s: f"Turn to grey: {_percent(s)}", _P, random=True),
    "random_perspective": StepKind(
        lambda s: f"Change the perspective: {_percent(s)}", _P | _FILTER | {"distortion": _real(0, 1)}, random=True
    ),
    "normalize": StepKind(
        lambda s: "Normalise the colours",
        {"mean": _reals(3, -1000, 1000), "std": _reals(3, 1e-9, 1000)},
        on_floats=True,
    ),
    "random_erasing": StepKind(
        lambda s: f"Erase a rectangle: {_percent(s)}",
        _P | {"scale": _reals(2, 1e-6, 1), "ratio": _reals(2, 1e-3, 1000)},
        random=True,
        on_floats=True,
    ),
}
"""Every kind of step, by name."""


def check_step(step: object) -> None:
    """Raise ValueError, in words, unless ``step`` is one of ``STEPS`` with all its fields, in range, and no others."""
    if not isinstance(step, Mapping) or not isinstance(step.get("name"), str):
        raise ValueError("one of its steps has no name")
    kind = STEPS.get(step["name"])
    if kind is None:
        raise ValueError(f"it has an unknown step '{step['name']}'")
    for field, fits in kind.fields.items():
        if field not in step or not fits(step[field]):
            raise ValueError(f"'{field}' of its step '{step['name']}' is {step.get(field)!r}, which is not allowed")
    if spare := sorted(set(step) - set(kind.fields) - {"name"}):
        raise ValueError(f"its step '{step['name']}' has an unknown field '{spare[0]}'")
