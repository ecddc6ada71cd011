"""Transformations on pixels: torchvision's results, the same for the same seed however they are batched."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from tests.modules.pictures import noise
from torchwire.data_types.transformation import output_size
from torchwire.errors import InvalidDatasetError
from torchwire_modules.vision.transform_ops import Transform, build, seed_for

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
NORMALIZE = {"name": "normalize", "mean": MEAN, "std": STD}
HOW = {"interpolation": "bilinear"}
CROP = {"scale": [0.08, 1.0], "ratio": [0.75, 4 / 3]}
RANDOM: list[dict[str, Any]] = [
    {"name": "random_resized_crop", "size": 32, **CROP, **HOW},
    {"name": "random_crop", "size": 28},
    {"name": "random_horizontal_flip", "p": 0.5},
    {"name": "random_vertical_flip", "p": 0.5},
    {"name": "color_jitter", "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1},
    {"name": "random_rotation", "degrees": 40, **HOW},
    {"name": "random_affine", "degrees": 40, **HOW},
    {"name": "random_grayscale", "p": 0.5},
    {"name": "random_perspective", "p": 0.5, "distortion": 0.5, **HOW},
    {"name": "random_erasing", "p": 0.5, "scale": [0.02, 0.33], "ratio": [0.3, 3.3]},
]


def entries(*steps: dict[str, Any], mode: str = "training") -> list[dict[str, Any]]:
    return [{"mode": mode, "spec": {"steps": list(steps)}}]


def batch(images: list[Image.Image], transform: Transform) -> torch.Tensor:
    return torch.from_numpy(np.stack([transform.prepare(image) for image in images])).permute(0, 3, 1, 2)


@pytest.mark.parametrize("size", [(60, 40), (40, 60), (33, 33), (17, 90)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
def test_fixed_steps_equal_torchvision(size: tuple[int, int], interpolation: str) -> None:
    image = noise(1, *size)
    steps: list[dict[str, Any]] = [
        {"name": "resize", "size": 32, "interpolation": interpolation},
        {"name": "center_crop", "size": 40},
        {"name": "pad", "padding": 3},
        {"name": "grayscale"},
        NORMALIZE,
    ]
    theirs = v2.Compose(
        [
            v2.Resize(32, v2.InterpolationMode(interpolation)),
            v2.CenterCrop(40),
            v2.Pad(3),
            v2.Grayscale(3),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )
    ours = build(entries(*steps), train=True)(image)
    assert ours.shape == (3, 46, 46)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, theirs(image))


def test_without_normalisation_pixels_go_from_0_to_1() -> None:
    pixels = build([], train=True)(Image.new("RGB", (4, 3), (255, 0, 51)))
    assert pixels[:, 0, 0].tolist() == pytest.approx([1, 0, 0.2])


@pytest.mark.parametrize("step", RANDOM, ids=lambda step: step["name"])
def test_random_steps_depend_on_the_seed_alone(step: dict[str, Any]) -> None:
    transform = Transform(entries(step, NORMALIZE), train=True)
    images, seeds = [noise(n, 40, 40) for n in range(8)], [seed_for(1, 2, n) for n in range(8)]
    together = transform.finish(batch(images, transform), seeds)
    torch.manual_seed(99)
    one_by_one = torch.stack([transform(image, seed) for image, seed in zip(images, seeds, strict=True)])
    assert torch.equal(together, one_by_one)
    again = transform.finish(batch(images, transform), [seed_for(1, 3, n) for n in range(8)])
    assert not torch.equal(together, again)


def test_all_random_steps_together() -> None:
    call = build(entries(*RANDOM, NORMALIZE), train=True, seed=5)
    image = noise(3, 40, 50)
    assert torch.equal(call(image, epoch=1, index=7), call(image, epoch=1, index=7))
    assert not torch.equal(call(image, epoch=1, index=7), call(image, epoch=2, index=7))
    assert not torch.equal(call(image, epoch=1, index=7), call(image, epoch=1, index=8))
    assert call(image).shape == (3, 28, 28)


def test_inference_is_never_random() -> None:
    transform = Transform(entries(*RANDOM, NORMALIZE), train=False)
    assert not transform.random
    assert torch.equal(transform(noise(1), 1), transform(noise(1), 2))
    assert transform.output_size == (28, 28)


def test_the_global_generators_are_left_alone() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    build(entries(*RANDOM), train=True)(noise(1))
    assert torch.equal(torch.get_rng_state(), state)


def test_steps_before_the_first_random_one_are_done_when_decoding() -> None:
    resize = {"name": "resize", "size": 20, **HOW}
    transform = Transform(entries(resize, {"name": "random_crop", "size": 16}, NORMALIZE), train=True)
    assert transform.prepare(noise(1, 60, 40)).shape == (20, 30, 3)


def test_flips_are_as_frequent_as_asked() -> None:
    transform = Transform(entries({"name": "random_horizontal_flip", "p": 0.3}), train=True)
    images = torch.zeros(2000, 3, 1, 2, dtype=torch.uint8)
    images[..., 0] = 255
    flipped = transform.finish(images, [seed_for(0, 0, n) for n in range(2000)])[:, 0, 0, 1].mean()
    assert 0.26 < flipped < 0.34


def test_random_draws_have_torchvisions_spread() -> None:
    """The mean area kept by a random resized crop, against torchvision's own."""
    from torchwire_modules.vision._tensor_steps import _box

    step = RANDOM[0]
    boxes = [_box(100, 120, step, Random(n)) for n in range(3000)]  # noqa: S311
    ours = [box[2] * box[3] for box in boxes if box is not None]
    crop = v2.RandomResizedCrop(32, scale=(0.08, 1.0), ratio=(0.75, 4 / 3))
    image = v2.functional.to_image(noise(1, 120, 100))
    theirs = [p["height"] * p["width"] for p in (crop.make_params([image]) for _ in range(3000))]
    assert np.mean(ours) == pytest.approx(np.mean(theirs), rel=0.03)


