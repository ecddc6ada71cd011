"""Decoded images are left for the next node, whole or not at all, and within a budget."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_train import FAST, context
from tests.modules.toy_images import toy_images
from torchwire_modules.training._pixel_cache import PIXELS, PixelCache, key_of
from torchwire_modules.training._pixels import Pixels, PixelStore
from torchwire_modules.training.train import TrainPyTorchModel

SIZE = 4 * 4 * 3


def painted(path: Path) -> Pixels:
    return np.full((4, 4, 3), int(path.stem), dtype=np.uint8)


def refused(path: Path) -> Pixels:
    raise OSError("it should not be decoded again")


def store(root: Path, cache: PixelCache, *, images: int = 3, decode: object = painted, key: str = "k") -> PixelStore:
    files = [Path(f"{number}.png") for number in range(images)]
    return PixelStore(files, decode, root / "pixels", cache=cache, key=key)  # type: ignore[arg-type]


def filled(root: Path, cache: PixelCache, **more: object) -> None:
    with store(root, cache, **more) as pixels:  # type: ignore[arg-type]
        pixels.gather(range(len(pixels)))


def test_the_next_node_decodes_nothing(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path / "cache", 1000)
    filled(tmp_path, cache)
    with store(tmp_path, cache, decode=refused) as pixels:
        assert [int(image[0, 0, 0]) for image in pixels.gather([2, 0, 1])] == [2, 0, 1]


def test_a_set_that_was_not_seen_whole_is_not_kept(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path / "cache", 1000)
    with store(tmp_path, cache) as pixels:
        pixels.read(1)
    assert cache.find("k", 3) is None


@pytest.mark.parametrize("left", [0, SIZE, 3 * SIZE - 1, 3 * SIZE + 1])
def test_a_torn_file_is_decoded_again(tmp_path: Path, left: int) -> None:
    cache = PixelCache(tmp_path / "cache", 1000)
    filled(tmp_path, cache)
    os.truncate(tmp_path / "cache" / "k" / PIXELS, left)
    with store(tmp_path, cache) as pixels:
        assert int(pixels.read(2)[0, 0, 0]) == 2


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    for age, key in enumerate(("old", "older")):
        filled(tmp_path, PixelCache(folder, 10**6), key=key)
        os.utime(folder / key, (1000 - age, 1000 - age))
    used = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    cache = PixelCache(folder, used + 3 * SIZE - 1)
    filled(tmp_path, cache, key="new")
    assert [cache.find(key, 3) is not None for key in ("older", "old", "new")] == [False, True, True]


def test_what_is_larger_than_the_budget_is_not_kept(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path / "cache", 3 * SIZE - 1)
    filled(tmp_path, cache)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_name_follows_the_images_and_the_steps() -> None:
    keys = {key_of(*given) for given in ((["a", "b"], []), (["b", "a"], []), (["a", "b"], [{"name": "grayscale"}]))}
    assert len(keys) == 3


def test_training_leaves_its_images_to_the_next(tmp_path: Path) -> None:
    images = {f"{part}_dataset": toy_images(tmp_path / part, (3, 3, 3)) for part in ("training", "validation")}
    settings = {"pixel_cache_folder": str(tmp_path / "cache"), "pixel_cache_bytes": 10**7}
    weights = []
    for number in range(2):
        ctx: FakeContext = context(tmp_path / str(number), images, settings=settings)
        model = run_module(TrainPyTorchModel, ctx, **FAST | {"epochs": 1})["trained_model"]
        weights.append((model / "model.safetensors").read_bytes())
        for image in images["training_dataset"].rglob("*.png"):
            image.write_bytes(b"gone")
    assert weights[0] == weights[1]


MILLION = """
import resource, sys
from pathlib import Path
import numpy as np
import pyarrow as pa
from torchwire.data_types.image_directory import COLUMNS, ImageDirectory, write_image_directory
from torchwire_modules.training._datasets import ImageSet

folder, count = Path(sys.argv[1]), 1_000_000
folder.mkdir()
names = [f"{n:07}" for n in range(count)]
columns = {"id": names, "path": [f"a/{n}.png" for n in names], "category": ["a"] * count, "sha256": ["0" * 64] * count}
columns |= {name: pa.array(np.full(count, 32), pa.int32()) for name in ("width", "height")}
columns |= {"label": pa.array(np.zeros(count), pa.int32()), "split": pa.nulls(count, pa.string())}
write_image_directory(folder, pa.table(columns).select(COLUMNS), ["a"], True, [])
del names, columns
"""
TRAIN_AND_SCORE = """
import os, sys
from pathlib import Path
import numpy as np
import torch, torchvision.transforms.v2
from PIL import Image
from tests.modules.fake_context import FakeContext, run_module
from tests.modules.test_score import model_directory
from torchwire.errors import RunCancelled
from torchwire_modules.evaluation import _inference
from torchwire_modules.evaluation.score import ScoreImageModel
from torchwire_modules.training import _run
from torchwire_modules.training._datasets import ImageSet
from torchwire_modules.training._pixels import PixelStore

def highest():  # rusage's would be that of whoever started us, if greater
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

folder, batches = Path(sys.argv[1]), 20
inputs = {"trained_model": model_directory(folder.parent / "model"), "dataset": folder}
(folder / "a").mkdir()
Image.new("RGB", (32, 32)).save(folder / "a" / "0000000.png")
for number in range(1, 32 * (batches + 6)):  # those that a cancelled run comes to
    os.link(folder / "a" / "0000000.png", folder / "a" / f"{number:07}.png")
at_end = lambda ctx: len(ctx.progress_calls) == batches
ctx = FakeContext(folder.parent / "node", inputs, threads=1, cancel_when=at_end)
before = highest()

images = ImageSet.open("training_dataset", folder, train=True)
decode = lambda path: np.zeros((32, 32, 3), dtype=np.uint8)
with PixelStore(images.images.paths, decode, folder / "pixels") as store:
    epoch = images.batches(store, 16, seed=1, shuffle=True).epoch(0)
    for _ in range(batches):
        assert next(epoch).images.shape == (16, 3, 32, 32)
    epoch.close()
del images, store, epoch
try:
    run_module(ScoreImageModel, ctx)
except RunCancelled:
    print(highest() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell it otherwise")
def test_a_million_images_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    """To train on and to score: whole manifests, and the batches that a node comes to in a moment."""
    folder = tmp_path / "many"
    subprocess.run([sys.executable, "-c", MILLION, folder], check=True)
    done = subprocess.run([sys.executable, "-c", TRAIN_AND_SCORE, folder], check=True, capture_output=True, text=True)
    assert 10**7 < int(done.stdout) < 10**9


@pytest.mark.parametrize("classes", [3, 1000])
def test_a_table_of_scores_takes_no_memory_for_what_is_written(tmp_path: Path, classes: int) -> None:
    """A million images in batches are thirty thousand; what a file keeps of each until it is closed adds up."""
    from torchwire.data_types.scores import ScoredWriter

    probabilities = np.zeros((32, classes), dtype=np.float32)
    labels = [str(number) for number in range(classes)]
    with ScoredWriter(tmp_path, labels, labelled=False, images_digest="") as table:
        for _ in range(400):
            table.write(["a"] * 32, [], probabilities)
    groups = pq.read_metadata(tmp_path / "data.parquet").num_row_groups
    assert groups * 1_000_000 / 12_800 * classes < 1_000_000  # pieces of a column, of 300 bytes or so
