"""A real training that is killed again and again ends with the weights of one that was left alone, to the last bit."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.crash import invariants
from tests.crash.site import ROOT, Host, Site
from tests.crash.test_random_kills import SEED
from tests.graphs import Document
from tests.timing import until
from torchwire.execution.sealing import file_digest

KILLS = int(os.environ.get("TRAINING_KILLS") or 12)
EPOCHS = 2
"""Enough for a state to go on from before the end."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, draw = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for label, category in enumerate(("blue", "green", "red")):
        (folder / category).mkdir()
        for number in range(24):
            pixels = draw.integers(0, 90, (32, 32, 3), dtype=np.uint8)
            pixels[..., label] += 110
            Image.fromarray(pixels).save(folder / category / f"{number}.png")
    return folder


def training(images: Path) -> Document:
    """The sample pipeline up to its training, made small."""
    document: Document = json.loads((ROOT / "examples" / "image-classification-resnet.json").read_text())
    small = {
        "dataset": {"path": str(images)},
        "init": {"size": 32, "crop_size": 32},
        "train": {"epochs": EPOCHS, "batch_size": 4, "learning_rate": 0.01, "learning_rate_schedule": "cosine"},
    }
    left_out = {"score", "evaluate", "apply-testing"}
    document["nodes"] = [node for node in document["nodes"] if node["id"] not in left_out]
    document["wires"] = [wire for wire in document["wires"] if not left_out & {wire["from"][0], wire["to"][0]}]
    for node in document["nodes"]:
        node["parameters"] = {**node.get("parameters", {}), **small.get(node["id"], {})}
    return document


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[Callable[[str], Site]]:
    made: list[Site] = []

    def make(name: str) -> Site:
        made.append(Site(tmp_path / name, packages=("torchwire_modules",), preload=("torch", "torchvision")))
        return made[-1]

    yield make
    for site in made:
        site.close()


def weights(site: Site, run: dict[str, Any]) -> str:
    digest = run["nodes"]["train"]["outputs"]["trained_model"]["digest"]
    return file_digest(site.home / "artifacts" / digest[:2] / digest / "data" / "model.safetensors")


@pytest.mark.timeout(900)
def test_the_weights_are_those_of_an_undisturbed_training(
    new_site: Callable[[str], Site], images: Path, capsys: pytest.CaptureFixture
) -> None:
    draw, document, toll = random.Random(f"{SEED} training"), training(images), Counter[str]()  # noqa: S311
    quiet = new_site("quiet")
    host = quiet.start()
    host.ask("submit", document=document)
    [alone] = quiet.finish()
    assert alone["status"] == "completed", alone["error"]
    host.stop()

    site = new_site("killed")
    host = site.start()
    again = document | {"nodes": [node | {"regenerate_output": True} for node in document["nodes"]]}
    host.ask("submit", document=again)
    for _ in range(KILLS):
        if not site.database.runs.unfinished():
            host.ask("submit", document=again)
        host, state = strike(site, host, draw)
        toll[state] += 1
        invariants.check_history(site)
    runs = site.finish()
    if not any(run["status"] == "completed" for run in runs):
        host.ask("submit", document=again)
        runs = site.finish()
    completed = [run for run in runs if run["status"] == "completed"]
    assert completed
    assert {weights(site, run) for run in completed} == {weights(quiet, alone)}
    invariants.check(site)
    host.stop()
    invariants.check_nothing_runs(site)
    resumed = sum(
        event.type == "node.resumed" for run in runs for event in site.database.runs.events(run["id"], 0, 99999)
    )
    with capsys.disabled():
        print(f"\nseed {SEED}, training: {dict(toll)}, {len(runs)} runs, {resumed} times gone on")  # noqa: T201


def strike(site: Site, host: Host, draw: random.Random) -> tuple[Host, str]:
    """Kill somebody while the training runs, or at any other time."""
    victim = draw.choice(["worker", "worker", "server", "zygote", "child"])
    since = draw.choice([nothing, trains, trains, has_checkpoint, has_checkpoint])
    until(lambda: since(site) or not site.database.runs.unfinished(), "the training")
    time.sleep(draw.uniform(0.0, 0.5))  # the moment itself is drawn
    state = "training" if trains(site) else "before"
    if victim == "server":
        host.kill()
        return site.start(), f"server {state}"
    workers = site.workers()
    found = {
        "worker": workers,
        "zygote": site.zygotes(),
        "child": [child for worker in workers for child in children(worker)],
    }
    victims = found[victim] or found["zygote"]
    if not victims:
        host.kill()
        return site.start(), f"server {state}"
    kind = victim if found[victim] else "zygote"
    with suppress(psutil.Error):
        draw.choice(victims).kill()
    return host, f"{kind} {state}"


def children(worker: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return worker.children(recursive=True)
    return []


def nothing(_: Site) -> bool:
    return True


def has_checkpoint(site: Site) -> bool:
    runs = [site.run(run_id) for run_id in site.database.runs.unfinished()]
    return any(run["nodes"]["train"]["status"] == "running" and run["nodes"]["train"]["checkpoint"] for run in runs)


def trains(site: Site) -> bool:
    for run_id in site.database.runs.unfinished():
        state = site.run(run_id)["nodes"]["train"]
        if state["status"] == "running" and state["progress"]:
            return True
    return False
