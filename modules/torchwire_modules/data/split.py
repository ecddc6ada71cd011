"""Split Image Directory: divide images at random, the same way every time for the same seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import floor
from random import Random

from torchwire.data_types.image_directory import ImageDirectory, write_image_directory
from torchwire.errors import InvalidDatasetError
from torchwire.module_api import (
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
    flag,
    input,
    integer,
    module,
    number,
    output,
)
from torchwire_modules.data._linking import link_images


@module(
    "split-image-directory",
    title="Split Image Directory",
    category="Computer Vision / Image Data Transformation",
)
class SplitImageDirectory(Module):
    """Divide an image directory in two at random, for example into images to train on and images to test on.

    No image is in both outputs and none is lost. Both outputs keep all categories and what was attached to the images.
    """

    input_image_directory = input(IMAGE_DIRECTORY, label="Input image directory", help="The images to divide.")
    fraction = number(
        0.9,
        minimum=0,
        maximum=1,
        label="Fraction of images in the first output",
        help="How many of the images go to the first output, from 0 to 1; rounded down to whole images.",
    )
    random_seed = integer(
        0, label="Random seed", help="The same number divides the same images the same way.", group="Advanced"
    )
    stratified = flag(
        True,
        label="Stratified",
        group="Advanced",
        help="Divide every category by the fraction, so that both outputs have the same mix of categories.",
    )
    output_image_directory1 = output(
        IMAGE_DIRECTORY, label="Output image directory 1", help="The fraction of the images."
    )
    output_image_directory2 = output(IMAGE_DIRECTORY, label="Output image directory 2", help="All other images.")

    def run(self, ctx: Context) -> Outputs:
        """Divide. Raises InvalidDatasetError when an output would have no image."""
        images = ImageDirectory.open(ctx.input("input_image_directory"))
        groups = images.labels if self.stratified and images.labelled else [0] * images.total
        first = choose(groups, self.fraction, self.random_seed)
        second = sorted(set(range(images.total)) - set(first))
        self._check_both(len(first), len(second))
        folders = [ctx.output_folder(f"output_image_directory{number}") for number in (1, 2)]
        from torchwire.data_types.columns import number_column  # late: it loads numpy and pyarrow

        tables = [images.records.take(number_column(rows)) for rows in (first, second)]
        parts = zip(folders, tables, strict=True)
        link_images(ctx, [(images, folder, table.column("path").to_pylist()) for folder, table in parts])
        for folder, table in zip(folders, tables, strict=True):
            write_image_directory(folder, table, images.categories, images.labelled, images.transformations)
        ctx.log(f"{len(first):,} images in the first output, {len(second):,} in the second.")
        return {"output_image_directory1": folders[0], "output_image_directory2": folders[1]}

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """How many images each output gets; of which category only where every category is divided by itself."""
        images = known.input("input_image_directory")
        first, second = "output_image_directory1", "output_image_directory2"
        if images.images is None:
            shared = replace(images, exact=False) if images is not UNKNOWN else UNKNOWN
            return {first: shared, second: shared}
        if not (self.stratified and images.labelled):
            share = shares({0: images.images}, self.fraction)[0]
            rest = replace(images, exact=False, counts=None)
            return {first: replace(rest, images=share), second: replace(rest, images=images.images - share)}
        if images.counts is None:
            share = shares({0: images.images}, self.fraction)[0]
            rest = replace(images, exact=False)
            return {first: replace(rest, images=share), second: replace(rest, images=images.images - share)}
        names = list(images.counts)
        taken = shares(dict(enumerate(images.counts.values())), self.fraction)
        ours = {name: taken[number] for number, name in enumerate(names)}
        theirs = {name: images.counts[name] - ours[name] for name in names}
        return {
            port: replace(images, exact=False, counts=counts, images=sum(counts.values()))
            for port, counts in ((first, ours), (second, theirs))
        }

    def remarks(self, known: Known) -> Iterable[Remark]:
        """An output that gets no image."""
        images = known.input("input_image_directory").images
        none = self.fraction in (0, 1) if images is None else shares({0: images}, self.fraction)[0] in (0, images)
        if not none or images == 0:
            return
        found = self.foresee(known)["output_image_directory1"].images
        which = "first" if self.fraction == 0 or found == 0 else "second"
        of = "" if images is None else f" of {images:,} images"
        better = next((f for f in (0.9, 0.8, 0.5) if images is None or 0 < shares({0: images}, f)[0] < images), None)
        yield Remark(
            "empty-split",
            "error",
            f"The {which} output gets no image: the first one takes {self.fraction:g}{of}.",
            parameter="fraction",
            fix=None if better is None else Fix(f"Set the fraction to {better:g}", (Change("fraction", better),)),
        )

    def _check_both(self, first: int, second: int) -> None:
        if first and second:
            return
        raise InvalidDatasetError(
            f"The {'second' if first else 'first'} output would have no image: "
            f"{self.fraction:g} of {first + second:,} images, rounded down, is {first:,}.",
            hint="Choose a fraction between 0 and 1 that leaves images on both sides, or leave out the Split.",
            parameter="fraction",
        )


def choose(groups: list[int], fraction: float, seed: int) -> list[int]:
    """Choose the positions that go to the first output, in ascending order: floor(fraction * number of images) of them.

    Each group (equal numbers in ``groups``) gives its own share; what rounding leaves over goes to the groups with the
    largest remainders, of equal ones first to the largest group. The share is that of the decimal number as written:
    0.9 of 10 is 9, whatever binary says.
    """
    draw = Random(seed)  # noqa: S311 - a split, not a secret
    members: dict[int, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group, []).append(position)
    counts = shares({group: len(positions) for group, positions in members.items()}, fraction)
    chosen: list[int] = []
    for group in sorted(members):
        chosen += draw.sample(members[group], counts[group])
    return sorted(chosen)


def shares(sizes: Mapping[int, int], fraction: float) -> dict[int, int]:
    """How many of each group go to the first output, by the rule of ``choose``; ``sizes`` counts each group."""
    share = Fraction(str(fraction))
    quotas = {group: share * size for group, size in sizes.items()}
    counts = {group: floor(quota) for group, quota in quotas.items()}
    left_over = floor(share * sum(sizes.values())) - sum(counts.values())
    by_remainder = sorted(quotas, key=lambda group: (counts[group] - quotas[group], -sizes[group], group))
    for group in by_remainder[:left_over]:
        counts[group] += 1
    return counts
