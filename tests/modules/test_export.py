"""Export Model writes what other programs read, and what says the same."""

from __future__ import annotations

import json
import math
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_score import model_directory
from tests.modules.toy_images import CATEGORIES, toy_images
from torchwire.data_types.model import TrainedModel
from torchwire.errors import InvalidModelDirectoryError, LibraryError
from torchwire_modules.evaluation._inference import load_network
from torchwire_modules.evaluation.export import ExportModel

BIAS = np.float32([2, -2, 0])
"""Of the head of a network for three categories: another than any that was trained."""
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


def spoil_onnx(path: Path) -> None:
    """As an exporter that loses a bias would write it."""
    import onnx

    program = onnx.load(path)
    (bias,) = (one for one in program.graph.initializer if one.name == "fc.bias")
    bias.CopyFrom(onnx.numpy_helper.from_array(BIAS, "fc.bias"))
    onnx.save(program, path)


def spoil_program(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    name = next(name for name, data in parts.items() if "/weights/" in name and len(data) == BIAS.nbytes)
    parts[name] = BIAS.tobytes()
    with zipfile.ZipFile(path, "w") as file:
        for each, data in parts.items():
            file.writestr(each, data)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def exports_badly(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]) -> None:
    """Let torch's exporters spoil what they write."""

    def spoiling(write: Callable[..., Any], place: Callable[..., Path]) -> Callable[..., None]:
        def call(*given: Any, **named: Any) -> None:
            write(*given, **named)
            spoil(place(*given, **named))

        return call

    monkeypatch.setattr(torch.onnx, "export", spoiling(torch.onnx.export, lambda *given, f, **named: f))
    monkeypatch.setattr(torch.export, "save", spoiling(torch.export.save, lambda program, path: path))


@pytest.mark.parametrize(
    ("format", "spoil", "words"),
    [
        ("onnx", spoil_onnx, "differs from the original: a probability by"),
        ("torch.export", spoil_program, "differs from the original: a probability by"),
        ("torch.export", cut_short, "What was written as model.pt2 can't be read"),
    ],
)
def test_a_model_that_came_out_different_is_not_handed_out(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, format: str, spoil: Callable[[Path], None], words: str
) -> None:
    exports_badly(monkeypatch, spoil)
    with pytest.raises(LibraryError, match=words) as raised:
        export(tmp_path, model, format)
    assert "the model itself is unharmed" in (raised.value.hint or "")
    assert not any(file.is_file() for file in (tmp_path / "node" / "out").rglob("*"))


def test_a_model_whose_answers_are_no_numbers_is_not_handed_out(tmp_path: Path) -> None:
    folder = model_directory(tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    weights["fc.weight"] *= math.inf
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(InvalidModelDirectoryError, match="not a number") as raised:
        export(tmp_path, folder, "torch.export")
    assert raised.value.port == "trained_model"
    assert not any(file.is_file() for file in (tmp_path / "node" / "out").rglob("*"))
