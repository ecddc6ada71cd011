"""What a run does, from submission to its end."""

from __future__ import annotations

import os

import pytest

from tests.graphs import chain, document, fan_out_fan_in, node, single, wire
from tests.places import Place, statuses
from torchwire.errors import InvalidPipeline


def test_a_chain_runs_in_order_and_each_node_sees_what_came_before(place: Place) -> None:
    run = place.run(chain(3))
    assert run["status"] == "completed"
    assert place.file(run, "n2", "result", "content.txt") == "hello"
    assert place.file(run, "n2", "result", "file2.txt") == "file2"


def test_events_are_numbered_from_one_without_gaps(place: Place) -> None:
    run_id = place.submit(fan_out_fan_in())
    place.finish(run_id)
    assert [event.seq for event in place.said(run_id)] == list(range(1, len(place.said(run_id)) + 1))


def test_listeners_hear_every_stored_event_in_order(place: Place) -> None:
    run_id = place.submit(chain(3))
    place.finish(run_id)
    assert [event.as_json() for event in place.heard] == [event.as_json() for event in place.said(run_id)]


def test_nobody_hears_of_an_event_before_it_is_stored(place: Place) -> None:
    missing = []

    def look(events: list) -> None:
        for event in events:
            if not place.database.runs.events(event.run_id, after=event.seq - 1, limit=1):
                missing.append(event)

    place.engine.subscribe(look)
    place.run(chain(2))
    assert missing == []


def test_a_node_tells_its_life(place: Place) -> None:
    run_id = place.submit(single("source"))
    place.finish(run_id)
    kinds = [event.type for event in place.said(run_id)]
    assert kinds == [
        "run.queued",
        "node.queued",
        "run.started",
        "node.started",
        "node.output",
        "node.finished",
        "run.finished",
    ]


def test_parallel_branches_run_at_the_same_time(place: Place, tmp_path) -> None:
    flags = {side: tmp_path / side for side in ("left", "right")}
    branches = {side: node(side, "waits-for-file", path=str(flag)) for side, flag in flags.items()}
    run_id = place.submit(fan_out_fan_in(branches))
    place.wait_for("node.started", "left")
    place.wait_for("node.started", "right")
    for flag in flags.values():
        flag.touch()
    assert place.finish(run_id)["status"] == "completed"


def test_two_heavy_nodes_take_turns(place: Place) -> None:
    run_id = place.submit(document(node("a", "heavy"), node("b", "heavy", milliseconds=51)))
    place.finish(run_id)
    order = [event.type for event in place.said(run_id) if event.type in ("node.started", "node.finished")]
    assert order == ["node.started", "node.finished", "node.started", "node.finished"]


def test_a_heavy_node_gets_every_core(place: Place) -> None:
    run = place.run(single("heavy"))
    assert place.file(run, "only", "result", "threads.txt") == "2"


def test_more_nodes_than_slots_all_get_their_turn(place: Place) -> None:
    run = place.run(document(*(node(f"n{i}", "sleeps", milliseconds=i) for i in range(8))))
    assert set(statuses(run).values()) == {"completed"}


def test_an_optional_input_may_stay_open(place: Place) -> None:
    run = place.run(document(node("a", "source"), node("b", "join"), wires=(wire("a.folder", "b.left"),)))
    assert place.file(run, "b", "result", "names.txt") == "content.txt"


def test_an_invalid_pipeline_is_refused_with_all_its_faults(place: Place) -> None:
    with pytest.raises(InvalidPipeline) as caught:
        place.engine.submit(document(node("a", "sorce"), node("b", "add-file")))
    assert len(caught.value.faults) == 2
    assert place.database.runs.list() == []


def test_a_node_runs_in_a_session_of_its_own_with_a_small_environment(place: Place, monkeypatch) -> None:
    run = place.run(single("tells-environment"))
    names = place.file(run, "only", "result", "names.txt").split("\n")
    pid, session = place.file(run, "only", "result", "session.txt").split()
    assert pid == session != str(os.getsid(0))
    assert not [name for name in names if "SECRET" in name or "TOKEN" in name or name.startswith("PYTEST")]
    assert place.file(run, "only", "result", "document.txt") == "Test"
    assert "pretrained_weights_folder" in place.file(run, "only", "result", "settings.txt")


def test_progress_is_coalesced_and_the_last_one_always_sent(place: Place) -> None:
    run_id = place.submit(single("reports", steps=1000))
    place.finish(run_id)
    progress = place.said(run_id, "node.progress")
    assert progress[-1].data["done"] == 1000
    assert len(progress) < 50


def test_metrics_are_kept_and_odd_numbers_are_null(place: Place) -> None:
    run = place.run(single("reports"))
    metrics = run["nodes"]["only"]["metrics"]
    assert metrics[:2] == [
        {"axis": "epoch", "step": 1, "values": {"loss": 0.5, "odd": None}},
        {"axis": "epoch", "step": 2, "values": {"loss": 0.25, "odd": None}},
    ]
    assert place.database.runs.list()[0]["summary"] == {"accuracy": 0.75}


def test_all_that_is_printed_is_in_the_log(place: Place) -> None:
    run_id = place.submit(single("prints-a-lot", lines=200))
    place.finish(run_id)
    lines = [line for event in place.said(run_id, "node.log") for line in event.data["lines"]]
    printed = [text for _, stream, text in lines if stream == "stdout"]
    assert printed == [f"line {i}" for i in range(200)] + ["from a child", "no end of line"]
    assert [text for _, stream, text in lines if stream == "stderr"] == ["to stderr"]


def test_a_log_without_end_is_cut_and_says_so_once(place: Place) -> None:
    run_id = place.submit(single("prints-a-lot", lines=10_500))
    place.finish(run_id)
    texts = [text for event in place.said(run_id, "node.log") for _, _, text in event.data["lines"]]
    assert len(texts) == 10_001
    assert texts[-1] == "(The log goes on; no more of it is shown here.)"


def test_targets_tell_what_is_busy(place: Place, tmp_path) -> None:
    run_id = place.submit(single("waits-for-file", path=str(tmp_path / "flag")))
    place.wait_for("node.started")
    busy = place.engine.targets()[0]["busy"]
    assert (busy["nodes"], busy["cores"]) == (1, 1)
    assert 0 < busy["memory_bytes"] < 1 << 30
    (tmp_path / "flag").touch()
    place.finish(run_id)
    assert place.engine.targets()[0]["busy"] == {"nodes": 0, "cores": 0, "memory_bytes": 0}


def test_a_run_waits_for_workers_that_are_still_starting(new_place) -> None:
    place = new_place().start()
    run_id = place.submit(single("source"))
    assert place.finish(run_id)["status"] == "completed"
    assert "Waiting for the workers" in place.said(run_id, "run.queued")[0].data["message"]
