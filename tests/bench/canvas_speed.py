"""How soon the canvas is there and how smoothly it moves, beside a bare @xyflow/react page with as many plain nodes."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import statistics
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.harness import ROOT, Measurement, serving, summarise

HERE = Path(__file__).parent / "canvas"
ROUNDS = 5
OPENINGS = 9
RATIO = 0.9
"""Ours may be this much slower than the bare page."""
FLOORS = {144: 50.0, 700: 30.0}
"""Frames a second that are wanted where the bare page reaches them."""
BLOCK = (900, 1100)
SAMPLE = ROOT / "examples" / "image-classification-resnet.json"


def canvas(nodes: int) -> Measurement:
    """Frames a second of the slowest of panning, zooming and dragging, the whole graph in view."""
    document = _graph(nodes)
    with serving() as (url, _, _), _bare_page(document, nodes) as bare:
        ours = f"{url}/pipelines/{create(url, document)}"
        script = [str(HERE / "measure.mjs"), ours, f"{bare}/#{nodes}", str(ROUNDS)]
        answer = subprocess.run(["node", *script], cwd=ROOT, check=True, capture_output=True, text=True)
    print(answer.stderr, end="")
    gestures: dict[str, dict[str, Any]] = json.loads(answer.stdout)
    figures = {gesture: made["frames"] for gesture, made in gestures.items()}

    def middle(sides: dict[str, list[float]]) -> tuple[float, float]:
        return statistics.median(sides["ours"]), statistics.median(sides["bare"])

    for gesture, made in gestures.items():
        (rate, peer), work = middle(made["frames"]), made["work"]
        print(
            f"  {gesture}: {rate:.1f} fps, bare {peer:.1f}, ratio {rate / peer:.2f}; "
            f"main thread a step: {work['ours']:.1f} ms, bare {work['bare']:.1f}"
        )
    floor = FLOORS.get(nodes, 0.0)
    rates = [middle(sides) for sides in figures.values()]
    holds = all(rate >= RATIO * peer and (rate >= floor or peer < floor) for rate, peer in rates)
    slowest = min(figures.values(), key=lambda sides: middle(sides)[0] / middle(sides)[1])
    value, peer = middle(slowest)
    goal = f">= {RATIO:g} x bare page" + (f", >= {floor:g} fps" if floor else "")
    spread = (min(slowest["ours"]), max(slowest["ours"]))
    return Measurement(f"canvas-{nodes}", value, "fps", spread, ("bare page", peer), goal, holds)


def page_ready() -> list[Measurement]:
    """Seconds from the page's first byte until a click selects a node of the sample, in a browser that never saw it."""
    nodes = len(json.loads(SAMPLE.read_text())["nodes"])
    document = _graph(nodes)
    with serving() as (url, _, _), _bare_page(document, nodes) as bare:
        ours = f"{url}/pipelines/{create(url, document)}"
        script = [str(HERE / "ready.mjs"), ours, f"{bare}/#{nodes}", str(nodes), str(OPENINGS)]
        answer = subprocess.run(["node", *script], cwd=ROOT, check=True, capture_output=True, text=True)
    times: dict[str, dict[str, list[float]]] = json.loads(answer.stdout)
    own, peer = times["ours"], times["bare"]
    return [
        summarise("page-ready", own["usable"], "s", peer=("bare page", peer["usable"]), at_most=1),
        summarise("page-drawn", own["drawn"], "s", peer=("bare page", peer["drawn"])),
    ]


def _graph(nodes: int) -> dict[str, Any]:
    """Copies of the sample pipeline in rows, cut to exactly ``nodes`` nodes."""
    sample = json.loads(SAMPLE.read_text())
    copies = -(-nodes // len(sample["nodes"]))
    columns = round(copies**0.5 * 1.2) or 1
    made: list[dict[str, Any]] = []
    wires: list[dict[str, Any]] = []
    for copy in range(copies):
        right, down = (copy % columns) * BLOCK[0], (copy // columns) * BLOCK[1]
        for node in sample["nodes"]:
            x, y = node["position"]
            made.append({**node, "id": f"{node['id']}-{copy}", "position": [x + right, y + down]})
        for wire in sample["wires"]:
            wires.append({end: [f"{wire[end][0]}-{copy}", wire[end][1]] for end in ("from", "to")})
    made = made[:nodes]
    kept = {node["id"] for node in made}
    wires = [wire for wire in wires if wire["from"][0] in kept and wire["to"][0] in kept]
    return {**sample, "name": f"{nodes} nodes", "nodes": made, "wires": wires}


def create(url: str, document: dict[str, Any]) -> str:
    """Keep the document on the server; its id."""
    body = json.dumps({"document": document}).encode()
    request = urllib.request.Request(f"{url}/api/v1/pipelines", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["pipeline"]["id"])


@contextlib.contextmanager
def _bare_page(document: dict[str, Any], nodes: int) -> Iterator[str]:
    """Build the peer, serve it beside its graph, and yield its address."""
    with tempfile.TemporaryDirectory(prefix="torchwire-bare-") as folder:
        build = ["npx", "vite", "build", str(HERE), "--outDir", folder, "--base", "./", "--logLevel", "error"]
        subprocess.run([*build, "--config", str(HERE / "vite.config.mjs")], cwd=ROOT / "frontend", check=True)
        (Path(folder) / f"graph-{nodes}.json").write_text(json.dumps(document))
        handler = functools.partial(Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing about it."""

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the benchmark's own output readable."""
