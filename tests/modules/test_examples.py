"""What ships as samples: the data is what it says, the pipelines are the known graph and valid."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from tests.modules.fake_context import FakeContext, run_module
from torchwire.data_types.archive import check_archive
from torchwire.data_types.image_directory import ImageDirectory
from torchwire.graph.validate import validate
from torchwire.registry import Registry
from torchwire_modules.data.convert import ConvertToImageDirectory

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = EXAMPLES / "data"
ARCHIVE = DATA / "fashion-mnist-sample.zip"


def test_the_sample_data_is_small_and_complete() -> None:
    assert ARCHIVE.stat().st_size <= 1_000_000
    summary = check_archive(ARCHIVE)
    assert (summary.images, summary.categories) == (1000, 10)
    assert "Zalando" in (DATA / "LICENSE-fashion-mnist.txt").read_text()


def test_the_sample_data_converts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / ARCHIVE.name).symlink_to(ARCHIVE)
    ctx = FakeContext(tmp_path / "run", {"input_dataset": tmp_path / "in"})
    directory = ImageDirectory.open(run_module(ConvertToImageDirectory, ctx)["output_image_directory"])
    assert set(directory.counts.values()) == {100}
    assert directory.report["skipped"] == []
    assert "ankle-boot" in directory.categories


@pytest.mark.skipif(not Path("/usr/share/datasets/fashion-mnist").is_dir(), reason="Debian's data set isn't installed")
def test_the_sample_data_can_be_built_again(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("build_sample", DATA / "build_fashion_mnist_sample.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.build(script.DEBIAN_FOLDER, tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "again.zip") as again, zipfile.ZipFile(ARCHIVE) as shipped:
        assert again.namelist() == shipped.namelist()
        for name in shipped.namelist()[1:]:  # pixels: another Pillow may pack them into other bytes
            pixels = [Image.open(io.BytesIO(archive.read(name))).tobytes() for archive in (again, shipped)]
            assert pixels[0] == pixels[1]


@pytest.mark.parametrize("name", ["densenet", "resnet"])
def test_the_sample_pipelines_are_the_known_graph(name: str) -> None:
    document = json.loads((EXAMPLES / f"image-classification-{name}.json").read_text())
    validation = validate(document, Registry.installed())
    assert validation.pipeline is not None
    assert validation.faults == []
    assert Counter(node["module"] for node in document["nodes"]) == {
        "dataset": 1,
        "convert-to-image-directory": 1,
        "init-image-transformation": 1,
        "split-image-directory": 2,
        "apply-image-transformation": 3,
        name: 1,
        "train-pytorch-model": 1,
        "score-image-model": 1,
        "evaluate-model": 1,
    }


@pytest.mark.parametrize("name", ["densenet", "resnet"])
def test_the_sample_pipelines_flow_downwards_and_nothing_overlaps(name: str) -> None:
    document = json.loads((EXAMPLES / f"image-classification-{name}.json").read_text())
    at = {node["id"]: node["position"] for node in document["nodes"]}
    for wire in document["wires"]:
        assert at[wire["to"][0]][1] - at[wire["from"][0]][1] >= 120
    spots = list(at.values())
    for index, (x, y) in enumerate(spots):
        assert all(abs(x - other[0]) >= 260 or abs(y - other[1]) >= 120 for other in spots[index + 1 :])
