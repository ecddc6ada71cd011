"""What the engine adds to the work itself: planning, starting and recording nodes, finding out that nothing changed."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import networkx as nx

from tests.bench import peers
from tests.bench.harness import Measurement, seconds, summarise
from tests.graphs import Document, document, node, wire
from torchwire.execution.engine import Engine
from torchwire.execution.events import RunEvent
from torchwire.execution.settings import EngineSettings
from torchwire.graph.plan import plan
from torchwire.graph.validate import validate
from torchwire.registry import Registry
from torchwire.storage.database import Database

ROUNDS = 7
SETTLE = 2.0  # seconds until workers are forked ahead of time, as they are soon after any start
PACKAGES = ["tests.tiny_modules"]
PRELOAD = ("torch", "torchvision")


class Runner:
    """A real engine on a fresh home, with the tiny modules of the tests."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.events: list[RunEvent] = []
        self._finished = threading.Event()
        engine.subscribe(self._hear)

    def run(self, graph: Document) -> float:
        """Run a graph to its end and return the seconds from submit to finished."""
        self.events.clear()
        self._finished.clear()
        begun = time.perf_counter()
        self.engine.submit(graph)
        if not self._finished.wait(120):
            raise RuntimeError("the run did not end")
        return time.perf_counter() - begun

    def _hear(self, events: list[RunEvent]) -> None:
        self.events.extend(events)
        if any(event.type == "run.finished" for event in events):
            self._finished.set()


@contextmanager
def _engine(preload: tuple[str, ...] = ()) -> Iterator[Runner]:
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    with tempfile.TemporaryDirectory(prefix="torchwire-bench-") as folder:
        home = Path(folder)
        database = Database(f"sqlite:///{home / 'torchwire.db'}")
        engine = Engine(home, database, Registry.of(PACKAGES), EngineSettings(preload=preload))
        engine.start()
        try:
            engine.wait_until_ready(60)
            time.sleep(SETTLE)
            yield Runner(engine)
        finally:
            engine.stop(kill=True)
            database.close()


def _chain(length: int, begin: int) -> Document:
    """A chain that counts up from ``begin``: apart enough, none of its nodes makes what another has made."""
    nodes = [node("n0", "source", content=str(begin)), *(node(f"n{i}", "adds-one") for i in range(1, length))]
    wires = [wire(f"n{i - 1}.{'folder' if i == 1 else 'result'}", f"n{i}.folder") for i in range(1, length)]
    return document(*nodes, wires=tuple(wires))


def chain_20() -> list[Measurement]:
    """ms a node, in a chain of 20 nodes that do next to nothing, each in a process of its own."""
    marks = itertools.count()
    with _engine(preload=PRELOAD) as runner:

        def once() -> float:
            taken = runner.run(_chain(20, 1000 * next(marks))) / 20 * 1000
            if sum(event.type == "node.started" for event in runner.events) != 20:
                raise RuntimeError("not every node ran")
            return taken

        once()
        return peers.compare("chain-20", "chain", once, at_most=10, per=20)


def resubmit_20() -> list[Measurement]:
    """ms for the same chain again, unchanged, so that every node is reused."""
    with _engine(preload=PRELOAD) as runner:
        graph = _chain(20, 0)
        runner.run(graph)
        return peers.compare("resubmit-20", "again", lambda: runner.run(graph) * 1000, at_most=30)


def fan_out_16() -> list[Measurement]:
    """ms for 16 nodes that wait for one and not for each other."""
    marks = itertools.count()

    def graph() -> Document:
        mark = next(marks)
        leaves = [node(f"leaf{i}", "add-file", name=f"{mark}-{i}") for i in range(16)]
        wires = tuple(wire("source.folder", f"leaf{i}.folder") for i in range(16))
        return document(node("source", "source", content=str(mark)), *leaves, wires=wires)

    with _engine(preload=PRELOAD) as runner:
        runner.run(graph())
        return peers.compare("fan-out-16", "fan-out", lambda: runner.run(graph()) * 1000, at_most=150)


def warm_import() -> Measurement:
    """ms from a node being ready to its code running with torch imported, beside a process that imports it itself."""
    ours = []
    graph = document(node("first", "source"), node("then", "needs-torch"), wires=(wire("first.folder", "then.folder"),))
    graph["nodes"][1]["regenerate_output"] = True
    with _engine(preload=PRELOAD) as runner:
        for _ in range(ROUNDS + 1):
            runner.run(graph)
            queued = next(e.time for e in runner.events if e.type == "node.queued" and e.node == "then")
            begun = next(e.data["values"]["time"] for e in runner.events if e.type == "node.metric")
            ours.append((begun - queued) * 1000)
            time.sleep(0.2)
    command = [sys.executable, "-c", "import torch, torchvision"]
    theirs = [seconds(lambda: subprocess.run(command, check=True)) * 1000 for _ in range(3)]
    return summarise("warm-import", ours[1:], "ms", at_most=30, peer=("python -c 'import torch, torchvision'", theirs))


def _wide(count: int) -> Document:
    nodes, wires = [node("n0", "source")], []
    for i in range(1, count):
        parent = (i - 1) // 2
        nodes.append(node(f"n{i}", "identity"))
        wires.append(wire(f"n{parent}.{'folder' if parent == 0 else 'result'}", f"n{i}.folder"))
    return document(*nodes, wires=tuple(wires))


def _networkx_alone(graph: Document) -> Callable[[], Any]:
    def build() -> list[str]:
        built = nx.DiGraph()
        built.add_nodes_from((n["id"], n) for n in graph["nodes"])
        built.add_edges_from((w["from"][0], w["to"][0]) for w in graph["wires"])
        if not nx.is_directed_acyclic_graph(built):
            raise ValueError("a cycle")
        return list(nx.topological_sort(built))

    return build


def _planning(id: str, count: int) -> Measurement:
    registry, graph = Registry.of(PACKAGES), _wide(count)

    def ours() -> None:
        plan(validate(graph, registry, targets={"local-cpu"}, dataset=lambda _: None), registry)

    ours()
    mine, peer = [], []
    for _ in range(ROUNDS):
        mine.append(seconds(ours) * 1000)
        peer.append(seconds(_networkx_alone(graph)) * 1000)
    return summarise(id, mine, "ms", peer=("networkx alone", peer), ratio_at_most=3)


def plan_1000() -> Measurement:
    """ms to parse, validate and order 1,000 nodes."""
    return _planning("plan-1000", 1_000)


def plan_10000() -> Measurement:
    """ms to parse, validate and order 10,000 nodes."""
    return _planning("plan-10000", 10_000)
