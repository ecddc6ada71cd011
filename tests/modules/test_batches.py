import sys
import threading
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from torchwire.errors import InvalidDatasetError
from torchwire_modules.training._batches import Batches, split
from torchwire_modules.training._distributed import World
from torchwire_modules.training._pixels import Pixels, PixelStore
from torchwire_modules.training.loading import Loading
from torchwire_modules.vision.transform_ops import Transform

STEPS = [{"mode": "training", "spec": {"steps": [{"name": "random_horizontal_flip", "p": 0.5}]}}]


def numbered(path: Path) -> Pixels:
    """An image whose pixels are its number, wider for image 3."""
    number = int(path.stem)
    return np.arange(4 * (4 + (number == 3)) * 3, dtype=np.uint8).reshape(4, -1, 3) + number


def store(folder: Path, images: int = 7, budget: int | None = None) -> PixelStore:
    return PixelStore([folder / f"{n}.png" for n in range(images)], numbered, folder / "pixels", budget)


def batches(pixels: PixelStore, threads: int = 0, seed: int = 1, size: int = 2, **more: Any) -> Batches:
    finish = Transform(STEPS, train=True).finish
    given = {"seed": seed, "shuffle": True, "loading": Loading(threads, 3 + threads)} | more
    return Batches(pixels, [0] * len(pixels), finish, batch_size=size, **given)


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    def fail(path: Path) -> Pixels:
        raise OSError("truncated")

    with (
        PixelStore([tmp_path / "rose" / "1.jpg"], fail, tmp_path / "pixels") as pixels,
        pytest.raises(InvalidDatasetError, match=r"'rose/1.jpg' can't be read: truncated"),
    ):
        pixels.read(0)


@pytest.mark.parametrize("budget", [None, 0, 100])
def test_pixels_come_back_as_decoded_within_and_beyond_the_budget(tmp_path: Path, budget: int | None) -> None:
    with store(tmp_path, budget=budget) as pixels:
        for _ in range(2):
            for number in range(7):
                assert np.array_equal(pixels.read(number), numbered(Path(f"{number}.png")))


def test_each_image_is_decoded_once(tmp_path: Path) -> None:
    seen: list[Path] = []

    def decode(path: Path) -> Pixels:
        seen.append(path)
        return numbered(path)

    with PixelStore([tmp_path / "0.png", tmp_path / "1.png"], decode, tmp_path / "pixels") as pixels:
        for _ in range(3):
            pixels.gather([0, 1])
    assert len(seen) == 2
    assert not (tmp_path / "pixels").exists()


def test_images_of_one_size_come_as_one_array(tmp_path: Path) -> None:
    with store(tmp_path) as pixels:
        assert isinstance(pixels.gather([0, 1]), np.ndarray)
        assert [image.shape for image in pixels.gather([0, 3])] == [(4, 4, 3), (4, 5, 3)]


@pytest.mark.parametrize(
    ("size", "sizes"), [(3, [3, 4]), (2, [2, 2, 3]), (4, [4, 3]), (7, [7]), (9, [7]), (1, [1] * 7)]
)
def test_a_last_batch_of_one_joins_the_one_before(size: int, sizes: list[int]) -> None:
    parts = split(range(7), size, smallest=min(2, size))
    assert [len(part) for part in parts] == sizes
    assert list(chain(*parts)) == list(range(7))


def test_order_depends_on_seed_and_epoch_alone(tmp_path: Path) -> None:
    with store(tmp_path, 40) as pixels:
        first = batches(pixels)
        assert sorted(first.order(0)) == list(range(40))
        assert first.order(0) == batches(pixels, threads=2).order(0)
        assert first.order(0) != first.order(1)
        assert first.order(0) != batches(pixels, seed=2).order(0)


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_are_the_same_with_any_number_of_threads(tmp_path: Path, threads: int) -> None:
    (tmp_path / "other").mkdir()
    with store(tmp_path, 3) as one, store(tmp_path / "other", 3) as other:
        for epoch in range(2):
            pairs = zip(batches(one).epoch(epoch), batches(other, threads).epoch(epoch), strict=True)
            for ours, theirs in pairs:
                assert ours.indices == theirs.indices
                assert torch.equal(ours.images, theirs.images)


def test_an_epoch_can_begin_in_the_middle(tmp_path: Path) -> None:
    with store(tmp_path, 3) as pixels:
        whole = [batch.indices for batch in batches(pixels).epoch(4)]
        assert [batch.indices for batch in batches(pixels).epoch(4, start=1)] == whole[1:]


def test_images_are_channels_last_floats(tmp_path: Path) -> None:
    with store(tmp_path, 3) as pixels:
        batch = next(iter(batches(pixels).epoch(0)))
        assert batch.images.dtype == torch.float32
        assert batch.images.is_contiguous(memory_format=torch.channels_last)


def test_leaving_an_epoch_early_ends_its_threads(tmp_path: Path) -> None:
    with store(tmp_path, 3) as pixels:
        epoch = batches(pixels, threads=2).epoch(0)
        next(epoch)
        epoch.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("loader")]


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files where Linux shows them")
def test_no_file_stays_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    store(tmp_path).close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def of_one_size(path: Path) -> Pixels:
    return np.full((4, 4, 3), int(path.stem) % 256, dtype=np.uint8)


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("images", [12, 13, 14, 15, 17, 23])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_processes_share_each_step(tmp_path: Path, processes: int, images: int, size: int) -> None:
    files = [tmp_path / f"{n}.png" for n in range(images)]
    with PixelStore(files, of_one_size, tmp_path / "pixels") as pixels:
        shares = [batches(pixels, size=size, world=World(rank, processes), shuffle=True) for rank in range(processes)]
        told = [list(share.epoch(2)) for share in shares]
        steps = [len(one) for one in told]
        assert steps == [len(shares[0])] * processes
        for parts in zip(*told, strict=True):
            joined = [index for part in parts for index in part.indices]
            assert all(list(part.all_indices) == joined for part in parts)
            lengths = [len(part.indices) for part in parts]
            assert max(lengths) - min(lengths) <= 1
            assert min(lengths) >= min(2, size)
        assert list(chain(*(parts[0].all_indices for parts in zip(*told, strict=True)))) == shares[0].order(2)
        resumed = [batch.indices for batch in shares[-1].epoch(2, start=1)]
        assert resumed == [batch.indices for batch in told[-1][1:]]


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_validation_has_the_batches_of_one_process(tmp_path: Path, processes: int) -> None:
    files = [tmp_path / f"{n}.png" for n in range(7)]
    with PixelStore(files, of_one_size, tmp_path / "pixels") as pixels:
        alone = {batch.number: batch.indices for batch in batches(pixels, shuffle=False).epoch(0)}
        seen: dict[int, list[int]] = {}
        for rank in range(processes):
            for batch in batches(pixels, shuffle=False, world=World(rank, processes)).epoch(0):
                assert batch.number not in seen
                seen[batch.number] = batch.indices
    assert seen == alone
