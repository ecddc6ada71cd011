"""Train on the GPU beside the plain loop, and check what was chosen there: `make bench-gpu`."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.training import pictures, said
from torchwire_modules.vision._hardware import hardware

MODELS, IMAGES, EPOCHS, BATCH, ROUNDS = ("resnet18", "densenet121"), 2000, 3, 64, 3


def main() -> int:
    """Print the table; 1 when a figure is worse than the plain loop's, 2 without a GPU."""
    console = Console()
    if not torch.cuda.is_available():
        console.print("There is no CUDA device here, so there is nothing to measure.")
        return 2
    console.print(f"{torch.cuda.get_device_name(0)}: {hardware('cuda:0')}")
    folder, table, slower = pictures(IMAGES), Table("model", "settings", "images/s", "plain loop", "ratio"), False
    for model in MODELS:
        given = (folder, model, EPOCHS, BATCH)
        plain = [max(said(sys.executable, "plain_training.py", *given, "cuda:0")["rates"]) for _ in range(ROUNDS)]
        for name, choice in (("deterministic", "on"), ("fastest", "off")):
            ours = [said(sys.executable, "our_training.py", *given, "224", "cuda:0", choice) for _ in range(ROUNDS)]
            rate = statistics.median(max(one["rates"]) for one in ours)
            ratio = rate / statistics.median(plain)
            slower |= ratio < 1
            chosen = ours[0]["arithmetic"]
            settings = f"{name}, {chosen['precision']}, {chosen['memory_format']}"
            table.add_row(model, settings, f"{rate:.0f}", f"{statistics.median(plain):.0f}", f"{ratio:.2f}")
    console.print(table)
    return int(slower)


if __name__ == "__main__":
    sys.exit(main())
