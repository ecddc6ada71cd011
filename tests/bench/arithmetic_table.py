"""Measure the candidates of the table in vision/arithmetic.py on this machine, and print the rows.

Candidates take turns step by step, so that whatever else the machine does hits all alike. ``--seconds 2`` is how long
each computes at each size, after a first step; so all takes under six minutes on two cores. ``--busy`` takes one thread
and its processor time, for machines that others use too. ``--walk`` measures other variants, batches and sizes instead,
beside the plain loop's step, and says where ours loses; with ``--fp32`` as on a processor without units for bfloat16,
with ``--unfused`` as where there is no C compiler. Where ours is the plain step there is nothing to measure.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from rich.console import Console
from rich.table import Table
from torch.nn import functional
from torchvision import models

from torchwire_modules.vision._fused.library import kernels
from torchwire_modules.vision._hardware import chosen, computing, hardware, keep_freed_memory, place
from torchwire_modules.vision.arithmetic import Arithmetic, Hardware, choose

SIZES = (32, 64, 224)
BATCHES = {32: 64, 64: 32, 224: 16}
TABLE = [("resnet18", size, BATCHES[size]) for size in SIZES] + [("densenet121", size, BATCHES[size]) for size in SIZES]
CANDIDATES = {
    f"{precision} {layout}": Arithmetic(precision, layout, fused=layout == "channels_last", why="")
    for precision in ("fp32", "bf16")
    for layout in ("channels_last", "contiguous")
}
WALK = [
    ("resnet18", 64, 1), ("resnet18", 32, 4), ("resnet18", 64, 2), ("resnet18", 224, 1), ("resnet50", 32, 2),
    ("resnet50", 64, 16), ("resnext50_32x4d", 64, 8), ("wide_resnet50_2", 64, 4), ("densenet121", 32, 2),
    ("densenet121", 32, 16), ("densenet121", 64, 2), ("densenet121", 224, 2), ("densenet161", 64, 4),
    ("resnet18", 128, 1), ("resnet18", 128, 16), ("resnet18", 224, 16), ("resnet50", 224, 2), ("densenet121", 64, 16),
    ("resnet34", 64, 8), ("resnet101", 64, 4), ("resnet152", 32, 2), ("resnext101_32x8d", 64, 2),
    ("wide_resnet101_2", 32, 2), ("densenet169", 64, 8), ("densenet201", 32, 8),
]  # fmt: skip
PLAIN = Arithmetic("fp32", "contiguous", fused=False, why="")
LOSES = 0.97
"""Below this share of the plain step's rate ours counts as slower: less than that is noise."""

Step = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Case:
    """What a step is measured on."""

    model: str
    size: int
    batch: int

    @property
    def family(self) -> str:
        """As the table knows it."""
        return "densenet" if self.model.startswith("densenet") else "resnet"

    def step(self, arithmetic: Arithmetic) -> Step:
        """A training step in ``arithmetic`` on tensors in memory."""
        torch.manual_seed(0)
        network = place(models.get_model(self.model, weights=None, num_classes=4), "cpu", arithmetic).train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
        images = torch.randn(self.batch, 3, self.size, self.size)
        if arithmetic.memory_format == "channels_last":
            images = images.to(memory_format=torch.channels_last)
        labels = torch.randint(0, 4, (self.batch,))

        def run() -> None:
            with computing("cpu", arithmetic):
                logits = network(images)
            optimizer.zero_grad()
            functional.cross_entropy(logits.float(), labels).backward()
            optimizer.step()

        return run


def in_turn(steps: dict[str, Step], seconds: float, clock: Clock) -> dict[str, list[float]]:
    """The times of each step by ``clock``, taken in rounds: so many seconds, but three rounds at least."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    while any(sum(found) < seconds or len(found) < 3 for found in times.values()):
        for name, step in steps.items():
            begun = clock()
            step()
            times[name].append(clock() - begun)
    return times


def table(console: Console, cases: list[Case], seconds: float, clock: Clock) -> None:
    """Images a second of each candidate, and which the table takes."""
    shown = Table("network", "pixels", "batch", *CANDIDATES, "fastest", "the table takes", "of the fastest")
    for case in cases:
        times = in_turn({name: case.step(arithmetic) for name, arithmetic in CANDIDATES.items()}, seconds, clock)
        rates = {name: case.batch / statistics.median(found) for name, found in times.items()}
        fastest = max(rates, key=lambda name: rates[name])
        auto = chosen("cpu", case.family, (case.size, case.size))
        taken = f"{auto.precision} {auto.memory_format}"
        cells = [f"{rate:.1f}" for rate in rates.values()]
        share = f"{rates[taken] / rates[fastest]:.2f}"
        shown.add_row(case.model, str(case.size), str(case.batch), *cells, fastest, taken, share)
        console.print(f"[dim]{case.model} {case.size} px: {', '.join(f'{k} {v:.1f}' for k, v in rates.items())}[/dim]")
    console.print(shown)


def walk(console: Console, cases: list[Case], seconds: float, clock: Clock, machine: Hardware, fused: bool) -> None:
    """Our step beside the plain loop's, and the cases where ours loses."""
    shown, lost = Table("network", "pixels", "batch", "plain", "ours", "in", "ratio"), []
    for case in cases:
        auto = choose(machine, case.family, (case.size, case.size), batch_size=case.batch, kernels=fused)
        row = [case.model, str(case.size), str(case.batch)]
        if replace(auto, why="") == PLAIN:
            shown.add_row(*row, "", "", "as the plain one", "")
            continue
        times = in_turn({"plain": case.step(PLAIN), "ours": case.step(auto)}, seconds, clock)
        # of each round, so that what slows a machine for a while slows both
        ratio = statistics.median(plain / ours for plain, ours in zip(times["plain"], times["ours"], strict=True))
        if ratio < LOSES:
            lost.append(case)
        rates = [f"{case.batch / statistics.median(times[name]):.1f}" for name in ("plain", "ours")]
        shown.add_row(*row, *rates, f"{auto.precision} {auto.memory_format}", f"{ratio:.2f}")
        console.print(f"[dim]{' '.join(row)}: {ratio:.2f} in {len(times['ours'])} rounds[/dim]")
    console.print(shown)
    named = ", ".join(f"{case.model} at {case.size} px, batch {case.batch}" for case in lost)
    console.print(f"Slower than the plain step: {named or 'nowhere'}.")


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--walk", action="store_true")
    parser.add_argument("--fp32", action="store_true")
    parser.add_argument("--unfused", action="store_true")
    parser.add_argument("--sizes", default="", help="in pixels, separated by commas")
    parser.add_argument("--only", default="", help="networks, separated by commas")
    options = parser.parse_args()
    keep_freed_memory()
    if options.busy:
        torch.set_num_threads(1)
    clock = time.process_time if options.busy else time.perf_counter
    console, names = Console(width=180), options.only.split(",") if options.only else None
    console.print(f"{len(os.sched_getaffinity(0))} cores, {torch.get_num_threads()} threads, {hardware('cpu')}")
    cases = [Case(*case) for case in (WALK if options.walk else TABLE) if names is None or case[0] in names]
    if options.sizes:
        cases = [case for case in cases if str(case.size) in options.sizes.split(",")]
    if options.walk:
        machine = Hardware("cpu") if options.fp32 else hardware("cpu")
        walk(console, cases, options.seconds, clock, machine, kernels() is not None and not options.unfused)
    else:
        table(console, cases, options.seconds, clock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
