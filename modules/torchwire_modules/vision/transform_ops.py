"""Run the transformations of an image directory: from image files to float tensors, the same for the same seed.

The steps are cut in two. Decoding and the leading steps that are the same every time give 8-bit pixels, which a loop
may keep and reuse; the rest (random steps, floats, normalisation) runs on batches of such pixels. Random numbers come
from one ``random.Random`` per image, seeded by the caller, and never from torch's or numpy's global generators: the
result depends neither on threads nor on how images are batched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from torchwire.data_types.transformation import Size, all_steps, for_inference, is_random, output_size
from torchwire.data_types.transformation_steps import STEPS, shorter_side_to

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import Tensor

    Pixels = NDArray[np.uint8]
    """(height, width, 3) 8-bit RGB."""


_NO_DRAWS = Random(0)  # noqa: S311 - stands in where nothing is drawn


def seed_for(seed: int, epoch: int, index: int) -> int:
    """The seed of image ``index`` in ``epoch``: different for every triple, cheap, independent of loader threads."""
    return (seed % 2**64) << 96 | (epoch % 2**32) << 64 | index % 2**64


class Transform:
    """All the transformations of an image directory as one. ``train=False`` leaves everything random out.

    ``steps`` are those that run, in order. ``output_size`` is the (height, width) that every image ends with, None
    when that depends on the image.
    """

    def __init__(self, transformations: Sequence[Mapping[str, Any]], *, train: bool) -> None:
        self.steps = all_steps(transformations if train else for_inference(transformations))
        self.output_size = output_size(self.steps)
        same = next((at for at, step in enumerate(self.steps) if not _is_pixel_step(step)), len(self.steps))
        self._prefix, self._suffix = self.steps[:same], self.steps[same:]

    @property
    def decoding(self) -> list[Mapping[str, Any]]:
        """The leading steps that are the same every time, which ``decode`` runs."""
        return list(self._prefix)

    @property
    def random(self) -> bool:
        """Whether two epochs can see different pixels."""
        return any(map(is_random, self.steps))

    def size_of(self, size: Size) -> Size:
        """The (height, width) that an image of ``size`` ends with."""
        end = output_size(self.steps, size)
        assert end is not None  # noqa: S101 - known for a known start
        return end

    def decode(self, path: Path) -> Pixels:
        """Read an image and run the leading steps that are the same every time. No torch; for any thread.

        Raises OSError when the file can't be decoded.
        """
        from torchwire.data_types.images import open_image

        with open_image(path) as image:
            return self.prepare(image)

    def prepare(self, image: Image) -> Pixels:
        """Run the leading steps that are the same every time."""
        import numpy as np

        image = image if image.mode == "RGB" else image.convert("RGB")
        for step in self._prefix:
            image = _PIXEL_STEPS[step["name"]](image, step)
        return np.array(image, dtype=np.uint8)

    def finish(self, images: Tensor | Sequence[Tensor], seeds: Sequence[int]) -> Tensor:
        """Run the other steps: from uint8 (n, 3, height, width), or a list of (3, height, width), to float32.

        What comes back is (n, 3, h, w), in the memory format of the batch. ``seeds`` has one seed per image (see
        ``seed_for``); where nothing is random it isn't looked at. ``images`` may be overwritten. Raises
        InvalidDatasetError when sizes differ at the end.
        """
        from torchwire_modules.vision import _tensor_steps

        draws = [Random(seed) for seed in seeds] if self.random else [_NO_DRAWS] * len(images)  # noqa: S311
        return _tensor_steps.run(self._suffix, images, draws)

    def __call__(self, image: Image, seed: int = 0) -> Tensor:
        """One image through all steps: a float32 tensor (3, height, width)."""
        import torch

        pixels = torch.from_numpy(self.prepare(image)).permute(2, 0, 1)
        return self.finish(pixels[None], [seed])[0]


def build(transformations: Sequence[Mapping[str, Any]], *, train: bool, seed: int = 0) -> Callable[..., Tensor]:
    """Return ``transform(image, epoch=0, index=0)``: from a PIL image to a float32 tensor (3, height, width).

    ``transformations`` are those an image directory carries. The same seed, epoch and index give the same tensor.
    """
    transform = Transform(transformations, train=train)

    def call(image: Image, epoch: int = 0, index: int = 0) -> Tensor:
        return transform(image, seed_for(seed, epoch, index))

    return call


def _is_pixel_step(step: Mapping[str, Any]) -> bool:
    return not is_random(step) and not STEPS[step["name"]].on_floats


def _resize(image: Image, step: Mapping[str, Any]) -> Image:
    from PIL import Image as Pillow

    size = shorter_side_to(step, (image.height, image.width))
    assert size is not None  # noqa: S101 - known for a known start
    height, width = size
    if (height, width) == (image.height, image.width):
        return image
    return image.resize((width, height), Pillow.Resampling[step["interpolation"].upper()])


def _center_crop(image: Image, step: Mapping[str, Any]) -> Image:
    side = step["size"]
    left, top = _middle(image.width, side), _middle(image.height, side)
    return image.crop((left, top, left + side, top + side))  # black where it reaches beyond the image


def _middle(length: int, side: int) -> int:
    return round((length - side) / 2) if length >= side else -((side - length) // 2)


def _pad(image: Image, step: Mapping[str, Any]) -> Image:
    by = step["padding"]
    return image.crop((-by, -by, image.width + by, image.height + by))


def _grayscale(image: Image, step: Mapping[str, Any]) -> Image:
    return image.convert("L").convert("RGB")


_PIXEL_STEPS: dict[str, Callable[[Image, Mapping[str, Any]], Image]] = {
    "resize": _resize,
    "center_crop": _center_crop,
    "pad": _pad,
    "grayscale": _grayscale,
}
