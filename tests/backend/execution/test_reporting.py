"""What a worker tells, and how often it wakes whoever reads it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from torchwire.execution.logs import LogBook
from torchwire.execution.reporting import TICK, Reporter


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When the reader was woken."""
    heard: list[float] = []
    monkeypatch.setattr("torchwire.execution.reporting.Doorbell.ring", lambda bell: heard.append(time.monotonic()))
    return heard


@pytest.fixture
def reporter(tmp_path: Path) -> Reporter:
    return Reporter(tmp_path, "a" * 32, tmp_path / "doorbell", LogBook(tmp_path))


def told(folder: Path) -> list[float]:
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines() if line]
    return [event["data"]["step"] for event in events if event["type"] == "node.metric"]


def test_quick_batches_wake_the_reader_ten_times_a_second(
    tmp_path: Path, reporter: Reporter, rings: list[float]
) -> None:
    began, step = time.monotonic(), 0
    while time.monotonic() < began + 4 * TICK:
        reporter.metric("batch", step, {"loss": 1.0})
        reporter.progress(step, 10**6, "batches", "")
        step += 1
        time.sleep(0.002)
    took = time.monotonic() - began
    assert step > 10
    assert len(rings) <= 2 * (took / TICK + 1)  # progress and metrics
    before = len(rings)
    reporter.flush()
    assert len(rings) == before + 1
    assert told(tmp_path) == list(range(step)), "nothing is left out"


def test_the_last_batch_is_heard_at_the_next_tick(tmp_path: Path, reporter: Reporter, rings: list[float]) -> None:
    reporter.metric("batch", 1, {"loss": 1.0})
    reporter.metric("batch", 2, {"loss": 1.0})
    assert len(rings) == 1
    reporter.flush()
    assert len(rings) == 2
    reporter.flush()
    assert len(rings) == 2
    assert told(tmp_path) == [1, 2]


def test_epochs_are_heard_at_once(reporter: Reporter, rings: list[float]) -> None:
    for epoch in (1, 2, 3):
        reporter.metric("epoch", epoch, {"loss": 1.0})
    assert len(rings) == 3
