"""Init and Apply Image Transformation: the steps asked for, attached to untouched images."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from tests.modules.fake_context import FakeContext, digest_of, run_module
from tests.modules.pictures import converted, labelled_folder
from torchwire.data_types.image_directory import ImageDirectory
from torchwire.data_types.preview import preview
from torchwire.data_types.transformation import all_steps, read_transformation
from torchwire.errors import (
    BelowMinimumError,
    InvalidDatasetError,
    InvalidTransformationDirectoryError,
    MissingValueError,
    OutOfRangeError,
    ParameterParseError,
)
from torchwire_modules.data.apply_transformation import ApplyImageTransformation
from torchwire_modules.vision.init_transformation import InitImageTransformation

EVERYTHING = {
    "resize": True,
    "center_crop": True,
    "pad": True,
    "color_jitter": True,
    "grayscale": True,
    "random_resized_crop": True,
    "random_crop": True,
    "random_horizontal_flip": True,
    "random_vertical_flip": True,
    "random_rotation": True,
    "random_affine": True,
    "random_grayscale": True,
    "random_perspective": True,
    "random_erasing": True,
}


def init(root: Path, **parameters: object) -> Path:
    return run_module(InitImageTransformation, FakeContext(root), **parameters)["output_image_transformation"]


def apply(root: Path, transformation: Path, images: ImageDirectory, mode: str) -> ImageDirectory:
    ctx = FakeContext(root, {"input_image_transformation": transformation, "input_image_directory": images.folder})
    return ImageDirectory.open(run_module(ApplyImageTransformation, ctx, mode=mode)["output_image_directory"])


def names(steps: list[dict[str, object]]) -> list[object]:
    return [step["name"] for step in steps]


def test_the_form_is_the_known_one() -> None:
    parameters = {parameter.id: parameter for parameter in InitImageTransformation.spec.parameters}
    known = {key: value for key, value in parameters.items() if value.group != "Advanced"}
    assert len(known) == 21
    assert {key: parameter.default for key, parameter in known.items() if parameter.default is not False} == {
        "resize": True,
        "size": 256,
        "center_crop": True,
        "crop_size": 224,
        "padding": 0,
        "random_size": 256,
        "random_crop_size": 224,
        "random_horizontal_flip": True,
        "random_rotation_degrees": 0,
        "random_affine_degrees": 0,
    }
    assert parameters["size"].shown_when == {"resize": True}


def test_the_defaults(tmp_path: Path) -> None:
    steps = read_transformation(init(tmp_path))["steps"]
    assert names(steps) == ["resize", "center_crop", "random_horizontal_flip", "normalize"]
    assert steps[3]["mean"] == [0.485, 0.456, 0.406]


def test_every_step_can_be_switched_on(tmp_path: Path) -> None:
    folder = init(tmp_path, **EVERYTHING)
    steps = read_transformation(folder)["steps"]
    assert names(steps) == [*(name for name in EVERYTHING if name != "random_erasing"), "normalize", "random_erasing"]
    seen = preview("TransformationDirectory", folder, "d", {})
    assert [step["name"] for step in seen["steps"] if not step["random"]] == [
        "resize",
        "center_crop",
        "pad",
        "grayscale",
        "normalize",
    ]
    assert all(step["text"] for step in seen["steps"])


def test_samples_show_before_and_after(tmp_path: Path) -> None:
    folder = init(tmp_path / "a", random_rotation=True, random_rotation_degrees=90)
    (sample,) = preview("TransformationDirectory", folder, "d", {})["samples"]
    pictures = [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in sample["augmented"]]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures) == 6
    assert pictures[0].size == (192, 192)
    assert digest_of(init(tmp_path / "b", random_rotation=True, random_rotation_degrees=90)) == digest_of(folder)


def test_samples_are_left_out_where_they_would_be_huge(tmp_path: Path) -> None:
    folder = init(tmp_path, size=16384, crop_size=16384)
    assert json.loads((folder / "samples.json").read_text())["samples"] == []


@pytest.mark.parametrize("mean", ["", "0.5", "0.5, 0.5, x", "nan 0 0", "1 2 3 4"])
def test_a_mean_that_is_not_three_numbers_is_refused(tmp_path: Path, mean: str) -> None:
    with pytest.raises(ParameterParseError, match="Mean"):
        init(tmp_path, mean=mean)


def test_a_deviation_of_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutOfRangeError, match="Standard deviation"):
        init(tmp_path, std="0.2 0 0.2")


@pytest.mark.parametrize(
    ("parameters", "error"),
    [({"size": 0}, OutOfRangeError), ({"random_rotation": True, "random_rotation_degrees": 181}, OutOfRangeError)],
)
def test_values_out_of_range_are_refused(tmp_path: Path, parameters: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises((error, BelowMinimumError)):
        init(tmp_path, **parameters)


def test_mode_has_no_default(tmp_path: Path) -> None:
    images = converted(tmp_path, labelled_folder(tmp_path / "in", {"a": 1, "b": 1}))
    inputs = {"input_image_transformation": init(tmp_path / "init"), "input_image_directory": images.folder}
    with pytest.raises(MissingValueError, match="Mode"):
        run_module(ApplyImageTransformation, FakeContext(tmp_path / "apply", inputs))


def test_training_keeps_random_steps_and_inference_drops_them(tmp_path: Path) -> None:
    images = converted(tmp_path, labelled_folder(tmp_path / "in", {"a": 2, "b": 2}))
    transformation = init(tmp_path / "init", size=64, crop_size=56)
    training = apply(tmp_path / "t", transformation, images, "For training")
    inference = apply(tmp_path / "i", transformation, images, "For inference")
    assert names(all_steps(training.transformations)) == [
        "resize",
        "center_crop",
        "random_horizontal_flip",
        "normalize",
    ]
    assert names(all_steps(inference.transformations)) == ["resize", "center_crop", "normalize"]
    for applied in (training, inference):
        assert applied.records.equals(images.records)
        assert [path.stat().st_ino for path in applied.paths] == [path.stat().st_ino for path in images.paths]
    seen = preview("ImageDirectory", training.folder, "d", {})
    assert seen["transformation"]["mode"] == "training"
    assert seen["transformation"]["steps"][0] == "Resize the shorter side to 64 px"


def test_random_crops_keep_their_size_in_inference(tmp_path: Path) -> None:
    images = converted(tmp_path, labelled_folder(tmp_path / "in", {"a": 1, "b": 1}))
    transformation = init(tmp_path / "init", resize=False, center_crop=False, random_resized_crop=True, random_size=48)
    steps = all_steps(apply(tmp_path / "a", transformation, images, "For inference").transformations)
    assert [(step["name"], step.get("size")) for step in steps[:2]] == [("resize", 48), ("center_crop", 48)]
    transformation = init(tmp_path / "init2", center_crop=False, random_crop=True, random_crop_size=40)
    steps = all_steps(apply(tmp_path / "b", transformation, images, "For inference").transformations)
    assert [(step["name"], step.get("size")) for step in steps[:2]] == [("resize", 256), ("center_crop", 40)]


def test_a_second_transformation_runs_after_the_first(tmp_path: Path) -> None:
    images = converted(tmp_path, labelled_folder(tmp_path / "in", {"a": 1, "b": 1}))
    once = apply(tmp_path / "1", init(tmp_path / "i1", size=99), images, "For inference")
    twice = apply(tmp_path / "2", init(tmp_path / "i2", crop_size=50, grayscale=True), once, "For training")
    assert names(all_steps(twice.transformations)) == [
        "resize",
        "center_crop",
        "resize",
        "center_crop",
        "grayscale",
        "random_horizontal_flip",
        "normalize",
    ]


def test_inputs_of_the_wrong_kind_are_named(tmp_path: Path) -> None:
    images = converted(tmp_path, labelled_folder(tmp_path / "in", {"a": 1, "b": 1}))
    transformation = init(tmp_path / "init")
    with pytest.raises(InvalidTransformationDirectoryError):
        apply(tmp_path / "1", images.folder, images, "For training")
    (transformation / "transformation.json").write_text(
        '{"format": "torchwire/transformation", "version": 1, "steps": [{"name": "evil"}]}'
    )
    with pytest.raises(InvalidTransformationDirectoryError, match="evil"):
        apply(tmp_path / "2", transformation, images, "For training")
    (images.folder / "image_directory.json").unlink()
    with pytest.raises(InvalidDatasetError):
        apply(tmp_path / "3", init(tmp_path / "init2"), images, "For training")
