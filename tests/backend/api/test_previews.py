"""What previews answer is what clients were promised, for the output of real modules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from tests.backend.server_fixtures import promised
from tests.modules.fake_context import FakeContext, run_module
from torchwire.api.preview_records import Preview
from torchwire.data_types.data_frame import write_data_frame
from torchwire.data_types.model import UntrainedModel
from torchwire.data_types.preview import preview
from torchwire.data_types.scores import ScoredWriter
from torchwire_modules.data.convert import ConvertToImageDirectory
from torchwire_modules.evaluation.evaluate import EvaluateModel


def shown(type_id: str, folder: Path, **query: str) -> dict[str, Any]:
    """A preview that keeps its promise."""
    answer = preview(type_id, folder, "digest", query)
    promised(Preview).validate_python([answer])
    return answer


def scored(folder: Path, *, labelled: bool) -> Path:
    folder.mkdir()
    with ScoredWriter(folder, ["cat", "dog"], labelled=labelled, images_digest="images") as table:
        chances = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], dtype=np.float32)
        table.write(["1", "2", "3"], ["cat", "dog", "dog"] if labelled else [], chances)
    return folder


def test_converted_images(tmp_path: Path) -> None:
    for name in ("train/cat/1.png", "train/dog/1.jpg", "test/cat/1.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), "red").save(tmp_path / "in" / name, format="PNG")
    (tmp_path / "in" / "train" / "cat" / "2.png").write_bytes(b"nothing")
    (tmp_path / "in" / "train" / "notes.txt").write_text("hello")
    ctx = FakeContext(tmp_path / "node", {"input_dataset": tmp_path / "in"})
    answer = shown("ImageDirectory", run_module(ConvertToImageDirectory, ctx)["output_image_directory"])
    assert answer["total"] == 3 and answer["report"]["skipped_total"] == 1 and answer["report"]["parts"]


@pytest.mark.parametrize("labelled", [True, False])
def test_scored_images(tmp_path: Path, labelled: bool) -> None:
    folder = scored(tmp_path / "scored", labelled=labelled)
    assert shown("DataFrameDirectory", folder)["total"] == 3
    assert shown("DataFrameDirectory", folder, order="-confidence")["rows"][0]["id"] == "1"


EXPORTED = {
    "format": "onnx",
    "file": "model.onnx",
    "model_name": "resnet18",
    "categories": ["cat", "dog"],
    "input": {"name": "images", "shape": ["batch", 3, 32, 32], "type": "float32", "order": "RGB"},
    "preprocessing": [{"name": "resize", "size": 32, "interpolation": "bilinear"}],
    "output": {"name": "logits", "shape": ["batch", 2], "type": "float32"},
    "comparison": {"images": 64, "largest_difference": 1.5e-06, "tolerance": 0.001},
}


def test_an_exported_model(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"12345")
    (tmp_path / "export.json").write_text(json.dumps(EXPORTED))
    exported = shown("AnyDirectory", tmp_path)["exported"]
    assert exported["size"] == 5 and exported["images"] == 64
    assert exported["preprocessing"] == ["Resize the shorter side to 32 px"]


@pytest.mark.parametrize(
    "about",
    ["[]", "{", '{"format": "onnx"}', json.dumps(EXPORTED | {"file": "gone.onnx"}), json.dumps({"a": EXPORTED})],
)
def test_a_file_that_only_looks_like_an_export_is_a_file(tmp_path: Path, about: str) -> None:
    (tmp_path / "export.json").write_text(about)
    answer = shown("AnyDirectory", tmp_path)
    assert answer["exported"] is None and answer["total"] == 1


def test_an_evaluation_and_its_cells(tmp_path: Path) -> None:
    ctx = FakeContext(tmp_path / "node", {"scored_dataset": scored(tmp_path / "scored", labelled=True)})
    folder = run_module(EvaluateModel, ctx)["evaluation_results"]
    assert len(shown("DataFrameDirectory", folder)["models"]) == 1
    cell = shown("DataFrameDirectory", folder, cell="1,0")
    assert cell["cell"] == {"true": "dog", "predicted": "cat"} and [row["id"] for row in cell["rows"]] == ["2"]


def test_any_other_table(tmp_path: Path) -> None:
    write_data_frame(tmp_path, pa.table({"a": [1, 2], "b": ["x", None]}), kind="table")
    assert shown("DataFrameDirectory", tmp_path)["total"] == 2


def test_files_and_architectures(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("hello")
    assert shown("AnyDirectory", tmp_path)["total"] == 1
    (tmp_path / "model").mkdir()
    UntrainedModel("densenet", "densenet121", False, {"memory_efficient": False}).write(tmp_path / "model")
    assert shown("UntrainedModelDirectory", tmp_path / "model")["parameter_count"] == 7_978_856
