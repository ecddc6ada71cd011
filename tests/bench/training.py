"""Training and scoring, beside the loops and programs that people would use instead."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench.environments import NoPeerError, environment
from tests.bench.harness import ROOT, Measurement

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
    """What a workload printed last."""
    command = [str(python), str(WORKLOADS / script), *map(str, arguments)]
    done = subprocess.run(command, cwd=WORKLOADS, capture_output=True, text=True, timeout=1800)
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
    middle = {name: statistics.median(found) for name, found in rates.items()}
    fastest = max(middle, key=middle.__getitem__)
    value, has_units = statistics.median(ours), precision == "bf16"
    least = GOALS[model] if has_units else 1.0
    best_limit = max(statistics.median(found) for found in limits.values())
    start = statistics.median(first), statistics.median(plain_first)
    return [
        _line(f"train-{model}", ours, (fastest, middle[fastest]), least),
        _line(f"train-{model}-limit", ours, ("the step on tensors in memory", best_limit), 0.95),
        _line(f"train-{model}-first-epoch", first, ("plain loop's first epoch", start[1]), 1.0),
    ] + [
        _line(f"train-{model}-{name.lower().replace(' ', '-')}", ours, (name, rate), 1.0)
        for name, rate in middle.items()
        if name != fastest and value
    ]


def _line(id: str, ours: list[float], against: tuple[str, float], at_least: float) -> Measurement:
    value = statistics.median(ours)
    goal = f">= {at_least:g} x {against[0]}"
    holds = value >= at_least * against[1]
    return Measurement(id, value, "images/s", (min(ours), max(ours)), against, goal, holds)


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
    value, theirs = statistics.median(ours), statistics.median(peer)
    against = ("unzip and reading the headers", theirs)
    return Measurement("convert", value, "s", (min(ours), max(ours)), against, "<= 1 x its peer", value <= theirs)


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
    middle = {name: statistics.median(rates) for name, rates in found.items()}
    fastest = max((name for name in middle if name in RUNTIMES), key=middle.__getitem__)
    return [_line(f"score-{model}", ours, (fastest, middle[fastest]), 1.0)] + [
        _line(f"score-{model}-{name.lower().replace(' ', '-')}", ours, (name, rate), 1.0)
        for name, rate in middle.items()
        if name != fastest
    ]


def score_resnet18() -> list[Measurement]:
    """Images a second that ResNet-18 scores at 224 pixels, 32 at a time, beside ONNX Runtime and OpenVINO."""
    return _scoring("resnet18")


def score_densenet121() -> list[Measurement]:
    """The same of DenseNet-121."""
    return _scoring("densenet121")
