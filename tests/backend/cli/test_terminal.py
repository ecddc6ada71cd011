"""What a person reads of a run where there is no terminal to draw in: one line for each change."""

from __future__ import annotations

from typing import Any

import pytest

from torchwire.execution.events import EventType, RunEvent
from torchwire.terminal import Terminal


def test_a_node_of_a_target_says_what_it_waits_for_and_where_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[tuple[EventType, dict[str, Any]]] = [
        ("node.queued", {}),
        ("node.started", {"attempt": 1, "target": "lab", "why": "first run"}),
        ("node.waiting", {"why": "it is being started"}),
        ("node.placed", {"machines": ["node-1", "node-2"]}),
        ("node.waiting", {"why": ""}),
        ("node.finished", {"seconds": 2.0}),
    ]
    with Terminal({"train": "Train"}) as terminal:
        for number, (kind, data) in enumerate(said):
            terminal.show(RunEvent("run", number, 0.0, kind, "train", data))
    assert capsys.readouterr().out.strip().splitlines() == [
        "▸ Train train first run",
        "· Train train it is being started",
        "▸ Train train on node-1, node-2",
        "✓ Train train 2.0 s",
    ]
