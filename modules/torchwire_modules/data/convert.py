"""Convert to Image Directory: from a folder or archive of image files to images that every later node can rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from torchwire.module_api import (
    ANY_DIRECTORY,
    IMAGE_DIRECTORY,
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

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """What the names of the files tell, as if every image could be read."""
        data = known.input("input_dataset")
        if data.images is None:
            return {"output_image_directory": UNKNOWN}
        counts, images = data.counts, data.images
        if self.part != "all":
            counts = data.parts.get(self.part)
            if counts is None:
                return {"output_image_directory": UNKNOWN}
            images = sum(counts.values())
        found = Facts(
            images=images,
            labelled=data.labelled,
            categories=None if counts is None else tuple(sorted(counts)),
            counts=None if counts is None else {name: counts[name] for name in sorted(counts)},
            sizes=data.sizes,
            sampled=data.sampled,
            transformations=(),
        )
        return {"output_image_directory": found}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """A data set without images, or without the part that is asked for; test images mixed with the others."""
        data = known.input("input_dataset")
        if data.images == 0:
            text = "The data set holds no image by the names of its files."
            yield Remark("no-images", "error", text, port="input_dataset")
        elif data.images and self.part != "all" and not data.parts.get(self.part):
            yield Remark(
                "part-missing",
                "error",
                f"The data set has no part '{self.part}' with images in categories.",
                parameter="part",
                fix=Fix("Use all parts", (Change("part", "all"),)),
            )
        elif self.part == "all" and len(data.parts) > 1:
            counted = Counter({part: sum(counts.values()) for part, counts in data.parts.items()})
            listed = ", ".join(f"{part} ({count:,})" for part, count in counted.items())
            yield Remark(
                "parts-merged",
                "note",
                f"The data set comes in parts, {listed}, and all of them are put together here.",
                parameter="part",
                fix=Fix("Use the part for training alone", (Change("part", "train"),)) if counted["train"] else None,
            )
