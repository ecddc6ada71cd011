"""What a network looked at: on a network whose answer is known, the heat lies where it must."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_score import model_directory
from torchwire.data_types.image_directory import ImageDirectory, ImageRecord, write_image_directory
from torchwire.errors import LibraryError, NotFoundError
from torchwire_modules.evaluation.explain import ExplainImage

SIDE = 128


def bright_decides(network: nn.Module) -> None:
    """Make a ResNet carry brightness from end to end; class 0 is for bright images, class 1 for dark ones."""
    with torch.no_grad():
        for name, layer in network.named_modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight.zero_()
                if name == "conv1":
                    layer.weight[0, :, 3, 3] = 1 / 3
                elif "downsample" in name:
                    layer.weight[0, 0] = 1
        network.fc.weight.zero_()
        network.fc.bias.zero_()
        network.fc.weight[:2, 0] = torch.tensor([1.0, -1.0])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ResNet-18 that says "bright" because of what is bright."""
    folder = model_directory(tmp_path_factory.mktemp("trained") / "model")
    record = json.loads((folder / "model.json").read_text())
    record["categories"], record["input"]["image_size"] = ["bright", "dark"], [SIDE, SIDE]
    record["model_name"], record["family"], record["options"] = "resnet18", "resnet", {}
    record["input"]["transformations"] = [
        {"mode": "inference", "spec": {"steps": [{"name": "resize", "size": SIDE, "interpolation": "bilinear"}]}}
    ]
    (folder / "model.json").write_text(json.dumps(record))
    network = models.resnet18(num_classes=2)
    bright_decides(network)
    save_file(network.state_dict(), folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Black images with a white square in one quarter: top left, top right, bottom left, bottom right."""
    folder = tmp_path_factory.mktemp("images")
    records = []
    (folder / "images").mkdir()
    for number in range(4):
        pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
        top, left = number // 2 * SIDE // 2, number % 2 * SIDE // 2
        pixels[top + 8 : top + SIDE // 2 - 8, left + 8 : left + SIDE // 2 - 8] = 255
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        records.append(ImageRecord(str(number), f"images/{number}.png", None, -1, SIDE, SIDE, f"{number:064x}"))
    write_image_directory(folder, records, [], False)
    assert ImageDirectory.open(folder).total == 4
    return folder


def explained(root: Path, model: Path, images: Path, **parameters: str) -> Path:
    ctx = FakeContext(root / "node", {"trained_model": model, "dataset": images}, threads=1)
    return run_module(ExplainImage, ctx, **parameters)["explanation"]


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image)


@pytest.mark.parametrize("quarter", range(4))
def test_the_heat_lies_in_the_quarter_that_decides(tmp_path: Path, model: Path, images: Path, quarter: int) -> None:
    folder = explained(tmp_path, model, images, image=str(quarter))
    about = json.loads((folder / "explanation.json").read_text())
    assert about["category"] == about["predicted"] == "bright" and not about["nothing"]
    alpha = pixels(folder / "heat.png")[..., 3].astype(float)
    half = alpha.shape[0] // 2
    sums = [alpha[y : y + half, x : x + half].sum() for y in (0, half) for x in (0, half)]
    assert np.argmax(sums) == quarter and sums[quarter] > 0.6 * sum(sums)
    assert pixels(folder / "seen.png").shape == pixels(folder / "overlay.png").shape


def test_where_nothing_speaks_for_a_category_it_says_so(tmp_path: Path, model: Path, images: Path) -> None:
    folder = explained(tmp_path, model, images, image="0", asked="dark")
    about = json.loads((folder / "explanation.json").read_text())
    assert about["category"] == "dark" and about["predicted"] == "bright" and about["nothing"]
    assert not pixels(folder / "heat.png")[..., 3].any()


@pytest.mark.parametrize("name", ["densenet121", "resnet18"])
def test_both_families_can_be_asked(name: str) -> None:
    from torchwire_modules.evaluation._explain import heat_map, layer_for

    torch.manual_seed(0)
    network = models.get_model(name, weights=None, num_classes=3).eval().requires_grad_(False)
    layer = layer_for(name.rstrip("0123456789"), (64, 64))
    heat = heat_map(network, network.get_submodule(layer), torch.randn(1, 3, 64, 64), 1)
    assert heat.shape == (4, 4) and heat.min() >= 0 and heat.max() in (0, 1)


@pytest.mark.parametrize(("image", "asked"), [("nope", ""), ("0", "nope")])
def test_what_is_not_there_is_told(tmp_path: Path, model: Path, images: Path, image: str, asked: str) -> None:
    with pytest.raises(NotFoundError, match="nope"):
        explained(tmp_path, model, images, image=image, asked=asked)


def test_a_missing_package_is_named_with_what_to_do(
    tmp_path: Path, model: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(LibraryError, match="captum") as raised:
        explained(tmp_path, model, images, image="0")
    assert "torchwire[explain]" in (raised.value.hint or "")
