"""One attempt on a machine of a target: what it says, brings, and leaves behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.processes import command_of
from tests.remote.jobs import events, job, kinds, lines
from torchwire.execution.checkpointing import damage_of
from torchwire.remote.attempt import RemoteAttempt
from torchwire.remote.backend import RemoteJob
from torchwire.remote.exchange import Exchange

Start = Callable[..., RemoteAttempt]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts attempts; they are closed at the end, and have left no process."""
    made: list[RemoteAttempt] = []

    def begin(what: RemoteJob, **options: Any) -> RemoteAttempt:
        made.append(RemoteAttempt(what, **options))
        made[-1].start()
        return made[-1]

    yield begin
    for attempt in made:
        attempt.close()
    left = [process for process in psutil.Process().children() if "torchwire.remote.worker" in command_of(process)]
    assert not left


def test_what_it_made_is_in_the_exchange_before_it_says_so(tmp_path: Path, start: Start) -> None:
    what = job(tmp_path, "counts", {"to": 3})
    said = events(start(what))
    assert kinds(said)[0] == "attempt.started" and kinds(said)[-1] == "attempt.done"
    assert kinds(said).count("attempt.checkpoint") == 4
    assert [line for line in lines(said) if line.startswith("counted")] == ["counted 1", "counted 2", "counted 3"]
    done = said[-1]["data"]["outputs"]["result"]
    exchange = Exchange(what.exchange)
    exchange.fetch(done["digest"], tmp_path / "there")
    assert (tmp_path / "there" / "data" / "sum.txt").read_text() == "6"


def test_it_reads_inputs_and_goes_on_from_checkpoints(tmp_path: Path, start: Start) -> None:
    flag = tmp_path / "flag"
    first = start(job(tmp_path, "counts", {"to": 4, "hold_at": 2, "flag": str(flag)}))
    said = events(first, until="attempt.checkpoint")
    while kinds(said).count("attempt.checkpoint") < 2:
        said = events(first, until="attempt.checkpoint")
        time.sleep(0.05)
    first.stop(kill=True)
    kept = [event["data"] for event in said if event["type"] == "attempt.checkpoint"][-1]
    flag.touch()
    told = {"digest": kept["digest"], "step": kept["step"], "source": "checkpoint", "run": "run"}
    told |= {"parameters": {}, "info": kept["info"]}
    again = job(tmp_path, "counts", {"to": 4, "hold_at": 2, "flag": str(flag)}, checkpoints=[told])
    said = events(start(again))
    assert "attempt.resumed" in kinds(said) and kinds(said)[-1] == "attempt.done"
    assert [line for line in lines(said) if line.startswith("counted")] == ["counted 3", "counted 4"]
    held = tmp_path / "scratch" / "artifacts" / kept["digest"] / "sealed"
    assert damage_of(held, kept["digest"]) is None


def test_it_stops_within_seconds(tmp_path: Path, start: Start) -> None:
    attempt = start(job(tmp_path, "counts", {"to": 3, "hold_at": 1, "flag": str(tmp_path / "never")}))
    events(attempt, until="attempt.checkpoint")
    began = time.monotonic()
    attempt.stop()
    assert kinds(events(attempt))[-1] == "attempt.cancelled"
    assert time.monotonic() - began < 15.0


def test_a_killed_worker_is_told_of(tmp_path: Path, start: Start) -> None:
    attempt = start(job(tmp_path, "counts", {"to": 3, "hold_at": 1, "flag": str(tmp_path / "never")}))
    said = events(attempt, until="attempt.checkpoint")
    started = next(event for event in said if event["type"] == "attempt.started")
    os.kill(started["data"]["pid"], 9)
    said = events(attempt)
    assert said[-1]["type"] == "attempt.ended"
    assert said[-1]["data"]["ended"] == "signal 9" and not said[-1]["data"]["out_of_memory"]
    assert attempt.state().ended == "signal 9"


def test_nobody_asking_ends_it(tmp_path: Path, start: Start) -> None:
    attempt = start(job(tmp_path, "counts", {"to": 3, "hold_at": 1, "flag": str(tmp_path / "never")}), patience=2.0)
    assert attempt.wait(20)
    assert kinds(events(attempt))[-1] == "attempt.cancelled"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"versions": {"python": "2.7", "torch": "0.1"}}, "Python 2.7 here"),
        ({"code": "other"}, "other code for the module 'counts'"),
        ({"packages": ["nowhere_at_all"]}, "does not have the module 'counts'"),
    ],
)
def test_other_versions_are_refused(tmp_path: Path, start: Start, change: dict[str, Any], words: str) -> None:
    last = events(start(job(tmp_path, "counts", **change)))[-1]
    assert last["type"] == "attempt.failed"
    assert last["data"]["error"]["name"] == "ComputeTargetMismatchError"
    assert words in last["data"]["error"]["message"] and "'there'" in last["data"]["error"]["message"]


def test_a_rank_that_others_joined_works_in_place(tmp_path: Path, start: Start) -> None:
    for rank in (0, 1):
        attempt = start(job(tmp_path, "several", processes=2, threads=4, rank=rank, meeting="tcp://127.0.0.1:1"))
        said = events(attempt)
        assert kinds(said)[-1] == "attempt.done"
        assert f"I am {rank} of 2" in lines(said)
        assert bool(said[-1]["data"]["outputs"]) == (rank == 0)


def test_what_a_killed_attempt_left_is_removed(tmp_path: Path, start: Start) -> None:
    folder = tmp_path / "scratch" / "attempts"
    (folder / "left").mkdir(parents=True)
    os.utime(folder / "left", (1, 1))
    flag = tmp_path / "flag"
    works = start(job(tmp_path, "counts", {"to": 2, "hold_at": 1, "flag": str(flag)}))
    assert not (folder / "left").exists()
    (own,) = folder.iterdir()
    os.utime(own, (1, 1))
    start(job(tmp_path, "counts", {"to": 1}))
    assert own.exists()
    flag.touch()
    assert kinds(events(works))[-1] == "attempt.done"
