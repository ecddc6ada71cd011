"""Export Model writes what other programs read, and what says the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_score import model_directory
from tests.modules.toy_images import CATEGORIES, toy_images
from torchwire.data_types.model import TrainedModel
from torchwire.errors import InvalidModelDirectoryError, LibraryError
from torchwire_modules.evaluation._export import _compare
from torchwire_modules.evaluation._inference import load_network
from torchwire_modules.evaluation.export import ExportModel

pytestmark = pytest.mark.filterwarnings("default")  # exporters warn of themselves


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_directory(tmp_path_factory.mktemp("trained") / "model")


def export(root: Path, model: Path, format: str) -> tuple[Path, FakeContext]:
    ctx = FakeContext(root / "node", {"trained_model": model, "dataset": toy_images(root / "images")}, threads=1)
    return run_module(ExportModel, ctx, format=format)["exported_model"], ctx


def test_without_a_model_it_says_which_port(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidModelDirectoryError) as raised:
        export(tmp_path, tmp_path / "empty", "onnx")
    assert raised.value.port == "trained_model"


def test_an_exported_program_takes_any_batch_and_says_what_the_model_says(tmp_path: Path, model: Path) -> None:
    folder, ctx = export(tmp_path, model, "torch.export")
    network = load_network(TrainedModel.read(model), "cpu")
    program = torch.export.load(folder / "model.pt2").module()
    for count in (1, 5):
        x = torch.randn(count, 3, 32, 32)
        torch.testing.assert_close(program(x), network(x), atol=1e-4, rtol=1e-4)
    assert "gives the original's labels" in ctx.logs[-1]


def test_onnx_is_compared_on_real_images_and_described(tmp_path: Path, model: Path) -> None:
    folder, _ = export(tmp_path, model, "onnx")
    about = json.loads((folder / "export.json").read_text())
    assert (folder / "model.onnx").stat().st_size > 40_000_000
    assert about["categories"] == list(CATEGORIES)
    assert (folder / "categories.txt").read_text().split() == list(CATEGORIES)
    assert about["input"]["shape"] == ["batch", 3, 32, 32]
    assert about["comparison"]["images"] > 0
    assert about["comparison"]["largest_difference"] < 1e-3


def test_a_missing_package_is_named_with_what_to_do(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(LibraryError, match="onnxruntime") as raised:
        export(tmp_path, model, "onnx")
    assert "torchwire[onnx]" in (raised.value.hint or "")


def test_a_model_that_came_out_different_is_not_handed_out(tmp_path: Path, model: Path) -> None:
    network = load_network(TrainedModel.read(model), "cpu")
    ctx = FakeContext(tmp_path / "node", threads=1)

    class OneBatch(list[object]):
        def close(self) -> None:
            pass

    class Images:
        images = torch.randn(4, 3, 32, 32)

    with pytest.raises(LibraryError, match="differs from the original"):
        _compare(ctx, network, lambda x: -network(x), OneBatch([Images()]))
