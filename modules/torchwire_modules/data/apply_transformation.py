"""Apply Image Transformation: let a transformation travel with images, for training or for inference."""

from __future__ import annotations

from torchwire.data_types.image_directory import ImageDirectory, write_image_directory
from torchwire.data_types.transformation import Mode, applied, describe, read_transformation
from torchwire.module_api import (
    IMAGE_DIRECTORY,
    REQUIRED,
    TRANSFORMATION_DIRECTORY,
    Context,
    Module,
    Outputs,
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
