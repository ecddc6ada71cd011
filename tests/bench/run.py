"""Run the benchmarks, print a table and write build/bench.json. ``--only id,id`` runs some.

``--page`` also puts the results into docs/benchmarks.md, in place of those of the same ids.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import (
    canvas_speed,
    grid_speed,
    latency,
    orchestration,
    page,
    ranks,
    ray_nodes,
    scheduling,
    server,
    training,
    web,
)
from tests.bench.harness import ROOT, Measurement

BENCHMARKS: dict[str, Callable[[], Measurement | list[Measurement]]] = {
    "server-start": server.start,
    "server-memory": server.memory,
    "warm-import": orchestration.warm_import,
    "chain-20": orchestration.chain_20,
    "resubmit-20": orchestration.resubmit_20,
    "fan-out-16": orchestration.fan_out_16,
    "plan-1000": orchestration.plan_1000,
    "plan-10000": orchestration.plan_10000,
    "schedule-10000": scheduling.schedule_10000,
    "event-latency-1": latency.event_latency(1),
    "event-latency-20": latency.event_latency(20),
    "event-latency-100": latency.event_latency(100),
    "page-weight": web.page_weight,
    "page-ready": canvas_speed.page_ready,
    "renders-per-event": web.renders_per_event,
    "train-resnet18": training.train_resnet18,
    "train-densenet121": training.train_densenet121,
    "score-resnet18": training.score_resnet18,
    "score-densenet121": training.score_densenet121,
    "convert": training.convert,
    "ddp-2": ranks.ddp_2,
    "ray-node": ray_nodes.ray_node,
    "canvas-144": lambda: canvas_speed.canvas(144),
    "canvas-700": lambda: canvas_speed.canvas(700),
    "canvas-1000": lambda: canvas_speed.canvas(1000),
    "grid-50000": grid_speed.grid_50000,
}


def main() -> int:
    """Run what was asked for; 2 when an id is unknown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="ids, separated by commas")
    parser.add_argument("--page", action="store_true", help="put the results into docs/benchmarks.md")
    options = parser.parse_args()
    chosen = [name for name in options.only.split(",") if name] or list(BENCHMARKS)
    unknown = [name for name in chosen if name not in BENCHMARKS]
    console = Console()
    if unknown:
        console.print(f"No benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
        return 2

    results: list[Measurement] = []
    for name in chosen:
        console.print(f"[dim]{name} …[/dim]")
        made = BENCHMARKS[name]()
        results += made if isinstance(made, list) else [made]

    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([result.as_json() for result in results], indent=1) + "\n")
    console.print(as_table(results))
    if options.page:
        page.write(results)
    return 0


def as_table(results: list[Measurement]) -> Table:
    """The results for a person to read."""
    table = Table("benchmark", "median", "spread", "against", "ratio", "goal", "holds")
    for r in results:
        against = "" if r.against is None else f"{r.against[0]}: {r.against[1]:.4g} {r.unit}"
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
        holds = "" if r.holds is None else "yes" if r.holds else "no"
        spread = f"{r.spread[0]:.4g} to {r.spread[1]:.4g}"
        table.add_row(r.id, f"{r.value:.4g} {r.unit}", spread, against, ratio, r.goal or "", holds)
    return table


if __name__ == "__main__":
    sys.exit(main())
