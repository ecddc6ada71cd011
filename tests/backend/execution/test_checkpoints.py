"""Going on from where earlier work got to: after a kill, after a cancel, and farther than it was asked to."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.graphs import Document, single
from tests.places import Place, statuses
from torchwire.errors import RunCancelled
from torchwire.execution import sealing
from torchwire.execution.attempt import EventTail
from torchwire.execution.checkpointing import CheckpointWriter, damage_of
from torchwire.execution.logs import LogBook
from torchwire.execution.reporting import Reporter
from torchwire.execution.sealing import KnownDigests
from torchwire.storage.models import AttemptRow, CheckpointRow, table_of

CHECKPOINTS, ATTEMPTS = table_of(CheckpointRow), table_of(AttemptRow)


@pytest.fixture
def held(tmp_path: Path) -> Callable[..., Document]:
    """Makes a graph that counts to ``to`` and waits after ``hold_at``, until ``release()``."""

    def graph(to: int = 5, hold_at: int = 3, **more: object) -> Document:
        return single("counts", to=to, hold_at=hold_at, flag=str(tmp_path / "flag"), **more)

    return graph


def release(tmp_path: Path) -> None:
    (tmp_path / "flag").touch()


def kept(place: Place) -> list[tuple[int, bool]]:
    with place.database.read() as connection:
        rows = connection.execute(CHECKPOINTS.select().order_by(CHECKPOINTS.c.created))
        return [(row.step, row.final) for row in rows]


def folders(place: Place) -> list[Path]:
    """The checkpoints' folders in the store."""
    with place.database.read() as connection:
        rows = connection.execute(CHECKPOINTS.select().order_by(CHECKPOINTS.c.step)).all()
    return [place.home / "artifacts" / row.digest[:2] / row.digest for row in rows]


def until_held(place: Place, run_id: str, number: int = 3) -> int:
    place.wait_for("node.checkpoint", run=run_id, where=lambda event: event.data["step"] == number)
    return place.wait_for("node.started", run=run_id).data["pid"]


def numbers(run: Document) -> list[float]:
    return [metric["step"] for metric in run["nodes"]["only"]["metrics"]]


def the_sum(place: Place, run: Document) -> int:
    return int(place.file(run, "only", "result", "sum.txt"))


def resumed_at(place: Place, run_id: str) -> list[tuple[str, int]]:
    return [(event.data["source"], event.data["epoch"]) for event in place.said(run_id, "node.resumed")]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_node_goes_on_from_its_last_checkpoint(place: Place, held, tmp_path, number) -> None:
    run_id = place.submit(held())
    os.kill(until_held(place, run_id), number)
    place.wait_for("node.resumed")
    release(tmp_path)
    run = place.finish(run_id)
    assert (statuses(run), the_sum(place, run)) == ({"only": "completed"}, 15)
    assert resumed_at(place, run_id) == [("checkpoint", 3)]
    state = run["nodes"]["only"]
    assert state["attempt"] == 2
    assert "goes on after number 3 of 5" in state["why"]
    assert state["resumed"]["message"] == "Goes on after 3 of 5"
    assert numbers(run) == [1, 2, 3, 4, 5]
    with place.database.read() as connection:
        attempts = connection.execute(ATTEMPTS.select().order_by(ATTEMPTS.c.number)).all()
    assert [attempt.resumed_from is None for attempt in attempts] == [True, False]


def test_a_cancelled_run_that_is_submitted_again_goes_on(place: Place, held, tmp_path) -> None:
    first = place.submit(held())
    until_held(place, first)
    place.engine.cancel(first)
    assert place.finish(first)["status"] == "cancelled"
    foreseen = place.engine.plan(held())["nodes"]["only"]
    assert foreseen["action"] == "continue"
    assert foreseen["why"].startswith("goes on after number 3 of 5, from the run cancelled at ")
    assert (foreseen["seconds_saved"], foreseen["seconds_expected"]) == (3.0, pytest.approx(2.0))
    release(tmp_path)
    run = place.run(held())
    assert (the_sum(place, run), numbers(run)) == (15, [1, 2, 3, 4, 5])
    assert run["nodes"]["only"]["why"] == foreseen["why"]
    assert run["nodes"]["only"]["resumed"]["run_id"] == first
    assert resumed_at(place, run["id"]) == [("checkpoint", 3)]


