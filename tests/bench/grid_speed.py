"""How smoothly a grid of 50,000 images scrolls, beside a bare page that scrolls as many coloured boxes."""

from __future__ import annotations

import functools
import http.server
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.bench.canvas_speed import RATIO, Quiet, create
from tests.bench.harness import ROOT, Measurement, serving

HERE = Path(__file__).parent / "grid"
IMAGES = 50_000
ROUNDS = 5
FLOOR = 50.0
"""Frames a second that are wanted where the bare page reaches them."""


def grid_50000() -> Measurement:
    """Frames a second while the wheel turns, with pictures that nobody has looked at yet."""
    archive = _archive()
    with serving() as (url, _, home):
        (home / "data").mkdir(exist_ok=True)
        os.link(archive, home / "data" / archive.name)
        ours = _converted(url, home / "data" / archive.name)
        handler = functools.partial(Quiet, directory=HERE)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            bare = f"http://127.0.0.1:{server.server_port}/bare.html#{IMAGES}"
            script = [str(HERE / "scroll.mjs"), ours, bare, str(ROUNDS)]
            answer = subprocess.run(["node", *script], cwd=ROOT, check=True, capture_output=True, text=True)
            server.shutdown()
    made: dict[str, Any] = json.loads(answer.stdout)
    rate, peer = (statistics.median(made["frames"][side]) for side in ("ours", "bare"))
    late, work = statistics.median(made["late"]), made["work"]
    print(
        f"  main thread a step: {work['ours']:.1f} ms, bare {work['bare']:.1f}; "
        f"the last picture in sight {late:.0f} ms after the wheel stops"
    )
    spread = (min(made["frames"]["ours"]), max(made["frames"]["ours"]))
    holds = rate >= RATIO * peer and (rate >= FLOOR or peer < FLOOR)
    goal = f">= {RATIO:g} x bare page, >= {FLOOR:g} fps"
    return Measurement("grid-50000", rate, "fps", spread, ("bare page", peer), goal, holds)


def _archive() -> Path:
    """A zip of small pictures, each another one, made once."""
    path = ROOT / "build" / "bench-pictures" / f"{IMAGES}.zip"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        script = ROOT / "tests" / "bench" / "workloads" / "small_pictures.py"
        subprocess.run([sys.executable, script, path, str(IMAGES)], check=True)
    return path


def _converted(url: str, archive: Path) -> str:
    """Convert the archive, and return the address of the page that shows the images."""
    sample = json.loads((ROOT / "examples" / "image-classification-resnet.json").read_text())
    nodes = [node for node in sample["nodes"] if node["id"] in ("dataset", "convert")]
    nodes[0]["parameters"] = {"path": str(archive)}
    wires = [wire for wire in sample["wires"] if wire["to"][0] == "convert"]
    pipeline = create(url, {**sample, "nodes": nodes, "wires": wires})
    run = _ask(f"{url}/api/v1/runs", {"pipeline_id": pipeline})["run"]
    while run["status"] in ("queued", "running"):
        time.sleep(0.2)
        run = _ask(f"{url}/api/v1/runs/{run['id']}")["run"]
    if run["status"] != "completed":
        raise RuntimeError(f"the images were not converted: {run['error']}")
    return f"{url}/pipelines/{pipeline}/runs/{run['id']}?node=convert&output=output_image_directory"


def _ask(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    sent = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, sent, {"Content-Type": "application/json"})) as answer:
        return dict(json.load(answer))
