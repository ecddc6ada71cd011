"""Training in two processes instead of one, beside the same by torchrun."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.harness import ROOT, Measurement

ROUNDS, EPOCHS, BATCH = 3, 2, 16
MODEL, SIZE, IMAGES = "resnet18", 64, 192
COUNTS = (1, 2)
"""Processes, with a thread each."""


def ddp_2() -> list[Measurement]:
    """How many times faster Train is in two processes of one thread each than in one, beside torchrun's DDP."""
    from tests.modules.toy_images import toy_images

    rates: dict[tuple[str, int], list[float]] = {(who, count): [] for who in ("ours", "bare") for count in COUNTS}
    with tempfile.TemporaryDirectory(prefix="torchwire-bench-") as place:
        images = toy_images(Path(place) / "images", (IMAGES // 3,) * 3, size=(SIZE, SIZE))
        for number in range(ROUNDS):
            for count in COUNTS:
                rates["ours", count].append(_ours(Path(place) / f"home-{number}-{count}", count))
                rates["bare", count].append(_bare(images, count))
    ours = [two / one for one, two in zip(rates["ours", 1], rates["ours", 2], strict=True)]
    bare = statistics.median(two / one for one, two in zip(rates["bare", 1], rates["bare", 2], strict=True))
    value = statistics.median(ours)
    scaling = Measurement(
        "ddp-2", value, "x", (min(ours), max(ours)), ("torchrun", bare), ">= 0.95 x torchrun", value >= 0.95 * bare
    )
    both = rates["ours", 2]
    against = ("torchrun", statistics.median(rates["bare", 2]))
    speed = Measurement("ddp-2-rate", statistics.median(both), "images/s", (min(both), max(both)), against)
    return [scaling, speed]


def _ours(home: Path, processes: int) -> float:
    """Images a second of the last epoch of Train PyTorch Model, run by an engine."""
    from tests.graphs import document, node, wire
    from tests.places import Place

    given: dict[str, Any] = {"epochs": EPOCHS, "batch_size": BATCH, "precision": "fp32"}
    graph = document(
        node("images", "toy-images", per_category=IMAGES // 3, size=SIZE),
        node("checks", "toy-images", per_category=2, size=SIZE, seed=1),
        node("model", "resnet", model_name=MODEL, pretrained=False),
        node("train", "train-pytorch-model", **given)
        | {"resources": {"node_count": 1, "process_count_per_node": processes}},
        wires=(
            wire("model.untrained_model", "train.untrained_model"),
            wire("images.images", "train.training_dataset"),
            wire("checks.images", "train.validation_dataset"),
        ),
    )
    packages = ("torchwire_modules", "tests.tiny_modules")
    place = Place(home, packages, preload=("torch", "torchvision"), cores=processes, patience=900.0).ready()
    try:
        run = place.run(graph)
    finally:
        place.stop(kill=True)
    if run["status"] != "completed":
        raise RuntimeError(str(run["nodes"]["train"]["error"]))
    epochs = [m["values"] for m in run["nodes"]["train"]["metrics"] if m["axis"] == "epoch"]
    return float(epochs[-1]["images_per_second"])


def _bare(images: Path, processes: int) -> float:
    script = ROOT / "tests" / "bench" / "workloads" / "ddp_training.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    arguments = [str(script), str(images), MODEL, str(EPOCHS), str(BATCH)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=1800)
    if done.returncode:
        raise RuntimeError(f"torchrun failed: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout.splitlines()[-1])["rates"][-1])
