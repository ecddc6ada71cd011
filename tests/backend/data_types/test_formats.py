"""The formats on disk: what is written is read again, and anything else is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from torchwire.data_types.any_directory import open_root, write_reference
from torchwire.data_types.data_frame import DataFrame, write_data_frame
from torchwire.data_types.image_directory import ImageDirectory, ImageRecord, write_image_directory
from torchwire.data_types.kept import Kept
from torchwire.data_types.model import TrainedModel, UntrainedModel
from torchwire.data_types.preview import preview
from torchwire.data_types.transformation import (
    applied,
    describe,
    for_inference,
    read_transformation,
    write_transformation,
)
from torchwire.data_types.transformation_steps import check_step
from torchwire.errors import (
    FileOpenError,
    InvalidDatasetError,
    InvalidModelDirectoryError,
    InvalidTransformationDirectoryError,
    NotFoundError,
    ParameterParseError,
)

RECORDS = [
    ImageRecord(f"{label}-{number}", f"{label}/{number}.png", label, "ab".index(label), 4, 3, f"{number:064x}")
    for label in "ab"
    for number in range(3)
]
RESIZE = {"name": "resize", "size": 9, "interpolation": "bilinear"}
FLIP = {"name": "random_horizontal_flip", "p": 0.5}


def an_image_directory(folder: Path, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    report = {"skipped": [], "skipped_total": 0, "duplicates": 2, "converted": 1}
    write_image_directory(folder, RECORDS, "ab", True, [applied({"steps": [RESIZE, FLIP]}, "training")], report)
    if changes:
        manifest = json.loads((folder / "image_directory.json").read_text())
        (folder / "image_directory.json").write_text(json.dumps(manifest | changes))
    return folder


def test_an_image_directory_is_read_as_written(tmp_path: Path) -> None:
    images = ImageDirectory.open(an_image_directory(tmp_path))
    assert list(images.iter_records()) == RECORDS
    assert images.categories == ("a", "b")
    assert images.counts == {"a": 3, "b": 3}
    assert images.labels == [0, 0, 0, 1, 1, 1]
    assert images.paths[0] == tmp_path / "a/0.png"
    assert images.transformations[0]["mode"] == "training"


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = an_image_directory(tmp_path / "1"), an_image_directory(tmp_path / "2")
    for name in ("images.parquet", "image_directory.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize("change", [{"format": "x"}, {"version": 2}, {"categories": 5}, {"total": "many"}])
def test_a_strange_manifest_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidDatasetError, match="no image directory"):
        ImageDirectory.open(an_image_directory(tmp_path, **change))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_manifest_that_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "image_directory.json").write_bytes(content)
    with pytest.raises(InvalidDatasetError):
        ImageDirectory.open(tmp_path)


def test_a_damaged_table_of_images_is_refused(tmp_path: Path) -> None:
    images = ImageDirectory.open(an_image_directory(tmp_path, total=5))
    with pytest.raises(InvalidDatasetError, match="6 images and the manifest 5"):
        _ = images.records
    (tmp_path / "images.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InvalidDatasetError, match="can't be read"):
        _ = ImageDirectory.open(tmp_path).records


def test_further_pages_of_images_do_not_read_the_table(tmp_path: Path) -> None:
    folder = an_image_directory(tmp_path)
    pages = [preview("ImageDirectory", folder, "kept", {"offset": "0", "limit": "2"})]
    (folder / "images.parquet").unlink()
    pages += [preview("ImageDirectory", folder, "kept", {"offset": str(at), "limit": "2"}) for at in (2, 4, 6)]
    assert [image["id"] for page in pages for image in page["images"]] == [record.id for record in RECORDS]
    assert preview("ImageDirectory", folder, "kept", {"category": "b"})["total"] == 3


def test_what_is_kept_of_artifacts_is_bounded() -> None:
    kept = Kept(budget=250)
    reads: list[str] = []

    def read(name: str) -> Any:
        return kept.get(name, lambda: reads.append(name) or bytearray_of(100))

    for name in "ababcabb":
        read(name)
    assert reads == ["a", "b", "c", "a", "b"] and kept.nbytes <= 250


def bytearray_of(size: int) -> Any:
    return pa.array(bytes(size), pa.uint8())


def test_previews_of_images_come_in_pages(tmp_path: Path) -> None:
    folder = an_image_directory(tmp_path)
    seen = preview("ImageDirectory", folder, "digest", {"offset": "1", "limit": "2"})
    assert [image["id"] for image in seen["images"]] == ["a-1", "a-2"]
    assert seen["total"] == 6
    assert seen["categories"][1] == {"index": 1, "name": "b", "count": 3, "first": 3}
    assert seen["report"]["duplicates"] == 2
    assert seen["transformation"]["steps"] == ["Resize the shorter side to 9 px", "Flip left and right: 50 % of images"]
    only_b = preview("ImageDirectory", folder, "digest", {"category": "b"})
    assert (only_b["total"], only_b["images"][0]["category"]) == (3, "b")


@pytest.mark.parametrize("query", [{"offset": "-1"}, {"limit": "x"}, {"limit": "9" * 30}, {"offset": "٣"}])
def test_strange_pages_are_refused(tmp_path: Path, query: dict[str, str]) -> None:
    with pytest.raises(ParameterParseError):
        preview("ImageDirectory", an_image_directory(tmp_path), "digest", query)


def test_unknown_types_have_no_preview(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        preview("Nonsense", tmp_path, "digest", {})


def test_a_transformation_is_read_as_written(tmp_path: Path) -> None:
    write_transformation(tmp_path, [RESIZE, FLIP])
    assert read_transformation(tmp_path) == {"steps": [RESIZE, FLIP]}
    assert describe(FLIP) == "Flip left and right: 50 % of images"
    assert for_inference([applied({"steps": [RESIZE, FLIP]}, "training")]) == [
        {"mode": "inference", "spec": {"steps": [RESIZE]}}
    ]


@pytest.mark.parametrize(
    "step",
    [
        "resize",
        {},
        {"name": "explode"},
        {"name": "resize"},
        {**RESIZE, "size": 0},
        {**RESIZE, "size": True},
        {**RESIZE, "size": 9.5},
        {**RESIZE, "interpolation": "magic"},
        {**RESIZE, "extra": 1},
        {**FLIP, "p": 2},
        {**FLIP, "p": float("nan")},
        {"name": "normalize", "mean": [0, 0], "std": [1, 1, 1]},
    ],
)
def test_strange_steps_are_refused(tmp_path: Path, step: object) -> None:
    with pytest.raises(ValueError, match="step"):
        check_step(step)
    record = {"format": "torchwire/transformation", "version": 1, "steps": [step]}
    (tmp_path / "transformation.json").write_text(json.dumps(record))
    with pytest.raises(InvalidTransformationDirectoryError):
        read_transformation(tmp_path)


def test_models_are_read_as_written(tmp_path: Path) -> None:
    untrained = UntrainedModel("densenet", "densenet121", False, {"memory_efficient": False})
    untrained.write(tmp_path)
    assert UntrainedModel.read(tmp_path) == untrained
    assert preview("UntrainedModelDirectory", tmp_path, "d", {})["parameter_count"] == 7_978_856
    with pytest.raises(InvalidModelDirectoryError, match="not a trained model"):
        TrainedModel.read(tmp_path)
    given = {"transformations": [], "image_size": [64, 64]}
    trained = TrainedModel(
        tmp_path, "resnet", "resnet18", {}, ("a", "b"), given, {"history": [{"epoch": 1}], "best_epoch": 1}
    )
    trained.write()
    with pytest.raises(InvalidModelDirectoryError, match=r"no 'model\.safetensors'"):
        TrainedModel.read(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert TrainedModel.read(tmp_path) == trained
    seen = preview("ModelDirectory", tmp_path, "d", {})
    assert (seen["image_size"], seen["history"], seen["best_epoch"]) == ([64, 64], [{"epoch": 1}], 1)
    with pytest.raises(InvalidModelDirectoryError, match="not an untrained model"):
        UntrainedModel.read(tmp_path)


def test_a_table_is_read_as_written(tmp_path: Path) -> None:
    write_data_frame(tmp_path, pa.table({"x": [1, 2, 3], "y": ["a", "b", None]}))
    frame = DataFrame.open(tmp_path)
    assert (frame.kind, frame.rows, frame.columns) == ("table", 3, (("x", "int64"), ("y", "string")))
    assert preview("DataFrameDirectory", tmp_path, "d", {"offset": "2"})["rows"] == [{"x": 3, "y": None}]
    (tmp_path / "schema.json").unlink()
    with pytest.raises(InvalidDatasetError, match="no data frame"):
        DataFrame.open(tmp_path)


def test_any_directory_leads_to_its_content(tmp_path: Path) -> None:
    data, reference, archive = tmp_path / "data", tmp_path / "reference", tmp_path / "archive"
    for folder in (data, reference, archive):
        folder.mkdir()
    (data / "b.txt").write_text("12")
    (data / "a").mkdir()
    (data / "a" / "c.txt").write_text("3")
    assert write_reference(reference, data) == 2
    assert open_root(reference) == data
    assert open_root(data) == data
    (archive / "x.TAR.GZ").write_bytes(b"")
    assert open_root(archive) == archive / "x.TAR.GZ"
    seen = preview("AnyDirectory", reference, "d", {})
    assert seen["files"] == [{"path": "a/c.txt", "size": 1}, {"path": "b.txt", "size": 2}]
    assert preview("AnyDirectory", archive, "d", {})["files"] == [{"path": "x.TAR.GZ", "size": 0}]
    data.rename(tmp_path / "moved")
    with pytest.raises(FileOpenError, match="can't be opened"):
        open_root(reference)
