"""Training and scoring, beside the loops and programs that people would use instead."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench.environments import NoPeerError, environment
from tests.bench.harness import ROOT, Measurement, summarise
from torchwire.execution.launcher import HUGE_PAGES

WORKLOADS = ROOT / "tests" / "bench" / "workloads"
ROUNDS = 3
EPOCHS, BATCH = 2, 16
IMAGES = {"resnet18": 160, "densenet121": 96}
GOALS = {"resnet18": 3.0, "densenet121": 2.3}
"""How many times the fastest peer's rate, on a processor with units for bfloat16; without, never slower."""
RUNTIMES = ("ONNX Runtime", "OpenVINO bf16", "OpenVINO fp32")


@cache
def pictures(count: int) -> Path:
    """A folder of ``count`` JPEG files, made once."""
    folder = ROOT / "build" / "bench-pictures" / str(count)
    if not (folder / "done").exists():
        subprocess.run([sys.executable, WORKLOADS / "pictures.py", folder / "data", str(count)], check=True)
        (folder / "done").touch()
    return folder / "data"


def said(python: str | Path, script: str, *arguments: object) -> dict[str, Any]:
    """What a workload printed last. Ours get their memory as workers of the engine do."""
    command = [str(python), str(WORKLOADS / script), *map(str, arguments)]
    ours = {"GLIBC_TUNABLES": HUGE_PAGES} if script.startswith("our_") else {}
    done = subprocess.run(
        command, cwd=WORKLOADS, env=os.environ | ours, capture_output=True, text=True, timeout=1800, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _peers(folder: Path, model: str) -> dict[str, Callable[[], list[float]]]:
    given = (folder, model, EPOCHS, BATCH)
    peers: dict[str, Callable[[], list[float]]] = {
        "plain loop": lambda: list(said(sys.executable, "plain_training.py", *given)["rates"])
    }
    try:
        lightning = environment("lightning", ["lightning>=2.5"], with_torch=True)
        peers["Lightning"] = lambda: list(said(lightning, "lightning_training.py", *given)["rates"])
    except NoPeerError as error:
        print(f"without Lightning: {error}", file=sys.stderr)
    return peers


def _training(model: str) -> list[Measurement]:
    folder = pictures(IMAGES[model])
    peers = _peers(folder, model)
    ours: list[float] = []
    first: list[float] = []
    rates: dict[str, list[float]] = {name: [] for name in peers}
    plain_first: list[float] = []
    limits: dict[str, list[float]] = {"fp32": [], "bf16": []}
    precision = "fp32"
    for _ in range(ROUNDS):
        node = said(sys.executable, "our_training.py", folder, model, EPOCHS, BATCH)
        ours.append(max(node["rates"][1:]))
        first.append(node["rates"][0])
        precision = (node["arithmetic"] or {}).get("precision", "fp32")
        for name, run in peers.items():
            epochs = run()
            rates[name].append(max(epochs[1:]))
            if name == "plain loop":
                plain_first.append(epochs[0])
        for kind, found in limits.items():
            found.append(said(sys.executable, "limit_training.py", model, kind, BATCH, 224, 6)["rates"][0])
    fastest = max(rates, key=lambda name: statistics.median(rates[name]))
    best_limit = max(limits.values(), key=statistics.median)
    least = GOALS[model] if precision == "bf16" else 1.0
    return [
        _at_least(f"train-{model}", ours, (fastest, rates.pop(fastest)), least),
        _at_least(f"train-{model}-limit", ours, ("the step on tensors in memory", best_limit), 0.95),
        _at_least(f"train-{model}-first-epoch", first, ("plain loop's first epoch", plain_first), 1.0),
        *_others(f"train-{model}", ours, rates),
    ]


def _at_least(id: str, ours: list[float], peer: tuple[str, list[float]], ratio: float) -> Measurement:
    return summarise(id, ours, "images/s", peer=peer, ratio_at_least=ratio)


def _others(id: str, ours: list[float], peers: dict[str, list[float]]) -> list[Measurement]:
    return [
        _at_least(f"{id}-{name.lower().replace(' ', '-')}", ours, (name, rates), 1.0) for name, rates in peers.items()
    ]


def train_resnet18() -> list[Measurement]:
    """Images a second of ResNet-18 at 224 pixels, batch 16, from JPEG files of about 500 x 375."""
    return _training("resnet18")


def train_densenet121() -> list[Measurement]:
    """The same of DenseNet-121."""
    return _training("densenet121")


def convert() -> Measurement:
    """Seconds to convert a zip of JPEG files, beside unzip and reading each header."""
    with tempfile.TemporaryDirectory(prefix="torchwire-bench-") as place:
        archive = Path(place) / "pictures.zip"
        subprocess.run(["python3", "-m", "zipfile", "-c", archive, pictures(400)], check=True)
        ours, peer = [], []
        for _ in range(5):
            ours.append(said(sys.executable, "our_conversion.py", archive)["seconds"])
            peer.append(said(sys.executable, "plain_conversion.py", archive)["seconds"])
    return summarise("convert", ours, "s", peer=("unzip and reading the headers", peer), ratio_at_most=1)


@cache
def _exported(model: str) -> Path:
    """An untrained network as ONNX, with batch norms that have seen something."""
    path = ROOT / "build" / "bench-pictures" / f"{model}.onnx"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, WORKLOADS / "export.py", model, path], check=True, capture_output=True)
    return path


def _scoring(model: str) -> list[Measurement]:
    path = _exported(model)
    python = environment("runtimes", ["onnxruntime>=1.23", "openvino>=2025.3"])
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        rates = said(sys.executable, "our_scoring.py", model)["rates"]
        rates |= said(python, "runtime_scoring.py", path)["rates"]
        for name, rate in rates.items():
            found.setdefault(name, []).append(rate)
    ours = found.pop("ours")
    fastest = max((name for name in found if name in RUNTIMES), key=lambda name: statistics.median(found[name]))
    first = _at_least(f"score-{model}", ours, (fastest, found.pop(fastest)), 1.0)
    return [first, *_others(f"score-{model}", ours, found)]


def score_resnet18() -> list[Measurement]:
    """Images a second that ResNet-18 scores at 224 pixels, 32 at a time, beside ONNX Runtime and OpenVINO."""
    return _scoring("resnet18")


def score_densenet121() -> list[Measurement]:
    """The same of DenseNet-121."""
    return _scoring("densenet121")
