"""Convert to Image Directory: from a folder or archive of image files to images that every later node can rely on."""

from __future__ import annotations

from torchwire.module_api import (
    ANY_DIRECTORY,
    IMAGE_DIRECTORY,
    Context,
    Module,
    Outputs,
    choice,
    flag,
    input,
    module,
    output,
)

PARTS = ("all", "train", "val", "test")


@module(
    "convert-to-image-directory",
    title="Convert to Image Directory",
    category="Computer Vision / Image Data Transformation",
    libraries=("pillow",),
)
class ConvertToImageDirectory(Module):
    """Make an image directory of a folder or archive of images.

    The folder that an image lies in is its category; images that lie in no folder make an unlabelled directory. One
    wrapping folder is seen through, and top folders named train, val and test are merged. All images come out as
    upright 8-bit RGB. Files that can't be read are left out, and the report says which and why.
    """

    input_dataset = input(ANY_DIRECTORY, label="Input dataset", help="A folder of images, or an archive of one.")
    output_image_directory = output(IMAGE_DIRECTORY, label="Output image directory", help="The images that were read.")
    strict = flag(
        False,
        label="Strict",
        group="Advanced",
        help="Fail at the first image that can't be used, instead of leaving it out and reporting it.",
    )
    part = choice(
        "all",
        options=PARTS,
        label="Part to use",
        group="Advanced",
        help="Where the top folders are train, val and test: take the images of all of them, or of one.",
    )

    def run(self, ctx: Context) -> Outputs:
        """Convert. Raises InvalidDatasetError when no image is left (or, if strict, one is bad), InvalidArchiveError,
        FileOpenError, and TooManyPixelsError if strict."""
        from torchwire_modules.data._conversion import Conversion  # late: it needs Pillow and numpy

        folder = ctx.output_folder("output_image_directory")
        Conversion(ctx, folder, strict=self.strict, part=self.part).run()
        return {"output_image_directory": folder}
