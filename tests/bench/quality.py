"""Does the Train node learn as well as the loop that everybody writes? Accuracy on Fashion-MNIST, several seeds.

    python tests/bench/quality.py [--models resnet18,densenet121] [--sizes 32,64] [--seeds 1,2,3] [--epochs 3]

Each cell trains twice on the same 10,000 pictures, from weights of the same distribution: by the node with its defaults
(``auto``), and by a plain float32 loop on tensors. Both are tested on 10,000 others. Results are kept in
build/quality.json, so that what was trained once is not trained again. Needs Fashion-MNIST's files:
``apt install dataset-fashion-mnist``, or ``--data FOLDER``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.harness import ROOT
from tests.bench.workloads.nodes import converted, model_of, trained

DATA = Path("/usr/share/datasets/fashion-mnist")
RESULTS = ROOT / "build" / "quality.json"
IMAGES, BATCH, RATE = 10_000, 32, 0.02
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
WITHIN = 0.005

Pixels = NDArray[np.uint8]


def read(folder: Path, part: str, count: int) -> tuple[Pixels, NDArray[np.int64]]:
    """The first ``count`` pictures (count, 28, 28) of a part, and their labels."""
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)[:count]
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)[:count]
    return pixels, labels.astype(np.int64)


def tensors(pixels: Pixels, size: int) -> Tensor:
    """The pictures as the transformation of the node makes them: (n, 3, size, size), normalised."""
    resized = [np.asarray(Image.fromarray(one).resize((size, size), Image.Resampling.BILINEAR)) for one in pixels]
    grey = torch.from_numpy(np.stack(resized))[:, None].expand(-1, 3, -1, -1)
    return ((grey.float() / 255) - MEAN) / STD


def plain(name: str, size: int, seed: int, epochs: int, data: Path) -> float:
    """The accuracy of a plain loop in float32."""
    torch.manual_seed(seed)
    pixels, labels = read(data, "train", IMAGES)
    images, targets = tensors(pixels, size), torch.from_numpy(labels)
    network = models.get_model(name, weights=None, num_classes=10)
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, weight_decay=1e-4)
    steps = -(-len(images) // BATCH) * epochs
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images)).split(BATCH):
            if len(chosen) > 1:
                loss = functional.cross_entropy(network(images[chosen]), targets[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            schedule.step()
    return accuracy(network, size, data)


def ours(name: str, size: int, seed: int, epochs: int, data: Path) -> float:
    """The accuracy of the node's last epoch: the plain loop chooses none either."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        sets = {}
        for part, count in (("train", IMAGES), ("t10k", 200)):
            save(place / part / "files", *read(data, part, count))
            sets[part] = converted(place / part, place / part / "files", size, scale=1.0, flip=False)
        chosen = {"learning_rate": RATE, "random_seed": seed, "learning_rate_schedule": "cosine"}
        model = trained(place, sets["train"], model_of(place, name), epochs, BATCH, sets["t10k"], **chosen)
        network = models.get_model(name, weights=None, num_classes=10)
        network.load_state_dict(load_file(model / "last.safetensors"))
    return accuracy(network, size, data)


def save(folder: Path, pixels: Pixels, labels: NDArray[np.int64]) -> None:
    """Write the pictures as files, a folder for each label."""
    for number, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
        target = folder / str(label) / f"{number:05}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(target)


def accuracy(network: nn.Module, size: int, data: Path) -> float:
    """The share of the test pictures that get their label, in float32."""
    pixels, labels = read(data, "t10k", 10_000)
    network.eval()
    right = 0
    with torch.inference_mode():
        for start in range(0, len(pixels), 250):
            logits = network(tensors(pixels[start : start + 250], size))
            right += int((logits.argmax(1).numpy() == labels[start : start + 250]).sum())
    return right / len(labels)


def main() -> int:
    """Train what is missing and print the table; 1 when a mean differs by more than half a point for the worse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="resnet18,densenet121")
    parser.add_argument("--sizes", default="32,64")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    table = Table("model", "pixels", "plain loop", "Train node", "difference")
    worst = 0.0
    for name in options.models.split(","):
        for size in map(int, options.sizes.split(",")):
            found: dict[str, list[float]] = {"plain": [], "ours": []}
            for seed in map(int, options.seeds.split(",")):
                for who, run in (("plain", plain), ("ours", ours)):
                    key = f"{name} {size} {seed} {options.epochs} {who}"
                    if key not in known:
                        begun = time.perf_counter()
                        value = run(name, size, seed, options.epochs, options.data)
                        known[key] = {"accuracy": value, "seconds": time.perf_counter() - begun}
                        RESULTS.parent.mkdir(exist_ok=True)
                        RESULTS.write_text(json.dumps(known, indent=1))
                        print(key, known[key], flush=True)
                    found[who].append(known[key]["accuracy"])
            theirs, mine = statistics.mean(found["plain"]), statistics.mean(found["ours"])
            worst = min(worst, mine - theirs)
            spread = {who: " ".join(f"{value:.4f}" for value in values) for who, values in found.items()}
            table.add_row(
                name, str(size), f"{theirs:.4f} ({spread['plain']})", f"{mine:.4f} ({spread['ours']})",
                f"{(mine - theirs) * 100:+.2f} points",
            )  # fmt: skip
    Console().print(table)
    return int(worst < -WITHIN)


if __name__ == "__main__":
    sys.exit(main())
