"""Split Image Directory: nothing lost, nothing twice, the right numbers, the same every time."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.modules.fake_context import FakeContext, digest_of, run_module
from tests.modules.pictures import converted, encoded, labelled_folder, noise, write_files
from torchwire.data_types.image_directory import ImageDirectory
from torchwire.errors import InvalidDatasetError, OutOfRangeError
from torchwire_modules.data.split import SplitImageDirectory, choose


def split(tmp_path: Path, images: ImageDirectory, name: str = "split", **parameters: object) -> list[ImageDirectory]:
    ctx = FakeContext(tmp_path / name, {"input_image_directory": images.folder})
    outputs = run_module(SplitImageDirectory, ctx, **parameters)
    return [ImageDirectory.open(outputs[f"output_image_directory{number}"]) for number in (1, 2)]


@pytest.fixture
def flowers(tmp_path: Path) -> ImageDirectory:
    return converted(tmp_path, labelled_folder(tmp_path / "in", {"rose": 20, "tulip": 10, "violet": 5}))


def test_the_default_is_nine_tenths(flowers: ImageDirectory, tmp_path: Path) -> None:
    first, second = split(tmp_path, flowers)
    assert (first.total, second.total) == (31, 4)
    assert set(first.ids) | set(second.ids) == set(flowers.ids)
    assert not set(first.ids) & set(second.ids)


def test_it_is_stratified(flowers: ImageDirectory, tmp_path: Path) -> None:
    first, second = split(tmp_path, flowers, fraction=0.8)
    assert dict(first.counts) == {"rose": 16, "tulip": 8, "violet": 4}
    assert dict(second.counts) == {"rose": 4, "tulip": 2, "violet": 1}


def test_the_seed_decides(flowers: ImageDirectory, tmp_path: Path) -> None:
    digests = [
        digest_of(split(tmp_path, flowers, name, random_seed=seed)[0].folder)
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_no_bytes_are_copied(flowers: ImageDirectory, tmp_path: Path) -> None:
    first, _ = split(tmp_path, flowers)
    for record in first.iter_records():
        assert (first.folder / record.path).stat().st_ino == (flowers.folder / record.path).stat().st_ino


def test_both_sides_keep_all_categories_and_their_numbers(tmp_path: Path) -> None:
    images = converted(tmp_path, labelled_folder(tmp_path / "in", {"a": 1, "b": 8}))
    first, second = split(tmp_path, images, fraction=0.5)
    assert first.categories == second.categories == ("a", "b")
    assert sum(first.counts.values()) == 4
    for side in (first, second):
        assert all(side.categories[record.label] == record.category for record in side.iter_records())


def test_unlabelled_images_are_split_too(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {f"{n}.png": encoded(noise(n)) for n in range(10)})
    first, second = split(tmp_path, converted(tmp_path, source), fraction=0.35)
    assert (first.total, second.total, first.labelled) == (3, 7, False)


@pytest.mark.parametrize("fraction", [0, 1, 0.01])
def test_an_empty_side_is_an_error(flowers: ImageDirectory, tmp_path: Path, fraction: float) -> None:
    with pytest.raises(InvalidDatasetError, match="would have no image") as caught:
        split(tmp_path, flowers, fraction=fraction)
    assert caught.value.parameter == "fraction"


def test_a_fraction_out_of_range_is_refused(flowers: ImageDirectory, tmp_path: Path) -> None:
    with pytest.raises(OutOfRangeError):
        split(tmp_path, flowers, fraction=1.1)


def test_a_missing_file_is_named(flowers: ImageDirectory, tmp_path: Path) -> None:
    flowers.paths[0].unlink()
    with pytest.raises(InvalidDatasetError, match="rose-0"):
        split(tmp_path, flowers, fraction=0.5)


def test_the_total_is_exact_for_any_mix_of_categories() -> None:
    draw = Random(1)  # noqa: S311
    for _ in range(300):
        groups = [draw.randrange(draw.randint(1, 12)) for _ in range(draw.randint(1, 200))]
        hundredths = draw.randint(0, 100)
        chosen = choose(groups, hundredths / 100, draw.randrange(99))
        assert len(chosen) == len(set(chosen)) == hundredths * len(groups) // 100
        for group in set(groups):
            share = sum(groups[at] == group for at in chosen)
            assert abs(share - hundredths / 100 * groups.count(group)) < 1
