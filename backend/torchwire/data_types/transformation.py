"""TransformationDirectory: an image transformation as a list of steps, in ``transformation.json``.

A step is ``{"name": …, its numbers}``. Steps run in order on 8-bit RGB images; then pixels become floats from 0 to 1;
then come ``normalize`` and ``random_erasing``, which work on floats. A specification (``spec``) is ``{"steps": […]}``.
Pure data: the torch side is ``torchwire_modules.vision.transform_ops``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from torchwire.data_types.json_files import read_json, write_json
from torchwire.data_types.transformation_steps import STEPS, check_step
from torchwire.errors import InvalidTransformationDirectoryError

FORMAT, VERSION = "torchwire/transformation", 1
FILE = "transformation.json"

Step = Mapping[str, Any]
Spec = Mapping[str, Any]
Mode = Literal["training", "inference"]
Size = tuple[int, int]
"""(height, width) in pixels."""


def write_transformation(folder: Path, steps: Sequence[Step]) -> None:
    """Write the steps into ``folder``."""
    for step in steps:
        check_step(step)
    write_json(folder / FILE, {"format": FORMAT, "version": VERSION, "steps": [dict(step) for step in steps]})


def read_transformation(folder: Path) -> dict[str, Any]:
    """Return the specification in ``folder``. Raises InvalidTransformationDirectoryError when there is none."""
    try:
        record = read_json(folder / FILE, format=FORMAT, version=VERSION)
        steps = record.get("steps")
        if not isinstance(steps, list):
            raise ValueError(f"its '{FILE}' has no list of steps")
        for step in steps:
            check_step(step)
    except ValueError as error:
        raise InvalidTransformationDirectoryError(
            f"This is no image transformation: {error}.", hint="Wire the output of Init Image Transformation."
        ) from error
    return {"steps": steps}


def describe(step: Step) -> str:
    """The step in a few words, e.g. ``Resize the shorter side to 256 px``."""
    return STEPS[step["name"]].text(step)


def is_random(step: Step) -> bool:
    """Whether the step draws random numbers."""
    return STEPS[step["name"]].random


def without_random(spec: Spec) -> dict[str, Any]:
    """The specification for inference: random steps are dropped, and images keep the size they had in training.

    A random crop becomes a centre crop of its size. A random resized crop becomes the square of its size from the
    middle of the image, after a resize of the shorter side to that size (``torchvision``'s evaluation presets do the
    same, less a margin). The other random steps keep an image's size and are left out.
    """
    steps: list[dict[str, Any]] = []
    for step in spec["steps"]:
        steps += [dict(step)] if not is_random(step) else STEPS[step["name"]].at_inference(step)
    return {"steps": steps}


def applied(spec: Spec, mode: Mode) -> dict[str, Any]:
    """The entry that an image directory carries when ``spec`` was applied to it."""
    return {"mode": mode, "spec": {"steps": list(spec["steps"])} if mode == "training" else without_random(spec)}


def for_inference(transformations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same transformations of an image directory without their random steps, e.g. to store beside a model."""
    return [applied(entry["spec"], "inference") for entry in transformations]


def all_steps(transformations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps of all of a directory's transformations as one list, in the order they run.

    Steps on floats come last, as they must; of several ``normalize`` steps only the last one counts.
    """
    steps = [dict(step) for entry in transformations for step in entry["spec"]["steps"]]
    floats = [step for step in steps if STEPS[step["name"]].on_floats]
    normalize = [step for step in floats if step["name"] == "normalize"][-1:]
    others = [step for step in floats if step["name"] != "normalize"]
    return [step for step in steps if not STEPS[step["name"]].on_floats] + normalize + others


def output_size(steps: Sequence[Step], size: Size | None = None) -> Size | None:
    """The (height, width) that ``steps`` give to an image of ``size``; without it, the size they give to every image.

    None when that differs from image to image.
    """
    for step in steps:
        size = STEPS[step["name"]].resized(step, size)
    return size
