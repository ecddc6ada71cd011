"""Hundreds of kills at random moments. ``SEED`` repeats a storm, ``KILLS`` sets how many there are."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.crash import graphs
from tests.crash.site import ROOT, Site
from tests.crash.storm import Storm, Toll, by_victim

SEED = int(os.environ.get("SEED") or time.time())
KILLS = int(os.environ.get("KILLS") or 200)
A_HOME = 20
"""Kills in one home, before the next one begins with a new one."""


@pytest.fixture(scope="module")
def documents() -> list:
    return [graphs.lively(number) for number in range(3)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, documents: list) -> dict:
    site = Site(tmp_path_factory.mktemp("undisturbed"))
    try:
        return graphs.undisturbed(site, documents)
    finally:
        site.close()


@pytest.fixture(scope="module")
def toll():
    began, counted = time.monotonic(), Counter()
    yield counted
    report = {"seed": SEED, "kills": sum(counted.values()), "seconds": round(time.monotonic() - began)}
    path = ROOT / "build" / "crash.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report | by_victim(counted), indent=2))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("home", range(-(-KILLS // A_HOME)))
def test_a_storm_does_no_harm(
    tmp_path: Path, home: int, documents: list, expected: dict, toll: Toll, capsys: pytest.CaptureFixture
) -> None:
    with capsys.disabled():
        print(f"\nseed {SEED}, home {home}", flush=True)  # noqa: T201
    site = Site(tmp_path)
    try:
        storm = Storm(site, random.Random(f"{SEED} {home}"), documents, toll)  # noqa: S311 - it is to be repeated
        storm.rage(min(A_HOME, KILLS - home * A_HOME), expected)
    finally:
        site.close()
    with capsys.disabled():
        print(by_victim(toll), "re-attached:", storm.reattached, flush=True)  # noqa: T201