def test_a_node_that_died_with_its_engine_goes_on(new_place, held, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(held())
    pid = until_held(before, run_id)
    before.stop()
    os.kill(pid, signal.SIGKILL)
    release(tmp_path)
    after = new_place().ready()
    run = after.finish(run_id)
    assert (the_sum(after, run), numbers(run)) == (15, [1, 2, 3, 4, 5])
    assert resumed_at(after, run_id) == [("checkpoint", 3)]


def test_what_was_saved_while_no_engine_was_there_is_gone_on_with(new_place, held, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(single("counts", to=40, hold_at=30, flag=str(tmp_path / "flag")))
    pid = before.wait_for("node.started").data["pid"]
    before.stop()
    log = next(before.home.glob("attempts/*/stdout.log"))
    while "counted 30" not in log.read_text():
        pass
    waiting = {path.name for path in next(before.home.glob("attempts/*/checkpoints")).iterdir()}
    assert waiting == {"000029", "000030"}
    os.kill(pid, signal.SIGKILL)
    release(tmp_path)
    after = new_place().ready()
    run = after.finish(run_id)
    assert (the_sum(after, run), numbers(run)) == (820, list(range(1, 41)))
    assert resumed_at(after, run_id) == [("checkpoint", 30)]


def test_the_newest_two_are_kept_and_the_final_one_in_the_end(place: Place, held, tmp_path) -> None:
    run_id = place.submit(held())
    until_held(place, run_id)
    assert kept(place) == [(2, False), (3, False)]
    release(tmp_path)
    place.finish(run_id)
    assert kept(place) == [(5, True)]
    place.engine.stop()
    assert [path.is_dir() for path in folders(place)] == [True]
    assert len(list(place.home.glob("artifacts/*/*/data/state.txt"))) == 1
    assert not list(place.home.glob("artifacts/removed-*"))
    assert not list(place.home.glob("attempts/*/checkpoints"))


def test_one_that_is_not_to_be_gone_on_with_is_not_kept(place: Place) -> None:
    place.run(single("counts", pace="falling"))
    assert kept(place) == []


def test_farther_work_goes_on_from_where_shorter_work_ended(place: Place) -> None:
    first = place.run(single("counts", to=3))
    foreseen = place.engine.plan(single("counts", to=6))["nodes"]["only"]
    assert foreseen["action"] == "continue"
    assert foreseen["why"].startswith("continues the 3 numbers of the run of ")
    assert foreseen["changed"] == [{"field": "parameter to", "before": 3, "now": 6}]
    assert foreseen["seconds_expected"] == pytest.approx(3.0)
    run = place.run(single("counts", to=6))
    assert (the_sum(place, run), numbers(run)) == (21, [1, 2, 3, 4, 5, 6])
    assert resumed_at(place, run["id"]) == [("run", 3)]
    assert run["nodes"]["only"]["resumed"]["run_id"] == first["id"]


def test_farther_work_goes_on_from_shorter_work_that_was_cancelled(place: Place, held, tmp_path) -> None:
    first = place.submit(held())
    until_held(place, first)
    place.engine.cancel(first)
    place.finish(first)
    release(tmp_path)
    run = place.run(held(to=6))
    assert (the_sum(place, run), resumed_at(place, run["id"])) == (21, [("checkpoint", 3)])
    assert run["nodes"]["only"]["why"].startswith("goes on after number 3 of 5, from the run cancelled at ")


def test_work_that_went_too_far_is_not_gone_on_with(place: Place) -> None:
    place.run(single("counts", to=6))
    run = place.run(single("counts", to=4))
    assert (the_sum(place, run), resumed_at(place, run["id"])) == (10, [])


def test_the_plan_says_why_farther_work_starts_from_the_beginning(place: Place) -> None:
    place.run(single("counts", to=3, pace="falling"))
    graph = single("counts", to=6, pace="falling")
    foreseen = place.engine.plan(graph)["nodes"]["only"]
    assert (foreseen["action"], foreseen["why"]) == (
        "run",
        "parameter to changed; starts from the beginning: a falling pace depends on how far it goes; with an even one "
        "it could go on",
    )
    run = place.run(graph)
    assert (run["nodes"]["only"]["why"], resumed_at(place, run["id"])) == (foreseen["why"], [])


def test_another_parameter_is_other_work(place: Place, held, tmp_path) -> None:
    place.run(single("counts", to=3))
    release(tmp_path)
    run = place.run(held(to=6))
    assert resumed_at(place, run["id"]) == []


def test_what_is_to_be_made_anew_goes_on_from_its_own_run_only(place: Place, held, tmp_path) -> None:
    first = place.submit(held())
    until_held(place, first)
    place.engine.cancel(first)
    place.finish(first)
    anew = held()
    anew["nodes"][0]["regenerate_output"] = True
    assert place.engine.plan(anew)["nodes"]["only"]["action"] == "run"
    run_id = place.submit(anew)
    pid = until_held(place, run_id)
    assert resumed_at(place, run_id) == []
    os.kill(pid, signal.SIGKILL)
    place.wait_for("node.resumed", run=run_id)
    release(tmp_path)
    assert the_sum(place, place.finish(run_id)) == 15


def damage(place: Place, *which: int, how: str) -> None:
    for at in which:
        folder = folders(place)[at]
        state = folder / "data" / "state.txt"
        if how == "gone":
            shutil.rmtree(folder)
        elif how == "no index":
            (folder / "index.json").unlink()
        else:
            state.chmod(0o644)
            state.write_text("9 9" if how == "changed" else "")


@pytest.mark.parametrize("how", ["gone", "no index", "changed", "cut"])
@pytest.mark.parametrize(("which", "goes_on"), [((1,), [("checkpoint", 2)]), ((0, 1), [])])
def test_damaged_ones_are_passed_over(new_place, held, tmp_path, how, which, goes_on) -> None:
    place = new_place().ready()
    run_id = place.submit(held())
    until_held(place, run_id)
    place.engine.cancel(run_id)
    place.finish(run_id)
    damage(place, *which, how=how)
    release(tmp_path)
    run = place.run(held())
    assert (the_sum(place, run), numbers(run)) == (15, [1, 2, 3, 4, 5])
    assert resumed_at(place, run["id"]) == goes_on
    if how == "changed":
        lines = [line[2] for event in place.said(run["id"], "node.log") for line in event.data["lines"]]
        assert lines[0] == (
            "Passed over the checkpoint after number 3 of 5: its file state.txt is not as it was written."
        )


def test_a_node_that_is_killed_without_getting_further_fails_in_the_end(place: Place, held) -> None:
    run_id = place.submit(held())
    for attempt in (1, 2, 3, 4):
        began = place.wait_for("node.started", where=lambda event, n=attempt: event.data["attempt"] == n)
        if attempt == 1:
            until_held(place, run_id)
        else:
            place.wait_for("node.resumed", where=lambda event, seq=began.seq: event.seq > seq)
        os.kill(began.data["pid"], signal.SIGKILL)
    run = place.finish(run_id)
    assert statuses(run) == {"only": "failed"}
    assert "attempt 3 in a row that got no further" in run["nodes"]["only"]["error"]["message"]


def test_a_node_that_gets_further_each_time_is_tried_again(place: Place, tmp_path) -> None:
    run_id = place.submit(single("counts", to=400))
    for attempt in (1, 2, 3, 4, 5, 6):
        began = place.wait_for("node.started", where=lambda event, n=attempt: event.data["attempt"] == n)
        place.wait_for("node.checkpoint", where=lambda event, seq=began.seq: event.seq > seq)
        os.kill(began.data["pid"], signal.SIGKILL)
    run = place.finish(run_id)
    assert (the_sum(place, run), numbers(run)) == (80200, list(range(1, 401)))
    assert run["nodes"]["only"]["attempt"] == 7


def test_a_late_checkpoint_of_an_older_attempt_is_dropped(new_place, held, tmp_path) -> None:
    before = new_place().ready()
    run_id = before.submit(held())
    until_held(before, run_id)
    before.stop()
    before.database.attempts.begin("e" * 32, run_id, "only", "local-cpu")  # another engine took the node over
    release(tmp_path)
    after = new_place().ready()
    run = after.finish(run_id)
    assert (statuses(run), the_sum(after, run)) == ({"only": "completed"}, 15)
    assert numbers(run) == [1, 2, 3, 4, 5]


def test_a_save_that_is_broken_off_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = tmp_path / "attempt"
    attempt.mkdir()
    reporter = Reporter(attempt, "a" * 32, tmp_path / "doorbell", LogBook(attempt))
    writer = CheckpointWriter(attempt, reporter, KnownDigests())

    def save(step: int) -> None:
        folder = tmp_path / f"state{step}"
        folder.mkdir()
        (folder / "state.txt").write_text(str(step))
        writer.save(folder, step, {}, final=False)

    save(1)
    flush = sealing._flush
    for error in (RunCancelled(), OSError(28, "No space left on device")):
        monkeypatch.setattr(sealing, "_flush", partial(_raise, error))
        with pytest.raises(type(error)):
            save(2 if isinstance(error, OSError) else 3)
    monkeypatch.setattr(sealing, "_flush", flush)
    save(4)
    save(5)
    said = [event["data"] for event in EventTail(attempt / "events.jsonl", 0).read()]
    assert [told["step"] for told in said] == [1, 4, 5]
    for told in said[1:]:
        assert damage_of(attempt / "checkpoints" / told["name"], told["digest"]) is None


def _raise(error: BaseException, *_: object) -> None:
    raise error
