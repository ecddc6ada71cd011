"""Train on the GPU beside the plain loop, eagerly and compiled, and show what was chosen there: `make bench-gpu`."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.training import pictures, said
from torchwire_modules.vision._hardware import chosen, hardware
from torchwire_modules.vision.arithmetic import DEFAULT, GRAPHS, OFF

MODELS, IMAGES, EPOCHS, ROUNDS = ("resnet18", "densenet121"), 2000, 3, 3
SIZES = ((224, 64), (64, 16))
"""Side of the images and batch: one on each side of the table's bound for CUDA graphs."""
WAYS = (
    ("deterministic", "on", OFF),
    ("fastest", "off", OFF),
    ("fastest, compiled", "off", DEFAULT),
    ("fastest, CUDA graphs", "off", GRAPHS),
)


def main() -> int:
    """Print the table; 1 when eager training is slower than the plain loop, 2 without a GPU."""
    console = Console()
    if not torch.cuda.is_available():
        console.print("There is no CUDA device here, so there is nothing to measure.")
        return 2
    console.print(f"{torch.cuda.get_device_name(0)}: {hardware('cuda:0')}")
    folder, slower = pictures(IMAGES), False
    table = Table("model", "side", "batch", "settings", "images/s", "plain loop", "ratio", "compile: on takes")
    for model in MODELS:
        for side, batch in SIZES:
            taken = chosen("cuda:0", model.rstrip("0123456789"), (side, side), compile=True, batch_size=batch).compiled
            plain = _plain(folder, model, batch) if side == 224 else None
            for name, exact, compiled in WAYS:
                given = (folder, model, EPOCHS, batch, side, "cuda:0", exact, compiled)
                ours = [said(sys.executable, "our_training.py", *given) for _ in range(ROUNDS)]
                rate = statistics.median(max(one["rates"][1:]) for one in ours)
                slower |= plain is not None and compiled == OFF and rate < plain
                table.add_row(model, str(side), str(batch), _settings(name, ours[0]), *_beside(rate, plain), taken)
    console.print(table)
    return int(slower)


def _plain(folder: Path, model: str, batch: int) -> float:
    given = (folder, model, EPOCHS, batch, "cuda:0")
    return statistics.median(max(said(sys.executable, "plain_training.py", *given)["rates"][1:]) for _ in range(ROUNDS))


def _settings(name: str, said: dict[str, Any]) -> str:
    return f"{name}, {said['arithmetic']['precision']}, {said['arithmetic']['memory_format']}"


def _beside(rate: float, plain: float | None) -> tuple[str, str, str]:
    return (f"{rate:.0f}", "", "") if plain is None else (f"{rate:.0f}", f"{plain:.0f}", f"{rate / plain:.2f}")


if __name__ == "__main__":
    sys.exit(main())
