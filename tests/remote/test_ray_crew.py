"""What the leader of several ranks on a Ray cluster makes of what they say. Its ranks are this test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.remote.jobs import job
from torchwire.remote import ray_crew
from torchwire.remote.ray_crew import Crew

FAILED = {"error": {"code": "1000", "name": "LibraryError", "message": "no luck"}, "seconds": 1.0}
DEEP = FAILED | {"cause": "library-error", "what": "It was raised in step."}
KILLED = {"ended": "signal 9", "out_of_memory": False, "seconds": 1.0}
DONE: dict[str, Any] = {"outputs": {}, "seconds": 1.0}


@pytest.fixture
def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crew:
    """The leader of two ranks that have met."""
    monkeypatch.setattr(Crew, "_train", lambda self: None)
    monkeypatch.setattr(Crew, "_watch", lambda self: None)
    made = Crew(replace(job(tmp_path, "several", processes=2), node_count=2), None, 60.0)
    assert made.state().status == "pending"
    made.meet(0, 2, "node-1", "tcp://node-1:1")
    assert made.meeting() == (None, None)
    made.meet(1, 2, "node-2", None)
    assert made.meeting() == ("tcp://node-1:1", None)
    assert made.state().status == "running"
    return made


def line(kind: str, data: dict[str, Any]) -> bytes:
    """One event as a rank says it."""
    return json.dumps({"type": kind, "data": data}).encode() + b"\n"


def said(crew: Crew) -> list[tuple[str, dict[str, Any]]]:
    """All that the leader says once its ranks have met, of which it says first where they are."""
    events = [json.loads(one) for one in crew.read(0, 0.0).splitlines()]
    first, *others = [(event["type"], event["data"]) for event in events]
    assert first == ("attempt.placed", {"machines": ["node-1", "node-2"]})
    return others


def test_only_rank_0_speaks_and_the_others_print(crew: Crew) -> None:
    printed = line("node.log", {"lines": [[1.0, "stdout", "here"]]})
    metric = line("node.metric", {"axis": "epoch", "step": 1, "values": {}})
    crew.put(0, printed + metric, False)
    crew.put(1, printed + metric, False)
    assert [(kind, data.get("lines")) for kind, data in said(crew)] == [
        ("node.log", [[1.0, "stdout", "here"]]),
        ("node.metric", None),
        ("node.log", [[1.0, "rank 1", "here"]]),
    ]


def test_memory_is_that_of_all(crew: Crew) -> None:
    for rank in (1, 0):
        crew.put(rank, line("attempt.memory", {"seconds": 1, "now": 5, "peak": 7, "limit": 10}), False)
    assert said(crew) == [("attempt.memory", {"seconds": 1, "now": 10, "peak": 14, "limit": 20})]


def test_it_is_done_when_all_are(crew: Crew) -> None:
    assert crew.put(0, line("attempt.done", DONE), True) is None
    assert crew.state().status == "running"
    crew.put(1, line("attempt.done", {"outputs": {}, "seconds": 1.0}), True)
    assert said(crew) == [("attempt.done", DONE)]
    assert crew.state().status == "ended"


@pytest.mark.parametrize("first", [0, 1])
def test_a_killed_rank_comes_before_what_the_other_says(crew: Crew, first: int) -> None:
    told = [(0, line("attempt.failed", DEEP)), (1, line("attempt.ended", KILLED))]
    for rank, what in (told[first], told[1 - first]):
        crew.put(rank, what, True)
    [(kind, data)] = said(crew)
    assert (kind, data["ended"]) == ("attempt.lost", "signal 9")
    assert data["error"]["message"] == "Rank 1 of 2, on node-2, ended by signal 9."


def test_the_first_failure_counts_and_the_others_are_stopped(crew: Crew) -> None:
    assert crew.put(1, line("attempt.failed", DEEP), True) == "stop"
    assert crew.put(0, b"", False) == "stop"
    crew.put(0, line("attempt.cancelled", {"seconds": 1.0}), True)
    [(kind, data)] = said(crew)
    assert (kind, data["error"]["message"]) == ("attempt.failed", "Rank 1 of 2: no luck")


def test_a_rank_that_is_silent_after_a_failure_was_lost_with_its_machine(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew.put(0, line("attempt.failed", DEEP), True)
    assert crew.state().status == "running"
    monkeypatch.setattr(ray_crew, "SILENT", 0.0)
    crew.put(0, b"", True)
    assert said(crew) == []
    assert (crew.state().status, crew.state().why) == ("lost", "rank 1, on node-2, is not heard of any more")


@pytest.mark.parametrize("stop", [lambda crew: crew.stop(False), lambda crew: crew.stop(True)], ids=["kindly", "not"])
def test_cancelled_when_all_have_stopped(crew: Crew, stop: Callable[[Crew], None]) -> None:
    stop(crew)
    assert crew.put(0, line("attempt.cancelled", {"seconds": 2.0}), True) in ("stop", "kill")
    crew.put(1, line("attempt.failed", DEEP), True)
    assert said(crew) == [("attempt.cancelled", {"seconds": 2.0})]
    assert crew.state().status == "ended"
