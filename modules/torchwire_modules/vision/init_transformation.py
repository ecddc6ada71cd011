"""Init Image Transformation: put together the steps that images go through before a model sees them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from torchwire.data_types.preview import SAMPLES
from torchwire.data_types.transformation import applied, describe, write_transformation
from torchwire.data_types.transformation_steps import INTERPOLATIONS
from torchwire.errors import OutOfRangeError, ParameterParseError, TorchwireError
from torchwire.module_api import (
    TRANSFORMATION_DIRECTORY,
    UNKNOWN,
    Change,
    Context,
    Facts,
    Fix,
    Known,
    Module,
    Outputs,
    Remark,
    choice,
    flag,
    integer,
    module,
    number,
    output,
    text,
)

LARGEST = 16384


@module(
    "init-image-transformation",
    title="Init Image Transformation",
    category="Computer Vision / Image Data Transformation",
    libraries=("torch", "torchvision"),
)
class InitImageTransformation(Module):
    """Put together an image transformation: resizing, cropping, random variation, normalisation.

    The steps run in the order of this form. Random ones vary training images anew in every epoch, and are left out
    for inference. To train in batches all images must end with one size: keep a crop switched on.
    """

    output_image_transformation = output(
        TRANSFORMATION_DIRECTORY, label="Output image transformation", help="The steps, for Apply Image Transformation."
    )
    resize = flag(True, label="Resize", help="Scale images so that the shorter side has a given size.")
    size = integer(
        256,
        minimum=1,
        maximum=LARGEST,
        label="Size",
        unit="px",
        help="Length of the shorter side; the longer one follows.",
        shown_when={"resize": True},
    )
    center_crop = flag(True, label="Center crop", help="Cut a square from the middle of the image.")
    crop_size = integer(
        224,
        minimum=1,
        maximum=LARGEST,
        label="Crop size",
        unit="px",
        help="Side of the square; smaller images are padded with black.",
        shown_when={"center_crop": True},
    )
    pad = flag(False, label="Pad", help="Add a black border on all sides.")
    padding = integer(
        0,
        minimum=0,
        maximum=LARGEST,
        label="Padding",
        unit="px",
        help="Width of the border.",
        shown_when={"pad": True},
    )
    color_jitter = flag(False, label="Color jitter", help="Vary brightness, contrast, saturation and hue at random.")
    grayscale = flag(False, label="Grayscale", help="Turn all images to grey (three equal channels).")
    random_resized_crop = flag(
        False,
        label="Random resized crop",
        help="Cut a random part (8 to 100 % of the area, aspect 3/4 to 4/3) and scale it to a square.",
    )
    random_size = integer(
        256,
        minimum=1,
        maximum=LARGEST,
        label="Random size",
        unit="px",
        help="Side of the square that the random part is scaled to.",
        shown_when={"random_resized_crop": True},
    )
    random_crop = flag(False, label="Random crop", help="Cut a square at a random place.")
    random_crop_size = integer(
        224,
        minimum=1,
        maximum=LARGEST,
        label="Random crop size",
        unit="px",
        help="Side of the square; smaller images are padded with black.",
        shown_when={"random_crop": True},
    )
    random_horizontal_flip = flag(
        True, label="Random horizontal flip", help="Mirror half of the images left to right, chosen at random."
    )
    random_vertical_flip = flag(
        False, label="Random vertical flip", help="Mirror half of the images top to bottom, chosen at random."
    )
    random_rotation = flag(False, label="Random rotation", help="Turn each image by a random angle.")
    random_rotation_degrees = integer(
        0,
        minimum=0,
        maximum=180,
        label="Random rotation degrees",
        unit="°",
        help="The largest angle, to either side.",
        shown_when={"random_rotation": True},
    )
    random_affine = flag(
        False, label="Random affine", help="Map each image by a random affine transformation that keeps its middle."
    )
    random_affine_degrees = integer(
        0,
        minimum=0,
        maximum=180,
        label="Random affine degrees",
        unit="°",
        help="The largest angle, to either side.",
        shown_when={"random_affine": True},
    )
    random_grayscale = flag(
        False, label="Random grayscale", help="Turn a tenth of the images to grey, chosen at random."
    )
    random_perspective = flag(
        False, label="Random perspective", help="Change the perspective of half of the images, chosen at random."
    )
    random_erasing = flag(
        False, label="Random erasing", help="Erase a random rectangle in half of the images, chosen at random."
    )
    normalize = flag(
        True,
        label="Normalize",
        group="Advanced",
        help="Shift and scale the colours; pretrained models need the values of ImageNet.",
    )
    mean = text(
        "0.485, 0.456, 0.406",
        label="Mean",
        group="Advanced",
        help="Red, green and blue are reduced by these, on a scale from 0 to 1.",
        shown_when={"normalize": True},
    )
    std = text(
        "0.229, 0.224, 0.225",
        label="Standard deviation",
        group="Advanced",
        help="Then red, green and blue are divided by these.",
        shown_when={"normalize": True},
    )
    interpolation = choice(
        "bilinear",
        options=INTERPOLATIONS,
        label="Interpolation",
        group="Advanced",
        help="How new pixels are computed when an image is scaled, turned or warped.",
    )
    brightness = number(
        0.4,
        minimum=0,
        maximum=10,
        label="Brightness jitter",
        group="Advanced",
        help="Brightness is multiplied by a random factor from 1 - this to 1 + this.",
        shown_when={"color_jitter": True},
    )
    contrast = number(
        0.4,
        minimum=0,
        maximum=10,
        label="Contrast jitter",
        group="Advanced",
        help="Contrast is multiplied by a random factor from 1 - this to 1 + this.",
        shown_when={"color_jitter": True},
    )
    saturation = number(
        0.4,
        minimum=0,
        maximum=10,
        label="Saturation jitter",
        group="Advanced",
        help="Saturation is multiplied by a random factor from 1 - this to 1 + this.",
        shown_when={"color_jitter": True},
    )
    hue = number(
        0.1,
        minimum=0,
        maximum=0.5,
        label="Hue jitter",
        group="Advanced",
        help="Hue is shifted by up to this part of the colour circle, to either side.",
        shown_when={"color_jitter": True},
    )

    def run(self, ctx: Context) -> Outputs:
        """Write the steps and samples of what they do. Raises ParameterParseError or OutOfRangeError."""
        from torchwire_modules.vision._samples import samples

        steps = self.steps()
        folder = ctx.output_folder("output_image_transformation")
        write_transformation(folder, steps)
        record = {"samples": samples([applied({"steps": steps}, "training")])}
        (folder / SAMPLES).write_text(json.dumps(record), encoding="utf-8")
        for step in steps:
            ctx.log(describe(step))
        return {"output_image_transformation": folder}

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """The steps."""
        try:
            return {"output_image_transformation": Facts(steps=tuple(self.steps()))}
        except TorchwireError:
            return {"output_image_transformation": UNKNOWN}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """Numbers that can't be read, and crops that reach beyond the image."""
        try:
            steps = self.steps()
        except TorchwireError as error:
            yield Remark(
                "bad-number", "error", f"{error.message} {error.hint or ''}".strip(), parameter=error.parameter
            )
            return
        yield from self._of_crops(steps)

    def _of_crops(self, steps: list[dict[str, Any]]) -> Iterable[Remark]:
        side: int | None = None  # the shorter one, once it no longer depends on the image
        for step in steps:
            parameter = {"center_crop": "crop_size", "random_crop": "random_crop_size"}.get(step["name"])
            if parameter is not None and side is not None and step["size"] > side:
                title = "Crop size" if parameter == "crop_size" else "Random crop size"
                yield Remark(
                    "crop-larger-than-resize",
                    "warning",
                    f"A crop of {step['size']} px from images whose shorter side is {side} px puts a black border "
                    "around them.",
                    parameter=parameter,
                    fix=Fix(f"Set '{title}' to {side}", (Change(parameter, side),)),
                )
            if step["name"] in ("resize", "center_crop", "random_resized_crop", "random_crop"):
                side = step["size"]
            elif step["name"] == "pad" and side is not None:
                side += 2 * step["padding"]

    def steps(self) -> list[dict[str, Any]]:
        """The steps that are switched on, in order."""
        return [step for switch, step in self._all_steps() if getattr(self, switch)]

    def _all_steps(self) -> list[tuple[str, dict[str, Any]]]:
        how = {"interpolation": self.interpolation}
        jitter = {name: getattr(self, name) for name in ("brightness", "contrast", "saturation", "hue")}
        crop = {"scale": [0.08, 1.0], "ratio": [3 / 4, 4 / 3]}
        erase = {"p": 0.5, "scale": [0.02, 0.33], "ratio": [0.3, 3.3]}
        rows: list[tuple[str, Mapping[str, Any]]] = [
            ("resize", {"size": self.size, **how}),
            ("center_crop", {"size": self.crop_size}),
            ("pad", {"padding": self.padding}),
            ("color_jitter", jitter),
            ("grayscale", {}),
            ("random_resized_crop", {"size": self.random_size, **crop, **how}),
            ("random_crop", {"size": self.random_crop_size}),
            ("random_horizontal_flip", {"p": 0.5}),
            ("random_vertical_flip", {"p": 0.5}),
            ("random_rotation", {"degrees": self.random_rotation_degrees, **how}),
            ("random_affine", {"degrees": self.random_affine_degrees, **how}),
            ("random_grayscale", {"p": 0.1}),
            ("random_perspective", {"p": 0.5, "distortion": 0.5, **how}),
            ("normalize", {"mean": self._three("mean"), "std": self._three("std")} if self.normalize else {}),
            ("random_erasing", erase),
        ]
        return [(name, {"name": name, **values}) for name, values in rows]

    def _three(self, name: str) -> list[float]:
        """The parameter ``name`` as three numbers."""
        label = {"mean": "Mean", "std": "Standard deviation"}[name]
        given = str(getattr(self, name))
        try:
            values = [float(part) for part in given.replace(",", " ").split()]
        except ValueError:
            values = []
        hint = "Give three numbers, e.g. " + ("0.485, 0.456, 0.406." if name == "mean" else "0.229, 0.224, 0.225.")
        if len(values) != 3 or not all(map(isfinite, values)):
            raise ParameterParseError(
                f"Parameter '{label}' must be three numbers, not {given!r}.", hint=hint, parameter=name
            )
        if max(map(abs, values)) > 1000 or (name == "std" and min(values) < 1e-9):
            raise OutOfRangeError(f"Parameter '{label}' is {given!r}, out of its range.", hint=hint, parameter=name)
        return values
