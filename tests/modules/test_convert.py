"""Convert to Image Directory: every file is read or reported, and what comes out can be relied on."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.modules.fake_context import FakeContext, digest_of, run_module
from tests.modules.pictures import (
    BLUE,
    RED,
    animation,
    converted,
    encoded,
    half_and_half,
    labelled_folder,
    noise,
    rotated_jpeg,
    sixteen_bit_colour,
    sixteen_bit_grey,
    write_files,
)
from torchwire.data_types.any_directory import write_reference
from torchwire.data_types.image_directory import ImageDirectory
from torchwire.errors import FileOpenError, InvalidArchiveError, InvalidDatasetError, RunCancelled, TooManyPixelsError
from torchwire_modules.data.convert import ConvertToImageDirectory


def pixels_of(directory: ImageDirectory, image_id: str) -> np.ndarray:
    record = next(record for record in directory.iter_records() if record.id == image_id)
    with Image.open(directory.folder / record.path) as image:
        assert image.mode == "RGB"
        assert image.getexif().get(0x0112, 1) == 1
        assert image.size == (record.width, record.height)
        return np.asarray(image)


def close_to(pixel: np.ndarray, colour: tuple[int, ...], by: int = 12) -> bool:
    return bool(np.abs(pixel.astype(int) - np.array(colour)).max() <= by)


ODD = {
    "cmyk.jpg": encoded(half_and_half().convert("CMYK"), "JPEG", quality=95),
    "palette.png": encoded(half_and_half().quantize(4)),
    "palette-with-hole.png": encoded(half_and_half().quantize(4), transparency=0),
    "grey.png": encoded(Image.new("L", (6, 4), 77)),
    "grey-alpha.png": encoded(Image.new("LA", (6, 4), (0, 0))),
    "alpha.png": encoded(Image.new("RGBA", (6, 4), (0, 0, 0, 0))),
    "alpha.webp": encoded(Image.new("RGBA", (6, 4), (0, 0, 0, 0)), "WEBP"),
    "bilevel.png": encoded(Image.new("1", (6, 4), 1)),
    "sixteen.png": sixteen_bit_grey(),
    "sixteen-rgb.png": sixteen_bit_colour(),
    "sixteen.tif": encoded(Image.fromarray(np.full((3, 3), 25700, dtype=np.uint16)), "TIFF"),
    "float.tiff": encoded(Image.fromarray(np.full((3, 3), 0.5, dtype=np.float32)), "TIFF"),
    "animated.png": animation(),
    "pages.tif": encoded(noise(1), "TIFF", save_all=True, append_images=[noise(2)]),
    "deep.pgm": b"P5 2 1 65535\n\x00\x00\xff\xff",
    "plain.ppm": b"P3 1 1 255\n220 30 30\n",
}


def test_odd_images_come_out_as_eight_bit_rgb(tmp_path: Path) -> None:
    source = write_files(
        tmp_path / "in", {f"odd/{name}": content for name, content in ODD.items()} | {"other/1.png": encoded(noise(9))}
    )
    directory = converted(tmp_path, source)
    assert directory.report["skipped"] == []
    assert directory.report["converted"] == len(ODD)
    by_id = {image_id: pixels_of(directory, image_id) for image_id in directory.ids}
    assert close_to(by_id["cmyk"][4, 2], RED)
    assert close_to(by_id["palette"][4, 9], BLUE)
    assert by_id["grey"].tolist() == np.full((4, 6, 3), 77).tolist()
    for transparent in ("grey-alpha", "alpha", "alpha-2"):
        assert (by_id[transparent] == 255).all()
    assert (by_id["bilevel"] == 255).all()
    assert by_id["sixteen"][0].tolist() == [[0] * 3, [100] * 3, [200] * 3, [255] * 3]
    assert by_id["sixteen-rgb"][0, 0].tolist() == [255, 0, 0]
    assert (by_id["sixteen-2"] == 100).all()
    assert (by_id["float"] == 128).all()
    assert close_to(by_id["animated"][0, 0], RED)
    assert (by_id["pages"] == np.asarray(noise(1))).all()
    assert by_id["deep"][0].tolist() == [[0] * 3, [255] * 3]
    assert by_id["plain"][0, 0].tolist() == list(RED)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_come_out_upright(tmp_path: Path, orientation: int) -> None:
    source = write_files(tmp_path / "in", {"photo.jpg": rotated_jpeg(orientation)})
    directory = converted(tmp_path, source)
    upright = pixels_of(directory, "photo")
    assert upright.shape[:2] == ((8, 12) if orientation < 5 else (12, 8))
    expected = np.asarray(half_and_half())
    if orientation >= 5:
        expected = expected.transpose(1, 0, 2)
    if orientation in (2, 3):
        expected = expected[:, ::-1]
    if orientation in (7, 8):
        expected = expected[::-1]
    assert close_to(upright[1, 1], tuple(expected[1, 1].tolist()), by=30)
    assert close_to(upright[-2, -2], tuple(expected[-2, -2].tolist()), by=30)


KEPT = {
    "a.jpg": encoded(noise(1), "JPEG"),
    "b.JPEG": encoded(noise(2), "JPEG", progressive=True),
    "c.PNG": encoded(noise(3)),
    "d.bmp": encoded(noise(4), "BMP"),
    "e.ppm": encoded(noise(5), "PPM"),
    "f.tiff": encoded(noise(6), "TIFF"),
    "g.webp": encoded(noise(7), "WEBP", lossless=True),
}


def test_ordinary_images_keep_their_bytes(tmp_path: Path) -> None:
    directory = converted(tmp_path, write_files(tmp_path / "in", KEPT))
    assert directory.report["converted"] == 0
    assert [path.name for path in directory.paths] == [name.lower() for name in KEPT]
    for record, content in zip(directory.iter_records(), KEPT.values(), strict=True):
        assert (directory.folder / record.path).read_bytes() == content
        assert record.sha256 == hashlib.sha256(content).hexdigest()


def test_photos_of_several_pictures_keep_the_first(tmp_path: Path) -> None:
    photo = encoded(noise(1), "MPO", save_all=True, append_images=[noise(2)])
    directory = converted(tmp_path, write_files(tmp_path / "in", {"phone.jpg": photo}))
    assert directory.report["wrong_endings"] == []
    assert directory.paths[0].read_bytes() == photo


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 50)])
def test_tiny_images_are_fine(tmp_path: Path, size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, RED)
    files = {f"{format}.jpg": encoded(image, format) for format in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")}
    assert converted(tmp_path, write_files(tmp_path / "in", files)).total == len(files)


def test_damaged_exif_says_nothing_against_the_pixels(tmp_path: Path) -> None:
    photo = encoded(noise(1), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff broken")
    assert converted(tmp_path, write_files(tmp_path / "in", {"a.jpg": photo})).total == 1


def test_a_category_without_a_usable_image_leaves_no_folder(tmp_path: Path) -> None:
    source = write_files(
        tmp_path / "in", {"a/1.png": encoded(noise(1)), "b/2.png": encoded(noise(2)), "c/bad.png": b"?"}
    )
    directory = converted(tmp_path, source)
    assert directory.categories == ("a", "b")
    assert not (directory.folder / "c").exists()


def test_bad_files_are_left_out_and_named(tmp_path: Path) -> None:
    jpeg = encoded(noise(1, 64, 64), "JPEG")
    png = encoded(noise(2, 64, 64))
    bad = {
        "rose/empty.jpg": b"",
        "rose/text.png": b"not an image at all",
        "rose/cut.jpg": jpeg[: len(jpeg) // 2],
        "rose/cut.png": png[: len(png) // 2],
        "rose/flipped.png": png[:200] + bytes([png[200] ^ 255]) + png[201:],
        "rose/header.jpg": jpeg[:20],
        "rose/pdf.tif": b"%PDF-1.4",
        "rose/script.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
    }
    source = write_files(tmp_path / "in", bad | {"rose/good.jpg": jpeg, "tulip/good.png": png})
    directory = converted(tmp_path, source)
    assert [path.name for path in directory.paths] == ["good.jpg", "good.png"]
    reasons = {entry["path"]: entry["reason"] for entry in directory.report["skipped"]}
    assert set(reasons) == set(bad)
    assert reasons["rose/empty.jpg"] == "it is empty (0 bytes)"
    assert reasons["rose/text.png"] == reasons["rose/script.jpg"] == "it is no image in a format that is known"
    assert "cut short" in reasons["rose/cut.jpg"]
    assert "object at 0x" not in str(reasons)


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    source = write_files(
        tmp_path / "in", {"a/big.png": encoded(Image.new("RGB", (200, 100))), "b/1.png": encoded(noise(1))}
    )
    ctx = FakeContext(tmp_path / "run", {"input_dataset": source}, settings={"max_image_pixels": 10_000})
    outputs = run_module(ConvertToImageDirectory, ctx)
    report = ImageDirectory.open(outputs["output_image_directory"]).report
    assert report["skipped"][0]["path"] == "a/big.png"
    assert "200×100 pixels, more than the 10,000" in report["skipped"][0]["reason"]
    strict = FakeContext(tmp_path / "strict", {"input_dataset": source}, settings={"max_image_pixels": 10_000})
    with pytest.raises(TooManyPixelsError, match=r"a/big\.png"):
        run_module(ConvertToImageDirectory, strict, strict=True)


def test_strict_mode_fails_at_the_first_bad_file(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"a/1.png": encoded(noise(1)), "b/bad.png": b"?"})
    with pytest.raises(InvalidDatasetError, match=r"b/bad\.png"):
        converted(tmp_path, source, strict=True)


def test_a_wrong_ending_is_put_right_and_noted(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"a.png": encoded(noise(1), "JPEG"), "b.jpg": animation()})
    directory = converted(tmp_path, source)
    assert [path.name for path in directory.paths] == ["a.jpg", "b.png"]
    assert directory.report["wrong_endings"] == [
        {"path": "a.png", "format": "JPEG"},
        {"path": "b.jpg", "format": "GIF"},
    ]


def test_duplicates_are_counted(tmp_path: Path) -> None:
    same = encoded(noise(1))
    source = write_files(
        tmp_path / "in", {"a/1.png": same, "a/2.png": same, "b/3.png": same, "b/4.png": encoded(noise(2))}
    )
    report = converted(tmp_path, source).report
    assert report["duplicates"] == 2
    assert report["contradictory_duplicates"] == 1


def test_image_folder_reads_the_output(tmp_path: Path) -> None:
    from torchvision.datasets import ImageFolder

    directory = converted(tmp_path, labelled_folder(tmp_path / "in", {"tulip": 3, "rose": 2}))
    folder = ImageFolder(str(directory.folder))
    assert tuple(folder.classes) == directory.categories == ("rose", "tulip")
    assert [(Path(path), label) for path, label in folder.samples] == list(
        zip(directory.paths, directory.labels, strict=True)
    )
    assert dict(directory.counts) == {"rose": 2, "tulip": 3}


def test_a_flat_folder_gives_an_unlabelled_directory(tmp_path: Path) -> None:
    directory = converted(tmp_path, write_files(tmp_path / "in", KEPT))
    assert not directory.labelled
    assert directory.categories == ()
    assert set(directory.labels) == {-1}


def test_parts_are_merged_or_chosen(tmp_path: Path) -> None:
    files = {
        f"data/{part}/{name}/1.png": encoded(noise(hash((part, name)) % 999))
        for part in ("train", "val")
        for name in "ab"
    }
    source = write_files(tmp_path / "in", files)
    merged = converted(tmp_path, source, "all")
    assert merged.report["parts"] == {"train": 2, "val": 2}
    assert [(record.path, record.split) for record in merged.iter_records()] == [
        ("a/train/1.png", "train"),
        ("a/val/1.png", "val"),
        ("b/train/1.png", "train"),
        ("b/val/1.png", "val"),
    ]
    assert converted(tmp_path, source, "val", part="val").total == 2
    with pytest.raises(InvalidDatasetError, match="no part 'test'"):
        converted(tmp_path, source, "test", part="test")


def archive_of(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(path, "w:" + path.suffix.lstrip(".").replace("tar", "")) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2"])
def test_archives_give_what_folders_give(tmp_path: Path, name: str) -> None:
    files = {
        "flowers/rose/1.jpg": KEPT["a.jpg"],
        "flowers/tulip/2.png": KEPT["c.PNG"],
        "flowers/tulip/grey.png": ODD["grey.png"],
    }
    (tmp_path / "archive").mkdir()
    archive_of(tmp_path / "archive" / name, files)
    unpacked = converted(tmp_path, write_files(tmp_path / "in", files), "folder")
    packed = converted(tmp_path, tmp_path / "archive", "packed")
    assert digest_of(packed.folder) == digest_of(unpacked.folder)


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_a_single_packed_image(tmp_path: Path, suffix: str, pack) -> None:  # type: ignore[no-untyped-def]
    source = write_files(tmp_path / "in", {f"photo.png.{suffix}": pack(encoded(noise(3, 40, 40)))})
    assert converted(tmp_path, source).ids == ["photo"]


def test_a_hostile_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    archive_of(tmp_path / "in" / "a.tar", {"rose/1.jpg": KEPT["a.jpg"], "../evil.jpg": b"?"})
    with pytest.raises(InvalidArchiveError, match="evil"):
        converted(tmp_path, tmp_path / "in")
    assert not list(tmp_path.rglob("evil.jpg"))


def test_a_member_damaged_within_a_zip_is_reported(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = archive_of(tmp_path / "in" / "a.zip", {"a/1.bmp": KEPT["d.bmp"], "b/2.png": KEPT["c.PNG"]})
    path.write_bytes(path.read_bytes().replace(KEPT["d.bmp"][60:80], bytes(20), 1))
    directory = converted(tmp_path, tmp_path / "in")
    assert directory.report["skipped"] == [{"path": "a/1.bmp", "reason": "it is damaged within the archive"}]


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = write_files(tmp_path / "secret", {"1.png": encoded(noise(1))}) / "1.png"
    source = write_files(tmp_path / "in", {"a/2.png": encoded(noise(2)), "b/3.png": encoded(noise(3))})
    (source / "a" / "1.png").symlink_to(secret)
    (source / "a" / "inside.png").symlink_to(source / "b" / "3.png")
    directory = converted(tmp_path, source)
    assert directory.report["skipped"] == [{"path": "a/1.png", "reason": "it is a link that leads out of the folder"}]
    assert directory.total == 3


def test_a_referenced_folder_is_copied_not_linked(tmp_path: Path) -> None:
    """Somebody may change it in place; what a node made must never change."""
    source = write_files(tmp_path / "in", KEPT)
    (tmp_path / "reference").mkdir()
    write_reference(tmp_path / "reference", source)
    directory = converted(tmp_path, tmp_path / "reference")
    assert {path.stat().st_nlink for path in directory.paths} == {1}
    linked = converted(tmp_path, source, "linked")
    assert {path.stat().st_nlink for path in linked.paths} == {2}


def test_a_referenced_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", KEPT)
    (tmp_path / "reference").mkdir()
    write_reference(tmp_path / "reference", source)
    source.rename(tmp_path / "moved")
    with pytest.raises(FileOpenError, match="can't be opened"):
        converted(tmp_path, tmp_path / "reference")


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"?"}, {"a/bad.jpg": b"?", "b/bad.jpg": b""}])
def test_a_data_set_without_images_is_an_error(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(InvalidDatasetError, match="no usable image") as caught:
        converted(tmp_path, write_files(tmp_path / "in", files))
    assert caught.value.hint


def test_threads_change_nothing(tmp_path: Path) -> None:
    source = labelled_folder(tmp_path / "in", {"a": 30, "b": 30})
    digests = set()
    for threads in (1, 4):
        ctx = FakeContext(tmp_path / str(threads), {"input_dataset": source}, threads=threads)
        digests.add(digest_of(run_module(ConvertToImageDirectory, ctx)["output_image_directory"]))
        assert ctx.progress_calls[-1][:2] == (60, 60)
    assert len(digests) == 1


def test_cancelling_stops_it(tmp_path: Path) -> None:
    source = labelled_folder(tmp_path / "in", {"a": 30, "b": 30})
    ctx = FakeContext(tmp_path / "run", {"input_dataset": source}, cancel_when=lambda ctx: len(ctx.progress_calls) >= 5)
    with pytest.raises(RunCancelled):
        run_module(ConvertToImageDirectory, ctx)
    assert len(ctx.progress_calls) == 5
