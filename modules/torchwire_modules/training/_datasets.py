"""Open and check the image directories of a node, and make batches of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchwire.data_types.image_directory import ImageDirectory
from torchwire.data_types.transformation import output_size
from torchwire.errors import InvalidDatasetError, NotLabeledDatasetError, TorchwireError
from torchwire_modules.training._batches import Batches
from torchwire_modules.training._distributed import ALONE, World
from torchwire_modules.training._pixel_cache import PixelCache, key_of
from torchwire_modules.training._pixels import PixelStore
from torchwire_modules.training.loading import Loading, sized
from torchwire_modules.vision.transform_ops import Transform

TITLES = {"training_dataset": "training dataset", "validation_dataset": "validation dataset", "dataset": "dataset"}


@contextmanager
def at_port(port: str) -> Iterator[None]:
    """Say in every TorchwireError from within that it is about ``port``, unless it says so already."""
    try:
        yield
    except TorchwireError as error:
        error.port = error.port or port
        raise


@dataclass(frozen=True)
class ImageSet:
    """The images wired to ``port`` and what happens to them on the way into a network; all end with one size."""

    port: str
    images: ImageDirectory
    transform: Transform
    image_size: tuple[int, int]

    @classmethod
    def open(cls, port: str, folder: Path, *, train: bool, labelled: bool = True) -> ImageSet:
        """Open and check ``folder``.

        Raises InvalidDatasetError when it is no image directory, is empty, or its images end with different sizes;
        NotLabeledDatasetError when it must be ``labelled`` and isn't.
        """
        with at_port(port):
            images = ImageDirectory.open(folder)
            if labelled and not images.labelled:
                raise NotLabeledDatasetError(
                    f"The {TITLES[port]} has no labels.",
                    hint="Put the images in one folder per category before Convert to Image Directory.",
                )
            if not images.total:
                raise InvalidDatasetError(
                    f"The {TITLES[port]} holds no images.",
                    hint="Look at the fraction in Split Image Directory, and at the report of skipped files.",
                )
            transform = Transform(images.transformations, train=train)
            return cls(port, images, transform, one_size(images, transform, TITLES[port]))

    def store(
        self, scratch: Path, *, budget: int | None = None, cache: PixelCache | None = None, sharers: int = 1
    ) -> PixelStore:
        """Where its decoded pixels are kept, in a file of the folder ``scratch``; ``budget`` 0 keeps none.

        Unless it is given, the budget is half of what the disk has left, for all ``sharers`` of the disk together.
        With ``cache`` they are taken from there if another node has left them, and left there for the next.
        """
        key = "" if cache is None else key_of(self.images.digests, self.transform.decoding)
        if budget is None:
            budget = shutil.disk_usage(scratch).free // (2 * sharers)
        file = scratch / f"{self.port}.pixels"
        return PixelStore(self.images.paths, self.transform.decode, file, budget, cache=cache, key=key)

    @property
    def pixel_bytes(self) -> int:
        """What one decoded image takes before its random steps; the largest one, where they differ."""
        size = output_size(self.transform.decoding)
        if size is None:
            import pyarrow.compute as pc  # late: it takes a while

            records = self.images.records
            pixels = pc.multiply(pc.cast(records["height"], "int64"), records["width"])
            largest = records.slice(pc.index(pixels, pc.max(pixels)).as_py(), 1).to_pylist()[0]
            size = output_size(self.transform.decoding, (largest["height"], largest["width"]))
        assert size is not None  # noqa: S101 - known for a known start
        return 3 * size[0] * size[1]

    def batches(
        self,
        store: PixelStore,
        batch_size: int,
        *,
        cores: int = 1,
        seed: int = 0,
        shuffle: bool = False,
        loading: Loading | None = None,
        device: str = "cpu",
        world: World = ALONE,
    ) -> Batches:
        """The images of ``store`` in batches, transformed; ``loading`` follows from the ``cores`` unless given."""
        return Batches(
            store,
            self.images.labels,
            self.transform.finish,
            batch_size=batch_size,
            seed=seed,
            shuffle=shuffle,
            loading=loading or sized(cores, device, batch_size * self.pixel_bytes),
            device=device,
            world=world,
        )


def one_size(images: ImageDirectory, transform: Transform, title: str) -> tuple[int, int]:
    """The (height, width) that all images end with. Raises InvalidDatasetError, naming two images, when they differ."""
    if transform.output_size is not None:
        return transform.output_size
    table = (
        images.records.select(["height", "width", "path"]).group_by(["height", "width"]).aggregate([("path", "min")])
    )
    ends: dict[tuple[int, int], str] = {}
    for row in table.sort_by("path_min").to_pylist():
        ends.setdefault(transform.size_of((row["height"], row["width"])), row["path_min"])
        if len(ends) > 1:
            (first, one), (second, other) = list(ends.items())[:2]
            raise InvalidDatasetError(
                f"The images of the {title} end with different sizes: '{one}' is {first[1]}×{first[0]} pixels and "
                f"'{other}' {second[1]}×{second[0]}.",
                hint="Put Apply Image Transformation in front, with 'Center crop' on in Init Image Transformation.",
            )
    return next(iter(ends))


def check_categories(training: ImageSet, validation: ImageSet) -> None:
    """Raise InvalidDatasetError unless both have the same categories."""
    ours, theirs = training.images.categories, validation.images.categories
    if ours == theirs:
        return
    missing, spare = _listed(set(ours) - set(theirs)), _listed(set(theirs) - set(ours))
    found = [f"it lacks {missing}" if missing else "", f"it also has {spare}" if spare else ""]
    raise InvalidDatasetError(
        "The validation dataset's categories differ from the training dataset's: "
        f"{' and '.join(filter(None, found)) or 'their order differs'}.",
        hint="Take both from one Split Image Directory.",
        port="validation_dataset",
    )


def category_counts(images: ImageDirectory) -> list[int]:
    """Images per category, in the order of the categories."""
    return [int(images.counts.get(name, 0)) for name in images.categories]


def _listed(names: Sequence[str] | set[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in sorted(names)[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def pixel_cache(settings: Mapping[str, Any]) -> PixelCache | None:
    """The operator's cache of decoded images; None where there is none, or no room is given to it."""
    folder, budget = settings.get("pixel_cache_folder"), settings.get("pixel_cache_bytes", 0)
    return PixelCache(Path(folder), int(budget)) if folder and budget else None
