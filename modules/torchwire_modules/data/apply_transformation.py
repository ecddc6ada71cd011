"""Apply Image Transformation: let a transformation travel with images, for training or for inference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from torchwire.data_types.image_directory import ImageDirectory, write_image_directory
from torchwire.data_types.transformation import (
    Mode,
    all_steps,
    applied,
    describe,
    output_size,
    read_transformation,
)
from torchwire.module_api import (
    IMAGE_DIRECTORY,
    REQUIRED,
    TRANSFORMATION_DIRECTORY,
    Change,
    Context,
    Facts,
    Fix,
    Known,
    Module,
    Outputs,
    Remark,
    choice,
    input,
    module,
    output,
)
from torchwire_modules.data._linking import link_images

MODES: dict[str, Mode] = {"For training": "training", "For inference": "inference"}


@module(
    "apply-image-transformation",
    title="Apply Image Transformation",
    category="Computer Vision / Image Data Transformation",
)
class ApplyImageTransformation(Module):
    """Attach an image transformation to an image directory.

    The image files stay as they are: the steps run whenever the images are read. So 'For training' draws its random
    steps anew in every epoch. 'For inference' leaves them out; a random crop becomes a crop of its size from the
    middle, so that the images keep their size. A second transformation runs after the first.
    """

    input_image_transformation = input(
        TRANSFORMATION_DIRECTORY, label="Input image transformation", help="The steps to run on every image."
    )
    input_image_directory = input(IMAGE_DIRECTORY, label="Input image directory", help="The images.")
    mode = choice(
        REQUIRED,
        options=tuple(MODES),
        label="Mode",
        help="For training keeps the random steps; for inference (validation, testing, scoring) leaves them out.",
    )
    output_image_directory = output(
        IMAGE_DIRECTORY, label="Output image directory", help="The same images, with the transformation attached."
    )

    def run(self, ctx: Context) -> Outputs:
        """Attach. Raises InvalidTransformationDirectoryError or InvalidDatasetError for an input of the wrong kind."""
        spec = read_transformation(ctx.input("input_image_transformation"))
        images = ImageDirectory.open(ctx.input("input_image_directory"))
        folder = ctx.output_folder("output_image_directory")
        entry = applied(spec, MODES[self.mode])
        link_images(ctx, [(images, folder, images.records.column("path").to_pylist())])
        write_image_directory(
            folder, images.records, images.categories, images.labelled, [*images.transformations, entry]
        )
        for step in entry["spec"]["steps"]:
            ctx.log(describe(step))
        dropped = len(spec["steps"]) - sum(step in entry["spec"]["steps"] for step in spec["steps"])
        if dropped:
            ctx.log(f"{dropped} random step{'s are' if dropped != 1 else ' is'} left out or replaced for inference.")
        return {"output_image_directory": folder}

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """The same images, with one transformation more."""
        images, transformation = known.input("input_image_directory"), known.input("input_image_transformation")
        entries = None
        if self.mode is not None and images.transformations is not None and transformation.steps is not None:
            entries = (*images.transformations, applied({"steps": transformation.steps}, MODES[self.mode]))
        by = (*images.transformed_by, transformation.node) if transformation.node else images.transformed_by
        return {"output_image_directory": replace(images, exact=False, transformations=entries, transformed_by=by)}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """Crops that reach beyond the images they are cut from."""
        images, transformation = known.input("input_image_directory"), known.input("input_image_transformation")
        if transformation.steps is None or not images.sizes or images.transformations is None:
            return
        steps = list(transformation.steps)
        if any(step["name"] in ("resize", "random_resized_crop") for step in steps):
            return  # sizes after that don't depend on the images: Init Image Transformation looks at them
        before = all_steps(images.transformations)
        for index, step in enumerate(steps):
            if step["name"] not in ("center_crop", "random_crop"):
                continue
            sizes = [size for s in images.sizes if (size := output_size([*before, *steps[:index]], s)) is not None]
            sides = [min(size) for size in sizes]
            if sides and min(sides) < step["size"]:
                fix = Fix(
                    f"Resize the images to {step['size']} px first",
                    (Change("resize", True, transformation.node), Change("size", step["size"], transformation.node)),
                )
                text = f"A crop of {step['size']} px of images with only {min(sides)} px puts a black border around."
                yield Remark("crop-larger-than-image", "warning", text, port="input_image_directory", fix=fix)
            return