def test_images_of_different_sizes_are_an_error_that_helps() -> None:
    transform = Transform([], train=True)
    images = [torch.zeros(3, 4, 5, dtype=torch.uint8), torch.zeros(3, 4, 6, dtype=torch.uint8)]
    with pytest.raises(InvalidDatasetError, match="5×4, 6×4") as caught:
        transform.finish(images, [0, 0])
    assert "Center crop" in (caught.value.hint or "")


def test_images_of_different_sizes_may_end_with_one() -> None:
    transform = Transform(entries({"name": "random_crop", "size": 4}), train=True)
    images = [torch.zeros(3, 4, 5, dtype=torch.uint8), torch.zeros(3, 3, 6, dtype=torch.uint8)]
    assert transform.finish(images, [0, 0]).shape == (2, 3, 4, 4)


def test_the_memory_format_is_kept() -> None:
    transform = Transform(entries({"name": "random_horizontal_flip", "p": 0.5}, NORMALIZE), train=True)
    images = torch.zeros(4, 8, 8, 3, dtype=torch.uint8).permute(0, 3, 1, 2)
    assert transform.finish(images, [1, 2, 3, 4]).is_contiguous(memory_format=torch.channels_last)


def test_sizes_are_known_before_anything_runs() -> None:
    resize, crop = {"name": "resize", "size": 20, **HOW}, {"name": "center_crop", "size": 16}
    assert output_size([resize]) is None
    assert output_size([resize], (40, 60)) == (20, 30)
    assert output_size([resize, crop]) == (16, 16)
    assert output_size([crop, {"name": "pad", "padding": 2}]) == (20, 20)


def test_seeds_differ_for_every_triple() -> None:
    triples = [(s, e, i) for s in (-1, 0, 1, 2**63) for e in range(3) for i in range(50)]
    assert len({seed_for(*triple) for triple in triples}) == len(triples)
